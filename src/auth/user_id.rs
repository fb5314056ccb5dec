//! `auth.user_id()`: the claim `sub` as text, for identity providers without uuids.

use pgrx::pg_sys::Datum;
use pgrx::prelude::*;

use super::declaration::Declaration;
use super::identity;
use super::reader::reader;
use super::typed;
use crate::error::Error;

fn read() -> Result<Option<Datum>, Error> {
    identity::claim(&["sub"], |claim| typed::text(claim, &["sub"])).map(IntoDatum::into_datum)
}

reader!(rowguard_auth_user_id, pg_finfo_rowguard_auth_user_id, Varlena, Plain(read));

/// How SQL declares it.
pub const DECLARATION: Declaration = Declaration {
    name: "auth.user_id",
    argument: None,
    result: pg_sys::TEXTOID,
    reads: true,
    symbol: "rowguard_auth_user_id",
    comment: "claim sub as text; null without an identity; 22P02 when it is an object or an array",
};
