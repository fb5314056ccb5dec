//! `auth.jwt()`: all claims.

use pgrx::pg_sys::Datum;
use pgrx::prelude::*;

use super::declaration::Declaration;
use super::identity;
use super::reader::reader;
use super::typed;
use crate::error::Error;

fn read() -> Result<Option<Datum>, Error> {
    Ok(identity::claims_text()?.and_then(typed::json_datum))
}

reader!(rowguard_auth_jwt, pg_finfo_rowguard_auth_jwt, Varlena, Plain(read));

/// How SQL declares it.
pub const DECLARATION: Declaration = Declaration {
    name: "auth.jwt",
    argument: None,
    result: pg_sys::JSONBOID,
    reads: true,
    symbol: "rowguard_auth_jwt",
    comment: "all claims of the request; null when there are none; 22P02 when they are no JSON object",
};
