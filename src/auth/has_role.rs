//! `auth.has_role(text)`: whether the claims name a role.

use pgrx::pg_sys::Datum;
use pgrx::prelude::*;

use super::claim_paths::ROLES;
use super::declaration::{Argument, Declaration};
use super::identity;
use super::reader::reader;
use super::role::role;
use super::typed;
use crate::error::Error;

fn read(wanted: Option<Datum>) -> Result<Option<Datum>, Error> {
    // Both claims are read whatever is asked for: malformed ones are an error for everybody.
    let role = role()?;
    let roles = match ROLES.read()? {
        Some(path) => identity::claim(&path, |claim| typed::texts(&claim, &path))?,
        None => None,
    };
    // SAFETY: the SQL declaration makes the argument a text.
    let wanted = wanted.and_then(|value| unsafe { String::from_datum(value, false) });
    let has =
        wanted.is_some() && (role == wanted || roles.is_some_and(|roles| roles.contains(&wanted)));
    Ok(has.into_datum())
}

reader!(rowguard_auth_has_role, pg_finfo_rowguard_auth_has_role, Value, OfArgument(read));

/// How SQL declares it.
pub const DECLARATION: Declaration = Declaration {
    name: "auth.has_role",
    argument: Some(Argument::text("role")),
    result: pg_sys::BOOLOID,
    reads: true,
    symbol: "rowguard_auth_has_role",
    comment: "whether claim role (rowguard.role_claim) is this role or the array at rowguard.roles_claim holds it; false without claims and for null; 22P02 when a claim has another shape",
};
