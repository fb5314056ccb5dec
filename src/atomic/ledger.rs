//! A ledger ready to work: its tables checked, its statements prepared once per backend and kept.

use std::cell::RefCell;
use std::ffi::CString;
use std::mem::ManuallyDrop;
use std::rc::Rc;

use pgrx::pg_sys;

use super::amount::declared_scale;
use super::failure::Failure;
use super::mapping::Mapping;
use super::registry::{self, Registration};
use super::statement::{Statement, lock_table};
use super::tables::{Column, Table, role_name};
use super::{trigger_path, watch};
use crate::error::Error;
use crate::run_as::{PRIVATE_PATH, RunAs};

thread_local! {
    /// Never dropped as a whole: when a backend exits, the server is no longer there to be called.
    static READY: ManuallyDrop<RefCell<Vec<Rc<Ledger>>>> =
        const { ManuallyDrop::new(RefCell::new(Vec::new())) };
}

/// The prepared statements of one ledger, and what running them takes.
pub struct Ledger {
    name: String,
    generation: [u8; 16],
    epoch: u64,
    accounts: pg_sys::Oid,
    transfers: pg_sys::Oid,
    /// Whose rights the statements run with.
    pub owner: pg_sys::Oid,
    /// The search path they run under.
    pub path: CString,
    /// Decimals that the columns for balances and for amounts take; `None` is any number.
    pub scales: [Option<i32>; 2],
    /// Locks payer `$1` and payee `$2` in id order. Rows: is it the payer, its owner, its balance,
    /// is the balance a finite number, does it cover amount `$3`.
    pub lock: Statement,
    /// The same, but locks nothing unless the payer belongs to `$4`: a stranger must not be able to
    /// hold other people's rows.
    pub lock_owned: Statement,
    /// Moves amount `$3` from `$1` to `$2`, whose balances are `$4` and `$5`. Rows: is it the
    /// payer, the balance written, is that the balance expected.
    pub pay: Statement,
    /// Writes the transfer, with the payer's new balance `$4` and idempotency key `$5`. One row:
    /// was it written as asked, the answer.
    pub record: Statement,
}

/// What an operator may do, and which prepared ledger to do it with.
pub struct Opened {
    pub ledger: Rc<Ledger>,
    pub operator: pg_sys::Oid,
    pub name: String,
}

impl Ledger {
    /// Opens the ledger of that name, or, for `None`, the only one. Needs an open connection; locks
    /// the tables as any writer does, so that from here to the end of the transaction they keep
    /// their names, columns and owner.
    pub fn open(name: Option<&str>) -> Result<Opened, Failure> {
        loop {
            let found = Registration::find(name)?;
            lock_table(found.accounts, pg_sys::RowExclusiveLock)?;
            lock_table(found.transfers, pg_sys::RowExclusiveLock)?;
            let ready = READY.with(|all| {
                all.borrow()
                    .iter()
                    .find(|one| one.generation == found.generation)
                    .filter(|one| one.epoch == watch::epoch())
                    .cloned()
            });
            let ledger = match ready {
                Some(ledger) => ledger,
                None => {
                    watch::table(found.accounts);
                    watch::table(found.transfers);
                    // It may have been detached while we waited for the locks.
                    if Registration::find(name)?.generation != found.generation {
                        continue;
                    }
                    let ledger = Rc::new(Self::prepare(&found)?);
                    READY.with(|all| {
                        let mut all = all.borrow_mut();
                        all.retain(|one| one.name != ledger.name);
                        all.push(Rc::clone(&ledger));
                    });
                    ledger
                }
            };
            return Ok(Opened { ledger, operator: found.operator, name: found.ledger });
        }
    }

    /// Refuses to have worked on other tables: the locks keep the tables' names, but a schema can be
    /// renamed and replaced in the middle of a call, by a trigger or by another session. Nothing
    /// that was done stands.
    pub fn need_own_tables(&self) -> Result<(), Error> {
        let accounts = [&self.lock, &self.lock_owned, &self.pay];
        if accounts.iter().all(|one| one.is_on(self.accounts)) && self.record.is_on(self.transfers)
        {
            return Ok(());
        }
        Err(Error::TablesReplaced(self.name.clone()))
    }

    /// Checks the tables of a registration and prepares its statements. The tables are locked.
    pub fn prepare(registration: &Registration) -> Result<Self, Failure> {
        let epoch = watch::epoch();
        let gone = || Error::TableGone(registration.ledger.clone());
        let accounts = Table::open(registration.accounts)?.ok_or_else(gone)?;
        let transfers = Table::open(registration.transfers)?.ok_or_else(gone)?;
        let owner = accounts.owner()?;
        if transfers.owner()? != owner {
            return Err(Error::TwoOwners {
                accounts: format!("{} belongs to {}", accounts.name(), role_name(owner)),
                transfers: format!("{} to {}", transfers.name(), role_name(transfers.owner()?)),
            }
            .into());
        }
        let columns = Columns::check(&accounts, &transfers, &registration.mapping()?)?;
        let path = {
            let _private = RunAs::begin(registry::private_owner()?, PRIVATE_PATH);
            trigger_path::resolve(&registration.trigger_path()?, owner)?
        };
        let _owner = RunAs::begin(owner, &path);
        let source = accounts.source()?;
        const PAIR: [pg_sys::Oid; 3] = [pg_sys::UUIDOID, pg_sys::UUIDOID, pg_sys::NUMERICOID];
        let with = |more: &[pg_sys::Oid]| [&PAIR[..], more].concat();
        Ok(Self {
            name: registration.ledger.clone(),
            generation: registration.generation,
            epoch,
            accounts: registration.accounts,
            transfers: registration.transfers,
            owner,
            scales: [&columns.balance, &columns.transfer_amount]
                .map(|column| declared_scale(column.base_type, column.typmod)),
            lock: Statement::prepare(&columns.lock(&source, false), &PAIR)?,
            lock_owned: Statement::prepare(
                &columns.lock(&source, true),
                &with(&[pg_sys::UUIDOID]),
            )?,
            pay: Statement::prepare(
                &columns.pay(&source),
                &with(&[pg_sys::NUMERICOID, pg_sys::NUMERICOID]),
            )?,
            record: Statement::prepare(
                &columns.record(&transfers.name()),
                &with(&[pg_sys::NUMERICOID, pg_sys::TEXTOID]),
            )?,
            path,
        })
    }
}

/// The checked columns, and the SQL over them. Every name and operator is qualified.
struct Columns {
    account_id: Column,
    balance: Column,
    owner: Column,
    transfer_from: Column,
    transfer_to: Column,
    transfer_amount: Column,
    transfer_id: Option<Column>,
    idempotency_key: Option<Column>,
}

impl Columns {
    fn check(
        accounts: &Table,
        transfers: &Table,
        mapping: &serde_json::Value,
    ) -> Result<Self, Error> {
        const ID: &[pg_sys::Oid] = &[pg_sys::UUIDOID];
        const MONEY: &[pg_sys::Oid] = &[pg_sys::NUMERICOID, pg_sys::INT4OID, pg_sys::INT8OID];
        const KEY: &[pg_sys::Oid] = &[pg_sys::TEXTOID, pg_sys::VARCHAROID];
        let mapping = Mapping::parse(mapping)?;
        let optional = |name: Option<String>, types| {
            name.map(|name| transfers.column(&name, types)).transpose()
        };
        let columns = Self {
            account_id: accounts.column(&mapping.account_id, ID)?,
            balance: accounts.column(&mapping.balance, MONEY)?,
            owner: accounts.column(&mapping.owner, ID)?,
            transfer_from: transfers.column(&mapping.transfer_from, ID)?,
            transfer_to: transfers.column(&mapping.transfer_to, ID)?,
            transfer_amount: transfers.column(&mapping.transfer_amount, MONEY)?,
            transfer_id: optional(mapping.transfer_id, ID)?,
            idempotency_key: optional(mapping.idempotency_key, KEY)?,
        };
        accounts.need_unique(&columns.account_id)?;
        if let Some(id) = &columns.transfer_id {
            transfers.need_unique(id)?;
        }
        Ok(columns)
    }

    fn lock(&self, accounts: &str, owned: bool) -> String {
        let (id, owner) = (&self.account_id.name, &self.owner.name);
        let balance = format!("a.{}", self.balance.name);
        let finite = if self.balance.base_type == pg_sys::NUMERICOID {
            format!(
                "{balance} OPERATOR(pg_catalog.<) 'Infinity'::pg_catalog.numeric \
                 AND {balance} OPERATOR(pg_catalog.>) '-Infinity'::pg_catalog.numeric"
            )
        } else {
            format!("{balance} IS NOT NULL")
        };
        let condition = if owned {
            format!(
                " AND EXISTS (SELECT FROM {accounts} AS p \
                 WHERE p.{id} OPERATOR(pg_catalog.=) $1 AND p.{owner} OPERATOR(pg_catalog.=) $4)"
            )
        } else {
            String::new()
        };
        format!(
            "SELECT a.{id} OPERATOR(pg_catalog.=) $1, a.{owner}::pg_catalog.uuid, \
             {balance}::pg_catalog.numeric, {finite}, \
             {balance}::pg_catalog.numeric OPERATOR(pg_catalog.>=) $3 \
             FROM {accounts} AS a \
             WHERE a.{id} OPERATOR(pg_catalog.=) ANY (ARRAY[$1, $2]){condition} \
             ORDER BY a.{id} FOR NO KEY UPDATE OF a"
        )
    }

    fn pay(&self, accounts: &str) -> String {
        let (id, balance) = (&self.account_id.name, &self.balance.name);
        // Whole-number columns take whole amounts only, so the cast is exact.
        let amount =
            if self.balance.base_type == pg_sys::NUMERICOID { "$3" } else { "$3::pg_catalog.int8" };
        format!(
            "UPDATE {accounts} AS a SET {balance} = \
             CASE WHEN a.{id} OPERATOR(pg_catalog.=) $1 \
             THEN a.{balance} OPERATOR(pg_catalog.-) {amount} \
             ELSE a.{balance} OPERATOR(pg_catalog.+) {amount} END \
             WHERE a.{id} OPERATOR(pg_catalog.=) ANY (ARRAY[$1, $2]) \
             RETURNING a.{id} OPERATOR(pg_catalog.=) $1, a.{balance}::pg_catalog.numeric, \
             a.{balance}::pg_catalog.numeric OPERATOR(pg_catalog.=) \
             CASE WHEN a.{id} OPERATOR(pg_catalog.=) $1 \
             THEN $4 OPERATOR(pg_catalog.-) $3 ELSE $5 OPERATOR(pg_catalog.+) $3 END"
        )
    }

    fn record(&self, transfers: &str) -> String {
        let (from, to, amount) =
            (&self.transfer_from.name, &self.transfer_to.name, &self.transfer_amount.name);
        let mut names = format!("{from}, {to}, {amount}");
        let mut values = String::from("$1, $2, $3");
        if let Some(id) = &self.transfer_id {
            names.push_str(&format!(", {}", id.name));
            values.push_str(", pg_catalog.gen_random_uuid()");
        }
        if let Some(key) = &self.idempotency_key {
            names.push_str(&format!(", {}", key.name));
            values.push_str(", $5");
        }
        let id = self.transfer_id.as_ref().map_or_else(
            || "pg_catalog.gen_random_uuid()".to_owned(),
            |id| format!("t.{}", id.name),
        );
        format!(
            "INSERT INTO {transfers} AS t ({names}) VALUES ({values}) \
             RETURNING t.{from} OPERATOR(pg_catalog.=) $1 AND t.{to} OPERATOR(pg_catalog.=) $2 \
             AND t.{amount}::pg_catalog.numeric OPERATOR(pg_catalog.=) $3, \
             pg_catalog.jsonb_build_object('success', true, 'transfer_id', {id}, \
             'new_balance', $4::pg_catalog.numeric, 'replayed', false)"
        )
    }
}
