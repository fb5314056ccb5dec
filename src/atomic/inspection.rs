//! Whether the registered ledgers can work, for those who watch over the database.

use pgrx::pg_sys::{self, Oid};

use super::answer::connected;
use super::caller::is_operator;
use super::ledger::{Ledger, Opened, Purpose};
use super::{guard_ledger, registry, verify_ledger};
use crate::catalog::select;
use crate::error::Error;
use crate::operation::failure::Failure;
use crate::run_as::{PRIVATE_PATH, RunAs};

/// A registered ledger, as far as it can be looked at without waiting for anybody.
pub enum Inspection {
    /// Another session holds a table of it in a way that excludes readers.
    Busy,
    /// Its tables are what operations need.
    Sound,
    /// So are they, and the rows were asked for: why those could not be looked at.
    Unverified(&'static str),
    /// The checks of `atomic.verify_ledger()` that its rows do not pass; none where they pass all.
    Verified(Vec<String>),
}

/// A registered ledger.
pub struct Registered {
    pub name: String,
    pub tables: Vec<Oid>,
    /// Whether the role is still there whose members may act on any account. Nothing keeps it from being
    /// dropped, and the number that stays could be another role's where a dump is restored.
    pub has_operator: bool,
    /// Whether every table that `atomic.create_ledger` made keeps everybody but operations from writing.
    pub is_guarded: bool,
}

/// The registered ledgers, by name.
pub fn registered() -> Result<Vec<Registered>, Error> {
    let _owner = RunAs::begin(registry::private_owner()?, PRIVATE_PATH);
    select(
        "SELECT r.ledger, pg_catalog.array_remove(
                    ARRAY[r.accounts, r.transfers, r.entries, r.holds]::pg_catalog.oid[], NULL),
                EXISTS (SELECT FROM pg_catalog.pg_roles o WHERE o.oid OPERATOR(pg_catalog.=) r.operator),
                r.entries IS NULL OR NOT EXISTS (
                    SELECT FROM pg_catalog.unnest(
                        ARRAY[r.accounts, r.transfers, r.entries, r.holds]::pg_catalog.oid[]) AS t (id)
                     WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_trigger g
                            WHERE g.tgrelid OPERATOR(pg_catalog.=) t.id
                              AND g.tgfoid OPERATOR(pg_catalog.=) $1
                              AND g.tgenabled OPERATOR(pg_catalog.=) ANY ('{O,A}'::\"char\"[])
                              AND (g.tgtype OPERATOR(pg_catalog.&) 60::int2) OPERATOR(pg_catalog.=) 60))
           FROM atomic.ledger_registry r ORDER BY r.ledger",
        &[guard_ledger::function().into()],
        |row| {
            Ok(Registered {
                name: row.required(1)?,
                tables: row.required(2)?,
                has_operator: row.required(3)?,
                is_guarded: row.required(4)?,
            })
        },
    )
}

/// Opens a ledger as an operation would, and with `rows` verifies them, where the caller may.
/// Raises what stands against it.
pub fn inspect(ledger: &str, tables: &[Oid], rows: bool) -> Result<Inspection, Failure> {
    // SAFETY: locks by id, let go at the end of the transaction.
    let free = tables.iter().all(|table| unsafe {
        pg_sys::ConditionalLockRelationOid(*table, pg_sys::AccessShareLock.cast_signed())
    });
    if !free {
        return Ok(Inspection::Busy);
    }
    connected(|| {
        let Opened { ledger, operator } = Ledger::open(Some(ledger), Purpose::Read)?;
        if !rows {
            return Ok(Inspection::Sound);
        }
        if !ledger.is_created() {
            return Ok(Inspection::Unverified("its tables are attached: their rows have no book"));
        }
        if !is_operator(operator) {
            return Ok(Inspection::Unverified("the caller is no operator of the ledger"));
        }
        let tables = ledger.created_tables("atomic.verify_ledger()")?;
        let checks = verify_ledger::checks(ledger.owner, tables)?;
        let mut broken = Vec::new();
        for row in 0..checks.len() {
            if !checks.need::<bool>(row, 2)? {
                broken.push(checks.need(row, 1)?);
            }
        }
        Ok(Inspection::Verified(broken))
    })
}
