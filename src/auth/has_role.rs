//! `auth.has_role(text)`: whether the claims name a role.

use pgrx::pg_sys::Datum;
use pgrx::prelude::*;

use super::claim_paths::ROLES;
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

extension_sql!(
    r"
CREATE FUNCTION auth.has_role(role text) RETURNS boolean
LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'rowguard_auth_has_role';
COMMENT ON FUNCTION auth.has_role(text) IS
  'whether claim role (rowguard.role_claim) is this role or the array at rowguard.roles_claim holds it; false without claims and for null; 22P02 when a claim has another shape';
",
    name = "auth_has_role"
);
