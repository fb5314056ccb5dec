//! `auth.jwt()`: all claims.

use pgrx::prelude::*;

use super::reader::reader;
use super::session;
use crate::error::Error;

fn read() -> Result<Option<pg_sys::Datum>, Error> {
    let Some(claims) = session::claims_text()? else { return Ok(None) };
    // SAFETY: the input function of jsonb takes one C string, and copies what it keeps of it.
    Ok(unsafe { pgrx::direct_function_call_as_datum(pg_sys::jsonb_in, &[claims.into_datum()]) })
}

reader!(rowguard_auth_jwt, pg_finfo_rowguard_auth_jwt, read);

extension_sql!(
    r"
CREATE FUNCTION auth.jwt() RETURNS jsonb
LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'rowguard_auth_jwt';
COMMENT ON FUNCTION auth.jwt() IS
  'all claims of the request; null when there are none; 22P02 when they are no JSON object';
",
    name = "auth_jwt"
);
