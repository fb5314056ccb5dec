//! `atomic.reverse_transfer`: undoes a transfer by another one.

use pgrx::prelude::*;
use serde_json::Value;
use uuid::Uuid;

use super::amount::Amount;
use super::answer;
use super::array::{self, as_uuid};
use super::book::{Book, Leg};
use super::caller::need_operator;
use super::holds;
use super::ledger::{Ledger, Opened, Purpose};
use super::operation_keys::{Key, check_key};
use super::{transfer_funds, transfer_keys};
use crate::error::Error;
use crate::operation::boundary::{Call, sql_function};
use crate::operation::failure::Failure;
use crate::operation::refusal::Refusal;
use crate::operation::statement::Statement;
use crate::run_as::RunAs;

sql_function!(
    rowguard_atomic_reverse_transfer,
    pg_finfo_rowguard_atomic_reverse_transfer,
    reverse_transfer
);

extension_sql!(
    r#"
CREATE FUNCTION atomic.reverse_transfer(transfer_id uuid, idempotency_key text DEFAULT NULL, ledger text DEFAULT NULL)
RETURNS jsonb
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'rowguard_atomic_reverse_transfer';
COMMENT ON FUNCTION atomic.reverse_transfer(uuid, text, text) IS 'Pays a transfer back, once, by a transfer of its own; for operators of the ledger';
"#,
    name = "atomic_reverse_transfer",
    requires = ["bootstrap"]
);

/// Pays a transfer back, once, by a transfer of its own that names it.
///
/// `idempotency_key`: 1 to 255 bytes, of the account that pays back; NULL is none. `ledger`: NULL is
/// the only one there is. NULL for the transfer: 22004. A reversal is a transfer, and can be reversed.
///
/// Who: members of the ledger's operator (42501).
///
/// Refusals, in this order: NOT_AUTHORIZED 42501, TRANSFER_NOT_FOUND 22R05, IDEMPOTENCY_MISMATCH 22R02,
/// ALREADY_REVERSED 55R03, then those of `atomic.transfer_funds` from the status on. Errors: 25006 in a
/// read-only transaction, 22023 bad key, 42704 no such ledger, 0A000 attached tables.
fn reverse_transfer(call: &Call) -> Result<pg_sys::Datum, Failure> {
    let id = as_uuid(call.need(0, "transfer_id")?);
    let key: Option<String> = call.get(1);
    key.as_deref().map_or(Ok(()), check_key)?;
    let ledger: Option<String> = call.get(2);
    Ok(answer::datum(answer::connected(|| run(id, key, ledger.as_deref()))?)?)
}

fn run(id: Uuid, key: Option<String>, name: Option<&str>) -> Result<Value, Failure> {
    let Opened { ledger, operator } =
        Ledger::open(name, Purpose::Write(c"atomic.reverse_transfer()"))?;
    let transfers = &ledger.created_tables("atomic.reverse_transfer()")?.transfers;
    need_operator(operator)?;
    let owner = RunAs::begin(ledger.owner, &ledger.path);
    let found = Statement::prepare(
        &format!(
            "SELECT t.from_id, t.to_id, t.amount FROM {transfers} AS t \
             WHERE t.id OPERATOR(pg_catalog.=) $1"
        ),
        &[pg_sys::UUIDOID],
    )?
    .run([array::uuid(&id)])?;
    if found.len() == 0 {
        return Err(Refusal::TransferNotFound { transfer: id }.into());
    }
    let (from, to) = (as_uuid(found.need(0, 2)?), as_uuid(found.need(0, 1)?));
    let amount =
        Amount::known(found.datum(0, 3)?.ok_or(Error::Unexpected("an amount is missing"))?)?;

    let mut book = Book::new(&ledger, ledger.lock_accounts(&[from, to])?);
    if let Some(key) = key.as_deref()
        && let Some(answer) = (Key { ledger: &ledger, payer: from, key })
            .replay(|| Ok(transfer_keys::reversal(id)))?
    {
        return Ok(answer);
    }
    // After the lock: of two reversals at once the second one sees the first.
    let reversal = Statement::prepare(
        &format!("SELECT t.id FROM {transfers} AS t WHERE t.reverses_id OPERATOR(pg_catalog.=) $1"),
        &[pg_sys::UUIDOID],
    )?
    .run([array::uuid(&id)])?;
    if reversal.len() > 0 {
        let reversal = as_uuid(reversal.need(0, 1)?);
        return Err(Refusal::AlreadyReversed { transfer: id, reversal }.into());
    }
    holds::lapse(&ledger, &[from], &mut book)?;
    let paid =
        book.pay(Leg { from, to, amount, key, metadata: None, reverses: Some(id), hold: None })?;
    let answer = transfer_funds::answer(paid.transfer, paid.from_balance).value()?;
    book.write()?;
    drop(owner);
    ledger.need_own_tables()?;
    Ok(answer)
}
