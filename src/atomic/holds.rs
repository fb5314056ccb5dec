//! Holds: money promised, not yet paid. The statements about them, and what they share.

use bigdecimal::Zero;
use pgrx::{IntoDatum, pg_sys};
use uuid::Uuid;

use super::amount::Amount;
use super::array::{self, as_uuid};
use super::book::Book;
use super::caller::Caller;
use super::decimal::{self, Decimal};
use super::guard_ledger::Writing;
use super::ledger::{CreatedTables, Ledger};
use super::under_way::{self, UnderWay};
use crate::error::{AtomicError, Error, LedgerError};
use crate::operation::direct::look_up::may_have_rows;
use crate::operation::failure::Failure;
use crate::operation::refusal::Refusal;
use crate::operation::statement::{Rows, Statement};
use crate::run_as::PinnedPath;

/// The prepared statements about holds.
pub struct HoldStatements {
    table: pg_sys::Oid,
    ledger: String,
    insert: Statement,
    find: Statement,
    close: Statement,
    lapse: Statement,
    due: Statement,
    expire: Statement,
    available: Statement,
}

/// A hold as it is.
pub struct Hold {
    pub id: Uuid,
    pub from: Uuid,
    pub to: Uuid,
    pub amount: Amount,
    pub status: String,
    /// Its time is over, swept or not.
    pub expired: bool,
}

impl HoldStatements {
    /// Prepares them. Runs as the tables' owner.
    pub fn prepare(
        ledger: &str,
        table: pg_sys::Oid,
        tables: &CreatedTables,
    ) -> Result<Self, Failure> {
        let CreatedTables { accounts, holds, .. } = tables;
        const UUID: pg_sys::Oid = pg_sys::UUIDOID;
        const NUMERIC: pg_sys::Oid = pg_sys::NUMERICOID;
        const OVER: &str = "h.expires_at OPERATOR(pg_catalog.<=) pg_catalog.clock_timestamp()";
        Ok(Self {
            table,
            ledger: ledger.to_owned(),
            insert: Statement::plan(
                &format!(
                    "INSERT INTO {holds} AS h \
                     (id, from_id, to_id, amount, expires_at, idempotency_key) \
                     VALUES ($1, $2, $3, $4, \
                     pg_catalog.clock_timestamp() OPERATOR(pg_catalog.+) $5, $6) \
                     RETURNING h.amount OPERATOR(pg_catalog.=) $4"
                ),
                &[UUID, UUID, UUID, NUMERIC, pg_sys::INTERVALOID, pg_sys::TEXTOID],
            )?,
            find: Statement::plan(
                &format!(
                    "SELECT h.from_id, h.to_id, h.amount, h.status, COALESCE({OVER}, false) \
                     FROM {holds} AS h WHERE h.id OPERATOR(pg_catalog.=) $1"
                ),
                &[UUID],
            )?,
            close: Statement::plan(
                &format!(
                    "UPDATE {holds} AS h SET status = $2, captured_amount = $3 \
                     WHERE h.id OPERATOR(pg_catalog.=) $1 \
                     AND h.status OPERATOR(pg_catalog.=) 'open' \
                     RETURNING h.status OPERATOR(pg_catalog.=) $2 \
                     AND h.captured_amount OPERATOR(pg_catalog.=) $3"
                ),
                &[UUID, pg_sys::TEXTOID, NUMERIC],
            )?,
            lapse: Statement::plan(
                &format!(
                    "UPDATE {holds} AS h SET status = 'expired' \
                     WHERE h.from_id OPERATOR(pg_catalog.=) ANY ($1) \
                     AND h.status OPERATOR(pg_catalog.=) 'open' AND {OVER} \
                     RETURNING h.from_id, h.amount"
                ),
                &[pg_sys::UUIDARRAYOID],
            )?,
            due: Statement::plan(
                &format!(
                    "SELECT h.id, h.from_id FROM {holds} AS h \
                     WHERE h.status OPERATOR(pg_catalog.=) 'open' AND {OVER} \
                     ORDER BY h.expires_at LIMIT $1"
                ),
                &[pg_sys::INT8OID],
            )?,
            expire: Statement::plan(
                &format!(
                    "UPDATE {holds} AS h SET status = 'expired' \
                     WHERE h.id OPERATOR(pg_catalog.=) ANY ($1) \
                     AND h.status OPERATOR(pg_catalog.=) 'open' AND {OVER} \
                     RETURNING h.from_id, h.amount"
                ),
                &[pg_sys::UUIDARRAYOID],
            )?,
            available: Statement::plan(
                &format!(
                    "SELECT a.balance OPERATOR(pg_catalog.-) \
                     COALESCE((SELECT pg_catalog.sum(h.amount) FROM {holds} AS h \
                     WHERE h.from_id OPERATOR(pg_catalog.=) a.id \
                     AND h.status OPERATOR(pg_catalog.=) 'open' \
                     AND ({OVER}) IS NOT TRUE), 0) \
                     FROM {accounts} AS a WHERE a.id OPERATOR(pg_catalog.=) $1"
                ),
                &[UUID],
            )?,
        })
    }

    /// Whether their table may have rows. It is locked.
    pub fn have_rows(&self) -> Result<bool, Failure> {
        may_have_rows(self.table)
    }

    /// Runs a statement that writes, and refuses to have written to another table; see
    /// `Ledger::need_own_tables`.
    fn write<const N: usize>(
        &self,
        statement: &Statement,
        values: [Option<pg_sys::Datum>; N],
    ) -> Result<Rows, Failure> {
        let _writing = Writing::begin();
        let _between = UnderWay::begin(self.table);
        let rows = statement.run(values)?;
        if statement.is_on(self.table) {
            return Ok(rows);
        }
        Err(LedgerError::TablesReplaced(self.ledger.clone()).into())
    }

    /// Refuses what a trigger of such a statement may not do: lock accounts in order to write them.
    pub fn need_none_under_way(&self) -> Result<(), AtomicError> {
        if under_way::is(self.table) {
            return Err(AtomicError::UnderWay(self.ledger.clone()));
        }
        Ok(())
    }

    /// Writes a new hold. The parties are locked and have been checked.
    pub fn insert(
        &self,
        id: Uuid,
        [from, to]: [Uuid; 2],
        amount: &Decimal,
        expires_in: Option<pg_sys::Datum>,
        key: Option<&str>,
    ) -> Result<(), Failure> {
        let values = [
            array::uuid(&id),
            array::uuid(&from),
            array::uuid(&to),
            Some(decimal::datum(amount)?),
            expires_in,
            key.and_then(IntoDatum::into_datum),
        ];
        written(&self.write(&self.insert, values)?)
    }

    /// A hold, if there is one of this id.
    pub fn find(&self, id: Uuid) -> Result<Option<Hold>, Failure> {
        let rows = self.find.run([array::uuid(&id)])?;
        if rows.len() == 0 {
            return Ok(None);
        }
        let amount = rows.datum(0, 3)?.ok_or(Error::Unexpected("a hold holds no amount"))?;
        Ok(Some(Hold {
            id,
            from: as_uuid(rows.need(0, 1)?),
            to: as_uuid(rows.need(0, 2)?),
            amount: Amount::known(amount)?,
            status: rows.need(0, 4)?,
            expired: rows.need(0, 5)?,
        }))
    }

    /// Ends an open hold. The parties are locked.
    pub fn close(&self, id: Uuid, status: &str, captured: &Decimal) -> Result<(), Failure> {
        let captured = decimal::datum(captured)?;
        let values = [array::uuid(&id), status.into_datum(), Some(captured)];
        written(&self.write(&self.close, values)?)
    }

    /// The ids and payers of open holds whose time is over, the oldest first.
    pub fn due(&self, at_most: i64) -> Result<Vec<(Uuid, Uuid)>, Failure> {
        let rows = self.due.run([at_most.into_datum()])?;
        (0..rows.len())
            .map(|row| Ok((as_uuid(rows.need(row, 1)?), as_uuid(rows.need(row, 2)?))))
            .collect()
    }

    /// Ends those of these holds that are open and whose time is over, and gives the money free in
    /// the book, whose accounts are locked. Answers how many.
    pub fn expire(&self, ids: &[Uuid], book: &mut Book<'_>) -> Result<usize, Failure> {
        give_free(&self.write(&self.expire, [Some(array::uuids(ids)?)])?, book)
    }

    /// What an account holds less its open holds; `None` when there is no such account.
    pub fn available(&self, account: Uuid) -> Result<Option<pg_sys::Datum>, Failure> {
        let rows = self.available.run([array::uuid(&account)])?;
        if rows.len() == 0 { Ok(None) } else { Ok(rows.datum(0, 1)?) }
    }
}

/// Ends the holds of these payers whose time is over: an expired hold holds nothing, swept or not.
/// Costs nothing for payers who hold nothing.
pub fn lapse(ledger: &Ledger, payers: &[Uuid], book: &mut Book<'_>) -> Result<(), Failure> {
    let mut holding: Vec<Uuid> = payers
        .iter()
        .copied()
        .filter(|id| book.account(*id).is_some_and(|account| !account.held.is_zero()))
        .collect();
    if holding.is_empty() {
        return Ok(());
    }
    holding.sort_unstable();
    holding.dedup();
    let holds = ledger.holds()?;
    // The one statement that may come in the middle of a transfer.
    let _path = PinnedPath::begin(&ledger.path);
    let lapsed = holds.write(&holds.lapse, [Some(array::uuids(&holding)?)])?;
    // Written at once: the operation may be refused, and what is over stays over.
    if give_free(&lapsed, book)? > 0 {
        book.write()?;
        book.read_again()?;
    }
    Ok(())
}

fn give_free(rows: &Rows, book: &mut Book<'_>) -> Result<usize, Failure> {
    for row in 0..rows.len() {
        let payer = as_uuid(rows.need(row, 1)?);
        let amount = rows
            .datum(row, 2)?
            .and_then(decimal::read)
            .ok_or(Error::Unexpected("a hold holds no amount"))?;
        book.hold(payer, &-amount);
    }
    Ok(rows.len())
}

fn written(rows: &Rows) -> Result<(), Failure> {
    if rows.len() == 1 && rows.get::<bool>(0, 1)? == Some(true) {
        return Ok(());
    }
    Err(AtomicError::WrittenOtherwise("hold").into())
}

impl Hold {
    /// Refuses a hold that is over.
    pub fn need_open(&self) -> Result<(), Refusal> {
        if self.status != "open" {
            return Err(Refusal::HoldNotOpen { hold: self.id, status: self.status.clone() });
        }
        if self.expired {
            return Err(Refusal::HoldNotOpen { hold: self.id, status: "expired".to_owned() });
        }
        Ok(())
    }
}

/// The hold, for the owner of the payee account and for operators; where `payer_too`, the owner of
/// the payer account may have it when its time is over. Anybody else gets the same words whether it
/// exists or not.
pub fn find_for(
    ledger: &Ledger,
    caller: Caller,
    id: Uuid,
    payer_too: bool,
) -> Result<Hold, Failure> {
    let Some(hold) = ledger.holds()?.find(id)? else {
        return Err(match caller {
            Caller::Operator => Refusal::HoldNotFound { hold: id }.into(),
            Caller::Owner(_) => Refusal::HOLD.into(),
        });
    };
    let owns = |account| -> Result<bool, Failure> {
        Ok(ledger.find_account(account)?.is_some_and(|one| caller.may_act_for(one.owner)))
    };
    if owns(hold.to)? || (payer_too && hold.expired && owns(hold.from)?) {
        return Ok(hold);
    }
    Err(Refusal::HOLD.into())
}
