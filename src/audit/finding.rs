//! What a rule finds.

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::context::{Context, ParsedPolicy};
use super::rule::{Level, Rule};
use crate::catalog::{Function, Kind, Table};
use crate::quote;

/// The rule of rows that say an object could not be judged.
pub const NOT_EVALUATED: &str = "not_evaluated";

/// One finding, before suppressions are looked up.
#[derive(Debug)]
pub struct Finding {
    /// The rule, or `not_evaluated`.
    pub rule: &'static str,
    /// The rule that was applied; differs from `rule` where it could not decide.
    pub applied: &'static str,
    /// How bad.
    pub level: Level,
    /// Schema of the object at fault, unquoted; none for what belongs to the database or cluster.
    pub schema: Option<String>,
    /// The object at fault, unquoted.
    pub object: String,
    /// What the object is.
    pub kind: &'static str,
    /// The policy at fault, as a place in [`Context::policies`].
    pub policy: Option<usize>,
    /// Tells findings of one rule about one object apart, such as a command or a constraint.
    pub part: Option<String>,
    /// Columns concerned.
    pub columns: Option<Vec<String>>,
    /// What is wrong and why it matters, one line.
    pub message: String,
    /// Evidence.
    pub detail: Map<String, Value>,
    /// SQL that mends it.
    pub fix: Option<String>,
}

impl Finding {
    /// The object as SQL names it.
    pub fn quoted(&self) -> String {
        let object = match self.kind {
            // A signature is quoted where it must be.
            "function" => self.object.clone(),
            _ => quote::ident(&self.object),
        };
        match &self.schema {
            Some(schema) => format!("{}.{object}", quote::ident(schema)),
            None => object,
        }
    }

    /// The same in every database and after a restore: made of the rule and of names.
    pub fn fingerprint(&self, context: &Context) -> String {
        let mut identity = format!("{}\n{}\n{}\n", self.rule, self.applied, self.kind);
        if let Some(schema) = &self.schema {
            identity.push_str(&quote::exact(schema));
            identity.push('.');
        }
        identity.push_str(&quote::exact(&self.object));
        if let Some(policy) = self.policy.and_then(|at| context.policies.get(at)) {
            let table = context.relation(policy.policy.table);
            identity.push_str(&format!(
                "\n{} ON {}.{}",
                quote::exact(&policy.policy.name),
                quote::exact(table.map_or("", |table| &table.schema)),
                quote::exact(table.map_or("", |table| &table.name)),
            ));
        }
        if let Some(part) = &self.part {
            identity.push_str(&format!("\npart {part}"));
        }
        Sha256::digest(identity).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
    }
}

/// What one rule has found so far.
pub struct Findings<'a> {
    rule: &'a Rule,
    found: Vec<Finding>,
}

impl<'a> Findings<'a> {
    /// Nothing yet.
    pub fn new(rule: &'a Rule) -> Self {
        Self { rule, found: Vec::new() }
    }

    /// All that was found.
    pub fn into_vec(self) -> Vec<Finding> {
        self.found
    }

    /// A finding about a table; the caller adds what else there is to say.
    pub fn table(&mut self, level: Level, table: &Table, message: String) -> &mut Finding {
        self.object(level, Some(&table.schema), &table.name, kind(table.kind), message)
    }

    /// A finding about a function or procedure; the object is its name with the argument types.
    pub fn function(&mut self, level: Level, function: &Function, message: String) -> &mut Finding {
        self.object(level, Some(&function.schema), &function.signature, "function", message)
    }

    /// A finding about a role.
    pub fn role(&mut self, level: Level, role: &str, message: String) -> &mut Finding {
        self.object(level, None, role, "role", message)
    }

    /// A finding about the default privileges of what a role creates, in one schema or everywhere.
    pub fn default_acl(
        &mut self,
        level: Level,
        schema: Option<&str>,
        role: &str,
        message: String,
    ) -> &mut Finding {
        self.object(level, schema, role, "default acl", message)
    }

    /// A finding about a policy, at the table named.
    pub fn policy(
        &mut self,
        level: Level,
        table: &Table,
        policy: &ParsedPolicy,
        message: String,
    ) -> &mut Finding {
        let finding = self.table(level, table, message);
        finding.policy = Some(policy.index);
        finding
    }

    /// A policy that the rule cannot judge: it never disappears from the report.
    pub fn not_evaluated(&mut self, table: &Table, policy: &ParsedPolicy, reason: &str) {
        self.table_not_evaluated(table, reason).policy = Some(policy.index);
    }

    /// A table or view that the rule cannot judge.
    pub fn table_not_evaluated(&mut self, table: &Table, reason: &str) -> &mut Finding {
        let rule = self.rule;
        let message = format!("rule {} could not be evaluated: {reason}", rule.id);
        let finding = self.table(rule.level, table, message);
        finding.rule = NOT_EVALUATED;
        finding.detail.insert("rule".to_owned(), json!(rule.id));
        finding.detail.insert("reason".to_owned(), json!(reason));
        finding
    }

    fn object(
        &mut self,
        level: Level,
        schema: Option<&str>,
        object: &str,
        kind: &'static str,
        message: String,
    ) -> &mut Finding {
        let at = self.found.len();
        self.found.push(Finding {
            rule: self.rule.id,
            applied: self.rule.id,
            level,
            schema: schema.map(str::to_owned),
            object: object.to_owned(),
            kind,
            policy: None,
            part: None,
            columns: None,
            message,
            detail: Map::new(),
            fix: None,
        });
        &mut self.found[at]
    }
}

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::View => "view",
        Kind::MaterializedView => "materialized view",
        Kind::Table | Kind::Partitioned | Kind::Foreign | Kind::Other => "table",
    }
}
