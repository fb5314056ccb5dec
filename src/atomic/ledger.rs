//! A ledger ready to work: its tables checked, its statements prepared once per backend and kept.

use std::cell::{Cell, RefCell};
use std::ffi::{CStr, CString};
use std::mem::ManuallyDrop;
use std::rc::Rc;

use pgrx::pg_sys;

use super::amount::declared_scale;
use super::columns::Columns;
use super::created_columns;
use super::direct::{self, Direct, TransferIndex};
use super::guard_ledger;
use super::holds::HoldStatements;
use super::parameters::{self, Shape};
use super::registry::{self, Registration};
use super::tables::{Table, role_name};
use super::{transfer_keys, trigger_path, watch};
use crate::error::{Error, LedgerError};
use crate::operation::failure::Failure;
use crate::operation::statement::{Statement, lock_tables};
use crate::read_only;
use crate::run_as::{PRIVATE_PATH, PinnedPath, RunAs, SwitchedRole};

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
    /// The number of changes to registrations that its own was read after, and the operator that it
    /// named.
    registered: Cell<(u64, pg_sys::Oid)>,
    /// The number of changes after which it was seen to be the only one.
    only: Cell<Option<u64>>,
    tables: Vec<pg_sys::Oid>,
    accounts: pg_sys::Oid,
    transfers: pg_sys::Oid,
    /// Whose rights the statements run with.
    pub owner: pg_sys::Oid,
    /// The search path they run under.
    pub path: CString,
    /// Decimals that the columns for balances and for amounts take; `None` is any number.
    pub scales: [Option<i32>; 2],
    pub(super) find: Statement,
    pub(super) owned: Statement,
    pub(super) lock: Statement,
    pub(super) lock_pair: Statement,
    pub(super) lock_owned_pair: Statement,
    /// For any number of rows, and for one transfer: planned for values, it costs half as much.
    pub(super) post: Statement,
    pub(super) post_pair: Statement,
    /// How to do without all of these, where the tables allow it.
    pub(super) direct: Option<Direct>,
    created: Option<Created>,
}

/// What only ledgers made by `atomic.create_ledger` have.
struct Created {
    tables: CreatedTables,
    entries: pg_sys::Oid,
    holds: HoldStatements,
    transfer_keys: Statement,
}

/// The qualified names of the tables of a created ledger.
pub struct CreatedTables {
    pub accounts: String,
    pub transfers: String,
    pub entries: String,
    pub holds: String,
}

/// What an operator may do, and which prepared ledger to do it with.
pub struct Opened {
    pub ledger: Rc<Ledger>,
    pub operator: pg_sys::Oid,
}

/// While this lives, an operation acts as the owner of the tables.
pub struct Acting {
    // In this order: the path goes back before the role does.
    _path: Option<PinnedPath>,
    _role: SwitchedRole,
}

/// What an operation is about to do with the tables.
#[derive(Clone, Copy)]
pub enum Purpose {
    Read,
    /// By this function, as it names itself where nothing may be written.
    Write(&'static CStr),
}

impl Ledger {
    /// Opens the ledger of that name, or, for `None`, the only one. Needs an open connection; locks
    /// the tables as any reader or writer does, so that from here to the end of the transaction
    /// they keep their names, columns and owner. 25006 for what would write in a read-only transaction.
    pub fn open(name: Option<&str>, purpose: Purpose) -> Result<Opened, Failure> {
        let mode = match purpose {
            Purpose::Read => pg_sys::AccessShareLock,
            Purpose::Write(function) => {
                read_only::refuse(function);
                pg_sys::RowExclusiveLock
            }
        };
        if let Some(opened) = Self::open_known(name, mode)? {
            return Ok(opened);
        }
        loop {
            let found = Registration::find(name)?;
            lock_tables(&found.tables().collect::<Vec<_>>(), mode)?;
            let ready = READY.with(|all| {
                all.borrow()
                    .iter()
                    .find(|one| one.generation == found.generation)
                    .filter(|one| one.epoch == watch::epoch())
                    .cloned()
            });
            let ledger = match ready {
                Some(ledger) => {
                    ledger.registered.set((found.seen, found.operator));
                    ledger
                }
                None => {
                    found.tables().for_each(watch::table);
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
            if name.is_none() {
                ledger.only.set(Some(found.seen));
            }
            return Ok(Opened { ledger, operator: found.operator });
        }
    }

    /// The same, where this backend opened it before and nothing has changed.
    fn open_known(name: Option<&str>, mode: u32) -> Result<Option<Opened>, Failure> {
        let is_meant = |one: &&Rc<Self>| match name {
            Some(name) => one.name == name,
            None => one.only.get() == Some(watch::registrations()),
        };
        let is_current = |one: &Rc<Self>| {
            one.epoch == watch::epoch() && one.registered.get().0 == watch::registrations()
        };
        let ready = READY.with(|all| all.borrow().iter().find(is_meant).cloned());
        let Some(ledger) = ready.filter(is_current) else { return Ok(None) };
        // Much may have changed since the last call, and while we waited for the locks.
        lock_tables(&ledger.tables, mode)?;
        let (_, operator) = ledger.registered.get();
        Ok(is_current(&ledger).then_some(Opened { ledger, operator }))
    }

    /// Becomes the owner of the tables, to lock accounts and to write the book: under the ledger's path
    /// where code of his may run.
    pub fn begin(&self) -> Acting {
        let role = SwitchedRole::begin(self.owner);
        Acting { _path: (!self.is_quiet()).then(|| PinnedPath::begin(&self.path)), _role: role }
    }

    /// Whether accounts are written without statements, and without any code of the owner's.
    pub fn is_quiet(&self) -> bool {
        self.direct.as_ref().is_some_and(Direct::is_quiet)
    }

    /// Refuses to have worked on other tables: the locks keep the tables' names, but a schema can be
    /// renamed and replaced in the middle of a call, by a trigger or by another session. Nothing
    /// that was done stands.
    pub fn need_own_tables(&self) -> Result<(), LedgerError> {
        // Without statements, tables are known by what they are, not by their names.
        if self.direct.is_some() {
            return Ok(());
        }
        let posts = [&self.post, &self.post_pair];
        let locks = [&self.lock, &self.lock_pair, &self.lock_owned_pair];
        if locks.iter().chain(&posts).all(|one| one.is_on(self.accounts))
            && posts.iter().all(|one| one.is_on(self.transfers))
            && self
                .created
                .as_ref()
                .is_none_or(|created| posts.iter().all(|one| one.is_on(created.entries)))
        {
            return Ok(());
        }
        Err(LedgerError::TablesReplaced(self.name.clone()))
    }

    /// The same of a statement on the accounts that was prepared in the middle of a call.
    pub fn need_accounts(&self, statement: &Statement) -> Result<(), LedgerError> {
        if statement.is_on(self.accounts) {
            return Ok(());
        }
        Err(LedgerError::TablesReplaced(self.name.clone()))
    }

    /// The same of the statement that reads transfers by their keys.
    pub fn need_transfers(&self, statement: &Statement) -> Result<(), LedgerError> {
        let entries = self.created.as_ref().map(|created| created.entries);
        if statement.is_on(self.transfers) && entries.is_some_and(|table| statement.is_on(table)) {
            return Ok(());
        }
        Err(LedgerError::TablesReplaced(self.name.clone()))
    }

    /// Whether `atomic.create_ledger` made its tables.
    pub fn is_created(&self) -> bool {
        self.created.is_some()
    }

    /// The tables of a created ledger; 0A000 for attached ones, which lack what `feature` needs.
    pub fn created_tables(&self, feature: &'static str) -> Result<&CreatedTables, LedgerError> {
        self.created.as_ref().map(|created| &created.tables).ok_or(LedgerError::NotBuilt(feature))
    }

    /// The statements about holds; 0A000 for attached tables.
    pub fn holds(&self) -> Result<&HoldStatements, LedgerError> {
        self.created.as_ref().map(|created| &created.holds).ok_or(LedgerError::NotBuilt("holds"))
    }

    /// The statement that reads transfers by their keys; attached tables keep keys elsewhere.
    pub fn transfer_keys(&self) -> Option<&Statement> {
        self.created.as_ref().map(|created| &created.transfer_keys)
    }

    /// Whether keys may be in the private table: those of attached ledgers, and of holds. For these counts
    /// what the size of their own table tells: a file that is empty holds none of anybody's, committed or
    /// not.
    pub fn has_private_keys(&self) -> Result<bool, Failure> {
        self.created.as_ref().map_or(Ok(true), |created| created.holds.have_rows())
    }

    /// Where transfers of a created ledger are found by their ids without a statement.
    pub fn transfer_index(&self) -> Option<&TransferIndex> {
        self.direct.as_ref().filter(|_| self.is_created()).and_then(Direct::transfer)
    }

    /// Whether something has changed since it was prepared.
    pub fn is_stale(&self) -> bool {
        self.epoch != watch::epoch()
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Checks the tables of a registration and prepares its statements. The tables are locked.
    pub fn prepare(registration: &Registration) -> Result<Self, Failure> {
        let epoch = watch::epoch();
        let gone = || Error::from(LedgerError::TableGone(registration.ledger.clone()));
        let open = |oid| Table::open(oid)?.ok_or_else(gone);
        let accounts = open(registration.accounts)?;
        let transfers = open(registration.transfers)?;
        let more = match registration.created {
            Some((entries, holds)) => Some((open(entries)?, open(holds)?)),
            None => None,
        };
        let owner = accounts.owner()?;
        for other in more.iter().flat_map(|(entries, holds)| [entries, holds]).chain([&transfers]) {
            if other.owner()? != owner {
                return Err(LedgerError::TwoOwners {
                    accounts: format!("{} belongs to {}", accounts.name(), role_name(owner)),
                    transfers: format!("{} to {}", other.name(), role_name(other.owner()?)),
                }
                .into());
            }
        }
        let columns = Columns::check(&accounts, &transfers, &registration.mapping()?)?;
        if let Some((entries, holds)) = &more {
            created_columns::check(&accounts, &transfers, entries, holds)?;
        }
        let (path, guard) = {
            let _private = RunAs::begin(registry::private_owner()?, PRIVATE_PATH);
            let path = trigger_path::resolve(&registration.trigger_path()?, owner)?;
            (path, guard_ledger::function())
        };
        let running = RunAs::begin(owner, &path);
        running.avoid_scans();
        const UUID: pg_sys::Oid = pg_sys::UUIDOID;
        const UUIDS: pg_sys::Oid = pg_sys::UUIDARRAYOID;
        let source = accounts.source()?;
        let is_created = more.is_some();
        let updates = accounts.has_update_triggers();
        let inserts = transfers.has_insert_triggers();
        let post = |shape| -> Result<Statement, Failure> {
            let sql = match &more {
                None => {
                    columns.post_attached(&source, &transfers.name(), [updates, inserts], shape)
                }
                Some((entries, _)) => Columns::post_created(
                    &source,
                    &transfers.name(),
                    &entries.name(),
                    [updates, inserts, entries.has_insert_triggers()],
                    shape,
                ),
            };
            let mut types: Vec<_> = parameters::Rows::of(is_created, shape)
                .iter()
                .flat_map(parameters::Rows::types)
                .collect();
            if is_created {
                types.push(pg_sys::TIMESTAMPTZOID);
            }
            Statement::plan(&sql, &types)
        };
        let (post, post_pair) = (post(Shape::Lists)?, post(Shape::Pair)?);
        let tables = direct::Tables {
            accounts: &accounts,
            transfers: &transfers,
            entries: more.as_ref().map(|(entries, _)| entries),
            guard,
        };
        let direct = Direct::of(&tables, &columns, owner)?;
        let created = match more {
            None => None,
            Some((entries, holds)) => {
                let tables = CreatedTables {
                    accounts: source.clone(),
                    transfers: transfers.name(),
                    entries: entries.name(),
                    holds: holds.name(),
                };
                let (entries, holds) =
                    registration.created.unwrap_or((pg_sys::InvalidOid, pg_sys::InvalidOid));
                let holds = HoldStatements::prepare(&registration.ledger, holds, &tables)?;
                let transfer_keys = transfer_keys::prepare(&tables)?;
                Some(Created { tables, entries, holds, transfer_keys })
            }
        };
        Ok(Self {
            name: registration.ledger.clone(),
            generation: registration.generation,
            epoch,
            registered: Cell::new((registration.seen, registration.operator)),
            only: Cell::new(None),
            tables: registration.tables().collect(),
            accounts: registration.accounts,
            transfers: registration.transfers,
            owner,
            scales: columns.money().map(|column| declared_scale(column.base_type, column.typmod)),
            find: Statement::plan(&columns.find(&source, is_created), &[UUID])?,
            owned: Statement::plan(&columns.owned(&source), &[UUIDS, UUID])?,
            lock: Statement::plan(&columns.lock(&source, is_created), &[UUIDS])?,
            lock_pair: Statement::plan(&columns.lock_pair(&source, is_created), &[UUID, UUID])?,
            lock_owned_pair: Statement::plan(
                &columns.lock_owned_pair(&source, is_created),
                &[UUID, UUID, UUID],
            )?,
            post,
            post_pair,
            direct,
            created,
            path,
        })
    }
}
