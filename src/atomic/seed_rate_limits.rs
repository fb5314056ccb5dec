//! `atomic.seed_rate_limits`: fills `atomic.rate_limits` with the usual rules.

use pgrx::prelude::*;

use super::answer::connected;
use super::registry::private_owner;
use crate::error::Error;
use crate::operation::boundary::{Call, sql_function};
use crate::operation::failure::Failure;
use crate::operation::statement::Statement;
use crate::read_only;
use crate::run_as::{PRIVATE_PATH, RunAs};
use crate::settings;

sql_function!(
    rowguard_atomic_seed_rate_limits,
    pg_finfo_rowguard_atomic_seed_rate_limits,
    seed_rate_limits
);

extension_sql!(
    r#"
CREATE FUNCTION atomic.seed_rate_limits() RETURNS integer
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'rowguard_atomic_seed_rate_limits';
COMMENT ON FUNCTION atomic.seed_rate_limits() IS 'Adds the usual rules to atomic.rate_limits, and answers how many: login 5 a minute, signup 3, reads 100, writes 30; those for a method and path that have a rule already are left out';
"#,
    name = "atomic_seed_rate_limits",
    requires = ["bootstrap"]
);

/// Adds the usual rules to `atomic.rate_limits`, and answers how many were added: 5 calls of `/rpc/login` and
/// 3 of `/rpc/signup` a minute from one address, 100 reads and 30 writes a minute by one user. A rule is left
/// out where one for its methods and its path is there already, so that nothing that was changed comes back.
///
/// Who: part `migrate`.
///
/// Errors: 25006 in a read-only transaction.
fn seed_rate_limits(_: &Call) -> Result<pg_sys::Datum, Failure> {
    read_only::refuse(c"atomic.seed_rate_limits()");
    let added = connected(|| {
        let _owner = RunAs::begin(private_owner()?, PRIVATE_PATH);
        Ok(Statement::prepare(SEED, &[])?.run([])?.len())
    })?;
    if settings::trusted_proxies() == 0 {
        ereport!(
            NOTICE,
            PgSqlErrorCode::ERRCODE_SUCCESSFUL_COMPLETION,
            "clients without an identity are counted together",
            "rowguard.trusted_proxies is 0, so that nobody's address is known: set it to the number of proxies before PostgREST."
        );
    }
    let added = i32::try_from(added).map_err(|_| Error::Unexpected("too many rules"))?;
    Ok(added.into_datum().ok_or(Error::Unexpected("an answer is missing"))?)
}

const SEED: &str = "INSERT INTO atomic.rate_limits (method, path_pattern, per, max_requests, by) \
    SELECT u.method, u.path_pattern, '1 minute'::pg_catalog.interval, u.max_requests, u.by FROM (VALUES \
    ('*', '/rpc/login', 5, 'address'), ('*', '/rpc/signup', 3, 'address'), \
    ('GET,HEAD', '*', 100, 'user'), ('POST,PUT,PATCH,DELETE', '*', 30, 'user')) \
    AS u (method, path_pattern, max_requests, by) \
    WHERE NOT EXISTS (SELECT FROM atomic.rate_limits AS r \
    WHERE r.method OPERATOR(pg_catalog.=) u.method AND r.path_pattern OPERATOR(pg_catalog.=) u.path_pattern) \
    ON CONFLICT DO NOTHING";
