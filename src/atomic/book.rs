//! Locked accounts in memory, and what shall be written about them: operations count here, one leg
//! after the other, and write the outcome at once.

use bigdecimal::Zero;
use pgrx::{IntoDatum, pg_sys};
use uuid::Uuid;

use super::account::{Account, Status};
use super::amount::Amount;
use super::array;
use super::decimal::{self, Decimal};
use super::ledger::Ledger;
use super::operation_keys::Noted;
use super::transfer_keys;
use crate::error::{AtomicError, Error};
use crate::operation::direct::write::Replaced;
use crate::operation::failure::Failure;
use crate::operation::refusal::Refusal;

/// Money from one account to another.
pub struct Leg {
    pub from: Uuid,
    pub to: Uuid,
    pub amount: Amount,
    pub key: Option<String>,
    pub metadata: Option<pg_sys::Datum>,
    pub reverses: Option<Uuid>,
    /// The hold that is captured, and all that it held.
    pub hold: Option<(Uuid, Decimal)>,
}

/// What a payment is checked for.
pub enum Purpose {
    Transfer,
    /// To be paid later: the payee's limit counts then.
    Hold,
    /// Held already, so that the payer has it to spare.
    Capture(Decimal),
}

/// A leg that was paid: its transfer, and both balances after it.
pub struct Paid {
    pub transfer: Uuid,
    pub from_balance: Decimal,
    pub to_balance: Decimal,
}

struct Transfer {
    id: Uuid,
    leg: Leg,
    currency: Option<String>,
    /// The number of the payer's entry.
    from_version: i64,
}

struct Entry {
    account: Uuid,
    transfer: Uuid,
    amount: Decimal,
    balance_after: Decimal,
    version: i64,
}

/// The accounts of one operation, and its unwritten transfers and entries.
pub struct Book<'a> {
    ledger: &'a Ledger,
    /// In the order of their ids.
    accounts: Vec<Account>,
    transfers: Vec<Transfer>,
    entries: Vec<Entry>,
    noted: Option<Noted>,
}

impl<'a> Book<'a> {
    /// A book over accounts that are locked.
    pub fn new(ledger: &'a Ledger, accounts: Vec<Account>) -> Self {
        Self {
            ledger,
            accounts: by_id(accounts),
            transfers: Vec::new(),
            entries: Vec::new(),
            noted: None,
        }
    }

    /// An account, if there is one of this id.
    pub fn account(&self, id: Uuid) -> Option<&Account> {
        self.accounts.get(self.place(id)?)
    }

    fn account_mut(&mut self, id: Uuid) -> Option<&mut Account> {
        let place = self.place(id)?;
        self.accounts.get_mut(place)
    }

    fn place(&self, id: Uuid) -> Option<usize> {
        self.accounts.binary_search_by_key(&id, |account| account.id).ok()
    }

    /// Reads all accounts again, for operations that go on after they wrote: triggers may have written
    /// them meanwhile.
    pub fn read_again(&mut self) -> Result<(), Failure> {
        let ids: Vec<_> = self.accounts.iter().map(|account| account.id).collect();
        self.accounts = by_id(self.ledger.lock_accounts(&ids)?);
        Ok(())
    }

    /// Stores a key with its answer when the book is written.
    pub fn note(&mut self, key: Noted) {
        self.noted = Some(key);
    }

    /// Puts money aside, or gives it free by a negative change.
    pub fn hold(&mut self, account: Uuid, change: &Decimal) {
        if let Some(account) = self.account_mut(account) {
            account.hold(change);
        }
    }

    /// Whether the parties of a leg let money pass: both exist and are open for it, have one
    /// currency, the payee has room for it, and the payer can spare it.
    pub fn check(
        &self,
        from: Uuid,
        to: Uuid,
        amount: &Amount,
        purpose: &Purpose,
    ) -> Result<(), Failure> {
        let find = |id| self.account(id).ok_or(Refusal::AccountNotFound { account: id });
        let (payer, payee) = (find(from)?, find(to)?);
        if payer.status != Status::Open {
            return Err(
                Refusal::AccountClosed { account: from, status: payer.status.name() }.into()
            );
        }
        if payee.status == Status::Closed {
            return Err(Refusal::AccountClosed { account: to, status: payee.status.name() }.into());
        }
        if payer.currency != payee.currency {
            let name = |account: &Account| account.currency.clone().unwrap_or_default();
            return Err(Refusal::CurrencyMismatch { payer: name(payer), payee: name(payee) }.into());
        }
        let mut available = payer.available()?;
        if let Purpose::Capture(held) = purpose {
            available += held;
        }
        let received = payee.balance()? + amount.value();
        if !matches!(purpose, Purpose::Hold)
            && let Some(ceiling) = &payee.ceiling
            && received > *ceiling
        {
            return Err(Refusal::OverCeiling {
                account: to,
                ceiling: decimal::plain(ceiling),
                amount: amount.text(),
            }
            .into());
        }
        if let Some(floor) = &payer.floor
            && available.clone() - amount.value() < *floor
        {
            return Err(Refusal::InsufficientFunds {
                account: from,
                balance: decimal::plain(&available),
                amount: amount.text(),
                floor: (!floor.is_zero()).then(|| decimal::plain(floor)),
            }
            .into());
        }
        Ok(())
    }

    /// Pays a leg, or says why not and changes nothing.
    pub fn pay(&mut self, leg: Leg) -> Result<Paid, Failure> {
        let purpose = match &leg.hold {
            Some((_, held)) => Purpose::Capture(held.clone()),
            None => Purpose::Transfer,
        };
        self.check(leg.from, leg.to, &leg.amount, &purpose)?;
        if let Purpose::Capture(held) = purpose {
            self.hold(leg.from, &-held);
        }
        let scale = self.scale(leg.from);
        let transfer = match &leg.key {
            Some(key) if self.ledger.is_created() => transfer_keys::id(leg.from, key),
            _ => Uuid::now_v7(),
        };
        let amount = decimal::at_scale(leg.amount.value(), scale);
        let from_balance = self.enter(leg.from, transfer, -&amount, scale)?;
        let to_balance = self.enter(leg.to, transfer, amount, scale)?;
        let payer = self.account(leg.from).ok_or(Error::Unexpected("an account is missing"))?;
        let (currency, from_version) = (payer.currency.clone(), payer.version);
        self.transfers.push(Transfer { id: transfer, leg, currency, from_version });
        Ok(Paid { transfer, from_balance, to_balance })
    }

    fn scale(&self, account: Uuid) -> Option<i32> {
        self.account(account).and_then(|account| account.scale)
    }

    fn enter(
        &mut self,
        account: Uuid,
        transfer: Uuid,
        amount: Decimal,
        scale: Option<i32>,
    ) -> Result<Decimal, Failure> {
        let account =
            self.account_mut(account).ok_or(Error::Unexpected("an account is missing"))?;
        account.enter(&amount)?;
        let balance = decimal::at_scale(account.balance()?, scale);
        let (account, version) = (account.id, account.version);
        let balance_after = balance.clone();
        self.entries.push(Entry { account, transfer, amount, balance_after, version });
        Ok(balance)
    }

    /// Writes everything that changed, at once. The accounts are locked.
    pub fn write(&mut self) -> Result<(), Failure> {
        if self.write_unchanged()? { Ok(()) } else { Err(AtomicError::ConcurrentUpdate.into()) }
    }

    /// The same; answers whether it did. Nothing is written where an account that is not locked was
    /// changed by somebody else.
    pub fn write_unchanged(&mut self) -> Result<bool, Failure> {
        let changed: Vec<&Account> =
            self.accounts.iter().filter(|account| account.changed).collect();
        if changed.is_empty() {
            return Ok(true);
        }
        let created = self.ledger.is_created();
        let count = 2 * changed.len() + self.transfers.len() + 2 * self.entries.len();
        let mut numbers = decimal::Room::new(count);
        let mut accounts = Vec::with_capacity(changed.len());
        for account in &changed {
            let balance = decimal::at_scale(account.balance()?, account.scale);
            let mut row = Vec::with_capacity(4);
            row.extend([array::uuid_in_place(&account.id), Some(numbers.datum(&balance)?)]);
            if created {
                row.extend([Some(numbers.datum(&account.held)?), account.version.into_datum()]);
            }
            accounts.push(row);
        }
        let mut transfers = Vec::with_capacity(self.transfers.len());
        for Transfer { id, leg, currency, from_version } in &self.transfers {
            let scale = if created { self.scale(leg.from) } else { self.ledger.scales[1] };
            let amount = decimal::at_scale(leg.amount.value(), scale);
            // With room for the time.
            let mut row = Vec::with_capacity(11);
            row.extend([
                array::uuid_in_place(id),
                array::uuid_in_place(&leg.from),
                array::uuid_in_place(&leg.to),
                Some(numbers.datum(&amount)?),
                leg.key.as_deref().and_then(IntoDatum::into_datum),
            ]);
            if created {
                row.extend([
                    currency.as_deref().and_then(IntoDatum::into_datum),
                    leg.metadata,
                    leg.reverses.as_ref().and_then(array::uuid_in_place),
                    leg.hold.as_ref().and_then(|(hold, _)| array::uuid_in_place(hold)),
                    from_version.into_datum(),
                ]);
            }
            transfers.push(row);
        }
        let mut entries = Vec::with_capacity(self.entries.len());
        if created {
            for entry in &self.entries {
                let mut row = Vec::with_capacity(6);
                row.extend([
                    array::uuid_in_place(&entry.account),
                    array::uuid_in_place(&entry.transfer),
                    Some(numbers.datum(&entry.amount)?),
                    Some(numbers.datum(&entry.balance_after)?),
                    entry.version.into_datum(),
                ]);
                entries.push(row);
            }
        }
        let mut rows: Vec<_> = changed.iter().map(|account| account.row).collect();
        let ids: Vec<_> = changed.iter().map(|account| account.id).collect();
        let unlocked = changed.iter().position(|account| !account.is_locked);
        let replaced = Replaced { rows: &mut rows, unlocked };
        if !self.ledger.post([accounts, transfers, entries], replaced, self.noted.take())? {
            return Ok(false);
        }
        for (id, row) in ids.iter().zip(rows) {
            if let Some(account) = self.account_mut(*id) {
                account.row = row;
            }
        }
        self.transfers.clear();
        self.entries.clear();
        for account in &mut self.accounts {
            account.changed = false;
            account.is_locked = true;
        }
        Ok(true)
    }
}

fn by_id(mut accounts: Vec<Account>) -> Vec<Account> {
    accounts.sort_unstable_by_key(|account| account.id);
    accounts
}
