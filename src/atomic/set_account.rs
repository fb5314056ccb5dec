//! `atomic.set_account`: changes what an account of a created ledger may do.

use pgrx::IntoDatum;
use pgrx::prelude::*;
use uuid::Uuid;

use super::account::{Account, Status};
use super::answer::connected;
use super::array::{self, as_uuid};
use super::book::Book;
use super::caller::need_operator;
use super::decimal::{self, Decimal};
use super::guard_ledger::Writing;
use super::holds;
use super::ledger::{Ledger, Opened, Purpose};
use super::limit::{self, Side};
use crate::error::{AtomicError, Error};
use crate::operation::boundary::{Call, sql_function};
use crate::operation::failure::Failure;
use crate::operation::refusal::Refusal;
use crate::operation::statement::Statement;
use crate::run_as::RunAs;

sql_function!(rowguard_atomic_set_account, pg_finfo_rowguard_atomic_set_account, set_account);

extension_sql!(
    r#"
CREATE FUNCTION atomic.set_account(account uuid, status text DEFAULT NULL, min_balance numeric DEFAULT NULL, max_balance numeric DEFAULT NULL, ledger text DEFAULT NULL)
RETURNS void
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'rowguard_atomic_set_account';
COMMENT ON FUNCTION atomic.set_account(uuid, text, numeric, numeric, text) IS 'Changes status and limits of an account; for operators of the ledger';
"#,
    name = "atomic_set_account",
    requires = ["bootstrap"]
);

/// Changes status and limits of an account; what is NULL stays as it is.
///
/// `status`: open, frozen (may receive, not send) or closed (neither; needs a balance of zero and no
/// holds). `min_balance`, `max_balance`: the balance stays between them; `-Infinity` and `Infinity`
/// take the limit away. `ledger`: NULL is the only one there is. NULL for the account: 22004.
///
/// Who: members of the ledger's operator (42501).
///
/// Errors: 25006 in a read-only transaction, 22023 unknown status, or limits that are no amounts of the
/// currency, P0002 no such account, 55R04 closing an account that is not empty, 23R02 a limit that the
/// balance is beyond, 42704 no such ledger, 0A000 attached tables.
fn set_account(call: &Call) -> Result<pg_sys::Datum, Failure> {
    let id = as_uuid(call.need(0, "account")?);
    let status = match call.get::<String>(1) {
        Some(name) => Some(Status::parse(&name).ok_or(AtomicError::UnknownStatus(name))?),
        None => None,
    };
    let [floor, ceiling] = [call.datum(2), call.datum(3)];
    let ledger: Option<String> = call.get(4);
    connected(|| {
        let Opened { ledger, operator } =
            Ledger::open(ledger.as_deref(), Purpose::Write(c"atomic.set_account()"))?;
        need_operator(operator)?;
        ledger.created_tables("atomic.set_account()")?;
        let owner = RunAs::begin(ledger.owner, &ledger.path);
        let account = ledger.lock_account(id)?.ok_or(Refusal::AccountNotFound { account: id })?;
        let mut book = Book::new(&ledger, vec![account]);
        holds::lapse(&ledger, &[id], &mut book)?;
        book.write()?;
        let account = book.account(id).ok_or(Error::Unexpected("an account is missing"))?;
        let limit = |datum: Option<pg_sys::Datum>, side, before: &Option<Decimal>| match datum {
            Some(datum) => limit::read(datum, side, account.scale.unwrap_or_default()),
            None => Ok(before.clone()),
        };
        let floor = limit(floor, Side::Floor, &account.floor)?;
        let ceiling = limit(ceiling, Side::Ceiling, &account.ceiling)?;
        let status = status.unwrap_or(account.status);
        check(account, status, floor.as_ref(), ceiling.as_ref())?;
        write(&ledger, id, status, floor.as_ref(), ceiling.as_ref())?;
        drop(owner);
        Ok(ledger.need_own_tables()?)
    })?;
    Ok(pg_sys::Datum::null())
}

fn check(
    account: &Account,
    status: Status,
    floor: Option<&Decimal>,
    ceiling: Option<&Decimal>,
) -> Result<(), Failure> {
    let (balance, available) = (account.balance()?, account.available()?);
    if status == Status::Closed && (*balance != Decimal::default() || available != *balance) {
        return Err(Refusal::AccountNotEmpty {
            account: account.id,
            balance: decimal::plain(balance),
            held: decimal::plain(&account.held),
        }
        .into());
    }
    let beyond = |held: &Decimal, limit: &Decimal| Refusal::BeyondLimit {
        account: account.id,
        balance: decimal::plain(held),
        limit: decimal::plain(limit),
    };
    match (floor, ceiling) {
        (Some(floor), _) if available < *floor => Err(beyond(&available, floor).into()),
        (_, Some(ceiling)) if balance > ceiling => Err(beyond(balance, ceiling).into()),
        _ => Ok(()),
    }
}

fn write(
    ledger: &Ledger,
    id: Uuid,
    status: Status,
    floor: Option<&Decimal>,
    ceiling: Option<&Decimal>,
) -> Result<(), Failure> {
    let accounts = &ledger.created_tables("atomic.set_account()")?.accounts;
    let _writing = Writing::begin();
    let statement = Statement::prepare(
        &format!(
            "UPDATE {accounts} AS a SET status = $2, min_balance = $3, max_balance = $4 \
             WHERE a.id OPERATOR(pg_catalog.=) $1 RETURNING a.status OPERATOR(pg_catalog.=) $2"
        ),
        &[pg_sys::UUIDOID, pg_sys::TEXTOID, pg_sys::NUMERICOID, pg_sys::NUMERICOID],
    )?;
    let written = statement.run([
        array::uuid(&id),
        status.name().into_datum(),
        floor.map(decimal::datum).transpose()?,
        ceiling.map(decimal::datum).transpose()?,
    ])?;
    ledger.need_accounts(&statement)?;
    if written.len() == 1 && written.get::<bool>(0, 1)? == Some(true) {
        return Ok(());
    }
    Err(AtomicError::WrittenOtherwise("account").into())
}
