//! What a table shall have, before it is compared with what it has.

use super::names::bounded;
use super::options::Options;
use super::target::Target;
use crate::catalog::{Column, Command};
use crate::quote;

/// A set of policies made together, and what they need.
pub struct Template<'a> {
    /// The table.
    pub target: &'a Target,
    /// The generator's name.
    pub template: &'static str,
    /// The checked options.
    pub options: &'a Options,
    /// The policies, one per command.
    pub policies: Vec<DesiredPolicy>,
    /// The column that the policies look rows up by.
    pub lookup: &'a Column,
}

/// A policy as it shall be: permissive, for the roles of the options.
pub struct DesiredPolicy {
    /// The command it is for.
    pub command: Command,
    /// USING, as SQL.
    pub using: Option<String>,
    /// WITH CHECK, as SQL.
    pub check: Option<String>,
    /// What it does, for people.
    pub does: String,
}

impl DesiredPolicy {
    /// A policy whose one condition holds for the rows before and the rows after the command, in
    /// the clauses that the command has.
    pub fn symmetric(command: Command, condition: &str, rows: &str) -> Self {
        let clause = |wanted: bool| wanted.then(|| condition.to_owned());
        Self {
            command,
            using: clause(command != Command::Insert),
            check: clause(matches!(command, Command::Insert | Command::Update | Command::All)),
            does: format!("{} {rows}", command.as_str().to_ascii_lowercase()),
        }
    }
}

impl Template<'_> {
    /// What the set goes by.
    pub fn name(&self) -> String {
        match &self.options.name {
            Some(name) => name.clone(),
            None => format!("{}_{}", self.target.table.name, self.template),
        }
    }

    /// The name of the policy for a command, unquoted.
    pub fn policy_name(&self, command: Command) -> String {
        bounded(&self.name(), &command.as_str().to_ascii_lowercase())
    }

    /// The roles as SQL.
    pub fn roles_sql(&self) -> String {
        self.options.roles.iter().map(|role| role.sql.as_str()).collect::<Vec<_>>().join(", ")
    }

    /// A policy's full name, as SQL writes it.
    pub fn object(&self, policy: &str) -> String {
        format!("{} ON {}", quote::ident(policy), self.target.table.qualified())
    }
}
