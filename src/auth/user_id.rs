//! `auth.user_id()`: the claim `sub` as text, for identity providers without uuids.

use pgrx::pg_sys::Datum;
use pgrx::prelude::*;

use super::declaration::Declaration;
use super::identity;
use super::reader::reader;
use super::typed;
use crate::error::Error;

/// The caller as the identity provider names him, for the operations of this extension. None when
/// there is no such claim; 22P02 when it is an object or an array.
pub fn user_id() -> Result<Option<String>, Error> {
    identity::claim(&["sub"], |claim| typed::text(claim, &["sub"]))
}

fn read() -> Result<Option<Datum>, Error> {
    user_id().map(IntoDatum::into_datum)
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
