//! Statements prepared once per backend and kept.

use std::cell::OnceCell;
use std::ffi::CString;
use std::mem::ManuallyDrop;

use pgrx::{FromDatum, pg_sys};

use super::caught::{Caught, catch, raw};
use super::failure::Failure;
use crate::error::Error;

/// A connection to the server's executor. Statements are prepared and run while it lives.
///
/// Not closed on drop: after an error the abort closes it, and closing it twice would be an error.
pub struct Connection(());

impl Connection {
    /// Opens it.
    pub fn open() -> Result<Self, Failure> {
        // SAFETY: a direct call that owns nothing.
        check(unsafe { catch(|| raw::SPI_connect())? })?;
        Ok(Self(()))
    }

    /// Closes it; memory of its rows goes with it.
    pub fn close(self) -> Result<(), Failure> {
        // SAFETY: as above.
        check(unsafe { catch(|| raw::SPI_finish())? })
    }
}

/// A kept statement. Freed when dropped.
pub struct Statement(pg_sys::SPIPlanPtr);

impl Statement {
    /// Prepares `sql` with parameters of these types. Needs an open [`Connection`].
    pub fn prepare(sql: &str, types: &[pg_sys::Oid]) -> Result<Self, Failure> {
        Self::prepare_with(sql, types, 0)
    }

    fn prepare_with(sql: &str, types: &[pg_sys::Oid], options: u32) -> Result<Self, Failure> {
        let text =
            CString::new(sql).map_err(|_| Error::Unexpected("a statement holds a zero byte"))?;
        let mut types = types.to_vec();
        let count = i32::try_from(types.len()).map_err(|_| Error::Unexpected("too many types"))?;
        let (source, kinds, options) = (text.as_ptr(), types.as_mut_ptr(), options.cast_signed());
        // SAFETY: the pointers outlive the call; the closure owns nothing.
        unsafe {
            let plan = catch(|| raw::SPI_prepare_cursor(source, count, kinds, options))?;
            if plan.is_null() {
                return Err(Error::Unexpected("a statement could not be prepared").into());
            }
            check(catch(|| raw::SPI_keepplan(plan))?)?;
            Ok(Self(plan))
        }
    }

    /// Prepares `sql` and plans it now, once for all values: what an operation runs is short, and
    /// planning it again would cost more than running it.
    pub fn plan(sql: &str, types: &[pg_sys::Oid]) -> Result<Self, Failure> {
        let statement = Self::prepare_with(sql, types, pg_sys::CURSOR_OPT_GENERIC_PLAN)?;
        let plan = statement.0;
        // SAFETY: a kept plan of one statement; the reference that the server counts is given back.
        unsafe {
            catch(|| {
                let planned = raw::SPI_plan_get_cached_plan(plan);
                if !planned.is_null() {
                    raw::ReleaseCachedPlan(planned, pg_sys::CurrentResourceOwner);
                }
            })?;
        }
        Ok(statement)
    }

    /// Runs it; `None` is NULL. A new snapshot is taken where the isolation level allows it, so
    /// that each statement sees what was committed while the one before waited for a lock.
    pub fn run<const N: usize>(&self, values: [Option<pg_sys::Datum>; N]) -> Result<Rows, Failure> {
        self.execute(&values, false)
    }

    /// The same, where the number of values is known at run time only.
    pub fn run_with(&self, values: &[Option<pg_sys::Datum>]) -> Result<Rows, Failure> {
        self.execute(values, false)
    }

    /// Runs it in the snapshot of the statement that called us, which it must not write in: what a
    /// STABLE function does.
    pub fn read<const N: usize>(
        &self,
        values: [Option<pg_sys::Datum>; N],
    ) -> Result<Rows, Failure> {
        self.execute(&values, true)
    }

    fn execute(&self, values: &[Option<pg_sys::Datum>], read_only: bool) -> Result<Rows, Failure> {
        let mut datums: Vec<_> =
            values.iter().map(|value| value.unwrap_or(pg_sys::Datum::null())).collect();
        let nulls: Vec<_> =
            values.iter().map(|value| if value.is_some() { b' ' } else { b'n' }).collect();
        let (plan, datums, nulls) = (self.0, datums.as_mut_ptr(), nulls.as_ptr());
        // SAFETY: the arrays outlive the call and are as long as the statement has parameters; the
        // closure owns nothing.
        unsafe {
            check(catch(|| raw::SPI_execute_plan(plan, datums, nulls.cast(), read_only, 0))?)?;
            Ok(Rows {
                table: pg_sys::SPI_tuptable,
                count: usize::try_from(pg_sys::SPI_processed).unwrap_or(usize::MAX),
            })
        }
    }
}

impl Statement {
    /// Whether it is on this table: after a change of names the server looks the text up again, and
    /// may have found another.
    pub fn is_on(&self, table: pg_sys::Oid) -> bool {
        // SAFETY: a kept plan of ours; the server's lists are read in place.
        unsafe {
            let sources = pgrx::PgList::<pg_sys::CachedPlanSource>::from_pg(
                pg_sys::SPI_plan_get_plan_sources(self.0),
            );
            sources.iter_ptr().any(|source| {
                pgrx::PgList::<pg_sys::Oid>::from_pg((*source).relationOids)
                    .iter_oid()
                    .any(|oid| oid == table)
            })
        }
    }
}

impl Drop for Statement {
    fn drop(&mut self) {
        // SAFETY: a kept plan of ours that nobody runs: runners hold what owns the statement.
        unsafe { pg_sys::SPI_freeplan(self.0) };
    }
}

/// The place of a statement that is prepared at its first use in a backend. Never dropped: when a
/// backend exits, the server is no longer there to be called.
pub struct Kept(ManuallyDrop<OnceCell<Statement>>);

impl Kept {
    /// An empty place.
    pub const fn empty() -> Self {
        Self(ManuallyDrop::new(OnceCell::new()))
    }

    /// The statement, prepared if it is not yet.
    pub fn get(
        &self,
        prepare: impl FnOnce() -> Result<Statement, Failure>,
    ) -> Result<&Statement, Failure> {
        if let Some(statement) = self.0.get() {
            return Ok(statement);
        }
        // Nobody fills the place meanwhile: there is one thread, and preparing a statement on our
        // own tables runs no users' code.
        let statement = prepare()?;
        Ok(self.0.get_or_init(|| statement))
    }
}

/// The rows of a statement, alive until the connection closes.
#[derive(Clone, Copy)]
pub struct Rows {
    table: *mut pg_sys::SPITupleTable,
    count: usize,
}

impl Rows {
    /// How many rows came back or were written.
    pub fn len(&self) -> usize {
        self.count
    }

    /// The rows as the server holds them.
    pub fn tuples(&self) -> &[pg_sys::HeapTuple] {
        // SAFETY: the table is alive, and as long as the server says.
        unsafe {
            match self.table.as_ref() {
                Some(table) if table.numvals > 0 => std::slice::from_raw_parts(
                    table.vals,
                    usize::try_from(table.numvals).unwrap_or_default().min(self.count),
                ),
                _ => &[],
            }
        }
    }

    /// Whether the columns are, one by one, of the types of another row.
    ///
    /// # Safety
    /// `wanted` must be valid.
    pub unsafe fn have_types_of(&self, wanted: pg_sys::TupleDesc) -> bool {
        // SAFETY: as promised; the table is alive.
        unsafe {
            let Some(table) = self.table.as_ref() else { return false };
            (*table.tupdesc).natts == (*wanted).natts
                && (1..=(*wanted).natts).all(|number| {
                    pg_sys::SPI_gettypeid(table.tupdesc, number)
                        == pg_sys::SPI_gettypeid(wanted, number)
                })
        }
    }

    /// Column `column` (from 1) of row `row` (from 0), as the server holds it; `None` for NULL.
    pub fn datum(&self, row: usize, column: i32) -> Result<Option<pg_sys::Datum>, Error> {
        // SAFETY: bounds are checked against the server's own count; the table is alive.
        unsafe {
            let Some(table) = self
                .table
                .as_ref()
                .filter(|table| row < self.count && (row as u64) < table.numvals)
            else {
                return Err(Error::Unexpected("a row is missing"));
            };
            let mut null = false;
            let datum =
                pg_sys::SPI_getbinval(*table.vals.add(row), table.tupdesc, column, &raw mut null);
            Ok((!null).then_some(datum))
        }
    }

    /// The same, typed.
    pub fn get<T: FromDatum>(&self, row: usize, column: i32) -> Result<Option<T>, Error> {
        // SAFETY: our statements fix the types of their columns.
        Ok(self.datum(row, column)?.and_then(|datum| unsafe { T::from_datum(datum, false) }))
    }

    /// The same, where NULL is not possible.
    pub fn need<T: FromDatum>(&self, row: usize, column: i32) -> Result<T, Error> {
        self.get(row, column)?.ok_or(Error::Unexpected("a value is missing"))
    }
}

/// Takes a lock on a table by its identity, whatever its name is now, until the transaction ends.
pub fn lock_table(table: pg_sys::Oid, mode: u32) -> Result<(), Caught> {
    // SAFETY: a direct call that owns nothing.
    unsafe { catch(|| raw::LockRelationOid(table, mode.cast_signed())) }
}

/// Takes locks on tables by their identities, in this order, and learns then of all that was changed by
/// now, also where it held the locks before.
pub fn lock_tables(tables: &[pg_sys::Oid], mode: u32) -> Result<(), Caught> {
    // SAFETY: direct calls; the closure owns nothing.
    unsafe {
        catch(|| {
            tables.iter().for_each(|table| raw::LockRelationOid(*table, mode.cast_signed()));
            raw::AcceptInvalidationMessages();
        })
    }
}

fn check(code: core::ffi::c_int) -> Result<(), Failure> {
    if code < 0 {
        return Err(Error::Unexpected("a statement could not be run").into());
    }
    Ok(())
}
