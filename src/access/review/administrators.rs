//! "Admin policies work correctly".

use std::collections::HashSet;

use serde_json::json;

use super::{Review, Tried, reach};
use crate::access::identity::{Identity, Kind};
use crate::access::matrix::{Command, Verdict};
use crate::catalog::Table;

impl Review<'_> {
    /// What lets administrators in does: they reach all rows, or more than any user. Where nothing else
    /// lets anybody in, no user comes in.
    pub fn administrators(&self) -> Tried {
        let mut tried = Tried::default();
        let administrators = self.of_kind(Kind::Admin);
        let users = self.of_kind(Kind::User);
        if administrators.is_empty() {
            tried.untested(None, "give an administrator");
            return tried;
        }
        let mut gates = false;
        for relation in &self.relations {
            for command in [Command::Select, Command::Insert, Command::Update, Command::Delete] {
                let mut names: Vec<&str> = Vec::new();
                for one in &administrators {
                    names.extend(self.gates(one, relation, command, &users));
                }
                if names.is_empty() {
                    continue;
                }
                gates = true;
                names.sort_unstable();
                names.dedup();
                self.gate(relation, command, &names, [&administrators, &users], &mut tried);
            }
        }
        if !gates {
            tried.untested(None, "no policy is for administrators");
        }
        tried
    }

    /// The policies that let in by what an administrator is, or that are for his role and no user's.
    fn gates<'s>(
        &'s self,
        administrator: &Identity,
        relation: &Table,
        command: Command,
        users: &[&Identity],
    ) -> Vec<&'s str> {
        let of_users: HashSet<&str> = users
            .iter()
            .flat_map(|user| self.permissive(user, relation, command))
            .map(|policy| policy.name)
            .collect();
        self.permissive(administrator, relation, command)
            .into_iter()
            .filter(|policy| policy.by_role || !users.is_empty() && !of_users.contains(policy.name))
            // One for all commands does not mean those that nobody may run.
            .filter(|policy| {
                !policy.for_all
                    || self
                        .cell(administrator, relation, command)
                        .is_some_and(|cell| cell.verdict != Verdict::Denied)
            })
            .map(|policy| policy.name)
            .collect()
    }

    fn gate(
        &self,
        relation: &Table,
        command: Command,
        gates: &[&str],
        [administrators, users]: [&[&Identity]; 2],
        tried: &mut Tried,
    ) {
        let reached = |one: &&Identity| self.cell(one, relation, command)?.rows_allowed;
        let most = users.iter().filter_map(reached).max().unwrap_or(0);
        let cells = || administrators.iter().filter_map(|one| self.cell(one, relation, command));
        let object = relation.qualified();
        if cells().all(|cell| cell.verdict == Verdict::Denied) {
            tried.untested(Some(object), &format!("{}: no privilege", command.as_str()));
            return;
        }
        if cells().all(|cell| cell.verdict == Verdict::Empty) {
            tried.untested(Some(object), "it has no rows");
            return;
        }
        tried.tested = true;
        let let_in = cells().any(|cell| {
            cell.verdict == Verdict::All || cell.rows_allowed.is_some_and(|rows| rows > most)
        });
        let evidence = |message: String| {
            json!({
                "object": object,
                "command": command.as_str(),
                "policies": gates,
                "message": format!("{}: {message}", command.as_str()),
            })
        };
        if !let_in {
            let message = "administrators reach no more than users do".to_owned();
            tried.failing.push(evidence(message));
        }
        for user in users {
            let only_gates = self.permissive(user, relation, command).iter().all(|one| one.by_role);
            if let Some(rows) = reached(user)
                && rows > 0
                && only_gates
                && relation.rls_enabled
            {
                let message = format!("{} {}, who is no administrator", reach(rows), user.name);
                tried.failing.push(evidence(message));
            }
        }
    }
}
