//! `auth.require_uid()`: the claim `sub` as uuid, which must be there.

use pgrx::pg_sys::Datum;
use pgrx::prelude::*;

use super::declaration::Declaration;
use super::reader::reader;
use super::uid::uid;
use crate::error::{AuthError, Error};

fn read() -> Result<Option<Datum>, Error> {
    let uuid = uid()?.ok_or(AuthError::NotAuthenticated)?;
    Ok(pgrx::Uuid::from_bytes(uuid.into_bytes()).into_datum())
}

reader!(rowguard_auth_require_uid, pg_finfo_rowguard_auth_require_uid, Uuid, Plain(read));

/// How SQL declares it.
pub const DECLARATION: Declaration = Declaration {
    name: "auth.require_uid",
    argument: None,
    result: pg_sys::UUIDOID,
    reads: true,
    symbol: "rowguard_auth_require_uid",
    comment: "who is asking, as auth.uid(); 28000 without an identity; never null",
};
