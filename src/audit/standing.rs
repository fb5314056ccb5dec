//! What stands behind the rows that somebody reaches: the permissive policies that let him.

use pgrx::pg_sys::Oid;

use super::context::Context;
use crate::catalog::{Command, Schema};
use crate::error::Error;
use crate::expr::identity::{Closeness, closeness};
use crate::expr::simplify::simplify;
use crate::policy::mark::Mark;

/// The policies of some schemas.
pub struct Standing(Context);

/// A permissive policy that has a say.
#[derive(Debug, PartialEq, Eq)]
pub struct Permissive<'a> {
    /// Its name.
    pub name: &'a str,
    /// It is for every command.
    pub for_all: bool,
    /// It lets in by what the caller is and not by whose the row is: by a role or another claim, or
    /// by looking the caller up.
    pub by_role: bool,
    /// It came with `rls.public_read()`, so that everybody reads is what is meant.
    pub public_read: bool,
}

impl Standing {
    /// Reads them.
    pub fn read(schemas: &[Schema]) -> Result<Self, Error> {
        Context::read(schemas).map(Self)
    }

    /// The permissive policies of a table that are for a role and a command.
    pub fn permissive(&self, table: Oid, command: Command, role: Oid) -> Vec<Permissive<'_>> {
        let Self(context) = self;
        context
            .policies_of(table)
            .filter(|policy| policy.policy.permissive)
            .filter(|policy| context.exposed.applies(&policy.policy.roles, role))
            .filter_map(|policy| {
                let asked = simplify(context, policy.asks(command)?);
                let closeness = closeness(context, table, &asked, false);
                let mark = Mark::find(policy.policy.comment.as_deref());
                Some(Permissive {
                    name: &policy.policy.name,
                    for_all: policy.policy.command == Command::All,
                    by_role: closeness == Some(Closeness::Value),
                    public_read: mark.is_some_and(|mark| mark.template == "public_read"),
                })
            })
            .collect()
    }
}
