//! Idempotency keys of many transfers at once: found by a statement for each place where they are, and
//! stored by another.

use std::collections::HashMap;

use pgrx::{IntoDatum, JsonB, pg_sys};
use serde_json::Value;
use uuid::Uuid;

use super::array::{self, as_uuid};
use super::ledger::Ledger;
use super::registry::private_owner;
use super::transfer_keys;
use crate::error::Error;
use crate::operation::failure::Failure;
use crate::operation::statement::{Kept, Statement};
use crate::run_as::{PRIVATE_PATH, RunAs};

/// Keys that are used up, by payer: what each stands for, and what was answered.
pub type Keys = HashMap<(Uuid, String), (Value, Value)>;

/// Those of these keys that are stored. The payers are locked.
pub fn find(ledger: &Ledger, keys: &[(Uuid, &str)]) -> Result<Keys, Failure> {
    thread_local! {
        static FIND: Kept = const { Kept::empty() };
    }
    if keys.is_empty() {
        return Ok(Keys::new());
    }
    let mut found: Keys = transfer_keys::find(ledger, keys)?
        .into_iter()
        .map(|used| ((used.payer, used.key), (used.request, used.answer)))
        .collect();
    if !ledger.has_private_keys()? {
        return Ok(found);
    }
    let owner = RunAs::begin(private_owner()?, PRIVATE_PATH);
    owner.avoid_scans();
    let payers = array::uuids(keys.iter().map(|(payer, _)| payer))?;
    let names: Vec<_> = keys.iter().map(|(_, key)| key.into_datum()).collect();
    let names = array::make(&names, pg_sys::TEXTOID)?;
    let rows = FIND.with(|place| {
        place.get(prepare_find)?.run([ledger.name().into_datum(), Some(payers), Some(names)])
    })?;
    for row in 0..rows.len() {
        let place = (as_uuid(rows.need(row, 1)?), rows.need(row, 2)?);
        let JsonB(request) = rows.need(row, 3)?;
        let JsonB(response) = rows.need(row, 4)?;
        found.insert(place, (request, response));
    }
    Ok(found)
}

/// Stores new keys with their answers, unless their transfers carry them.
pub fn store(ledger: &Ledger, keys: &Keys) -> Result<(), Failure> {
    thread_local! {
        static STORE: Kept = const { Kept::empty() };
    }
    if keys.is_empty() || ledger.is_created() {
        return Ok(());
    }
    let owner = RunAs::begin(private_owner()?, PRIVATE_PATH);
    owner.avoid_scans();
    let jsonb = |value: &Value| JsonB(value.clone()).into_datum();
    let names: Vec<_> = keys.keys().map(|(_, key)| key.as_str().into_datum()).collect();
    let requests: Vec<_> = keys.values().map(|(request, _)| jsonb(request)).collect();
    let responses: Vec<_> = keys.values().map(|(_, response)| jsonb(response)).collect();
    let values = [
        ledger.name().into_datum(),
        Some(array::uuids(keys.keys().map(|(payer, _)| payer))?),
        Some(array::make(&names, pg_sys::TEXTOID)?),
        Some(array::make(&requests, pg_sys::JSONBOID)?),
        Some(array::make(&responses, pg_sys::JSONBOID)?),
    ];
    let rows = STORE.with(|place| place.get(prepare_store)?.run(values))?;
    if rows.len() != keys.len() {
        return Err(Error::Unexpected("an idempotency key was not stored").into());
    }
    Ok(())
}

fn prepare_find() -> Result<Statement, Failure> {
    Statement::plan(
        "SELECT k.payer, k.key, k.request, k.response \
         FROM ROWS FROM (pg_catalog.unnest($2), pg_catalog.unnest($3)) AS n (payer, key) \
         JOIN atomic.operation_keys AS k ON k.ledger OPERATOR(pg_catalog.=) $1 \
         AND k.payer OPERATOR(pg_catalog.=) n.payer AND k.key OPERATOR(pg_catalog.=) n.key",
        &[pg_sys::TEXTOID, pg_sys::UUIDARRAYOID, pg_sys::TEXTARRAYOID],
    )
}

fn prepare_store() -> Result<Statement, Failure> {
    Statement::plan(
        "INSERT INTO atomic.operation_keys (ledger, payer, key, request, response) \
         SELECT $1, n.payer, n.key, n.request, n.response \
         FROM ROWS FROM (pg_catalog.unnest($2), pg_catalog.unnest($3), pg_catalog.unnest($4), \
         pg_catalog.unnest($5)) AS n (payer, key, request, response)",
        &[
            pg_sys::TEXTOID,
            pg_sys::UUIDARRAYOID,
            pg_sys::TEXTARRAYOID,
            pg_sys::JSONBARRAYOID,
            pg_sys::JSONBARRAYOID,
        ],
    )
}
