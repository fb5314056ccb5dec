//! Idempotency keys of other work than operations: a private table of ours, `atomic.work_keys`.
//!
//! A key belongs to a scope and to whoever began it. Of two callers at once the second waits in the
//! unique index until the first has committed or rolled back; above READ COMMITTED the server then
//! raises 40001.

use pgrx::{IntoDatum, pg_sys};

use super::operation_keys::check_key;
use crate::auth;
use crate::error::{AtomicError, AuthError, Error};
use crate::operation::boundary::Call;
use crate::operation::failure::Failure;
use crate::operation::private_table::PrivateTable;
use crate::operation::refusal::Refusal;
use crate::operation::statement::{Kept, Rows, Statement};
use crate::run_as::{PRIVATE_PATH, RunAs};

const TABLE: PrivateTable = PrivateTable {
    schema: c"atomic",
    name: c"work_keys",
    columns: 7,
    defect: "atomic.work_keys is missing or has another shape",
};

/// The largest request and the largest response, in bytes: what is kept is read at every retry.
const LARGEST: usize = 1 << 20;

/// A key, and whose it is.
pub struct Key {
    scope: String,
    /// The role that it belongs to; none where it belongs to a user.
    role: pg_sys::Oid,
    user: String,
    key: String,
}

/// What is known of a key.
pub enum Known {
    /// It is free.
    Nothing,
    /// The work was begun, and nobody has finished it; `due`: it may be taken over.
    Begun { due: bool },
    /// The work is finished, and this is its response.
    Finished(pg_sys::Datum),
}

impl Key {
    /// The key in the first two arguments of a call: 22004, 22023. It belongs to the user by
    /// `auth.user_id()`, or to the current role where the session says nothing of any user. Where it
    /// does say something, and names nobody, 28000: such callers could not be told apart, and one
    /// would get the answers of another.
    pub fn of(call: &Call) -> Result<Self, Error> {
        let [scope, key] = [argument(call, 0, "scope")?, argument(call, 1, "key")?];
        let user = auth::user_id()?.unwrap_or_default();
        let role = if !user.is_empty() {
            pg_sys::InvalidOid
        } else if auth::is_claimed()? {
            return Err(AuthError::NotAuthenticated.into());
        } else {
            // SAFETY: a plain look-up.
            unsafe { pg_sys::GetUserId() }
        };
        Ok(Self { scope, role, user, key })
    }

    /// What is known of it; 22R02 when it was begun for another request.
    pub fn look_up(
        &self,
        request: pg_sys::Datum,
        take_over_after: Option<pg_sys::Datum>,
    ) -> Result<Known, Failure> {
        thread_local! {
            static LOOK_UP: Kept = const { Kept::empty() };
        }
        let rows = self.run(
            &LOOK_UP,
            &format!(
                "SELECT k.request OPERATOR(pg_catalog.=) $6, k.response, {DUE} \
                 FROM atomic.work_keys AS k WHERE {THIS}"
            ),
            &[pg_sys::INTERVALOID, pg_sys::JSONBOID],
            &[take_over_after, Some(request)],
        )?;
        if rows.len() == 0 {
            return Ok(Known::Nothing);
        }
        if !rows.need::<bool>(0, 1)? {
            return Err(Refusal::IdempotencyMismatch { key: self.key.clone() }.into());
        }
        Ok(match rows.datum(0, 2)? {
            Some(response) => Known::Finished(response),
            None => Known::Begun { due: rows.need(0, 3)? },
        })
    }

    /// Begins it. False when somebody else was first, whom this waits for.
    pub fn begin(&self, request: pg_sys::Datum) -> Result<bool, Failure> {
        thread_local! {
            static BEGIN: Kept = const { Kept::empty() };
        }
        let rows = self.run(
            &BEGIN,
            "INSERT INTO atomic.work_keys (scope, role, user_id, key, request) \
             VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
            &[pg_sys::JSONBOID],
            &[Some(request)],
        )?;
        Ok(rows.len() == 1)
    }

    /// Takes it over from whoever began it. False when it is no longer due.
    pub fn take_over(&self, after: Option<pg_sys::Datum>) -> Result<bool, Failure> {
        thread_local! {
            static TAKE_OVER: Kept = const { Kept::empty() };
        }
        let rows = self.run(
            &TAKE_OVER,
            &format!(
                "UPDATE atomic.work_keys AS k SET begun_at = pg_catalog.clock_timestamp() \
                 WHERE {THIS} AND k.response IS NULL AND {DUE}"
            ),
            &[pg_sys::INTERVALOID],
            &[after],
        )?;
        Ok(rows.len() == 1)
    }

    /// Stores the response, once. The same one again changes nothing: the caller may not have heard
    /// that the first time succeeded.
    pub fn finish(&self, response: pg_sys::Datum) -> Result<(), Failure> {
        thread_local! {
            static FINISH: Kept = const { Kept::empty() };
            static COMPARE: Kept = const { Kept::empty() };
        }
        let rows = self.run(
            &FINISH,
            &format!(
                "UPDATE atomic.work_keys AS k SET response = $5 WHERE {THIS} \
                 AND k.response IS NULL"
            ),
            &[pg_sys::JSONBOID],
            &[Some(response)],
        )?;
        if rows.len() == 1 {
            return Ok(());
        }
        let rows = self.run(
            &COMPARE,
            &format!(
                "SELECT k.response OPERATOR(pg_catalog.=) $5 FROM atomic.work_keys AS k \
                 WHERE {THIS}"
            ),
            &[pg_sys::JSONBOID],
            &[Some(response)],
        )?;
        let key = self.key.clone();
        if rows.len() == 0 {
            return Err(Refusal::KeyNotBegun { key }.into());
        }
        match rows.need(0, 1)? {
            true => Ok(()),
            false => Err(Refusal::KeyFinished { key }.into()),
        }
    }

    /// Runs a statement on the key, which is its first four parameters.
    fn run(
        &self,
        place: &'static std::thread::LocalKey<Kept>,
        sql: &str,
        types: &[pg_sys::Oid],
        values: &[Option<pg_sys::Datum>],
    ) -> Result<Rows, Failure> {
        const KEY: [pg_sys::Oid; 4] =
            [pg_sys::TEXTOID, pg_sys::REGROLEOID, pg_sys::TEXTOID, pg_sys::TEXTOID];
        let owner = RunAs::begin(TABLE.owner()?, PRIVATE_PATH);
        owner.avoid_scans();
        let key = [
            self.scope.as_str().into_datum(),
            // Not `into_datum`, to which the id of no role is NULL.
            Some(self.role.into()),
            self.user.as_str().into_datum(),
            self.key.as_str().into_datum(),
        ];
        place.with(|place| {
            place
                .get(|| Statement::plan(sql, &[&KEY[..], types].concat()))?
                .run_with(&[&key[..], values].concat())
        })
    }
}

const THIS: &str = "k.scope OPERATOR(pg_catalog.=) $1 AND k.role OPERATOR(pg_catalog.=) $2 \
     AND k.user_id OPERATOR(pg_catalog.=) $3 AND k.key OPERATOR(pg_catalog.=) $4";

const DUE: &str = "coalesce(k.begun_at OPERATOR(pg_catalog.+) $5 \
     OPERATOR(pg_catalog.<=) pg_catalog.clock_timestamp(), false)";

fn argument(call: &Call, index: usize, name: &'static str) -> Result<String, Error> {
    let text: String = call.need(index, name)?;
    check_key(&text).map_err(|_| AtomicError::WorkKey(name))?;
    Ok(text)
}

/// A jsonb argument that is kept: 22004 for NULL, 54000 for one that is too large.
pub fn document(call: &Call, index: usize, name: &'static str) -> Result<pg_sys::Datum, Error> {
    let datum = call.need_datum(index, name)?;
    // SAFETY: the declaration makes it a jsonb, of which this reads the size.
    if unsafe { pg_sys::toast_raw_datum_size(datum) } > LARGEST {
        return Err(AtomicError::TooLarge(name).into());
    }
    Ok(datum)
}

/// Deletes keys begun longer ago than a span: at most so many, the oldest first.
pub fn sweep(older_than: pg_sys::Datum, unfinished: bool, at_most: i64) -> Result<usize, Failure> {
    let owner = RunAs::begin(TABLE.owner()?, PRIVATE_PATH);
    owner.avoid_scans();
    delete(
        "DELETE FROM atomic.work_keys AS k WHERE k.ctid OPERATOR(pg_catalog.=) ANY (ARRAY( \
         SELECT o.ctid FROM atomic.work_keys AS o \
         WHERE o.begun_at OPERATOR(pg_catalog.<) (pg_catalog.now() OPERATOR(pg_catalog.-) $1) \
         AND ($2 OR o.response IS NOT NULL) ORDER BY o.begun_at LIMIT $3 FOR UPDATE SKIP LOCKED))",
        &[pg_sys::INTERVALOID, pg_sys::BOOLOID, pg_sys::INT8OID],
        [Some(older_than), unfinished.into_datum(), at_most.into_datum()],
    )
}

/// The same of the operations' keys, in no order.
pub fn sweep_operations(older_than: pg_sys::Datum, at_most: i64) -> Result<usize, Failure> {
    let _owner = RunAs::begin(TABLE.owner()?, PRIVATE_PATH);
    delete(
        "DELETE FROM atomic.operation_keys AS k WHERE k.ctid OPERATOR(pg_catalog.=) ANY (ARRAY( \
         SELECT o.ctid FROM atomic.operation_keys AS o \
         WHERE o.created_at OPERATOR(pg_catalog.<) (pg_catalog.now() OPERATOR(pg_catalog.-) $1) \
         LIMIT $2 FOR UPDATE SKIP LOCKED))",
        &[pg_sys::INTERVALOID, pg_sys::INT8OID],
        [Some(older_than), at_most.into_datum()],
    )
}

fn delete<const N: usize>(
    sql: &str,
    types: &[pg_sys::Oid],
    values: [Option<pg_sys::Datum>; N],
) -> Result<usize, Failure> {
    Ok(Statement::prepare(sql, types)?.run(values)?.len())
}
