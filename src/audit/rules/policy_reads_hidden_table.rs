//! A sub-query of a policy reads a table that the policy's roles cannot read.
//!
//! Why: Sub-queries in a policy run with the rights of whoever runs the query, and under the policies
//! of the table they read. Without the privilege every query fails; where row security there admits
//! the policy's roles to nothing, the sub-query finds nothing, and the policy lets nobody in or, under
//! NOT, everybody. Followed are views and the bodies of SQL functions that run as the caller. USAGE on
//! the schema is not needed. Of a policy for PUBLIC those roles count that may use its table.
//!
//! Fix: GRANT SELECT on the table and give it a policy for SELECT, or read it in a SECURITY DEFINER
//! function.
//!
//! Example:
//! ```sql
//! CREATE TABLE members (team_id uuid, user_id uuid);
//! ALTER TABLE members ENABLE ROW LEVEL SECURITY;
//! GRANT SELECT ON notes, members TO authenticated;
//! CREATE POLICY team ON notes TO authenticated USING (EXISTS (
//!   SELECT FROM members m WHERE m.team_id = notes.team_id AND m.user_id = auth.uid()));
//! ```

use std::collections::{BTreeMap, BTreeSet, HashMap};

use pgrx::pg_sys::Oid;
use serde_json::json;

use crate::audit::context::Context;
use crate::audit::elsewhere::World;
use crate::audit::finding::Findings;
use crate::audit::reads::{Bodies, Opaque};
use crate::audit::rule::{Level, Rule};
use crate::catalog::{Command, Kind, Privilege, Table};
use crate::error::Error;

/// See the head of this file.
pub const RULE: Rule = Rule {
    id: "policy_reads_hidden_table",
    level: Level::Warning,
    source: include_str!("policy_reads_hidden_table.rs"),
    check,
};

fn check(context: &Context, findings: &mut Findings<'_>) -> Result<(), Error> {
    let world = context.world()?;
    let mut search = Search { context, world, admitted: HashMap::new() };
    for policy in &context.policies {
        pgrx::check_for_interrupts!();
        let Some(table) = context.relation(policy.policy.table) else { continue };
        let reads = context.policy_reads(policy, Bodies::Invoker);
        if reads.relations.is_empty()
            && reads.functions().all(|function| *world.opaque(function) == Opaque::Nothing)
        {
            continue;
        }
        let users = context.users_of(table, policy);
        if users.is_empty() {
            continue;
        }
        let mut denied: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let mut hidden: BTreeSet<String> = BTreeSet::new();
        for (oid, columns) in &reads.relations {
            let Some(read) = world.relation(Oid::from_u32(*oid)) else { continue };
            let mut unseen = 0;
            for user in &users {
                match search.look(read, *user, *user, columns)? {
                    Sight::Denied(at) => {
                        denied.entry(at).or_default().insert(context.role_name(*user));
                    }
                    Sight::Hidden => unseen += 1,
                    Sight::Open => {}
                }
            }
            if unseen == users.len() {
                hidden.insert(read.qualified());
            }
        }
        if denied.is_empty() && hidden.is_empty() {
            if search.may_be_hidden(&reads.functions, &users)? {
                let reason = "it calls a function whose body cannot be read and may read a table \
                              that its roles cannot";
                findings.not_evaluated(table, policy, reason);
            }
            continue;
        }
        let mut words: Vec<String> = denied
            .iter()
            .map(|(read, roles)| {
                format!(
                    "{} may not SELECT from {read}",
                    Vec::from_iter(roles.iter().map(String::as_str)).join(", ")
                )
            })
            .collect();
        words.extend(hidden.iter().map(|read| format!("no policy lets its roles read {read}")));
        let message = format!("the policy reads what its roles cannot: {}", words.join("; "));
        let finding = findings.policy(Level::Warning, table, policy, message);
        finding.detail.insert("denied".to_owned(), json!(denied));
        finding.detail.insert("hidden".to_owned(), json!(hidden));
    }
    Ok(())
}

/// What a role sees of a relation.
enum Sight {
    /// It lacks SELECT, on the relation named.
    Denied(String),
    /// Row security lets nothing through.
    Hidden,
    /// Perhaps something.
    Open,
}

struct Search<'a> {
    context: &'a Context,
    world: World<'a>,
    /// By relation and role.
    admitted: HashMap<(Oid, Oid), bool>,
}

impl Search<'_> {
    /// What `reader` sees of these columns of a relation, in a query of `session`.
    fn look(
        &mut self,
        read: &Table,
        reader: Oid,
        session: Oid,
        columns: &BTreeSet<i16>,
    ) -> Result<Sight, Error> {
        // The whole row is all its columns.
        let columns: Vec<i16> = if columns.contains(&0) {
            read.columns.iter().map(|column| column.number).collect()
        } else {
            columns.iter().copied().collect()
        };
        let grants = self.world.grants(read.oid);
        let owner = self.context.exposed.has_rights_of(reader, read.owner) && grants.is_empty();
        if !owner && !self.context.holds_columns(reader, grants, Privilege::Select, &columns) {
            return Ok(Sight::Denied(read.qualified()));
        }
        if read.kind == Kind::View {
            return self.look_through(read, session);
        }
        if !read.rls_enabled || self.context.exposed.is_exempt(reader, read) {
            return Ok(Sight::Open);
        }
        let (context, world) = (self.context, self.world);
        let admitted = *self.admitted.entry((read.oid, reader)).or_insert_with(|| {
            context
                .gate(&world.policies_of(read.oid), read, Command::Select)
                .admits(context, reader)
        });
        Ok(if admitted { Sight::Open } else { Sight::Hidden })
    }

    /// What comes through a view: what its owner sees, or the caller.
    fn look_through(&mut self, view: &Table, session: Oid) -> Result<Sight, Error> {
        let mut sight = Sight::Open;
        for at in self.world.behind(view.oid, None)? {
            // A function in a column that is not asked for is not called.
            let Some(read) = self
                .world
                .relation(at.relation)
                .filter(|read| read.kind != Kind::View && at.function.is_none())
            else {
                continue;
            };
            // Which columns a view takes is not looked at.
            match self.look(read, at.reader.unwrap_or(session), session, &BTreeSet::new())? {
                Sight::Open => {}
                other => sight = other,
            }
            if matches!(sight, Sight::Denied(_)) {
                break;
            }
        }
        Ok(sight)
    }

    /// A function of the caller's rights whose body cannot be read may read what some of them cannot.
    fn may_be_hidden(&mut self, functions: &BTreeSet<u32>, users: &[Oid]) -> Result<bool, Error> {
        for function in functions {
            let function = Oid::from_u32(*function);
            if self.context.function(function).is_some_and(|known| known.security_definer) {
                continue;
            }
            let opaque = self.world.opaque(function);
            for read in self.world.named(&opaque) {
                for user in users {
                    if !matches!(self.look(read, *user, *user, &BTreeSet::new())?, Sight::Open) {
                        return Ok(true);
                    }
                }
            }
        }
        Ok(false)
    }
}
