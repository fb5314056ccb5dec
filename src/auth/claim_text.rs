//! `auth.claim_text(VARIADIC path)`: the claim at a path as text.

use pgrx::pg_sys::Datum;
use pgrx::prelude::*;

use super::identity;
use super::reader::reader;
use super::typed;
use crate::error::Error;

fn read(path: Option<Datum>) -> Result<Option<Datum>, Error> {
    let path = typed::path_argument(path)?;
    identity::claim(&path, |claim| typed::text(claim, &path)).map(IntoDatum::into_datum)
}

reader!(rowguard_auth_claim_text, pg_finfo_rowguard_auth_claim_text, Varlena, OfArgument(read));

extension_sql!(
    r"
CREATE FUNCTION auth.claim_text(VARIADIC path text[]) RETURNS text
LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'rowguard_auth_claim_text';
COMMENT ON FUNCTION auth.claim_text(text[]) IS
  'the claim at a path, a string, number or boolean as text; 22P02 when it is an object or an array; null when absent';
",
    name = "auth_claim_text"
);
