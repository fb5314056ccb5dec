//! `auth.role()`: the claim that `rowguard.role_claim` names, as text.

use pgrx::pg_sys::Datum;
use pgrx::prelude::*;

use super::claim_paths::ROLE;
use super::declaration::Declaration;
use super::identity;
use super::reader::reader;
use super::typed;
use crate::error::Error;

/// The role of the claims; none when they name none.
pub fn role() -> Result<Option<String>, Error> {
    let Some(path) = ROLE.read()? else { return Ok(None) };
    identity::claim(&path, |claim| typed::text(claim, &path))
}

fn read() -> Result<Option<Datum>, Error> {
    role().map(IntoDatum::into_datum)
}

reader!(rowguard_auth_role, pg_finfo_rowguard_auth_role, Varlena, Plain(read));

/// How SQL declares it.
pub const DECLARATION: Declaration = Declaration {
    name: "auth.role",
    argument: None,
    result: pg_sys::TEXTOID,
    reads: true,
    symbol: "rowguard_auth_role",
    comment: "claim role (rowguard.role_claim) as text; null without one; 22P02 when it is an object or an array",
};
