//! `auth.email()`: the claim `email` as text.

use pgrx::pg_sys::Datum;
use pgrx::prelude::*;

use super::identity;
use super::reader::reader;
use super::typed;
use crate::error::Error;

fn read() -> Result<Option<Datum>, Error> {
    identity::claim(&["email"], |claim| typed::text(claim, &["email"])).map(IntoDatum::into_datum)
}

reader!(rowguard_auth_email, pg_finfo_rowguard_auth_email, Varlena, Plain(read));

extension_sql!(
    r"
CREATE FUNCTION auth.email() RETURNS text
LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'rowguard_auth_email';
COMMENT ON FUNCTION auth.email() IS
  'claim email as text; null without one; 22P02 when it is an object or an array';
",
    name = "auth_email"
);
