//! A uniqueness or foreign key check tells of rows that policies hide.
//!
//! Why: Row security does not bind the checks of constraints. Where a unique key, an exclusion
//! constraint or a foreign key holds no column that policies compare with the caller's identity, a
//! caller who may write tries a value and learns from the error whether a hidden row has it: an
//! e-mail address, a name, a booking. Primary keys that are generated are not worth guessing. Tables
//! that no policy lets anybody write to, or whose rows everybody may read, have nothing to tell; nor
//! has a foreign key to a table that is open to whoever may write.
//!
//! Fix: Put the owner's or tenant's column into the key where the value need not be unique across
//! them. Otherwise accept the finding: what is unique for all is a matter of design.
//!
//! Example:
//! ```sql
//! CREATE TABLE contacts (owner_id uuid, email text UNIQUE);
//! CREATE POLICY own ON contacts USING (owner_id = auth.uid());
//! ```

use std::collections::{BTreeSet, HashMap, HashSet};

use pgrx::pg_sys::Oid;
use serde_json::{Map, Value, json};

use crate::audit::access;
use crate::audit::context::{Context, ParsedPolicy};
use crate::audit::exposed::PUBLIC;
use crate::audit::finding::Findings;
use crate::audit::rule::{Level, Rule};
use crate::catalog::unique::{self, Filled, Unique};
use crate::catalog::{self, Command, Grant, Privilege, Table, Volatility};
use crate::error::Error;
use crate::expr::depends::depends;
use crate::expr::truth::{Opaque, Truth, truth};
use crate::expr::{self, Expr};

/// See the head of this file.
pub const RULE: Rule = Rule {
    id: "unique_covert_channel",
    level: Level::Info,
    source: include_str!("unique_covert_channel.rs"),
    check,
};

fn check(context: &Context, findings: &mut Findings<'_>) -> Result<(), Error> {
    let tables: Vec<&Table> =
        context.protected_tables().filter(|table| can_tell(context, table)).collect();
    if tables.is_empty() {
        return Ok(());
    }
    let oids: Vec<Oid> = tables.iter().map(|table| table.oid).collect();
    let mut uniques: HashMap<Oid, Vec<Unique>> = HashMap::new();
    for unique in unique::of_tables(&oids)? {
        uniques.entry(unique.table).or_default().push(unique);
    }
    let generated = generated(&oids)?;
    let referenced = Referenced::read(context, &oids)?;
    let family = context.family()?;

    for table in tables {
        let compared = compared(context, table);
        let mut columns: BTreeSet<i16> = BTreeSet::new();
        let mut keys = Map::new();
        let mut note = |name: &str, what: &str, of: &BTreeSet<i16>| {
            columns.extend(of);
            keys.insert(name.to_owned(), json!(what));
        };
        let of_protected = || family.ancestors(context, table.oid).any(|parent| parent.rls_enabled);
        for unique in uniques.remove(&table.oid).unwrap_or_default() {
            let (all, scoping) = columns_of(&unique)?;
            let is_generated = unique.primary
                && matches!(unique.keys.as_slice(), [column]
                    if generated.contains(&(table.oid, *column)));
            let is_scoped = scoping.iter().any(|column| compared.columns.contains(column));
            if is_generated || is_scoped || (unique.of_parent && of_protected()) {
                continue;
            }
            let what = match (unique.primary, &unique.operators) {
                (true, _) => "primary key",
                (false, Some(_)) => "exclusion constraint",
                (false, None) => "unique",
            };
            note(&unique.name, what, &all);
        }
        for key in context.foreign_keys()?.of(table.oid) {
            let is_scoped = key.columns.iter().any(|column| compared.columns.contains(column));
            if !is_scoped && referenced.hides(context, table, key.referenced) {
                note(&key.name, "foreign key", &key.columns.iter().copied().collect());
            }
        }
        if keys.is_empty() {
            continue;
        }
        if compared.unknown {
            let reason = "a policy holds an expression that cannot be read";
            findings.table_not_evaluated(table, reason);
            continue;
        }
        let names = Vec::from_iter(keys.keys().map(String::as_str)).join(", ");
        let message = format!(
            "errors of {names} tell whether a hidden row has a value: no column of it is compared \
             with the caller's identity"
        );
        let finding = findings.table(Level::Info, table, message);
        finding.columns = Some(
            columns
                .iter()
                .filter_map(|number| table.column(*number))
                .map(|column| column.name.clone())
                .collect(),
        );
        finding.detail.insert("keys".to_owned(), Value::Object(keys));
    }
    Ok(())
}

/// The policies let somebody write, and not all rows are everybody's to read.
fn can_tell(context: &Context, table: &Table) -> bool {
    let policies: Vec<&ParsedPolicy> = context.policies_of(table.oid).collect();
    let permissive = || policies.iter().filter(|policy| policy.policy.permissive);
    let writable = permissive().any(|policy| {
        [Command::Insert, Command::Update].into_iter().any(|command| {
            policy.policy.command.covers(command) && policy.effective_check().is_some()
        })
    });
    let narrowed = policies
        .iter()
        .any(|policy| !policy.policy.permissive && policy.policy.command.covers(Command::Select));
    let open_to_all = permissive().any(|policy| {
        policy.policy.command.covers(Command::Select)
            && is_for_all_exposed(context, policy)
            && policy.using.as_ref().is_some_and(|clause| {
                truth(context, table.oid, clause, Opaque::Anything) == Truth::TRUE
            })
    });
    writable && (narrowed || !open_to_all)
}

fn is_for_all_exposed(context: &Context, policy: &ParsedPolicy) -> bool {
    let mut named =
        context.exposed.identities.iter().filter(|identity| identity.role != PUBLIC).peekable();
    policy.is_for_public()
        || (named.peek().is_some()
            && named.all(|identity| context.exposed.applies(&policy.policy.roles, identity.role)))
}

/// Own columns that the policies of a table compare with the identity.
#[derive(Default)]
struct Compared {
    columns: HashSet<i16>,
    unknown: bool,
}

fn compared(context: &Context, table: &Table) -> Compared {
    let mut found = Compared::default();
    for policy in context.policies_of(table.oid) {
        for clause in policy.using.iter().chain(&policy.check) {
            conditions(clause, &mut |condition| {
                let dependence = depends(context, table.oid, condition);
                found.unknown |= dependence.unknown;
                if dependence.identities().next().is_some() {
                    found.columns.extend(dependence.own());
                }
            });
        }
    }
    found
}

/// The conditions that a clause is put together from by AND, OR and NOT.
fn conditions<'a>(clause: &'a Expr, visit: &mut dyn FnMut(&'a Expr)) {
    match clause {
        Expr::And(parts) | Expr::Or(parts) => {
            parts.iter().for_each(|part| conditions(part, visit));
        }
        Expr::Not(part) => conditions(part, visit),
        other => visit(other),
    }
}

/// All columns of a key, and those by which two rows can only clash where they are equal.
fn columns_of(unique: &Unique) -> Result<(BTreeSet<i16>, BTreeSet<i16>), Error> {
    let mut expressions =
        unique.expressions.as_deref().map(expr::expressions).transpose()?.unwrap_or_default();
    expressions.reverse();
    let (mut all, mut scoping) = (BTreeSet::new(), BTreeSet::new());
    for (at, column) in unique.keys.iter().enumerate() {
        let mut of_key = BTreeSet::new();
        if *column != 0 {
            of_key.insert(*column);
        } else if let Some(expression) = expressions.pop() {
            expression.walk(0, &mut |part, _| {
                if let Expr::Column(column) = part {
                    of_key.insert(column.attribute);
                }
            });
        }
        let equal = unique
            .operators
            .as_ref()
            .is_none_or(|operators| operators.get(at).is_some_and(|name| name == "="));
        if equal {
            scoping.extend(&of_key);
        }
        all.extend(of_key);
    }
    Ok((all, scoping))
}

/// The columns that an identity, a sequence or a random uuid fills.
fn generated(tables: &[Oid]) -> Result<HashSet<(Oid, i16)>, Error> {
    let mut calls: HashMap<(Oid, i16), Vec<Oid>> = HashMap::new();
    let mut found: HashSet<(Oid, i16)> = HashSet::new();
    for Filled { table, column, identity, default } in unique::filled(tables)? {
        if identity {
            found.insert((table, column));
        }
        let Some(default) = default else { continue };
        expr::expression(&default)?.walk(0, &mut |part, _| {
            if let Expr::Function { function, .. } = part {
                calls.entry((table, column)).or_default().push(*function);
            }
        });
    }
    let functions: HashSet<Oid> = calls.values().flatten().copied().collect();
    let generators: HashSet<Oid> = catalog::function::by_oids(&Vec::from_iter(functions))?
        .into_iter()
        .filter(|function| {
            function.volatility == Volatility::Volatile
                && ((function.schema == "pg_catalog" && function.name == "nextval")
                    || function.result == pgrx::pg_sys::UUIDOID)
        })
        .map(|function| function.oid)
        .collect();
    found.extend(
        calls
            .into_iter()
            .filter(|(_, called)| called.iter().any(|function| generators.contains(function)))
            .map(|(column, _)| column),
    );
    Ok(found)
}

/// The tables that foreign keys refer to.
struct Referenced {
    others: HashMap<Oid, Table>,
    grants: HashMap<Oid, Vec<Grant>>,
}

impl Referenced {
    fn read(context: &Context, tables: &[Oid]) -> Result<Self, Error> {
        let keys = context.foreign_keys()?;
        let audited: HashSet<Oid> = context.tables.iter().map(|table| table.oid).collect();
        let wanted: HashSet<Oid> = tables
            .iter()
            .flat_map(|table| keys.of(*table))
            .map(|key| key.referenced)
            .filter(|oid| !audited.contains(oid))
            .collect();
        let wanted = Vec::from_iter(wanted);
        let others = catalog::table::by_oids(&wanted)?;
        let schemas: HashSet<Oid> = others.iter().map(|table| table.schema_oid).collect();
        let mut grants: HashMap<Oid, Vec<Grant>> = HashMap::new();
        let on_schemas = catalog::grant::on_schemas(&Vec::from_iter(schemas))?;
        for grant in catalog::grant::on_tables(&wanted)?.into_iter().chain(on_schemas) {
            grants.entry(grant.object).or_default().push(grant);
        }
        Ok(Self { others: others.into_iter().map(|table| (table.oid, table)).collect(), grants })
    }

    /// Rows of the table referred to are hidden from some exposed role that may write to `table`.
    fn hides(&self, context: &Context, table: &Table, referenced: Oid) -> bool {
        let Some(target) = self.others.get(&referenced).or_else(|| context.relation(referenced))
        else {
            return true;
        };
        if target.rls_enabled {
            return true;
        }
        let grants = |object: Oid| {
            self.grants.get(&object).map_or_else(|| context.grants(object), Vec::as_slice)
        };
        let writes = |privilege| matches!(privilege, Privilege::Insert | Privilege::Update);
        let writers = access::open_to(context, table, writes);
        let readers = access::reaching(
            context,
            target,
            grants(target.schema_oid),
            grants(target.oid),
            |privilege| privilege == Privilege::Select,
        );
        writers.keys().any(|writer| !readers.contains_key(writer))
    }
}
