//! An account, locked, as it is in memory.

use bigdecimal::Zero;
use pgrx::{FromDatum, pg_sys};
use uuid::Uuid;

use super::array::as_uuid;
use super::decimal::{self, Decimal};
use crate::error::{AtomicError, Error};

/// What an account may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    Open,
    /// May receive, not send.
    Frozen,
    /// May do neither.
    Closed,
}

impl Status {
    /// The status of that name.
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "open" => Some(Self::Open),
            "frozen" => Some(Self::Frozen),
            "closed" => Some(Self::Closed),
            _ => None,
        }
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Frozen => "frozen",
            Self::Closed => "closed",
        }
    }
}

/// A row of the accounts table.
#[derive(Clone, Debug)]
pub struct Account {
    pub id: Uuid,
    pub owner: Option<Uuid>,
    /// `None` where the tables have no currencies.
    pub currency: Option<String>,
    /// The decimals that its money is written with: those of the column, or of the currency.
    pub scale: Option<i32>,
    /// `None` where the row holds no finite number: such an account does not move.
    balance: Option<Decimal>,
    /// Of the balance, what is promised to others.
    pub held: Decimal,
    /// The balance less what is held must not fall below it.
    pub floor: Option<Decimal>,
    /// The balance must not rise above it.
    pub ceiling: Option<Decimal>,
    pub status: Status,
    /// How many entries it has.
    pub version: i64,
    /// Whether it differs from its row.
    pub changed: bool,
    /// Whether nobody else can change it.
    pub is_locked: bool,
    /// Its row as the server holds it, where rows are written without statements; else null.
    pub row: pg_sys::HeapTuple,
}

/// The columns that [`Account::read`] reads, in this order: id, owner, currency, balance, held,
/// floor, ceiling, status, version. Attached tables have the first four alone, and their floor is
/// zero.
impl Account {
    /// Reads an account by its columns, which the function gives by their numbers.
    pub fn read(
        column: impl Fn(i32) -> Result<Option<pg_sys::Datum>, Error>,
        created: bool,
    ) -> Result<Self, Error> {
        let broken = || Error::Unexpected("an account holds what it must not");
        let number =
            |at| -> Result<Option<Decimal>, Error> { Ok(column(at)?.and_then(decimal::read)) };
        let mut account = Self {
            id: get::<pgrx::Uuid>(column(1)?).map(as_uuid).ok_or_else(broken)?,
            owner: get::<pgrx::Uuid>(column(2)?).map(as_uuid),
            currency: get(column(3)?),
            scale: None,
            balance: number(4)?,
            held: Decimal::default(),
            floor: Some(Decimal::default()),
            ceiling: None,
            status: Status::Open,
            version: 0,
            changed: false,
            is_locked: true,
            row: std::ptr::null_mut(),
        };
        if created {
            account.held = number(5)?.ok_or_else(broken)?;
            account.floor = number(6)?;
            account.ceiling = number(7)?;
            let status: &str = get(column(8)?).ok_or_else(broken)?;
            account.status = Status::parse(status).ok_or_else(broken)?;
            account.version = get(column(9)?).ok_or_else(broken)?;
        }
        Ok(account)
    }

    /// What it holds: 22000 where that is no finite number.
    pub fn balance(&self) -> Result<&Decimal, AtomicError> {
        self.balance.as_ref().ok_or_else(|| AtomicError::BadBalance(self.id.to_string()))
    }

    /// Whether some of it is promised.
    pub fn has_held(&self) -> bool {
        !self.held.is_zero()
    }

    /// What it holds and has not promised.
    pub fn available(&self) -> Result<Decimal, Error> {
        Ok(self.balance()? - &self.held)
    }

    /// Adds to the balance, or takes from it, as one entry.
    pub fn enter(&mut self, change: &Decimal) -> Result<(), Error> {
        self.balance = Some(self.balance()? + change);
        self.version += 1;
        self.changed = true;
        Ok(())
    }

    /// Adds to what is held, or takes from it.
    pub fn hold(&mut self, change: &Decimal) {
        self.held += change;
        self.changed = true;
    }
}

fn get<T: FromDatum>(value: Option<pg_sys::Datum>) -> Option<T> {
    // SAFETY: the columns have the types that `Account` says.
    value.and_then(|value| unsafe { T::from_datum(value, false) })
}
