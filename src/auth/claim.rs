//! `auth.claim(VARIADIC path)`: the claim at a path as jsonb.

use pgrx::pg_sys::Datum;
use pgrx::prelude::*;

use super::identity;
use super::reader::reader;
use super::typed;
use crate::error::Error;

fn read(path: Option<Datum>) -> Result<Option<Datum>, Error> {
    let path = typed::path_argument(path)?;
    identity::claim(&path, |claim| Ok(typed::jsonb(&claim)))
}

reader!(rowguard_auth_claim, pg_finfo_rowguard_auth_claim, Varlena, OfArgument(read));

extension_sql!(
    r"
CREATE FUNCTION auth.claim(VARIADIC path text[]) RETURNS jsonb
LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'rowguard_auth_claim';
COMMENT ON FUNCTION auth.claim(text[]) IS
  'the claim at a path of keys and array positions; null when absent; an empty path is all claims';
",
    name = "auth_claim"
);
