//! `auth.require_uid()`: the claim `sub` as uuid, which must be there.

use pgrx::pg_sys::Datum;
use pgrx::prelude::*;

use super::reader::reader;
use super::uid::uid;
use crate::error::Error;

fn read() -> Result<Option<Datum>, Error> {
    let uuid = uid()?.ok_or(Error::NotAuthenticated)?;
    Ok(pgrx::Uuid::from_bytes(uuid.into_bytes()).into_datum())
}

reader!(rowguard_auth_require_uid, pg_finfo_rowguard_auth_require_uid, Uuid, Plain(read));

extension_sql!(
    r"
CREATE FUNCTION auth.require_uid() RETURNS uuid
LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'rowguard_auth_require_uid';
COMMENT ON FUNCTION auth.require_uid() IS
  'who is asking, as auth.uid(); 28000 without an identity; never null';
",
    name = "auth_require_uid"
);
