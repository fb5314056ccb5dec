//! Rewrite rules, `pg_rewrite`: what views are made of, and what people put on tables.

use pgrx::datum::DatumWithOid;
use pgrx::pg_sys::Oid;

use super::select;
use crate::error::Error;

/// What a rule waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// SELECT: the rule that makes a view.
    Select,
    /// UPDATE.
    Update,
    /// INSERT.
    Insert,
    /// DELETE.
    Delete,
}

impl Event {
    /// The key word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Select => "SELECT",
            Self::Update => "UPDATE",
            Self::Insert => "INSERT",
            Self::Delete => "DELETE",
        }
    }
}

/// A rule.
#[derive(Debug, Clone)]
pub struct Rewrite {
    /// The table or view it is on.
    pub relation: Oid,
    /// Unquoted name.
    pub name: String,
    /// What it waits for.
    pub event: Event,
    /// It acts in place of the statement, and always.
    pub instead: bool,
    /// It acts in ordinary sessions, those that apply changes of other servers aside.
    pub enabled: bool,
    /// What it does, as the text of a list of query trees.
    pub action: String,
    /// Every relation that the server knows it to depend on, its own aside.
    pub depends: Vec<Oid>,
}

/// The rules of these relations, by relation and name.
pub fn of_relations(relations: &[Oid]) -> Result<Vec<Rewrite>, Error> {
    select(
        "SELECT r.ev_class, r.rulename::pg_catalog.text, r.ev_type::pg_catalog.text,
                r.is_instead AND r.ev_qual::pg_catalog.text OPERATOR(pg_catalog.=) '<>',
                r.ev_enabled OPERATOR(pg_catalog.=) ANY ('{O,A}'::pg_catalog.\"char\"[]),
                r.ev_action::pg_catalog.text,
                ARRAY(SELECT DISTINCT d.refobjid
                        FROM pg_catalog.pg_depend d
                       WHERE d.classid OPERATOR(pg_catalog.=)
                             'pg_catalog.pg_rewrite'::pg_catalog.regclass
                         AND d.objid OPERATOR(pg_catalog.=) r.oid
                         AND d.refclassid OPERATOR(pg_catalog.=)
                             'pg_catalog.pg_class'::pg_catalog.regclass
                         AND d.refobjid OPERATOR(pg_catalog.<>) r.ev_class)
           FROM pg_catalog.pg_rewrite r
          WHERE r.ev_class OPERATOR(pg_catalog.=) ANY ($1)
          ORDER BY r.ev_class, r.rulename",
        &[DatumWithOid::from(relations.to_vec())],
        |row| {
            Ok(Rewrite {
                relation: row.required(1)?,
                name: row.required(2)?,
                event: match row.required::<String>(3)?.as_str() {
                    "1" => Event::Select,
                    "2" => Event::Update,
                    "3" => Event::Insert,
                    _ => Event::Delete,
                },
                instead: row.required(4)?,
                enabled: row.required(5)?,
                action: row.required(6)?,
                depends: row.required(7)?,
            })
        },
    )
}
