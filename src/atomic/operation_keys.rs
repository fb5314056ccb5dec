//! Idempotency keys: a private table of ours, `atomic.operation_keys`.
//!
//! A key belongs to a payer account, whose row is locked whenever the key is looked up or stored: of
//! two racing calls the second waits for the first and then finds its answer. So nobody can store a
//! key between the look-up and our own writing, and both do without a statement; above READ COMMITTED
//! the lock fails where somebody stored one since the snapshot was taken. Triggers for statements,
//! should somebody put one on the table, do not see what is written here.

use std::cell::RefCell;
use std::rc::Rc;

use pgrx::{FromDatum, IntoDatum, JsonB, PgRelation, pg_sys};
use serde_json::Value;
use uuid::Uuid;

use super::{array, jsonb, watch};
use crate::catalog::table::named;
use crate::error::Error;
use crate::operation::direct::find::{Wanted, one};
use crate::operation::direct::target::{Column, Fit, Target};
use crate::operation::direct::write::{Group, Row, write};
use crate::operation::failure::Failure;
use crate::operation::private_table::primary_key;
use crate::operation::refusal::Refusal;

/// The longest key, in bytes: room for any identifier, and for the index.
const LONGEST_KEY: usize = 255;

/// The columns: ledger, payer, key, request, response, time.
const COLUMNS: usize = 6;

const MISSING: Error = Error::Unexpected("atomic.operation_keys is missing");

/// A keyed operation as its key remembers it.
pub struct Request<'a> {
    pub ledger: &'a str,
    pub key: &'a str,
    pub payer: Uuid,
    /// The operation and its parameters. Compared as JSON, so that 1.5 and 1.50 are the same amount.
    pub content: Value,
}

/// Refuses a key of no use: 22023.
pub fn check_key(key: &str) -> Result<(), Error> {
    if key.is_empty() || key.len() > LONGEST_KEY { Err(Error::IdempotencyKey) } else { Ok(()) }
}

impl Request<'_> {
    /// The answer stored for the key, marked as replayed; `None` when the key is free.
    pub fn replay(&self) -> Result<Option<Value>, Failure> {
        let keys = Keys::open()?;
        let wanted = |column, equal, collation, value: Option<pg_sys::Datum>| {
            value.map(|value| Wanted { column, equal, collation, value }).ok_or(MISSING)
        };
        let c = pg_sys::C_COLLATION_OID;
        let found = one::<3, COLUMNS>(
            keys.target.table,
            keys.index,
            [
                wanted(1, pg_sys::F_TEXTEQ, c, self.ledger.into_datum())?,
                wanted(2, pg_sys::F_UUID_EQ, pg_sys::InvalidOid, array::uuid(&self.payer))?,
                wanted(3, pg_sys::F_TEXTEQ, c, self.key.into_datum())?,
            ],
        )?;
        let Some([_, _, _, request, response, _]) = found else { return Ok(None) };
        // SAFETY: the columns are of type jsonb.
        let read = |value: Option<pg_sys::Datum>| unsafe {
            value.and_then(|value| JsonB::from_datum(value, false)).ok_or(MISSING)
        };
        let asked = jsonb::datum(&self.content)?;
        // SAFETY: a function of two values of type jsonb.
        let same: Option<bool> =
            unsafe { pgrx::direct_function_call(pg_sys::jsonb_eq, &[request, Some(asked)]) };
        if same != Some(true) {
            return Err(Refusal::IdempotencyMismatch { key: self.key.to_owned() }.into());
        }
        let JsonB(mut answer) = read(response)?;
        if let Some(answer) = answer.as_object_mut() {
            answer.insert("replayed".to_owned(), true.into());
        }
        Ok(Some(answer))
    }

    /// The key with its answer, to be stored together with what the operation writes.
    pub fn noted(&self, answer: &Value) -> Result<Noted, Error> {
        // SAFETY: a plain call.
        let now = unsafe { pg_sys::GetCurrentTransactionStartTimestamp() };
        let row = vec![
            self.ledger.into_datum(),
            array::uuid(&self.payer),
            self.key.into_datum(),
            Some(jsonb::datum(&self.content)?),
            Some(jsonb::datum(answer)?),
            now.into_datum(),
        ];
        Ok(Noted { keys: Keys::open()?, row })
    }
}

/// A row of the table, to be written.
pub struct Noted {
    keys: Rc<Keys>,
    row: Row,
}

impl Noted {
    /// As it is written among others.
    pub fn group(&self) -> Group<'_> {
        Group { target: &self.keys.target, rows: std::slice::from_ref(&self.row), replaced: None }
    }

    /// Writes it alone.
    pub fn write(&self) -> Result<(), Failure> {
        write(&mut [self.group()])
    }
}

/// The table, looked up once and again after every change to it.
struct Keys {
    epoch: u64,
    index: pg_sys::Oid,
    target: Target,
}

impl Keys {
    fn open() -> Result<Rc<Self>, Error> {
        thread_local! {
            static KEYS: RefCell<Option<Rc<Keys>>> = const { RefCell::new(None) };
        }
        let known = KEYS.with_borrow(|keys| keys.clone());
        if let Some(keys) = known.filter(|keys| keys.epoch == watch::epoch()) {
            return Ok(keys);
        }
        let table = named(c"atomic", c"operation_keys").ok_or(MISSING)?;
        watch::table(table);
        let epoch = watch::epoch();
        let lock = pg_sys::RowExclusiveLock.cast_signed();
        // SAFETY: the relation is open while it is asked.
        let index = unsafe { primary_key(PgRelation::with_lock(table, lock).as_ptr()) };
        let column = |place| Some(Column { place, fit: Fit::AsIs });
        let keys = Rc::new(Self {
            epoch,
            index,
            target: Target {
                table,
                columns: (0..COLUMNS).map(column).collect(),
                defaults: Vec::new(),
                written: std::ptr::null_mut(),
                checks: Vec::new(),
                is_quiet: true,
            },
        });
        KEYS.set(Some(Rc::clone(&keys)));
        Ok(keys)
    }
}
