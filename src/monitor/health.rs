//! `rls.health()`: whether all is well, in one call.

use pgrx::JsonB;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;
use serde_json::{Map, Value, json};

use super::{audit, check, database, identity, ledgers, rate_limits, version};
use crate::arguments::required;
use crate::error::Error;
use crate::operation::failure::Failure;

/// A check and the name it goes by.
type Check = (&'static str, fn(deep: bool) -> Result<check::Outcome, Failure>);

const CHECKS: [Check; 6] = [
    ("database", |_| database::check()),
    ("version", |_| version::check()),
    ("identity", |_| identity::check()),
    ("audit", audit::check),
    ("ledgers", ledgers::check),
    ("rate_limits", |_| rate_limits::check()),
];

/// `{"status": "healthy" | "degraded", "checks": {"database": {...}, ...}, "started_at": ...,
/// "uptime": seconds}`. A check is `ok`, `failed`, or `unknown` where it could not be asked; what
/// went wrong while asking stands in it, with the SQLSTATE. Degraded is what has a failed check.
///
/// `deep`: large catalogs are audited, too, and the rows of ledgers verified, where the caller is an
/// operator. Changes nothing; answers in read-only transactions and on a standby.
///
/// Errors: 22004 NULL deep. Who may call it: whoever is granted EXECUTE.
#[pg_extern(sql = r#"
CREATE FUNCTION rls.health(deep boolean DEFAULT false) RETURNS jsonb
LANGUAGE c VOLATILE SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
COMMENT ON FUNCTION rls.health(boolean) IS
  'whether all is well: database, version, identity, audit, ledgers, rate limits, uptime; a check that fails is told, not raised';
"#)]
fn rls_health(deep: Option<bool>) -> Result<JsonB, ErrorReport> {
    let deep = required(deep, "deep")?;
    let mut checks = Map::new();
    let mut healthy = true;
    for (name, check) in CHECKS {
        pgrx::check_for_interrupts!();
        let outcome = check::make(|| check(deep))?;
        healthy &= !outcome.is_failed();
        checks.insert(name.to_owned(), outcome.into_json());
    }
    let (started_at, uptime) = up_since()?;
    Ok(JsonB(json!({
        "status": if healthy { "healthy" } else { "degraded" },
        "checks": Value::Object(checks),
        "started_at": started_at,
        "uptime": uptime,
    })))
}

/// When the server started, as JSON has it, and how many seconds ago.
fn up_since() -> Result<(String, i64), Error> {
    let found = crate::catalog::select(
        "SELECT pg_catalog.to_jsonb(pg_catalog.pg_postmaster_start_time())
                    OPERATOR(pg_catalog.#>>) '{}',
                pg_catalog.floor(EXTRACT(epoch FROM pg_catalog.clock_timestamp()
                    OPERATOR(pg_catalog.-) pg_catalog.pg_postmaster_start_time()))::pg_catalog.int8",
        &[],
        |row| Ok((row.required(1)?, row.required(2)?)),
    )?;
    found.into_iter().next().ok_or(Error::Unexpected("the server's start is missing"))
}
