//! A policy looks rows up by a column that no index serves.
//!
//! Why: The condition is part of every query, so every query reads the whole table. Counted are the
//! comparisons of USING and of sub-queries in either clause, in the bodies of SQL functions too,
//! unless they compare with constants. What is made of a column by functions or casts needs an index
//! on just that: one on the column does not serve owner_id::text = auth.user_id(). Not counted is the
//! column in IN (SELECT ...) and in a correlated EXISTS: the server answers those from the rows of the
//! sub-query, whatever indexes there are, while it does use one for = ANY (ARRAY(SELECT ...)). Views
//! are not looked through: a look-up in one is told for information.
//! For information where the table has been analysed and has fewer than 1,000 rows.
//!
//! Fix: Create an index whose leading columns are those compared.
//!
//! Example:
//! ```sql
//! CREATE TABLE notes (id uuid PRIMARY KEY, owner_id uuid);
//! CREATE POLICY own ON notes USING (owner_id = auth.uid());
//! ```

use std::collections::{BTreeMap, BTreeSet, HashMap};

use pgrx::pg_sys::{self, Oid};
use serde_json::json;

use crate::audit::context::{Context, ParsedPolicy};
use crate::audit::finding::Findings;
use crate::audit::printed::printed;
use crate::audit::rule::{Level, Rule};
use crate::catalog::{Kind, OperatorClass, Table};
use crate::error::Error;
use crate::expr::index::{Compared, unserved};
use crate::quote;

/// See the head of this file.
pub const RULE: Rule = Rule {
    id: "policy_column_unindexed",
    level: Level::Warning,
    source: include_str!("policy_column_unindexed.rs"),
    check,
};

/// Analysed tables with fewer rows are read as fast as an index.
const SMALL: f32 = 1000.0;

/// The schemas of the server's own views.
const SERVERS: [&str; 2] = ["pg_catalog", "information_schema"];

/// Which index methods to propose, best first; the others come after.
const METHODS: [&str; 4] = ["btree", "gin", "gist", "spgist"];

fn check(context: &Context, findings: &mut Findings<'_>) -> Result<(), Error> {
    for policy in &context.policies {
        let own = policy.policy.table;
        let Some(table) = context.relation(own) else { continue };
        let clauses = || policy.using.iter().chain(&policy.check);
        if clauses().any(|clause| clause.has_unknown()) {
            findings.not_evaluated(table, policy, "it holds an expression that cannot be read");
        }
        let mut by_relation: HashMap<Oid, Vec<Compared>> = HashMap::new();
        let sides = [(policy.using.as_ref(), true), (policy.check.as_ref(), false)];
        for (side, (clause, own_rows)) in sides.into_iter().enumerate() {
            for mut found in clause
                .into_iter()
                .flat_map(|clause| unserved(&context.indexes(), own, clause, own_rows))
            {
                // Groups of the two clauses are apart.
                found.group = found.group * 2 + side;
                by_relation.entry(found.relation).or_default().push(found);
            }
        }
        for (relation, found) in by_relation {
            match context.relation(relation) {
                // What serves a look-up there lies below it.
                Some(view) if view.kind == Kind::View => {
                    if !view.of_extension && !SERVERS.contains(&view.schema.as_str()) {
                        let view = view.qualified();
                        let reason =
                            format!("it looks rows up in view {view}, which is not looked through");
                        let finding = findings.table_not_evaluated(table, &reason);
                        finding.policy = Some(policy.index);
                        finding.level = Level::Info;
                    }
                }
                Some(scanned) => report(context, findings, policy, scanned, &found),
                None => findings.not_evaluated(table, policy, "it reads a relation that is gone"),
            }
        }
    }
    Ok(())
}

fn report(
    context: &Context,
    findings: &mut Findings<'_>,
    policy: &ParsedPolicy,
    scanned: &Table,
    found: &[Compared],
) {
    let indexable =
        matches!(scanned.kind, Kind::Table | Kind::Partitioned | Kind::MaterializedView);
    // The server's own tables and those of extensions are not ours to index.
    if !indexable || scanned.of_extension || scanned.schema == "pg_catalog" {
        return;
    }
    let attributes: BTreeSet<i16> = found.iter().map(|found| found.attribute).collect();
    let columns: Vec<String> = attributes
        .iter()
        .filter_map(|number| scanned.column(*number))
        .map(|column| column.name.clone())
        .collect();
    let small = scanned.reltuples >= 0.0 && scanned.reltuples < SMALL;
    let level = if small { Level::Info } else { Level::Warning };
    let message = format!(
        "no index serves the look-up by {}: the policy makes every query scan the table",
        columns.join(", ")
    );
    let fix = fix(context, scanned, found);
    let finding = findings.policy(level, scanned, policy, message);
    finding.columns = Some(columns);
    finding.fix = fix;
    let rows = (scanned.reltuples >= 0.0).then_some(scanned.reltuples as i64);
    finding.detail.insert("rows".to_owned(), json!(rows));
}

/// One index for each group of comparisons, or several where one cannot serve them all.
fn fix(context: &Context, scanned: &Table, found: &[Compared]) -> Option<String> {
    let mut groups: BTreeMap<usize, Vec<&Compared>> = BTreeMap::new();
    for found in found {
        groups.entry(found.group).or_default().push(found);
    }
    let mut statements: Vec<String> = Vec::new();
    for group in groups.values() {
        let mut shared: Vec<String> = Vec::new();
        let mut alone: Vec<(String, String)> = Vec::new();
        for one in group {
            let class = class(context, scanned, one)?;
            let key = key(context, scanned, one, class)?;
            if class.method != "btree" {
                alone.push((class.method.clone(), key));
            } else if context.families.is_equality(class.family, one.operator) {
                if !shared.contains(&key) {
                    shared.push(key);
                }
            } else {
                alone.push(("btree".to_owned(), key));
            }
        }
        if !shared.is_empty() {
            alone.insert(0, ("btree".to_owned(), shared.join(", ")));
        }
        for (method, keys) in alone {
            let using = if method == "btree" {
                String::new()
            } else {
                format!("USING {} ", quote::ident(&method))
            };
            let statement = format!("CREATE INDEX ON {} {using}({keys});", scanned.qualified());
            if !statements.contains(&statement) {
                statements.push(statement);
            }
        }
    }
    Some(statements.join("\n"))
}

/// The operator class to propose: one for the column's type, better the default one, better of a
/// common method.
fn class<'a>(context: &'a Context, scanned: &Table, found: &Compared) -> Option<&'a OperatorClass> {
    let column = scanned.column(found.attribute)?;
    let left = context.left_type(found.operator);
    context
        .families
        .classes(found.operator)
        .filter(|class| {
            Some(class.input_type) == left
                || (class.input_type == column.type_oid && found.expression.is_none())
        })
        .min_by_key(|class| {
            let rank = METHODS.iter().position(|method| *method == class.method);
            (!class.default, rank.unwrap_or(METHODS.len()))
        })
}

/// The column as an index key, with the collation and operator class that it needs.
fn key(
    context: &Context,
    scanned: &Table,
    found: &Compared,
    class: &OperatorClass,
) -> Option<String> {
    let column = scanned.column(found.attribute)?;
    let mut key = match &found.expression {
        Some(expression) => format!("({})", printed(context, scanned, expression.unlabelled())?),
        None => quote::ident(&column.name),
    };
    // What is made of a value without a collation has the usual one.
    let own = match column.collation {
        Oid::INVALID => pg_sys::DEFAULT_COLLATION_OID,
        collation => collation,
    };
    if found.collation != Oid::INVALID && found.collation != own {
        let collation = context.collations.get(&found.collation)?;
        key.push_str(" COLLATE ");
        key.push_str(&quote::qualified(&collation.schema, &collation.name));
    }
    if !class.default {
        key.push(' ');
        key.push_str(&quote::qualified(&class.schema, &class.name));
    }
    Some(key)
}
