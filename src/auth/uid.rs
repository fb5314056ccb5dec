//! `auth.uid()`: the claim `sub` as uuid.

use pgrx::pg_sys::Datum;
use pgrx::prelude::*;

use uuid::Uuid;

use super::claims::Subject;
use super::declaration::Declaration;
use super::identity;
use super::reader::reader;
use crate::error::{AuthError, Error};

/// Who is asking, for the operations of this extension. None when there is no identity; 22P02
/// when `sub` is no uuid or the claims are no JSON object.
pub fn uid() -> Result<Option<Uuid>, Error> {
    match identity::subject()? {
        Subject::Absent => Ok(None),
        Subject::Uuid(uuid) => Ok(Some(uuid)),
        Subject::NoUuid => Err(AuthError::SubjectNoUuid.into()),
    }
}

fn read() -> Result<Option<Datum>, Error> {
    Ok(uid()?.and_then(|uuid| pgrx::Uuid::from_bytes(uuid.into_bytes()).into_datum()))
}

reader!(rowguard_auth_uid, pg_finfo_rowguard_auth_uid, Uuid, Plain(read));

/// How SQL declares it.
pub const DECLARATION: Declaration = Declaration {
    name: "auth.uid",
    argument: None,
    result: pg_sys::UUIDOID,
    reads: true,
    symbol: "rowguard_auth_uid",
    comment: "who is asking: claim sub as uuid; null without an identity; 22P02 when it is no uuid",
};
