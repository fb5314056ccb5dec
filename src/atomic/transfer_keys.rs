//! Idempotency keys of the transfers of a created ledger. They need no table besides: the transfer tells
//! what was asked, and its payer's entry what was answered, and neither ever changes.

use pgrx::{IntoDatum, pg_sys};
use serde_json::{Value, json};
use uuid::Uuid;

use super::amount::Amount;
use super::array::{self, as_uuid};
use super::decimal;
use super::ledger::{CreatedTables, Ledger};
use super::transfer_funds::{answer, request};
use crate::error::Error;
use crate::operation::failure::Failure;
use crate::operation::statement::{Rows, Statement};
use crate::run_as::PinnedPath;

/// A key that is used up.
pub struct Used {
    pub payer: Uuid,
    pub key: String,
    /// The operation and its parameters.
    pub request: Value,
    /// What was answered.
    pub answer: Value,
}

const LOST: Error = Error::Unexpected("the transfer of a key cannot be read");

/// Reads the transfers of the payers `$1` with the keys `$2`. Needs the owner's rights and path.
pub fn prepare(tables: &CreatedTables) -> Result<Statement, Failure> {
    Statement::plan(
        &format!(
            "SELECT t.from_id, t.idempotency_key, t.id, t.to_id, t.amount, t.metadata, \
             t.reverses_id, e.balance_after \
             FROM ROWS FROM (pg_catalog.unnest($1), pg_catalog.unnest($2)) AS n (payer, key) \
             JOIN {} AS t ON t.from_id OPERATOR(pg_catalog.=) n.payer \
             AND t.idempotency_key OPERATOR(pg_catalog.=) n.key COLLATE pg_catalog.\"C\" \
             LEFT JOIN {} AS e ON e.account_id OPERATOR(pg_catalog.=) t.from_id \
             AND e.account_version OPERATOR(pg_catalog.=) t.from_version",
            tables.transfers, tables.entries
        ),
        &[pg_sys::UUIDARRAYOID, pg_sys::TEXTARRAYOID],
    )
}

/// Those of these keys that transfers of the ledger have; of one that is attached, none. The payers are
/// locked.
pub fn find(ledger: &Ledger, keys: &[(Uuid, &str)]) -> Result<Vec<Used>, Failure> {
    let Some(statement) = ledger.transfer_keys() else { return Ok(Vec::new()) };
    let payers = array::uuids(keys.iter().map(|(payer, _)| payer))?;
    let names: Vec<_> = keys.iter().map(|(_, key)| key.into_datum()).collect();
    let names = array::make(&names, pg_sys::TEXTOID)?;
    let _path = PinnedPath::begin(&ledger.path);
    let rows = statement.run([Some(payers), Some(names)])?;
    ledger.need_transfers(statement)?;
    (0..rows.len()).map(|row| used(&rows, row)).collect()
}

fn used(rows: &Rows, row: usize) -> Result<Used, Failure> {
    let datum = |column| -> Result<_, Error> { rows.datum(row, column)?.ok_or(LOST) };
    let id = as_uuid(rows.need(row, 3)?);
    let balance = decimal::read(datum(8)?).ok_or(LOST)?;
    let request = match rows.get(row, 7)?.map(as_uuid) {
        Some(reversed) => reversal(reversed),
        None => {
            request(as_uuid(rows.need(row, 4)?), &Amount::known(datum(5)?)?, rows.datum(row, 6)?)?
        }
    };
    Ok(Used {
        payer: as_uuid(rows.need(row, 1)?),
        key: rows.need(row, 2)?,
        request,
        answer: answer(id, balance).value()?,
    })
}

/// What a key stands for that was given to a reversal.
pub fn reversal(transfer: Uuid) -> Value {
    json!({"operation": "reverse_transfer", "transfer": transfer.to_string()})
}
