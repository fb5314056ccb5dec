//! `atomic.transfer_funds`: moves money from one account to another.

use pgrx::prelude::*;
use pgrx::{FromDatum, JsonB};
use serde_json::{Value, json};
use uuid::Uuid;

use super::account::Account;
use super::amount::Amount;
use super::answer::{self, Answer, Field};
use super::array::as_uuid;
use super::book::{Book, Leg};
use super::caller::Caller;
use super::decimal::Decimal;
use super::holds;
use super::ledger::{Ledger, Opened, Purpose};
use super::operation_keys::{Key, check_key};
use crate::error::{AtomicError, Error};
use crate::operation::boundary::{Call, sql_function};
use crate::operation::direct::find::Locks;
use crate::operation::failure::Failure;
use crate::operation::refusal::Refusal;

sql_function!(
    rowguard_atomic_transfer_funds,
    pg_finfo_rowguard_atomic_transfer_funds,
    transfer_funds
);

extension_sql!(
    r#"
CREATE FUNCTION atomic.transfer_funds(p_from uuid, p_to uuid, p_amount numeric, idempotency_key text DEFAULT NULL, metadata jsonb DEFAULT NULL, ledger text DEFAULT NULL, on_error text DEFAULT 'raise')
RETURNS jsonb
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'rowguard_atomic_transfer_funds';
COMMENT ON FUNCTION atomic.transfer_funds(uuid, uuid, numeric, text, jsonb, text, text) IS 'Moves money from one account to another, whole or not at all; for the owner of the payer account and for operators of the ledger';
"#,
    name = "atomic_transfer_funds",
    requires = ["bootstrap"]
);

/// A transfer as it was asked for.
struct Transfer<'a> {
    from: Uuid,
    to: Uuid,
    money: pg_sys::Datum,
    key: Option<&'a str>,
    metadata: Option<pg_sys::Datum>,
    ledger: Option<&'a str>,
}

/// What became of it.
enum Outcome {
    Paid(Answer<4>),
    /// It was paid before, and answered so.
    Replayed(Value),
}

/// Moves `p_amount` from account `p_from` to account `p_to`, and writes the transfer down.
///
/// `p_amount`: finite, positive, with no more decimals than the currency of a created ledger has, or
/// than the columns of attached tables declare. `idempotency_key`: 1 to 255 bytes; the same key with
/// the same parameters answers what was answered then; NULL is none. `metadata`: kept with the
/// transfer of a created ledger; NULL is none. `ledger`: NULL is the only one there is. `on_error`:
/// 'raise', or 'return' to get a refusal as `{"error": {"code": ..., "message": ...}}`. NULL for any
/// other argument: 22004.
///
/// Who: the owner of `p_from` by `auth.uid()`, and members of the ledger's operator.
///
/// Refusals, in this order: INVALID_AMOUNT 22023, SAME_ACCOUNT 22R01, NOT_AUTHORIZED 42501 (and for
/// operators ACCOUNT_NOT_FOUND P0002), INVALID_AMOUNT for the currency, IDEMPOTENCY_MISMATCH 22R02,
/// ACCOUNT_NOT_FOUND of the payee P0002, ACCOUNT_CLOSED 55R01, CURRENCY_MISMATCH 22R03, LIMIT_EXCEEDED
/// 23R02, INSUFFICIENT_FUNDS 23R01. Always raised: 25006 in a read-only transaction, 22004, 22023 bad
/// key, ledger or on_error, 42704 no such ledger, 0A000 metadata on attached tables, 22000 a balance
/// that is no finite number, 27000 a trigger wrote something else, 40001 the tables' schema was renamed
/// meanwhile, and whatever the tables' triggers and constraints and the server raise.
fn transfer_funds(call: &Call) -> Result<pg_sys::Datum, Failure> {
    let from = as_uuid(call.need(0, "p_from")?);
    let to = as_uuid(call.need(1, "p_to")?);
    let money = call.need_datum(2, "p_amount")?;
    let on_error: &str = call.need(6, "on_error")?;
    let returned = match on_error {
        "raise" => false,
        "return" => true,
        _ => return Err(AtomicError::UnknownErrorMode(on_error.to_owned()).into()),
    };
    let key = call.get(3);
    key.map_or(Ok(()), check_key)?;
    let transfer = Transfer { from, to, money, key, metadata: call.datum(4), ledger: call.get(5) };
    match answer::connected(|| transfer.run()) {
        Err(Failure::Refused(refusal)) if returned => Ok(answer::datum(answer::refusal(&refusal))?),
        outcome => match outcome? {
            Outcome::Paid(answer) => Ok(answer.datum()?),
            Outcome::Replayed(answer) => Ok(answer::datum(answer)?),
        },
    }
}

impl Transfer<'_> {
    fn run(&self) -> Result<Outcome, Failure> {
        let Opened { ledger, operator } =
            Ledger::open(self.ledger, Purpose::Write(c"atomic.transfer_funds()"))?;
        if self.metadata.is_some() {
            ledger.created_tables("metadata")?;
        }
        let amount = Amount::from_datum(self.money)?;
        ledger.scales.iter().try_for_each(|scale| amount.fit(*scale))?;
        if self.from == self.to {
            return Err(Refusal::SameAccount { account: self.from }.into());
        }
        let caller = Caller::identify(operator, Refusal::DEBIT)?;

        let owner = ledger.begin();
        let outcome = match self.pay_unchanged(&ledger, caller, &amount)? {
            Some(outcome) => outcome,
            None => self
                .pay(&ledger, caller, &amount, Locks::All)?
                .ok_or(AtomicError::ConcurrentUpdate)?,
        };
        drop(owner);
        ledger.need_own_tables()?;
        Ok(outcome)
    }

    /// Pays without a lock on the second account, which costs as much as writing it does. Unless it is
    /// written as it was read, everything is decided again by what is locked, and so is every refusal:
    /// who is about to change the account may be about to change that.
    fn pay_unchanged(
        &self,
        ledger: &Ledger,
        caller: Caller,
        amount: &Amount,
    ) -> Result<Option<Outcome>, Failure> {
        if !ledger.is_quiet() {
            return Ok(None);
        }
        match self.pay(ledger, caller, amount, Locks::AllButLast) {
            Err(Failure::Refused(_)) => Ok(None),
            outcome => outcome,
        }
    }

    /// `None` where an account that was not locked has changed, or needs a lock.
    fn pay(
        &self,
        ledger: &Ledger,
        caller: Caller,
        amount: &Amount,
        locks: Locks,
    ) -> Result<Option<Outcome>, Failure> {
        let accounts = ledger.lock_for_debit(caller, self.from, self.to, locks)?;
        let mut book = Book::new(ledger, accounts);
        if let Some(payer) = book.account(self.from) {
            amount.fit(payer.scale)?;
        }
        let key = self.key.map(|key| Key { ledger, payer: self.from, key });
        let request = || request(self.to, amount, self.metadata);
        if let Some(key) = &key
            && let Some(answer) = key.replay(request)?
        {
            return Ok(Some(Outcome::Replayed(answer)));
        }
        if locks == Locks::AllButLast && book.account(self.from).is_some_and(Account::has_held) {
            return Ok(None);
        }
        holds::lapse(ledger, &[self.from], &mut book)?;
        let paid = book.pay(Leg {
            from: self.from,
            to: self.to,
            amount: amount.clone(),
            key: self.key.map(str::to_owned),
            metadata: self.metadata,
            reverses: None,
            hold: None,
        })?;
        let answer = answer(paid.transfer, paid.from_balance);
        // The transfers of a created ledger carry their keys.
        if let Some(key) = &key
            && !ledger.is_created()
        {
            book.note(key.noted(&request()?, &answer.value()?)?);
        }
        Ok(book.write_unchanged()?.then_some(Outcome::Paid(answer)))
    }
}

/// What a key remembers of a transfer.
pub fn request(to: Uuid, amount: &Amount, metadata: Option<pg_sys::Datum>) -> Result<Value, Error> {
    let mut content = json!({
        "operation": "transfer_funds",
        "to": to.to_string(),
        "amount": answer::number(&amount.value().normalized())?,
    });
    if let Some(metadata) = metadata {
        // SAFETY: a jsonb argument that is not NULL.
        let read = unsafe { JsonB::from_datum(metadata, false) };
        content["metadata"] = read.ok_or(Error::Unexpected("metadata cannot be read"))?.0;
    }
    Ok(content)
}

/// What a transfer answers.
pub fn answer(transfer: Uuid, new_balance: Decimal) -> Answer<4> {
    Answer([
        ("success", Field::Truth(true)),
        ("transfer_id", Field::Id(transfer)),
        ("new_balance", Field::Money(new_balance)),
        ("replayed", Field::Truth(false)),
    ])
}
