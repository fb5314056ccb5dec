//! What an expression uses of the database and of the session.

use std::collections::{BTreeSet, HashSet};

use pgrx::pg_sys::{Oid, SQLValueFunctionOp};

use super::tree::{Cast, Expr, Query, Source, Value};

/// `current_setting(text)` and `current_setting(text, boolean)`.
pub const CURRENT_SETTING: [u32; 2] = [2077, 3294];

/// What a body uses, whether or not its value could be made out.
#[derive(Debug, Clone, Default)]
pub struct Uses {
    /// Functions that it calls, or may call where a call is in doubt.
    pub functions: HashSet<Oid>,
    /// Relations that it reads or writes.
    pub relations: HashSet<Oid>,
    /// Settings that it reads by `current_setting`; an empty name stands for one that is computed.
    pub settings: BTreeSet<String>,
    /// It reads CURRENT_USER or one of its like.
    pub user: bool,
    /// It reads CURRENT_SCHEMA.
    pub schema: bool,
    /// Some part of it could not be made out, so that it may use more.
    pub incomplete: bool,
}

impl Uses {
    /// Adds what a query uses.
    pub fn note_query(&mut self, query: &Query) {
        self.note_sources(query);
        query.walk(0, &mut |part, _| self.note(part));
    }

    fn note_sources(&mut self, query: &Query) {
        self.incomplete |= query.has_unknown();
        query.each_query(&mut |query| {
            for source in &query.sources {
                if let Source::Relation { oid, .. } = source {
                    self.relations.insert(*oid);
                }
            }
        });
    }

    /// Adds what one part of an expression uses; those below it are left out.
    pub fn note(&mut self, part: &Expr) {
        match part {
            Expr::Function { function, arguments, .. } => {
                self.functions.insert(*function);
                if let Some(setting) = setting(*function, arguments) {
                    self.settings.insert(setting);
                }
            }
            Expr::Aggregate { function, .. }
            | Expr::Inlined { function, .. }
            | Expr::Cast { how: Cast::Array(Some(function)), .. } => {
                self.functions.insert(*function);
            }
            Expr::SubLink { query, .. } => self.note_sources(query),
            Expr::SessionValue { which } => self.note_session_value(*which),
            Expr::Unknown { .. } => self.incomplete = true,
            _ => {}
        }
    }

    /// Adds CURRENT_USER or another value of its kind.
    pub fn note_session_value(&mut self, which: u32) {
        self.user |= names_user(which);
        self.schema |= which == SQLValueFunctionOp::SVFOP_CURRENT_SCHEMA;
    }
}

/// CURRENT_USER, SESSION_USER and their other names.
pub fn names_user(which: u32) -> bool {
    use SQLValueFunctionOp::*;
    [SVFOP_CURRENT_ROLE, SVFOP_CURRENT_USER, SVFOP_USER, SVFOP_SESSION_USER].contains(&which)
}

/// The setting that a call of `current_setting` reads; empty where it is computed, and nothing for
/// other functions.
pub fn setting(function: Oid, arguments: &[Expr]) -> Option<String> {
    CURRENT_SETTING.contains(&function.to_u32()).then(|| {
        match arguments.first().map(Expr::unlabelled) {
            Some(Expr::Const { value: Value::Text(name), .. }) => name.clone(),
            _ => String::new(),
        }
    })
}
