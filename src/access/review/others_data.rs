//! "A regular user can't access others' data".

use serde_json::json;

use super::{Review, Tried, reach};
use crate::access::identity::Kind;
use crate::access::matrix::Verdict;
use crate::access::overlap::{self, Overlap};
use crate::error::Error;

impl Review<'_> {
    /// Two users who share nothing reach no row both, but for what everybody reads.
    pub fn others_data(&self, sample: i32) -> Result<Tried, Error> {
        let mut tried = Tried::default();
        let users = self.of_kind(Kind::User);
        if users.len() < 2 {
            tried.untested(None, "give two users who share nothing");
            return Ok(tried);
        }
        let strangers = self.of_kind(Kind::Anonymous);
        let mut closed = false;
        for relation in self.relations.iter().filter(|one| overlap::is_table(one)) {
            let verdicts: Vec<Verdict> = users
                .iter()
                .flat_map(|user| overlap::COMMANDS.map(|one| self.cell(user, relation, one)))
                .flatten()
                .map(|cell| cell.verdict)
                .collect();
            if verdicts.iter().all(|verdict| *verdict == Verdict::Denied) {
                closed = true;
                continue;
            }
            for user in &users {
                self.tell_errors(user, relation, &overlap::COMMANDS, &mut tried);
            }
            match overlap::find(relation, &users, &strangers, sample)? {
                Overlap::Hidden => {
                    tried.unproven = true;
                    tried.untested(
                        Some(relation.qualified()),
                        "row security hides its rows from the caller",
                    );
                }
                Overlap::Empty => tried.untested(Some(relation.qualified()), "it has no rows"),
                Overlap::Rows(shared) => {
                    tried.tested |= verdicts
                        .iter()
                        .any(|verdict| !matches!(verdict, Verdict::Denied | Verdict::Error));
                    for found in shared {
                        let [one, other] = found.between;
                        if self.is_public(one, relation, found.command)
                            && self.is_public(other, relation, found.command)
                        {
                            continue;
                        }
                        let command = found.command.as_str();
                        tried.failing.push(json!({
                            "object": relation.qualified(),
                            "command": command,
                            "identities": [one.name, other.name],
                            "rows": found.rows,
                            "message": format!("{command}: {} both {} and {}",
                                reach(found.rows), one.name, other.name),
                        }));
                    }
                }
            }
        }
        // Nobody may even ask.
        tried.tested |= closed && tried.untested.is_empty();
        Ok(tried)
    }
}
