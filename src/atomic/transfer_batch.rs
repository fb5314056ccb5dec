//! `atomic.transfer_batch`: many transfers at once.

use std::collections::HashSet;
use std::str::FromStr;

use pgrx::prelude::*;
use pgrx::{FromDatum, IntoDatum};
use serde_json::Value;
use uuid::Uuid;

use super::amount::Amount;
use super::answer::connected;
use super::array::{self, as_uuid};
use super::batch_keys::{self, Keys};
use super::book::{Book, Leg};
use super::caller::Caller;
use super::decimal::{self, Decimal};
use super::holds;
use super::ledger::{Ledger, Opened, Purpose};
use super::operation_keys::check_key;
use super::transfer_funds;
use crate::error::{AtomicError, Error};
use crate::operation::boundary::{Call, sql_function};
use crate::operation::failure::Failure;
use crate::operation::refusal::Refusal;
use crate::operation::row_set::RowSet;
use crate::run_as::RunAs;

sql_function!(
    rowguard_atomic_transfer_batch,
    pg_finfo_rowguard_atomic_transfer_batch,
    transfer_batch
);

extension_sql!(
    r#"
CREATE FUNCTION atomic.transfer_batch(p_from uuid[], p_to uuid[], p_amount numeric[], idempotency_keys text[] DEFAULT NULL, mode text DEFAULT 'all', ledger text DEFAULT NULL)
RETURNS TABLE (ord integer, transfer_id uuid, code text, from_balance numeric, to_balance numeric)
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'rowguard_atomic_transfer_batch';
COMMENT ON FUNCTION atomic.transfer_batch(uuid[], uuid[], numeric[], text[], text, text) IS 'Many transfers by few statements, as if one after another; for the owner of the payer accounts and for operators of the ledger';
"#,
    name = "atomic_transfer_batch",
    requires = ["bootstrap"]
);

/// What becomes of the others when a leg is refused.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// None of them stands.
    All,
    /// They are paid as if it were not there.
    Each,
}

/// A leg as it was asked for.
struct Asked {
    from: Uuid,
    to: Uuid,
    money: pg_sys::Datum,
    key: Option<String>,
}

/// How a leg ended.
enum Outcome {
    Paid {
        transfer: Uuid,
        from_balance: Decimal,
        to_balance: Option<Decimal>,
    },
    /// Paid before, by this batch or earlier; the answer of then.
    Replayed {
        transfer: Uuid,
        from_balance: Decimal,
    },
    Refused(&'static str),
}

/// Pays many legs in a fixed number of statements, with the outcome of `atomic.transfer_funds` called
/// for one after another.
///
/// `p_from`, `p_to`, `p_amount`: the legs, three lists of one length. `idempotency_keys`: a list of
/// that length, or NULL; a NULL in it is a leg without a key. `mode`: 'all' undoes everything when a
/// leg is refused, and raises that refusal with the leg in DETAIL; 'each' goes on, and answers its
/// code. `ledger`: NULL is the only one there is. NULL for any other argument, or in the three lists:
/// 22004.
///
/// Answers a row for each leg: `code` is NULL where it was paid, now or before. `to_balance` is NULL
/// where the payee is not the caller's to read, and for legs that were paid before.
///
/// Who: for each leg the owner of its payer by `auth.uid()`, or a member of the ledger's operator.
///
/// Refusals are those of `atomic.transfer_funds`, in the same order. Errors: 25006 in a read-only
/// transaction, 22023 lists of different length, an unknown mode or a bad key, 42704 no such ledger,
/// and what `atomic.transfer_funds` always raises.
fn transfer_batch(call: &Call) -> Result<pg_sys::Datum, Failure> {
    let legs = legs(call)?;
    let mode: String = call.need(4, "mode")?;
    let mode = match mode.as_str() {
        "all" => Mode::All,
        "each" => Mode::Each,
        _ => return Err(AtomicError::UnknownBatchMode(mode).into()),
    };
    let ledger: Option<String> = call.get(5);
    let set = RowSet::begin(call)?;
    connected(|| {
        for (outcome, ord) in run(&legs, mode, ledger.as_deref())?.into_iter().zip(1i32..) {
            let (transfer, code, from_balance, to_balance) = match outcome {
                Outcome::Paid { transfer, from_balance, to_balance } => {
                    (Some(transfer), None, Some(from_balance), to_balance)
                }
                Outcome::Replayed { transfer, from_balance } => {
                    (Some(transfer), None, Some(from_balance), None)
                }
                Outcome::Refused(code) => (None, Some(code), None, None),
            };
            set.push([
                ord.into_datum(),
                transfer.as_ref().and_then(array::uuid),
                code.and_then(IntoDatum::into_datum),
                from_balance.as_ref().map(decimal::datum).transpose()?,
                to_balance.as_ref().map(decimal::datum).transpose()?,
            ])?;
        }
        Ok(())
    })?;
    Ok(pg_sys::Datum::null())
}

/// Reads and checks the lists.
fn legs(call: &Call) -> Result<Vec<Asked>, Failure> {
    let list = |index, name, element| -> Result<Vec<pg_sys::Datum>, Error> {
        array::elements(call.need_datum(index, name)?, element, name)?
            .into_iter()
            .map(|value| value.ok_or(Error::NullElement(name)))
            .collect()
    };
    let from = list(0, "p_from", pg_sys::UUIDOID)?;
    let to = list(1, "p_to", pg_sys::UUIDOID)?;
    let money = list(2, "p_amount", pg_sys::NUMERICOID)?;
    let keys = match call.datum(3) {
        Some(keys) => array::elements(keys, pg_sys::TEXTOID, "idempotency_keys")?,
        None => vec![None; from.len()],
    };
    if to.len() != from.len() || money.len() != from.len() || keys.len() != from.len() {
        return Err(AtomicError::UnequalLists.into());
    }
    let mut legs = Vec::with_capacity(from.len());
    for (((from, to), money), key) in from.into_iter().zip(to).zip(money).zip(keys) {
        // SAFETY: elements of lists of these types, none of them NULL.
        let (from, to, key) = unsafe {
            (
                pgrx::Uuid::from_datum(from, false),
                pgrx::Uuid::from_datum(to, false),
                key.and_then(|key| String::from_datum(key, false)),
            )
        };
        let (Some(from), Some(to)) = (from, to) else {
            return Err(Error::NullElement("p_from").into());
        };
        key.as_deref().map_or(Ok(()), check_key)?;
        legs.push(Asked { from: as_uuid(from), to: as_uuid(to), money, key });
    }
    Ok(legs)
}

fn run(legs: &[Asked], mode: Mode, name: Option<&str>) -> Result<Vec<Outcome>, Failure> {
    let Opened { ledger, operator } =
        Ledger::open(name, Purpose::Write(c"atomic.transfer_batch()"))?;
    // What a leg says by itself.
    let checked: Vec<Result<Amount, Refusal>> = legs
        .iter()
        .map(|leg| {
            let amount = Amount::from_datum(leg.money)?;
            ledger.scales.iter().try_for_each(|scale| amount.fit(*scale))?;
            if leg.from == leg.to {
                return Err(Refusal::SameAccount { account: leg.from });
            }
            Ok(amount)
        })
        .collect();
    let caller = match Caller::identify(operator, Refusal::DEBIT) {
        Ok(caller) => Some(caller),
        Err(Failure::Refused(_)) => None,
        Err(failure) => return Err(failure),
    };

    let owner = RunAs::begin(ledger.owner, &ledger.path);
    let mut book = Book::new(&ledger, lock(&ledger, legs, &checked, caller)?);
    let mut keys = stored_keys(&ledger, legs, caller, &book)?;
    let stored: HashSet<(Uuid, String)> = keys.keys().cloned().collect();
    let payers: Vec<Uuid> = legs.iter().map(|leg| leg.from).collect();
    holds::lapse(&ledger, &payers, &mut book)?;

    let mut outcomes = Vec::with_capacity(legs.len());
    for (at, (leg, amount)) in legs.iter().zip(checked).enumerate() {
        match pay(leg, amount, caller, &mut book, &mut keys) {
            Ok(outcome) => outcomes.push(outcome),
            Err(Failure::Refused(refusal)) if mode == Mode::Each => {
                outcomes.push(Outcome::Refused(refusal.code()));
            }
            Err(Failure::Refused(refusal)) => {
                return Err(Refusal::InLeg { leg: at + 1, refusal: Box::new(refusal) }.into());
            }
            Err(failure) => return Err(failure),
        }
    }
    book.write()?;
    drop(owner);
    ledger.need_own_tables()?;
    keys.retain(|place, _| !stored.contains(place));
    batch_keys::store(&ledger, &keys)?;
    Ok(outcomes)
}

/// Locks the accounts of all legs in id order. For anybody but operators only those of legs whose
/// payer is his: a stranger must not be able to hold other people's rows.
fn lock(
    ledger: &Ledger,
    legs: &[Asked],
    checked: &[Result<Amount, Refusal>],
    caller: Option<Caller>,
) -> Result<Vec<super::account::Account>, Failure> {
    let Some(caller) = caller else {
        return Ok(Vec::new());
    };
    let mut legs: Vec<&Asked> =
        legs.iter().zip(checked).filter(|(_, amount)| amount.is_ok()).map(|(leg, _)| leg).collect();
    if let Caller::Owner(uid) = caller {
        let payers = distinct(legs.iter().map(|leg| leg.from));
        let own = distinct(ledger.owned_accounts(&payers, uid)?.into_iter());
        legs.retain(|leg| own.binary_search(&leg.from).is_ok());
    }
    let ids = distinct(legs.iter().flat_map(|leg| [leg.from, leg.to]));
    if ids.is_empty() { Ok(Vec::new()) } else { ledger.lock_accounts(&ids) }
}

fn distinct(ids: impl Iterator<Item = Uuid>) -> Vec<Uuid> {
    let mut ids: Vec<Uuid> = ids.collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

/// The keys of legs that the caller may debit, as far as they are stored.
fn stored_keys(
    ledger: &Ledger,
    legs: &[Asked],
    caller: Option<Caller>,
    book: &Book<'_>,
) -> Result<Keys, Failure> {
    let asked: Vec<(Uuid, &str)> = legs
        .iter()
        .filter(|leg| may_debit(leg, caller, book).is_ok())
        .filter_map(|leg| Some((leg.from, leg.key.as_deref()?)))
        .collect();
    batch_keys::find(ledger, &asked)
}

fn may_debit(leg: &Asked, caller: Option<Caller>, book: &Book<'_>) -> Result<(), Refusal> {
    match (caller, book.account(leg.from)) {
        (Some(caller), Some(payer)) if caller.may_act_for(payer.owner) => Ok(()),
        (Some(Caller::Operator), None) => Err(Refusal::AccountNotFound { account: leg.from }),
        _ => Err(Refusal::DEBIT),
    }
}

/// Pays one leg, in the order of checks of `atomic.transfer_funds`.
fn pay(
    leg: &Asked,
    amount: Result<Amount, Refusal>,
    caller: Option<Caller>,
    book: &mut Book<'_>,
    keys: &mut Keys,
) -> Result<Outcome, Failure> {
    let amount = amount?;
    may_debit(leg, caller, book)?;
    amount.fit(book.account(leg.from).and_then(|payer| payer.scale))?;
    let keyed = match &leg.key {
        Some(key) => {
            let content = transfer_funds::request(leg.to, &amount, None)?;
            match keys.get(&(leg.from, key.clone())) {
                Some((known, answer)) if *known == content => return replayed(answer),
                Some(_) => return Err(Refusal::IdempotencyMismatch { key: key.clone() }.into()),
                None => Some(((leg.from, key.clone()), content)),
            }
        }
        None => None,
    };
    let paid = book.pay(Leg {
        from: leg.from,
        to: leg.to,
        amount,
        key: leg.key.clone(),
        metadata: None,
        reverses: None,
        hold: None,
    })?;
    if let Some((place, content)) = keyed {
        let answer = transfer_funds::answer(paid.transfer, paid.from_balance.clone()).value()?;
        keys.insert(place, (content, answer));
    }
    let readable = book
        .account(leg.to)
        .is_some_and(|payee| caller.is_some_and(|caller| caller.may_act_for(payee.owner)));
    Ok(Outcome::Paid {
        transfer: paid.transfer,
        from_balance: paid.from_balance,
        to_balance: readable.then_some(paid.to_balance),
    })
}

fn replayed(answer: &Value) -> Result<Outcome, Failure> {
    let lost = || Error::Unexpected("a stored answer cannot be read");
    let transfer =
        answer["transfer_id"].as_str().and_then(|id| id.parse().ok()).ok_or_else(lost)?;
    let from_balance = Decimal::from_str(&answer["new_balance"].to_string()).map_err(|_| lost())?;
    Ok(Outcome::Replayed { transfer, from_balance })
}
