//! `atomic.available_balance`: what an account holds and has not promised.

use pgrx::prelude::*;

use super::answer::connected;
use super::array::as_uuid;
use super::decimal;
use super::ledger::{Ledger, Purpose};
use super::readable::need_readable;
use crate::error::AtomicError;
use crate::operation::boundary::{Call, sql_function};
use crate::operation::failure::Failure;
use crate::run_as::RunAs;

sql_function!(
    rowguard_atomic_available_balance,
    pg_finfo_rowguard_atomic_available_balance,
    available_balance
);

extension_sql!(
    r#"
CREATE FUNCTION atomic.available_balance(account uuid, ledger text DEFAULT NULL)
RETURNS numeric
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'rowguard_atomic_available_balance';
COMMENT ON FUNCTION atomic.available_balance(uuid, text) IS 'Balance of an account less what is held; for its owner and for operators of the ledger';
"#,
    name = "atomic_available_balance",
    requires = ["bootstrap"]
);

/// What an account holds less what its open holds promise to others. A hold whose time is over
/// promises nothing, swept or not. On attached tables, which have no holds, it is the balance.
///
/// `ledger`: NULL is the only one there is. NULL for the account: 22004.
///
/// Who: the owner of the account, and members of the ledger's operator (42501).
///
/// Errors: P0002 no such account (told to operators), 42704 no such ledger, 22000 a balance that is
/// no finite number.
fn available_balance(call: &Call) -> Result<pg_sys::Datum, Failure> {
    let id = as_uuid(call.need(0, "account")?);
    let ledger: Option<String> = call.get(1);
    let found = connected(|| {
        let opened = Ledger::open(ledger.as_deref(), Purpose::Read)?;
        let account = need_readable(&opened, id)?;
        let mut available = account.balance()?.clone();
        if opened.ledger.is_created() {
            let _owner = RunAs::begin(opened.ledger.owner, &opened.ledger.path);
            available = opened
                .ledger
                .holds()?
                .available(id)?
                .and_then(decimal::read)
                .ok_or_else(|| AtomicError::BadBalance(id.to_string()))?;
        }
        Ok(decimal::at_scale(&available, account.scale))
    })?;
    Ok(decimal::datum(&found)?)
}
