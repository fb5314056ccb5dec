//! Idempotency keys of operations: looked up in the transfers of a created ledger, which carry their own,
//! and in a private table of ours, `atomic.operation_keys`, that has all others.
//!
//! A key belongs to a payer account, whose row is locked whenever the key is looked up or stored: of
//! two racing calls the second waits for the first and then finds its answer. So nobody can store a
//! key between the look-up and our own writing, and both do without a statement; above READ COMMITTED
//! the lock fails where somebody stored one since the snapshot was taken. Triggers for statements,
//! should somebody put one on the private table, do not see what is written here.

use std::cell::RefCell;
use std::mem::ManuallyDrop;
use std::rc::Rc;

use pgrx::{FromDatum, IntoDatum, JsonB, PgRelation, pg_sys};
use serde_json::Value;
use uuid::Uuid;

use super::ledger::Ledger;
use super::transfer_keys;
use super::{array, jsonb, watch};
use crate::catalog::table::named;
use crate::error::{AtomicError, Error};
use crate::operation::direct::executor::KeptExecutor;
use crate::operation::direct::look_up::{Wanted, find};
use crate::operation::direct::target::{Column, Fit, Target};
use crate::operation::direct::write::{Group, Row, write};
use crate::operation::failure::Failure;
use crate::operation::memory::Memory;
use crate::operation::private_table::primary_key;
use crate::operation::refusal::Refusal;

/// The longest key, in bytes: room for any identifier, and for the index.
const LONGEST_KEY: usize = 255;

/// The columns: ledger, payer, key, request, response, time.
const COLUMNS: usize = 6;

const MISSING: Error = Error::Unexpected("atomic.operation_keys is missing");

/// The key of an operation.
pub struct Key<'a> {
    pub ledger: &'a Ledger,
    pub payer: Uuid,
    pub key: &'a str,
}

/// Refuses a key of no use: 22023.
pub fn check_key(key: &str) -> Result<(), AtomicError> {
    if key.is_empty() || key.len() > LONGEST_KEY {
        Err(AtomicError::IdempotencyKey)
    } else {
        Ok(())
    }
}

impl Key<'_> {
    /// The answer stored for the key, marked as replayed; `None` when the key is free. `request` is
    /// the operation and its parameters: compared as JSON, so that 1.5 and 1.50 are the same amount.
    pub fn replay(
        &self,
        request: impl FnOnce() -> Result<Value, Error>,
    ) -> Result<Option<Value>, Failure> {
        let Some(known) = self.find()? else { return Ok(None) };
        let asked = jsonb::datum(&request()?)?;
        // SAFETY: a function of two values of type jsonb.
        let same: Option<bool> = unsafe {
            pgrx::direct_function_call(pg_sys::jsonb_eq, &[Some(known.request), Some(asked)])
        };
        if same != Some(true) {
            return Err(Refusal::IdempotencyMismatch { key: self.key.to_owned() }.into());
        }
        let mut answer = known.answer;
        if let Some(answer) = answer.as_object_mut() {
            answer.insert("replayed".to_owned(), true.into());
        }
        Ok(Some(answer))
    }

    /// What the key stands for, if it is used up.
    fn find(&self) -> Result<Option<Known>, Failure> {
        let Some(index) = self.ledger.transfer_index() else {
            let known = self.find_transfer()?;
            return if known.is_some() { Ok(known) } else { self.find_private() };
        };
        let id = transfer_keys::id(self.payer, self.key);
        let wanted = [Wanted::uuid(array::uuid_in_place(&id).ok_or(MISSING)?)];
        if find(index.table, index.index, &wanted)?.is_some() {
            return self.find_transfer();
        }
        self.find_private()
    }

    /// The same, of the keys in the private table.
    fn find_private(&self) -> Result<Option<Known>, Failure> {
        if !self.ledger.has_private_keys()? {
            return Ok(None);
        }
        let keys = Keys::open()?;
        let [ledger, key] = [self.ledger.name(), self.key].map(IntoDatum::into_datum);
        let payer = array::uuid_in_place(&self.payer);
        let wanted = [
            Wanted::text(ledger.ok_or(MISSING)?),
            Wanted::uuid(payer.ok_or(MISSING)?),
            Wanted::text(key.ok_or(MISSING)?),
        ];
        let Some(found) = find(keys.target.table, keys.index, &wanted)? else { return Ok(None) };
        // SAFETY: the column is of type jsonb.
        let answer = found.datum(5).and_then(|value| unsafe { JsonB::from_datum(value, false) });
        Ok(Some(Known {
            request: found.datum(4).ok_or(MISSING)?,
            answer: answer.ok_or(MISSING)?.0,
        }))
    }

    fn find_transfer(&self) -> Result<Option<Known>, Failure> {
        let Some(used) = transfer_keys::find(self.ledger, &[(self.payer, self.key)])?.pop() else {
            return Ok(None);
        };
        // Of this id, but not by us.
        if (used.payer, used.key.as_str()) != (self.payer, self.key) {
            return Err(Refusal::IdempotencyMismatch { key: self.key.to_owned() }.into());
        }
        Ok(Some(Known { request: jsonb::datum(&used.request)?, answer: used.answer }))
    }

    /// The key with its answer, to be stored together with what the operation writes.
    pub fn noted(&self, request: &Value, answer: &Value) -> Result<Noted, Error> {
        // SAFETY: a plain call.
        let now = unsafe { pg_sys::GetCurrentTransactionStartTimestamp() };
        let row = vec![
            self.ledger.name().into_datum(),
            array::uuid(&self.payer),
            self.key.into_datum(),
            Some(jsonb::datum(request)?),
            Some(jsonb::datum(answer)?),
            now.into_datum(),
        ];
        Ok(Noted { keys: Keys::open()?, row })
    }
}

/// What a key stands for.
struct Known {
    request: pg_sys::Datum,
    answer: Value,
}

/// A row of the private table, to be written.
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
        write(&mut [self.group()], false).map(|_| ())
    }
}

/// The private table, looked up once and again after every change to it.
struct Keys {
    epoch: u64,
    index: pg_sys::Oid,
    target: Target,
    _memory: Memory,
}

impl Keys {
    fn open() -> Result<Rc<Self>, Error> {
        thread_local! {
            /// Never dropped: when a backend exits, the server is no longer there to be called.
            static KEYS: ManuallyDrop<RefCell<Option<Rc<Keys>>>> =
                const { ManuallyDrop::new(RefCell::new(None)) };
        }
        let known = KEYS.with(|keys| keys.borrow().clone());
        if let Some(keys) = known.filter(|keys| keys.epoch == watch::epoch()) {
            return Ok(keys);
        }
        let table = named(c"atomic", c"operation_keys").ok_or(MISSING)?;
        watch::table(table);
        let epoch = watch::epoch();
        let lock = pg_sys::RowExclusiveLock.cast_signed();
        let memory = Memory::new();
        // SAFETY: the relation is open while it is asked; the copy lies in memory that lives as long as
        // what refers to it.
        let (index, description, is_quiet) = unsafe {
            let open = PgRelation::with_lock(table, lock);
            let copy = || pg_sys::CreateTupleDescCopyConstr(open.rd_att);
            (primary_key(open.as_ptr()), memory.within(copy), open.trigdesc.is_null())
        };
        let column = |place| Some(Column { place, fit: Fit::AsIs });
        let keys = Rc::new(Self {
            epoch,
            index,
            target: Target {
                table,
                description,
                columns: (0..COLUMNS).map(column).collect(),
                defaults: Vec::new(),
                updated: std::ptr::null_mut(),
                checks: Vec::new(),
                indexed_uuid: None,
                partial: Vec::new(),
                is_quiet,
                kept: KeptExecutor::new(),
            },
            _memory: memory,
        });
        KEYS.with(|known| known.replace(Some(Rc::clone(&keys))));
        Ok(keys)
    }
}
