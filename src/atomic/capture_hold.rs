//! `atomic.capture_hold`: pays what a hold promised.

use pgrx::prelude::*;
use serde_json::Value;
use uuid::Uuid;

use super::amount::Amount;
use super::answer;
use super::array::as_uuid;
use super::book::{Book, Leg};
use super::caller::Caller;
use super::decimal;
use super::holds::{Hold, find_for};
use super::ledger::{Ledger, Opened, Purpose};
use crate::operation::boundary::{Call, sql_function};
use crate::operation::failure::Failure;
use crate::operation::refusal::Refusal;
use crate::run_as::RunAs;

sql_function!(rowguard_atomic_capture_hold, pg_finfo_rowguard_atomic_capture_hold, capture_hold);

extension_sql!(
    r#"
CREATE FUNCTION atomic.capture_hold(hold_id uuid, amount numeric DEFAULT NULL, ledger text DEFAULT NULL)
RETURNS jsonb
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'rowguard_atomic_capture_hold';
COMMENT ON FUNCTION atomic.capture_hold(uuid, numeric, text) IS 'Pays what a hold promised, or a part of it, and releases the rest; for the owner of the payee account and for operators of the ledger';
"#,
    name = "atomic_capture_hold",
    requires = ["bootstrap"]
);

/// Pays what a hold promised, once; a part captured releases the rest.
///
/// `amount`: at most what is held; NULL is all of it. `ledger`: NULL is the only one there is. NULL
/// for the hold: 22004.
///
/// Who: the owner of the payee account by `auth.uid()`, and members of the ledger's operator.
///
/// Refusals, in this order: INVALID_AMOUNT 22023, NOT_AUTHORIZED 42501 (for operators HOLD_NOT_FOUND
/// 22R04), HOLD_NOT_OPEN 55R02 (captured, voided, or over, swept or not), INVALID_AMOUNT more than is
/// held or finer than the currency, ACCOUNT_CLOSED 55R01, LIMIT_EXCEEDED 23R02. Errors: 25006 in a
/// read-only transaction, 42704 no such ledger, 0A000 attached tables.
fn capture_hold(call: &Call) -> Result<pg_sys::Datum, Failure> {
    let id = as_uuid(call.need(0, "hold_id")?);
    let money = call.datum(1);
    let ledger: Option<String> = call.get(2);
    Ok(answer::datum(answer::connected(|| run(id, money, ledger.as_deref()))?)?)
}

fn run(id: Uuid, money: Option<pg_sys::Datum>, name: Option<&str>) -> Result<Value, Failure> {
    let Opened { ledger, operator } = Ledger::open(name, Purpose::Write(c"atomic.capture_hold()"))?;
    let statements = ledger.holds()?;
    let asked = money.map(Amount::from_datum).transpose()?;
    let caller = Caller::identify(operator, Refusal::HOLD)?;
    let owner = RunAs::begin(ledger.owner, &ledger.path);
    let found = find_for(&ledger, caller, id, false)?;
    let mut book = Book::new(&ledger, ledger.lock_accounts(&[found.from, found.to])?);
    // Asked again of the locked rows: they may have changed while we waited.
    let hold = find_for(&ledger, caller, id, false)?;
    hold.need_open()?;
    let amount = asked.unwrap_or_else(|| hold.amount.clone());
    need_at_most(&amount, &hold)?;
    amount.fit(book.account(hold.from).and_then(|payer| payer.scale))?;
    let captured = amount.value().clone();
    let held = hold.amount.value().clone();
    let paid = book.pay(Leg {
        from: hold.from,
        to: hold.to,
        amount,
        key: None,
        metadata: None,
        reverses: None,
        hold: Some((id, held.clone())),
    })?;
    let scale = book.account(hold.from).and_then(|payer| payer.scale);
    let captured = decimal::at_scale(&captured, scale);
    statements.close(id, "captured", &captured)?;
    book.write()?;
    drop(owner);
    ledger.need_own_tables()?;
    Ok(answer::success([
        ("hold_id", id.to_string().into()),
        ("transfer_id", paid.transfer.to_string().into()),
        ("captured_amount", answer::number(&captured)?),
        ("released_amount", answer::number(&decimal::at_scale(&(held - captured), scale))?),
    ]))
}

fn need_at_most(amount: &Amount, hold: &Hold) -> Result<(), Refusal> {
    if amount.value() <= hold.amount.value() {
        return Ok(());
    }
    Err(Refusal::InvalidAmount {
        amount: amount.text(),
        rule: format!("be at most {}, which is held", hold.amount.text()),
    })
}
