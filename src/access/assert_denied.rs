//! `rls.assert_denied()`: a statement is refused to an identity.

use std::ffi::{CString, c_char, c_int};

use pgrx::JsonB;
use pgrx::pg_sys::{self, panic::ErrorReport};
use pgrx::prelude::*;

use super::identity;
use super::trial::{self, Mode};
use crate::arguments::required;
use crate::error::{AccessError, Error};
use crate::operation::caught::raw;
use crate::operation::raised::is_uncatchable;

/// The server's functions as they are, for use inside the guard of a trial.
mod server {
    use core::ffi::{c_char, c_int};

    use pgrx::pg_sys;

    unsafe extern "C-unwind" {
        pub fn SPI_execute_extended(
            text: *const c_char,
            options: *const pg_sys::SPIExecuteOptions,
        ) -> c_int;
    }
}

/// Raises P0004 unless `sql`, run as `identity`, raises `sqlstate`. What `sql` does is undone in any
/// case, but for what the server never undoes: sequences go on, and what leaves the database is
/// gone. Unlike in other trials it may write, since a policy's check is asked by writing: triggers
/// and defaults run, as the role. What only the trial refuses, such as SET ROLE or a temporary table,
/// is not counted as denied. Returns what was raised. Checks that wait for COMMIT are not reached.
///
/// Errors: 22004 a NULL, 22023 an identity of another form, or a `sqlstate` that is none or is never
/// caught (a serialization failure, a deadlock, a cancelled query, a lock timeout: these end the
/// assertion as they are), 0A000 COPY from the client and transaction control, 42704 unknown role,
/// 42501 a role that the caller may not become, or in verified mode no superuser. For whoever is
/// granted EXECUTE.
#[pg_extern(sql = r#"
CREATE FUNCTION rls.assert_denied(identity jsonb, sql text, sqlstate text DEFAULT '42501')
RETURNS text
LANGUAGE c VOLATILE
AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
COMMENT ON FUNCTION rls.assert_denied(jsonb, text, text) IS
  'raises P0004 unless the statement, run as the identity and undone, raises the SQLSTATE';
"#)]
fn rls_assert_denied(
    identity: Option<JsonB>,
    sql: Option<&str>,
    sqlstate: Option<&str>,
) -> Result<String, ErrorReport> {
    let (identity, role) = identity::one(required(identity, "identity")?.0, "identity")?;
    let sql = CString::new(required(sql, "sql")?).map_err(|_| Error::NullByte)?;
    let wanted = required(sqlstate, "sqlstate")?;
    let letters = wanted.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase());
    if wanted.len() != 5 || !letters || is_uncatchable(wanted) {
        return Err(AccessError::NoSqlstate(wanted.to_owned()).into());
    }

    let text = sql.as_ptr();
    // SAFETY: the closure calls the server directly and owns nothing; `sql` outlives it.
    let outcome = unsafe { trial::run(&identity, role, Mode::Writing, || execute(text))? };
    let who = identity.role.as_ref().map_or("", |(_, name)| name.as_str());
    let (evidence, advice) = match outcome {
        Err(raised) if raised.to_restricted => (
            format!("It raised {}", raised.in_words()),
            "This is refused to the trial, whoever runs it, and says nothing of the role.",
        ),
        Err(raised) if raised.sqlstate == wanted => return Ok(raised.in_words()),
        Err(raised) if raised.sqlstate == "25006" => (
            format!("It raised {}", raised.in_words()),
            "A transaction that only reads, as on a standby, refuses that before it asks for more.",
        ),
        Err(raised) => (
            format!("It raised {}\nIt should have raised {wanted}.", raised.in_words()),
            "Where this is the error that denies it, give its SQLSTATE: sqlstate => '...'.",
        ),
        Ok((code, _)) if code < 0 => return Err(AccessError::NotTriable.into()),
        Ok((_, 0)) => (
            "It ran, and processed no row.".to_owned(),
            "Policies hide rows from SELECT, UPDATE and DELETE without an error: rls.assert_hidden() and rls.assert_matrix() ask for that.",
        ),
        Ok((_, rows)) => (
            format!(
                "It ran, and processed {rows} {}; all is undone.",
                if rows == 1 { "row" } else { "rows" }
            ),
            "rls.explain_access() says of one row which privileges and policies decide.",
        ),
    };
    Err(AccessError::AssertionFailed {
        claim: format!("the statement is not denied to role \"{who}\""),
        evidence: vec![evidence],
        advice,
    }
    .into())
}

/// Runs statements, and throws away the rows that they return: the server's code for what became of
/// them, and how many rows the last one processed.
///
/// # Safety
/// Inside a trial's guard; `text` ends with a null byte.
unsafe fn execute(text: *const c_char) -> (c_int, u64) {
    // SAFETY: as promised; the options are plain data.
    unsafe {
        let code = raw::SPI_connect();
        if code < 0 {
            return (code, 0);
        }
        let options = pg_sys::SPIExecuteOptions {
            dest: pg_sys::None_Receiver,
            ..pg_sys::SPIExecuteOptions::default()
        };
        let code = server::SPI_execute_extended(text, &raw const options);
        let processed = pg_sys::SPI_processed;
        raw::SPI_finish();
        (code, processed)
    }
}
