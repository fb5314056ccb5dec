//! Idempotency keys of attached ledgers: a private table of ours, `atomic.operation_keys`.
//!
//! A key belongs to a payer account, whose row is locked whenever the key is looked up or stored:
//! of two racing calls the second waits for the first and then finds its answer.

use pgrx::{IntoDatum, pg_sys};

use super::failure::Failure;
use super::refusal::Refusal;
use super::registry::private_owner;
use super::statement::{Kept, Statement};
use crate::error::Error;
use crate::run_as::{PRIVATE_PATH, RunAs};

/// A transfer as its key remembers it.
pub struct Request<'a> {
    pub ledger: &'a str,
    pub key: &'a str,
    pub payer: pg_sys::Datum,
    pub payee: pg_sys::Datum,
    pub amount: pg_sys::Datum,
}

/// What is compared: as JSON, so that 1.5 and 1.50 are the same amount.
const REQUEST: &str = "pg_catalog.jsonb_build_object('operation', 'transfer_funds', \
                       'to', $4, 'amount', $5)";
const TYPES: [pg_sys::Oid; 5] =
    [pg_sys::TEXTOID, pg_sys::UUIDOID, pg_sys::TEXTOID, pg_sys::UUIDOID, pg_sys::NUMERICOID];

impl Request<'_> {
    fn values(&self) -> [Option<pg_sys::Datum>; 5] {
        [
            self.ledger.into_datum(),
            Some(self.payer),
            self.key.into_datum(),
            Some(self.payee),
            Some(self.amount),
        ]
    }

    /// The answer stored for the key, marked as replayed; `None` when the key is free.
    pub fn replay(&self) -> Result<Option<pg_sys::Datum>, Failure> {
        thread_local! {
            static FIND: Kept = const { Kept::empty() };
        }
        let _owner = RunAs::begin(private_owner()?, PRIVATE_PATH);
        let rows = FIND.with(|place| place.get(prepare_find)?.run(self.values()))?;
        if rows.len() == 0 {
            return Ok(None);
        }
        if !rows.need::<bool>(0, 1)? {
            let key = self.key.to_owned();
            return Err(Refusal::IdempotencyMismatch { key }.into());
        }
        Ok(rows.datum(0, 2)?)
    }

    /// Stores the answer.
    pub fn store(&self, answer: pg_sys::Datum) -> Result<(), Failure> {
        thread_local! {
            static STORE: Kept = const { Kept::empty() };
        }
        let _owner = RunAs::begin(private_owner()?, PRIVATE_PATH);
        let [ledger, payer, key, payee, amount] = self.values();
        let values = [ledger, payer, key, payee, amount, Some(answer)];
        let rows = STORE.with(|place| place.get(prepare_store)?.run(values))?;
        if rows.len() != 1 {
            return Err(Error::Unexpected("an idempotency key was not stored").into());
        }
        Ok(())
    }
}

fn prepare_find() -> Result<Statement, Failure> {
    let sql = format!(
        "SELECT k.request OPERATOR(pg_catalog.=) {REQUEST}, k.response \
         OPERATOR(pg_catalog.||) '{{\"replayed\": true}}'::pg_catalog.jsonb \
         FROM atomic.operation_keys AS k WHERE k.ledger OPERATOR(pg_catalog.=) $1 \
         AND k.payer OPERATOR(pg_catalog.=) $2 AND k.key OPERATOR(pg_catalog.=) $3"
    );
    Statement::prepare(&sql, &TYPES)
}

fn prepare_store() -> Result<Statement, Failure> {
    let sql = format!(
        "INSERT INTO atomic.operation_keys (ledger, payer, key, request, response) \
         VALUES ($1, $2, $3, {REQUEST}, $6)"
    );
    Statement::prepare(&sql, &[&TYPES[..], &[pg_sys::JSONBOID]].concat())
}
