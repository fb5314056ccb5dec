//! "Unauthenticated access returns 0 rows".

use serde_json::json;

use super::{Review, Tried, reach};
use crate::access::identity::Kind;
use crate::access::matrix::{Command, Verdict};

/// The commands by which rows are read, changed or lost.
const REACHING: [Command; 4] =
    [Command::Select, Command::Update, Command::Delete, Command::Truncate];

impl Review<'_> {
    /// Whoever is nobody reaches no row, but for what everybody reads.
    pub fn unauthenticated(&self) -> Tried {
        let mut tried = Tried::default();
        let strangers = self.of_kind(Kind::Anonymous);
        if strangers.is_empty() {
            tried.untested(None, "give somebody without claims");
        }
        for stranger in strangers {
            for relation in &self.relations {
                self.tell_errors(stranger, relation, &REACHING, &mut tried);
                for command in REACHING {
                    let Some(cell) = self.cell(stranger, relation, command) else { continue };
                    tried.tested = true;
                    let reaches = cell.rows_allowed.unwrap_or(0) > 0
                        || command == Command::Truncate && cell.verdict == Verdict::All;
                    if reaches && !self.is_public(stranger, relation, command) {
                        let rows = cell.rows_allowed.map_or("rows reach".to_owned(), reach);
                        tried.failing.push(json!({
                            "object": relation.qualified(),
                            "command": command.as_str(),
                            "identities": [stranger.name],
                            "rows": cell.rows_allowed,
                            "message": format!("{}: {rows} {}", command.as_str(), stranger.name),
                        }));
                    }
                }
            }
        }
        tried
    }
}
