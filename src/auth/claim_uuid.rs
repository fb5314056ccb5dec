//! `auth.claim_uuid(VARIADIC path)`: the claim at a path as uuid.

use pgrx::pg_sys::Datum;
use pgrx::prelude::*;

use super::identity;
use super::reader::reader;
use super::typed;
use crate::error::Error;

fn read(path: Option<Datum>) -> Result<Option<Datum>, Error> {
    let path = typed::path_argument(path)?;
    identity::claim(&path, |claim| typed::uuid(&claim, &path)).map(IntoDatum::into_datum)
}

reader!(rowguard_auth_claim_uuid, pg_finfo_rowguard_auth_claim_uuid, Uuid, OfArgument(read));

extension_sql!(
    r"
CREATE FUNCTION auth.claim_uuid(VARIADIC path text[]) RETURNS uuid
LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'rowguard_auth_claim_uuid';
COMMENT ON FUNCTION auth.claim_uuid(text[]) IS
  'the claim at a path, a string as uuid; 22P02 when it is no uuid; null when absent';
",
    name = "auth_claim_uuid"
);
