//! Counters in a table, where the library is not preloaded: `atomic.rate_counters`, unlogged. They are part
//! of the caller's transaction, so that a rollback gives back what it used, and requests with one key wait
//! for each other.

use std::cell::Cell;
use std::thread::LocalKey;

use pgrx::pg_sys;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;

use super::counter::{Counter, Demand};
use super::window::{Moment, Outcome, Standing, Window};
use crate::atomic::answer::connected;
use crate::atomic::registry::private_owner;
use crate::error::{AtomicError, Error};
use crate::operation::failure::Failure;
use crate::operation::statement::{Kept, Statement};
use crate::run_as::{PRIVATE_PATH, RunAs};

/// Counts.
pub fn take(demands: &[Demand]) -> Result<Vec<Outcome>, Failure> {
    if read_only() {
        return Err(AtomicError::ReadOnlyCounters.into());
    }
    warn_of_rollback();
    connected(|| {
        let owner = RunAs::begin(private_owner()?, PRIVATE_PATH);
        owner.avoid_scans();
        // All sessions lock in one order.
        let mut order: Vec<usize> = (0..demands.len()).collect();
        order.sort_unstable_by_key(|at| demands[*at].counter);
        let mut windows = vec![None; demands.len()];
        for at in &order {
            windows[*at] = lock(&demands[*at].counter)?;
        }
        // After the locks, so that all agree on what came first.
        let now = clock();
        let mut standings: Vec<Standing> = demands
            .iter()
            .zip(&windows)
            .map(|(demand, window)| Standing::find(*window, demand.limit, demand.cost, now))
            .collect();
        let allowed = standings.iter().all(Standing::allowed);
        for (standing, (demand, before)) in standings.iter_mut().zip(demands.iter().zip(&windows)) {
            if allowed {
                standing.take();
            }
            if let Some(window) = standing.window()
                && *before != Some(window)
            {
                write(&demand.counter, window)?;
            }
        }
        Ok(standings.iter().map(Standing::outcome).collect())
    })
}

/// Whether the transaction may not write, as on a standby.
pub fn read_only() -> bool {
    // SAFETY: a plain variable of the server.
    unsafe { pg_sys::XactReadOnly }
}

/// Once a session: counters of this kind are not what failed logins need.
fn warn_of_rollback() {
    thread_local! {
        static WARNED: Cell<bool> = const { Cell::new(false) };
    }
    warn(&WARNED, "rate limits do not count what is rolled back");
}

/// Once a session: reads pass uncounted.
pub fn warn_of_reads() {
    thread_local! {
        static WARNED: Cell<bool> = const { Cell::new(false) };
    }
    warn(&WARNED, "rate limits do not count reads");
}

fn warn(warned: &'static LocalKey<Cell<bool>>, message: &'static str) {
    if !warned.replace(true) {
        ErrorReport::new(PgSqlErrorCode::ERRCODE_WARNING, message, "rowguard")
            .set_hint(
                "Put rowguard into shared_preload_libraries, so that counters live in shared memory.",
            )
            .report(PgLogLevel::WARNING);
    }
}

/// The state of a counter, whose row is ours until the transaction ends; a new one is made where there is
/// none. At READ COMMITTED every statement sees what was committed while it waited; above it the server
/// raises 40001 instead.
fn lock(counter: &Counter) -> Result<Option<Window>, Failure> {
    thread_local! {
        static LOCK: Kept = const { Kept::empty() };
        static MAKE: Kept = const { Kept::empty() };
    }
    loop {
        let rows =
            LOCK.with(|place| place.get(prepare_lock)?.run([counter.bytes().into_datum()]))?;
        if rows.len() > 0 {
            return Ok(Some(Window {
                started: moment(rows.need(0, 1)?),
                ends: moment(rows.need(0, 2)?),
                used: rows.need(0, 3)?,
            }));
        }
        let now = timestamp(clock())?;
        let made =
            MAKE.with(|place| place.get(prepare_make)?.run([counter.bytes().into_datum(), now]))?;
        if made.len() > 0 {
            sweep()?;
            return Ok(None);
        }
    }
}

fn write(counter: &Counter, window: Window) -> Result<(), Failure> {
    thread_local! {
        static WRITE: Kept = const { Kept::empty() };
    }
    let values = [
        counter.bytes().into_datum(),
        timestamp(window.started)?,
        timestamp(window.ends)?,
        window.used.into_datum(),
    ];
    let rows = WRITE.with(|place| place.get(prepare_write)?.run(values))?;
    if rows.len() != 1 {
        return Err(Error::Unexpected("a rate limit was not counted").into());
    }
    Ok(())
}

/// A new counter makes room: two that are over go. Not where a row that somebody has changed meanwhile would
/// be an error.
fn sweep() -> Result<(), Failure> {
    thread_local! {
        static SWEEP: Kept = const { Kept::empty() };
    }
    // SAFETY: a plain variable of the server.
    if unsafe { pg_sys::XactIsoLevel } >= pg_sys::XACT_REPEATABLE_READ.cast_signed() {
        return Ok(());
    }
    let long_over = timestamp(clock().saturating_sub(GRACE))?;
    SWEEP.with(|place| place.get(prepare_sweep)?.run([long_over]))?;
    Ok(())
}

/// Microseconds for which a counter that is over is left alone: whoever counts by it may be about to.
const GRACE: i64 = 60_000_000;

fn clock() -> Moment {
    // SAFETY: reads the clock.
    unsafe { pg_sys::GetCurrentTimestamp() }
}

fn moment(time: TimestampWithTimeZone) -> Moment {
    time.into()
}

fn timestamp(moment: Moment) -> Result<Option<pg_sys::Datum>, Error> {
    TimestampWithTimeZone::try_from(moment)
        .map(IntoDatum::into_datum)
        .map_err(|_| Error::Unexpected("a moment is out of range"))
}

fn prepare_lock() -> Result<Statement, Failure> {
    Statement::plan(
        "SELECT c.started_at, c.ends_at, c.used FROM atomic.rate_counters AS c \
         WHERE c.counter OPERATOR(pg_catalog.=) $1 FOR NO KEY UPDATE",
        &[pg_sys::BYTEAOID],
    )
}

fn prepare_make() -> Result<Statement, Failure> {
    Statement::plan(
        "INSERT INTO atomic.rate_counters (counter, started_at, ends_at, used) \
         VALUES ($1, $2, $2, 0) ON CONFLICT (counter) DO NOTHING",
        &[pg_sys::BYTEAOID, pg_sys::TIMESTAMPTZOID],
    )
}

fn prepare_write() -> Result<Statement, Failure> {
    Statement::plan(
        "UPDATE atomic.rate_counters AS c SET started_at = $2, ends_at = $3, used = $4 \
         WHERE c.counter OPERATOR(pg_catalog.=) $1",
        &[pg_sys::BYTEAOID, pg_sys::TIMESTAMPTZOID, pg_sys::TIMESTAMPTZOID, pg_sys::INT8OID],
    )
}

fn prepare_sweep() -> Result<Statement, Failure> {
    Statement::plan(
        "DELETE FROM atomic.rate_counters AS c WHERE c.counter OPERATOR(pg_catalog.=) ANY (\
         ARRAY(SELECT o.counter FROM atomic.rate_counters AS o \
         WHERE o.ends_at OPERATOR(pg_catalog.<) $1 ORDER BY o.ends_at LIMIT 2 FOR UPDATE SKIP LOCKED))",
        &[pg_sys::TIMESTAMPTZOID],
    )
}
