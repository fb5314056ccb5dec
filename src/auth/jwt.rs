//! `auth.jwt()`: all claims.

use pgrx::pg_sys::Datum;
use pgrx::prelude::*;

use super::identity;
use super::reader::reader;
use super::typed;
use crate::error::Error;

fn read() -> Result<Option<Datum>, Error> {
    Ok(identity::claims_text()?.and_then(typed::json_datum))
}

reader!(rowguard_auth_jwt, pg_finfo_rowguard_auth_jwt, Varlena, Plain(read));

extension_sql!(
    r"
CREATE FUNCTION auth.jwt() RETURNS jsonb
LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'rowguard_auth_jwt';
COMMENT ON FUNCTION auth.jwt() IS
  'all claims of the request; null when there are none; 22P02 when they are no JSON object';
",
    name = "auth_jwt"
);
