//! `auth.email()`: the claim `email` as text.

use pgrx::pg_sys::Datum;
use pgrx::prelude::*;

use super::declaration::Declaration;
use super::identity;
use super::reader::reader;
use super::typed;
use crate::error::Error;

fn read() -> Result<Option<Datum>, Error> {
    identity::claim(&["email"], |claim| typed::text(claim, &["email"])).map(IntoDatum::into_datum)
}

reader!(rowguard_auth_email, pg_finfo_rowguard_auth_email, Varlena, Plain(read));

/// How SQL declares it.
pub const DECLARATION: Declaration = Declaration {
    name: "auth.email",
    argument: None,
    result: pg_sys::TEXTOID,
    reads: true,
    symbol: "rowguard_auth_email",
    comment: "claim email as text; null without one; 22P02 when it is an object or an array",
};
