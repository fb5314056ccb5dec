//! Idempotency keys of the transfers of a created ledger. They need no table besides: a transfer with a
//! key has an id that payer and key make, so that there is one at most; it tells what was asked, and its
//! payer's entry what was answered, and neither ever changes.

use pgrx::pg_sys;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::{Builder, Uuid};

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

/// The id of the transfer of this payer with this key: a name-based UUID of version 8, the payer being the
/// namespace and the key the name, as in RFC 9562, appendix B.2. The hash is one that nobody can aim:
/// others' keys cannot be used up by keys of one's own.
pub fn id(payer: Uuid, key: &str) -> Uuid {
    let hash: [u8; 32] = Sha256::new().chain_update(payer).chain_update(key).finalize().into();
    let (id, _) = hash.split_at(16);
    Builder::from_custom_bytes(id.try_into().unwrap_or_default()).into_uuid()
}

/// Reads the transfers `$1`. Needs the owner's rights and path.
pub fn prepare(tables: &CreatedTables) -> Result<Statement, Failure> {
    Statement::plan(
        &format!(
            "SELECT t.from_id, t.idempotency_key, t.id, t.to_id, t.amount, t.metadata, \
             t.reverses_id, e.balance_after \
             FROM {} AS t \
             LEFT JOIN {} AS e ON e.account_id OPERATOR(pg_catalog.=) t.from_id \
             AND e.account_version OPERATOR(pg_catalog.=) t.from_version \
             WHERE t.id OPERATOR(pg_catalog.=) ANY ($1)",
            tables.transfers, tables.entries
        ),
        &[pg_sys::UUIDARRAYOID],
    )
}

/// Those of these keys that transfers of the ledger have; of one that is attached, none. The payers are
/// locked.
pub fn find(ledger: &Ledger, keys: &[(Uuid, &str)]) -> Result<Vec<Used>, Failure> {
    let Some(statement) = ledger.transfer_keys() else { return Ok(Vec::new()) };
    let ids: Vec<Uuid> = keys.iter().map(|(payer, key)| id(*payer, key)).collect();
    let _path = PinnedPath::begin(&ledger.path);
    let rows = statement.run([Some(array::uuids(&ids)?)])?;
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
