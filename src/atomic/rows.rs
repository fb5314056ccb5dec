//! The accounts of a ledger locked, and its book written: row by row where the tables allow it, else by
//! statements.

use pgrx::{IntoDatum, pg_sys};
use uuid::Uuid;

use super::account::Account;
use super::caller::Caller;
use super::direct::AccountRow;
use super::guard_ledger::Writing;
use super::ledger::Ledger;
use super::operation_keys::Noted;
use super::parameters::{self, Shape};
use super::{array, currency};
use crate::error::{AtomicError, Error, LedgerError};
use crate::operation::direct::find::Locks;
use crate::operation::direct::write::{Replaced, Row};
use crate::operation::failure::Failure;
use crate::operation::refusal::Refusal;
use crate::operation::statement::Rows;
use crate::run_as::PinnedPath;

impl Ledger {
    /// An account as it is, without a lock.
    pub fn find_account(&self, id: Uuid) -> Result<Option<Account>, Failure> {
        Ok(self.accounts_of(self.find.run([array::uuid(&id)])?)?.pop())
    }

    /// Locks one account.
    pub fn lock_account(&self, id: Uuid) -> Result<Option<Account>, Failure> {
        Ok(self.lock_accounts(&[id])?.pop())
    }

    /// Locks accounts in id order; those that do not exist are missing.
    pub fn lock_accounts(&self, ids: &[Uuid]) -> Result<Vec<Account>, Failure> {
        self.need_none_under_way()?;
        if let Some(direct) = &self.direct {
            return self.known(direct.lock(&in_order(ids), None, Locks::All)?);
        }
        self.accounts_of(self.lock.run([Some(array::uuids(ids)?)])?)
    }

    /// Locks payer and payee in id order, and sees to it that the caller may debit the payer. For
    /// anybody but operators nothing is locked unless the payer is his: a stranger must not be able
    /// to hold other people's rows. Whether he owns it is asked of the locked row once more: it may
    /// have changed hands while we waited. Where the last one is not locked, it may have changed hands
    /// still: whatever comes of it counts once it is written.
    pub fn lock_for_debit(
        &self,
        caller: Caller,
        from: Uuid,
        to: Uuid,
        locks: Locks,
    ) -> Result<Vec<Account>, Failure> {
        self.need_none_under_way()?;
        let ids = in_order(&[from, to]);
        let mut accounts = match (&self.direct, caller) {
            (Some(direct), Caller::Operator) => self.known(direct.lock(&ids, None, locks)?)?,
            (Some(direct), Caller::Owner(uid)) => {
                self.known(direct.lock(&ids, Some((&from, &uid)), locks)?)?
            }
            (None, caller) => self.accounts_of(self.lock_by_statement(caller, from, to)?)?,
        };
        if locks == Locks::AllButLast {
            let last = ids.last().copied();
            accounts.iter_mut().for_each(|one| one.is_locked = Some(one.id) != last);
        }
        match accounts.iter().find(|account| account.id == from) {
            Some(payer) if caller.may_act_for(payer.owner) => Ok(accounts),
            None if matches!(caller, Caller::Operator) => {
                Err(Refusal::AccountNotFound { account: from }.into())
            }
            _ => Err(Refusal::DEBIT.into()),
        }
    }

    fn need_none_under_way(&self) -> Result<(), Error> {
        if self.is_created() {
            self.holds()?.need_none_under_way()?;
        }
        Ok(())
    }

    /// Which of these accounts belong to `owner`, without a lock.
    pub fn owned_accounts(&self, ids: &[Uuid], owner: Uuid) -> Result<Vec<Uuid>, Failure> {
        let rows = self.owned.run([Some(array::uuids(ids)?), array::uuid(&owner)])?;
        (0..rows.len()).map(|row| Ok(rows.need(row, 1).map(array::as_uuid)?)).collect()
    }

    fn lock_by_statement(&self, caller: Caller, from: Uuid, to: Uuid) -> Result<Rows, Failure> {
        let (from, to) = (array::uuid(&from), array::uuid(&to));
        match caller {
            Caller::Operator => self.lock_pair.run([from, to]),
            Caller::Owner(uid) => self.lock_owned_pair.run([from, to, array::uuid(&uid)]),
        }
    }

    fn accounts_of(&self, rows: Rows) -> Result<Vec<Account>, Failure> {
        let read = |row| Account::read(|column| rows.datum(row, column), self.is_created());
        self.scaled((0..rows.len()).map(read).collect::<Result<_, _>>()?)
    }

    fn known(&self, rows: Vec<(pg_sys::HeapTuple, AccountRow)>) -> Result<Vec<Account>, Failure> {
        let read = |(row, values): (_, AccountRow)| -> Result<Account, Error> {
            let mut account = Account::read(|column| Ok(values.datum(column)), self.is_created())?;
            account.row = row;
            Ok(account)
        };
        self.scaled(rows.into_iter().map(read).collect::<Result<_, _>>()?)
    }

    /// Fills in the decimals of the accounts' money.
    fn scaled(&self, mut accounts: Vec<Account>) -> Result<Vec<Account>, Failure> {
        // Few currencies, asked for once each: the first account of each.
        let mut firsts: Vec<usize> = Vec::new();
        for at in 0..accounts.len() {
            let (before, rest) = accounts.split_at_mut(at);
            let Some(account) = rest.first_mut() else { continue };
            let first = firsts
                .iter()
                .filter_map(|first| before.get(*first))
                .find(|first| first.currency == account.currency);
            account.scale = match (&account.currency, first) {
                (Some(_), Some(first)) if self.is_created() => first.scale,
                (Some(code), None) if self.is_created() => {
                    firsts.push(at);
                    Some(currency::digits(code)?)
                }
                _ => self.scales[0],
            };
        }
        Ok(accounts)
    }

    /// Writes balances, transfers and entries, and sees to it that they were written as asked. The
    /// time is the one at which the accounts are locked, so that the entries of an account stand in
    /// order of time. `replaced` are the rows of the accounts, which become the new ones. Answers whether
    /// it wrote.
    pub fn post(
        &self,
        mut groups: [Vec<Row>; 3],
        replaced: Replaced<'_>,
        noted: Option<Noted>,
    ) -> Result<bool, Failure> {
        // SAFETY: a plain call.
        let now = unsafe { pg_sys::GetCurrentTimestamp() }.into_datum();
        let Some(direct) = &self.direct else {
            self.post_by_statement(&groups, now)?;
            noted.map_or(Ok(()), |noted| noted.write())?;
            return Ok(true);
        };
        if self.is_created() {
            let [_, transfers, entries] = &mut groups;
            transfers.iter_mut().chain(entries).for_each(|row| row.push(now));
        }
        // A trigger on holds may have changed the tables since the accounts were locked; what runs when
        // they are written may be another's code then.
        let mut path = None;
        let is_stale = self.is_stale();
        if is_stale {
            if !direct.is_current()? {
                return Err(LedgerError::TablesReplaced(self.name().to_owned()).into());
            }
            path = Some(PinnedPath::begin(&self.path));
        }
        let is_written = direct.post(&groups, replaced, noted.as_ref(), is_stale)?;
        drop(path);
        Ok(is_written)
    }

    fn post_by_statement(
        &self,
        groups: &[Vec<Row>; 3],
        now: Option<pg_sys::Datum>,
    ) -> Result<(), Failure> {
        let created = self.is_created();
        let counts = [groups[0].len(), groups[1].len(), groups[2].len()];
        let pair = counts == [2, 1, if created { 2 } else { 0 }];
        let (shape, statement) =
            if pair { (Shape::Pair, &self.post_pair) } else { (Shape::Lists, &self.post) };
        let mut values = Vec::new();
        for (rows, group) in parameters::Rows::of(created, shape).iter().zip(groups) {
            values.extend(rows.values(group)?);
        }
        let _writing = created.then(Writing::begin);
        if created {
            values.push(now);
        }
        let written = statement.run_with(&values)?;
        let tables = if created { 3 } else { 2 };
        for (column, (what, count)) in
            (1..).zip(["balance", "transfer", "entry"].into_iter().zip(counts)).take(tables)
        {
            let found: i64 = written.need(0, column)?;
            if usize::try_from(found) != Ok(count) {
                return Err(AtomicError::WrittenOtherwise(what).into());
            }
        }
        Ok(())
    }
}

fn in_order(ids: &[Uuid]) -> Vec<Uuid> {
    let mut ids = ids.to_vec();
    ids.sort_unstable();
    ids.dedup();
    ids
}
