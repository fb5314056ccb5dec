//! Policies as stored, `pg_policy`.

use std::collections::HashMap;

use pgrx::datum::DatumWithOid;
use pgrx::pg_sys::Oid;

use super::select;
use crate::error::Error;

/// The command a policy is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    /// FOR ALL.
    All,
    /// FOR SELECT.
    Select,
    /// FOR INSERT.
    Insert,
    /// FOR UPDATE.
    Update,
    /// FOR DELETE.
    Delete,
}

impl Command {
    /// The commands that a statement can be.
    pub const SINGLE: [Self; 4] = [Self::Select, Self::Insert, Self::Update, Self::Delete];

    /// The key word of the command.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::All => "ALL",
            Self::Select => "SELECT",
            Self::Insert => "INSERT",
            Self::Update => "UPDATE",
            Self::Delete => "DELETE",
        }
    }

    /// Whether a policy for `self` is applied to `other`, a single command.
    pub fn covers(self, other: Self) -> bool {
        self == Self::All || self == other
    }
}

/// A policy.
#[derive(Debug, Clone)]
pub struct Policy {
    /// `pg_policy.oid`.
    pub oid: Oid,
    /// The table that holds it.
    pub table: Oid,
    /// Unquoted name.
    pub name: String,
    /// Permissive, as against restrictive.
    pub permissive: bool,
    /// The command it is for.
    pub command: Command,
    /// Its roles; 0 is PUBLIC.
    pub roles: Vec<Oid>,
    /// USING as the text of a node tree.
    pub using: Option<String>,
    /// WITH CHECK as the text of a node tree.
    pub check: Option<String>,
    /// Its COMMENT, all lines.
    pub comment: Option<String>,
}

/// The policies of these tables, by table and name.
pub fn of_tables(tables: &[Oid]) -> Result<Vec<Policy>, Error> {
    select(
        "SELECT p.oid, p.polrelid, p.polname::pg_catalog.text, p.polpermissive,
                p.polcmd::pg_catalog.text, p.polroles, p.polqual::pg_catalog.text,
                p.polwithcheck::pg_catalog.text, d.description
           FROM pg_catalog.pg_policy p
           LEFT JOIN pg_catalog.pg_description d
             ON d.classoid OPERATOR(pg_catalog.=) 'pg_catalog.pg_policy'::pg_catalog.regclass
            AND d.objoid OPERATOR(pg_catalog.=) p.oid
            AND d.objsubid OPERATOR(pg_catalog.=) 0
          WHERE p.polrelid OPERATOR(pg_catalog.=) ANY ($1)
          ORDER BY p.polrelid, p.polname",
        &[DatumWithOid::from(tables.to_vec())],
        |row| {
            Ok(Policy {
                oid: row.required(1)?,
                table: row.required(2)?,
                name: row.required(3)?,
                permissive: row.required(4)?,
                command: match row.required::<String>(5)?.as_str() {
                    "r" => Command::Select,
                    "a" => Command::Insert,
                    "w" => Command::Update,
                    "d" => Command::Delete,
                    _ => Command::All,
                },
                roles: row.required(6)?,
                using: row.optional(7)?,
                check: row.optional(8)?,
                comment: row.optional(9)?,
            })
        },
    )
}

/// USING and WITH CHECK of a policy as texts of node trees.
pub type Trees = (Option<String>, Option<String>);

/// The clauses of these policies as they are stored, by policy; one that is gone is left out.
pub fn trees(policies: &[Oid]) -> Result<HashMap<Oid, Trees>, Error> {
    let found = select(
        "SELECT p.oid, p.polqual::pg_catalog.text, p.polwithcheck::pg_catalog.text
           FROM pg_catalog.pg_policy p
          WHERE p.oid OPERATOR(pg_catalog.=) ANY ($1)",
        &[DatumWithOid::from(policies.to_vec())],
        |row| Ok((row.required(1)?, (row.optional(2)?, row.optional(3)?))),
    )?;
    Ok(found.into_iter().collect())
}

/// The clauses of a policy as SQL: USING, WITH CHECK. Deparsed, never run.
pub struct Clauses {
    /// The policy.
    pub policy: Oid,
    /// USING.
    pub using: Option<String>,
    /// WITH CHECK.
    pub check: Option<String>,
}

/// The clauses of these policies as the server prints them. Names outside `pg_catalog` are
/// qualified when the caller's `search_path` is `pg_catalog`.
pub fn clauses(policies: &[Oid]) -> Result<Vec<Clauses>, Error> {
    select(
        "SELECT p.oid, pg_catalog.pg_get_expr(p.polqual, p.polrelid),
                pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid)
           FROM pg_catalog.pg_policy p
          WHERE p.oid OPERATOR(pg_catalog.=) ANY ($1)
          ORDER BY p.oid",
        &[DatumWithOid::from(policies.to_vec())],
        |row| {
            Ok(Clauses {
                policy: row.required(1)?,
                using: row.optional(2)?,
                check: row.optional(3)?,
            })
        },
    )
}
