//! Reading something that may not be readable any more.

use std::panic::AssertUnwindSafe;

use pgrx::pg_sys::{self, panic::CaughtError};
use pgrx::prelude::*;

use crate::error::Error;
use crate::operation::failure::Failure;
use crate::operation::raised::Raised;

/// Runs `f` in a subtransaction of its own. None when what it reads is no expression that the
/// server takes, as a syntax error or a name that does not exist; whatever else goes wrong is raised as
/// it is.
pub fn attempt<T>(f: impl FnOnce() -> Result<T, Error>) -> Result<Option<T>, Error> {
    in_subtransaction(
        || f().map(Some),
        true,
        |error| match &error {
            CaughtError::PostgresError(report) | CaughtError::ErrorReport(report)
                if is_unreadable(report.sql_error_code()) =>
            {
                Ok(None)
            }
            _ => error.rethrow(),
        },
    )
}

/// Runs `f`, which looks things up that another session may have dropped since they were listed, in
/// a subtransaction of its own. None when the server misses one of them; whatever else goes wrong is
/// raised as it is.
pub fn unless_gone<T>(f: impl FnOnce() -> Result<T, Error>) -> Result<Option<T>, Error> {
    in_subtransaction(
        || f().map(Some),
        true,
        |error| match &error {
            // `cache lookup failed`: the server has no better code for it.
            CaughtError::PostgresError(report) | CaughtError::ErrorReport(report)
                if report.sql_error_code() == PgSqlErrorCode::ERRCODE_INTERNAL_ERROR
                    || is_unreadable(report.sql_error_code()) =>
            {
                Ok(None)
            }
            _ => error.rethrow(),
        },
    )
}

/// Runs `f`, which only reads, in a subtransaction of its own that is rolled back: the locks go that
/// reading took.
pub fn without_locks<T>(f: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    in_subtransaction(f, false, |error| error.rethrow())
}

/// Runs `f`, which only reads, in a subtransaction of its own that is rolled back, and returns what
/// it raises, but for what nobody may catch.
pub fn or_raised<T>(f: impl FnOnce() -> Result<T, Failure>) -> Result<Result<T, Raised>, Error> {
    let told = |failure| match failure {
        Failure::Error(error) => Raised::new(error.facts().sqlstate as i32, error.to_string()),
        Failure::Refused(refusal) => Raised {
            sqlstate: String::from_utf8_lossy(refusal.sqlstate()).into_owned(),
            message: refusal.to_string(),
            to_restricted: false,
        },
        // SAFETY: the server's own record; where nobody may catch it, it is raised again as it was.
        Failure::Server(caught) => unsafe {
            let error = caught.into_raw().as_ptr();
            let raised = Raised::read(error);
            if raised.is_uncatchable() {
                pg_sys::ReThrowError(error)
            }
            raised
        },
    };
    in_subtransaction(
        || Ok(f().map_err(told)),
        false,
        |error| match &error {
            CaughtError::PostgresError(report) | CaughtError::ErrorReport(report) => {
                let code = report.sql_error_code() as i32;
                let raised = Raised::new(code, report.message().to_owned());
                if raised.is_uncatchable() { error.rethrow() } else { Ok(Err(raised)) }
            }
            CaughtError::RustPanic { .. } => error.rethrow(),
        },
    )
}

fn in_subtransaction<T>(
    f: impl FnOnce() -> Result<T, Error>,
    keep: bool,
    failed: fn(CaughtError) -> Result<T, Error>,
) -> Result<T, Error> {
    // SAFETY: the subtransaction begins and ends here, in every way out; context and owner are
    // restored as the server's own procedural languages do.
    unsafe {
        let context = pg_sys::CurrentMemoryContext;
        let owner = pg_sys::CurrentResourceOwner;
        let roll_back = || {
            pg_sys::MemoryContextSwitchTo(context);
            pg_sys::RollbackAndReleaseCurrentSubTransaction();
            pg_sys::MemoryContextSwitchTo(context);
            pg_sys::CurrentResourceOwner = owner;
        };
        pg_sys::BeginInternalSubTransaction(std::ptr::null());
        pg_sys::MemoryContextSwitchTo(context);
        PgTryBuilder::new(AssertUnwindSafe(|| {
            let result = f();
            if keep {
                pg_sys::ReleaseCurrentSubTransaction();
                pg_sys::MemoryContextSwitchTo(context);
                pg_sys::CurrentResourceOwner = owner;
            } else {
                roll_back();
            }
            result
        }))
        .catch_others(|error| {
            roll_back();
            failed(error)
        })
        .execute()
    }
}

fn is_unreadable(code: PgSqlErrorCode) -> bool {
    use PgSqlErrorCode::*;
    matches!(
        code,
        ERRCODE_SYNTAX_ERROR
            | ERRCODE_UNDEFINED_COLUMN
            | ERRCODE_UNDEFINED_TABLE
            | ERRCODE_UNDEFINED_FUNCTION
            | ERRCODE_UNDEFINED_OBJECT
            | ERRCODE_INVALID_SCHEMA_NAME
            | ERRCODE_AMBIGUOUS_COLUMN
            | ERRCODE_AMBIGUOUS_FUNCTION
            | ERRCODE_DATATYPE_MISMATCH
            | ERRCODE_CANNOT_COERCE
            | ERRCODE_WRONG_OBJECT_TYPE
            | ERRCODE_GROUPING_ERROR
            | ERRCODE_WINDOWING_ERROR
            | ERRCODE_INVALID_RECURSION
            | ERRCODE_INVALID_NAME
            | ERRCODE_INVALID_COLUMN_REFERENCE
            | ERRCODE_UNDEFINED_PARAMETER
            | ERRCODE_AMBIGUOUS_PARAMETER
            | ERRCODE_AMBIGUOUS_ALIAS
            | ERRCODE_INDETERMINATE_DATATYPE
            | ERRCODE_INDETERMINATE_COLLATION
            | ERRCODE_COLLATION_MISMATCH
            | ERRCODE_FEATURE_NOT_SUPPORTED
            | ERRCODE_INVALID_TEXT_REPRESENTATION
    )
}
