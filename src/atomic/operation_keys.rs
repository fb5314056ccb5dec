//! Idempotency keys: a private table of ours, `atomic.operation_keys`.
//!
//! A key belongs to a payer account, whose row is locked whenever the key is looked up or stored:
//! of two racing calls the second waits for the first and then finds its answer.

use pgrx::{IntoDatum, JsonB, pg_sys};
use serde_json::Value;
use uuid::Uuid;

use super::array;
use super::registry::private_owner;
use crate::error::Error;
use crate::operation::failure::Failure;
use crate::operation::refusal::Refusal;
use crate::operation::statement::{Kept, Statement};
use crate::run_as::{PRIVATE_PATH, RunAs};

/// The longest key, in bytes: room for any identifier, and for the index.
const LONGEST_KEY: usize = 255;

/// A keyed operation as its key remembers it.
pub struct Request<'a> {
    pub ledger: &'a str,
    pub key: &'a str,
    pub payer: Uuid,
    /// The operation and its parameters. Compared as JSON, so that 1.5 and 1.50 are the same amount.
    pub content: Value,
}

const TYPES: [pg_sys::Oid; 4] =
    [pg_sys::TEXTOID, pg_sys::UUIDOID, pg_sys::TEXTOID, pg_sys::JSONBOID];

/// Refuses a key of no use: 22023.
pub fn check_key(key: &str) -> Result<(), Error> {
    if key.is_empty() || key.len() > LONGEST_KEY { Err(Error::IdempotencyKey) } else { Ok(()) }
}

impl Request<'_> {
    fn values(&self) -> [Option<pg_sys::Datum>; 4] {
        [
            self.ledger.into_datum(),
            array::uuid(&self.payer),
            self.key.into_datum(),
            JsonB(self.content.clone()).into_datum(),
        ]
    }

    /// The answer stored for the key, marked as replayed; `None` when the key is free.
    pub fn replay(&self) -> Result<Option<Value>, Failure> {
        thread_local! {
            static FIND: Kept = const { Kept::empty() };
        }
        let owner = RunAs::begin(private_owner()?, PRIVATE_PATH);
        owner.avoid_scans();
        let rows = FIND.with(|place| place.get(prepare_find)?.run(self.values()))?;
        if rows.len() == 0 {
            return Ok(None);
        }
        if !rows.need::<bool>(0, 1)? {
            let key = self.key.to_owned();
            return Err(Refusal::IdempotencyMismatch { key }.into());
        }
        Ok(rows.get::<JsonB>(0, 2)?.map(|JsonB(answer)| answer))
    }

    /// Stores the answer.
    pub fn store(&self, answer: &Value) -> Result<(), Failure> {
        thread_local! {
            static STORE: Kept = const { Kept::empty() };
        }
        let owner = RunAs::begin(private_owner()?, PRIVATE_PATH);
        owner.avoid_scans();
        let [ledger, payer, key, content] = self.values();
        let answer = JsonB(answer.clone()).into_datum();
        let values = [ledger, payer, key, content, answer];
        let rows = STORE.with(|place| place.get(prepare_store)?.run(values))?;
        if rows.len() != 1 {
            return Err(Error::Unexpected("an idempotency key was not stored").into());
        }
        Ok(())
    }
}

fn prepare_find() -> Result<Statement, Failure> {
    Statement::plan(
        "SELECT k.request OPERATOR(pg_catalog.=) $4, k.response \
         OPERATOR(pg_catalog.||) '{\"replayed\": true}'::pg_catalog.jsonb \
         FROM atomic.operation_keys AS k WHERE k.ledger OPERATOR(pg_catalog.=) $1 \
         AND k.payer OPERATOR(pg_catalog.=) $2 AND k.key OPERATOR(pg_catalog.=) $3",
        &TYPES,
    )
}

fn prepare_store() -> Result<Statement, Failure> {
    Statement::plan(
        "INSERT INTO atomic.operation_keys (ledger, payer, key, request, response) \
         VALUES ($1, $2, $3, $4, $5)",
        &[&TYPES[..], &[pg_sys::JSONBOID]].concat(),
    )
}
