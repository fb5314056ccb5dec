//! `atomic.open_account`: opens an account in a created ledger.

use bigdecimal::Zero;
use pgrx::IntoDatum;
use pgrx::prelude::*;
use uuid::Uuid;

use super::account::Status;
use super::answer::connected;
use super::array::{self, as_uuid};
use super::caller::need_operator;
use super::currency;
use super::decimal::{self, Decimal};
use super::guard_ledger::Writing;
use super::ledger::{Ledger, Opened, Purpose};
use super::limit::{self, Side};
use crate::error::{AtomicError, Error};
use crate::operation::boundary::{Call, sql_function};
use crate::operation::failure::Failure;
use crate::operation::statement::Statement;
use crate::run_as::RunAs;

sql_function!(rowguard_atomic_open_account, pg_finfo_rowguard_atomic_open_account, open_account);

extension_sql!(
    r#"
CREATE FUNCTION atomic.open_account(owner uuid, currency text DEFAULT 'USD', min_balance numeric DEFAULT 0, max_balance numeric DEFAULT NULL, ledger text DEFAULT NULL, id uuid DEFAULT NULL)
RETURNS uuid
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'rowguard_atomic_open_account';
COMMENT ON FUNCTION atomic.open_account(uuid, text, numeric, numeric, text, uuid) IS 'Opens an account with a balance of zero and answers its id; for operators of the ledger';
"#,
    name = "atomic_open_account",
    requires = ["bootstrap"]
);

/// Opens an account with a balance of zero.
///
/// `owner`: whose it is, by `auth.uid()`. `currency`: a code of ISO 4217 or of `atomic.currencies`.
/// `min_balance`, `max_balance`: the balance stays between them; NULL is no limit. `ledger`: NULL is
/// the only one there is. `id`: NULL is a new random one. NULL for owner or currency: 22004.
///
/// Who: members of the ledger's operator (42501).
///
/// Errors: 25006 in a read-only transaction, 22023 unknown currency, or limits that are no amounts of
/// it or leave no room for zero, 23505 an id that is taken, 42704 no such ledger, 0A000 attached
/// tables.
fn open_account(call: &Call) -> Result<pg_sys::Datum, Failure> {
    let owner = as_uuid(call.need(0, "owner")?);
    let code: String = call.need(1, "currency")?;
    let [floor, ceiling] = [call.datum(2), call.datum(3)];
    let ledger: Option<String> = call.get(4);
    let id = call.get::<pgrx::Uuid>(5).map_or_else(Uuid::new_v4, as_uuid);
    connected(|| {
        let Opened { ledger, operator } =
            Ledger::open(ledger.as_deref(), Purpose::Write(c"atomic.open_account()"))?;
        need_operator(operator)?;
        let accounts = &ledger.created_tables("atomic.open_account()")?.accounts;
        let digits = currency::digits(&code)?;
        let limit = |datum: Option<pg_sys::Datum>, side| match datum {
            Some(datum) => limit::read(datum, side, digits),
            None => Ok(None),
        };
        let (floor, ceiling) = (limit(floor, Side::Floor)?, limit(ceiling, Side::Ceiling)?);
        if floor.as_ref().is_some_and(|floor| *floor > Decimal::zero())
            || ceiling.as_ref().is_some_and(|ceiling| *ceiling < Decimal::zero())
        {
            return Err(AtomicError::LimitsExcludeZero.into());
        }
        let _owner = RunAs::begin(ledger.owner, &ledger.path);
        let _writing = Writing::begin();
        let written = Statement::prepare(
            &format!(
                "INSERT INTO {} AS a (id, owner_id, currency, min_balance, max_balance, status) \
                 VALUES ($1, $2, $3, $4, $5, $6) RETURNING a.id OPERATOR(pg_catalog.=) $1",
                accounts.trim_start_matches("ONLY ")
            ),
            &[
                pg_sys::UUIDOID,
                pg_sys::UUIDOID,
                pg_sys::TEXTOID,
                pg_sys::NUMERICOID,
                pg_sys::NUMERICOID,
                pg_sys::TEXTOID,
            ],
        )?
        .run([
            array::uuid(&id),
            array::uuid(&owner),
            code.as_str().into_datum(),
            floor.as_ref().map(decimal::datum).transpose()?,
            ceiling.as_ref().map(decimal::datum).transpose()?,
            Status::Open.name().into_datum(),
        ])?;
        if written.len() != 1 || written.get::<bool>(0, 1)? != Some(true) {
            return Err(AtomicError::WrittenOtherwise("account").into());
        }
        Ok(())
    })?;
    Ok(array::uuid(&id).ok_or(Error::Unexpected("an answer is missing"))?)
}
