//! `auth.role()`: the claim `role` as text.

use std::ffi::{CStr, CString};

use pgrx::prelude::*;
use pgrx::{direct_function_call, direct_function_call_as_datum};

use super::claims::Claim;
use super::reader::{reader, text};
use super::session;
use crate::error::Error;

fn read() -> Result<Option<pg_sys::Datum>, Error> {
    session::with_role(|role| match role {
        Claim::Absent => Ok(None),
        Claim::Text(value) => Ok(Some(text(value))),
        Claim::Number(value) => Ok(Some(number_text(value))),
        Claim::Structured => Err(Error::ClaimNoText("role")),
    })?
}

/// A number's text as `jsonb` gives it (`1e2` is 100): read and written by the server's numeric.
fn number_text(value: &str) -> pg_sys::Datum {
    let written = CString::new(value).unwrap_or_default();
    // SAFETY: the argument lists are those of the two functions; the result is a C string.
    unsafe {
        let number = direct_function_call_as_datum(
            pg_sys::numeric_in,
            &[
                Some(written.as_ptr().into()),
                Some(pg_sys::InvalidOid.into()),
                (-1_i32).into_datum(),
            ],
        );
        let printed = direct_function_call::<&CStr>(pg_sys::numeric_out, &[number]);
        text(printed.unwrap_or_default().to_str().unwrap_or_default())
    }
}

reader!(rowguard_auth_role, pg_finfo_rowguard_auth_role, read);

extension_sql!(
    r"
CREATE FUNCTION auth.role() RETURNS text
LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'rowguard_auth_role';
COMMENT ON FUNCTION auth.role() IS
  'claim role as text; null without one; 22P02 when it is an object or an array';
",
    name = "auth_role"
);
