//! `atomic.void_hold`: gives free what a hold promised.

use pgrx::prelude::*;
use serde_json::Value;
use uuid::Uuid;

use super::answer;
use super::array::as_uuid;
use super::book::Book;
use super::caller::Caller;
use super::decimal::{self, Decimal};
use super::holds::find_for;
use super::ledger::{Ledger, Opened, Purpose};
use crate::operation::boundary::{Call, sql_function};
use crate::operation::failure::Failure;
use crate::operation::refusal::Refusal;
use crate::run_as::RunAs;

sql_function!(rowguard_atomic_void_hold, pg_finfo_rowguard_atomic_void_hold, void_hold);

extension_sql!(
    r#"
CREATE FUNCTION atomic.void_hold(hold_id uuid, ledger text DEFAULT NULL)
RETURNS jsonb
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'rowguard_atomic_void_hold';
COMMENT ON FUNCTION atomic.void_hold(uuid, text) IS 'Gives free what a hold promised; for the owner of the payee account and for operators of the ledger';
"#,
    name = "atomic_void_hold",
    requires = ["bootstrap"]
);

/// Gives free what a hold promised, once. A hold whose time is over becomes expired instead.
///
/// `ledger`: NULL is the only one there is. NULL for the hold: 22004.
///
/// Who: the owner of the payee account by `auth.uid()`, and members of the ledger's operator; the
/// owner of the payer account only when the hold's time is over: he cannot take back what he
/// promised.
///
/// Refusals, in this order: NOT_AUTHORIZED 42501 (for operators HOLD_NOT_FOUND 22R04), HOLD_NOT_OPEN
/// 55R02. Errors: 25006 in a read-only transaction, 42704 no such ledger, 0A000 attached tables.
fn void_hold(call: &Call) -> Result<pg_sys::Datum, Failure> {
    let id = as_uuid(call.need(0, "hold_id")?);
    let ledger: Option<String> = call.get(1);
    Ok(answer::datum(answer::connected(|| run(id, ledger.as_deref()))?)?)
}

fn run(id: Uuid, name: Option<&str>) -> Result<Value, Failure> {
    let Opened { ledger, operator } = Ledger::open(name, Purpose::Write(c"atomic.void_hold()"))?;
    let statements = ledger.holds()?;
    let caller = Caller::identify(operator, Refusal::HOLD)?;
    let owner = RunAs::begin(ledger.owner, &ledger.path);
    let found = find_for(&ledger, caller, id, true)?;
    let mut book = Book::new(&ledger, ledger.lock_accounts(&[found.from])?);
    // Asked again of the locked rows: they may have changed while we waited.
    let hold = find_for(&ledger, caller, id, true)?;
    if hold.status != "open" {
        return Err(Refusal::HoldNotOpen { hold: id, status: hold.status }.into());
    }
    let status = if hold.expired { "expired" } else { "voided" };
    statements.close(id, status, &Decimal::default())?;
    book.hold(hold.from, &-hold.amount.value());
    book.write()?;
    drop(owner);
    ledger.need_own_tables()?;
    let scale = book.account(hold.from).and_then(|payer| payer.scale);
    Ok(answer::success([
        ("hold_id", id.to_string().into()),
        ("status", status.into()),
        ("released_amount", answer::number(&decimal::at_scale(hold.amount.value(), scale))?),
    ]))
}
