//! `atomic.balance`: what an account holds, now or at a time.

use pgrx::IntoDatum;
use pgrx::datum::TimestampWithTimeZone;
use pgrx::prelude::*;

use super::answer::connected;
use super::array::{self, as_uuid};
use super::decimal;
use super::ledger::{Ledger, Opened, Purpose};
use super::readable::need_readable;
use crate::operation::boundary::{Call, sql_function};
use crate::operation::failure::Failure;
use crate::operation::statement::Statement;
use crate::run_as::RunAs;

sql_function!(rowguard_atomic_balance, pg_finfo_rowguard_atomic_balance, balance);

extension_sql!(
    r#"
CREATE FUNCTION atomic.balance(account uuid, as_of timestamptz DEFAULT NULL, ledger text DEFAULT NULL)
RETURNS numeric
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'rowguard_atomic_balance';
COMMENT ON FUNCTION atomic.balance(uuid, timestamptz, text) IS 'Balance of an account, now or as of a time; for its owner and for operators of the ledger';
"#,
    name = "atomic_balance",
    requires = ["bootstrap"]
);

/// What an account holds, holds of others included.
///
/// `as_of`: the balance after the last entry up to that time; NULL is now; needs a created ledger.
/// `ledger`: NULL is the only one there is. NULL for the account: 22004.
///
/// Who: the owner of the account, and members of the ledger's operator (42501).
///
/// Errors: P0002 no such account (told to operators), 42704 no such ledger, 0A000 `as_of` on attached
/// tables, 22000 a balance that is no finite number.
fn balance(call: &Call) -> Result<pg_sys::Datum, Failure> {
    let id = as_uuid(call.need(0, "account")?);
    let as_of: Option<TimestampWithTimeZone> = call.get(1);
    let ledger: Option<String> = call.get(2);
    let found = connected(|| {
        let opened = Ledger::open(ledger.as_deref(), Purpose::Read)?;
        let account = need_readable(&opened, id)?;
        let Opened { ledger, .. } = opened;
        let Some(as_of) = as_of else {
            return Ok(decimal::at_scale(account.balance()?, account.scale));
        };
        let entries = &ledger.created_tables("as_of")?.entries;
        let _owner = RunAs::begin(ledger.owner, &ledger.path);
        let rows = Statement::prepare(
            &format!(
                "SELECT e.balance_after FROM {entries} AS e \
                 WHERE e.account_id OPERATOR(pg_catalog.=) $1 \
                 AND e.created_at OPERATOR(pg_catalog.<=) $2 \
                 ORDER BY e.account_version DESC LIMIT 1"
            ),
            &[pg_sys::UUIDOID, pg_sys::TIMESTAMPTZOID],
        )?
        .run([array::uuid(&id), as_of.into_datum()])?;
        let then = if rows.len() == 0 { None } else { rows.datum(0, 1)?.and_then(decimal::read) };
        Ok(decimal::at_scale(&then.unwrap_or_default(), account.scale))
    })?;
    Ok(decimal::datum(&found)?)
}
