//! Rows updated and inserted, all as one command.

use pgrx::pg_sys;

use super::executor::Executor;
use super::insert::insert;
use super::server;
use super::target::Target;
use super::update::update;
use crate::operation::caught::catch;
use crate::operation::failure::Failure;

/// A row of values, in the order of the target's columns; `None` is NULL.
pub type Row = Vec<Option<pg_sys::Datum>>;

/// Rows of one table.
pub struct Group<'a> {
    pub target: &'a Target,
    pub rows: &'a [Row],
    /// For each row the one that it replaces, in whose place it then stands; `None` where rows are new.
    pub replaced: Option<Replaced<'a>>,
}

/// Rows to be replaced, as they were read.
pub struct Replaced<'a> {
    pub rows: &'a mut [pg_sys::HeapTuple],
    /// One of them that is not locked: it is the first to be written.
    pub unlocked: Option<usize>,
}

/// Writes the groups in this order, and then runs what their tables do after each row. Answers whether
/// it did: nothing is written where somebody else has changed the row that is not locked, which must
/// be in the first group. `is_stale`: something may have changed since the targets were made, though
/// not the columns.
pub fn write(groups: &mut [Group<'_>], is_stale: bool) -> Result<bool, Failure> {
    let is_quiet = !is_stale && groups.iter().all(|group| group.target.is_quiet);
    // SAFETY: `run` calls the server directly, cannot panic, and owns nothing.
    Ok(unsafe { catch(|| run(groups, is_quiet))? })
}

/// # Safety
/// For `catch` alone.
unsafe fn run(groups: &mut [Group<'_>], is_quiet: bool) -> bool {
    // SAFETY: the tables are locked, and their targets describe them as they are. What is begun is ended
    // as for a statement; after an error the abort ends it.
    unsafe {
        server::CommandCounterIncrement();
        // Code of the owner's sees what is committed by now, as in a statement; nothing else looks.
        let needs_snapshot = !(is_quiet && server::ActiveSnapshotSet());
        if needs_snapshot {
            server::PushActiveSnapshot(server::GetTransactionSnapshot());
        }
        server::AfterTriggerBeginQuery();
        let mut last: Option<Executor> = None;
        let mut is_written = true;
        for group in groups.iter_mut() {
            if !is_written || group.rows.is_empty() {
                continue;
            }
            let executor = Executor::begin(group.target, is_quiet);
            match &mut group.replaced {
                Some(replaced) => {
                    is_written = update(&executor, group.target, group.rows, replaced);
                }
                None => insert(&executor, group.target, group.rows),
            }
            executor.end();
            last = Some(executor);
        }
        match last {
            Some(executor) => executor.run_triggers(),
            None => server::AfterTriggerEndQuery(std::ptr::null_mut()),
        }
        if needs_snapshot {
            server::PopActiveSnapshot();
        }
        server::CommandCounterIncrement();
        is_written
    }
}
