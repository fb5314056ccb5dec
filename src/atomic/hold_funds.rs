//! `atomic.hold_funds`: promises money of an account to another.

use pgrx::datum::Interval;
use pgrx::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;

use super::amount::Amount;
use super::answer;
use super::array::as_uuid;
use super::book::{Book, Purpose};
use super::caller::Caller;
use super::decimal;
use super::holds;
use super::ledger::{self, Ledger, Opened};
use super::operation_keys::{Key, check_key};
use super::span::need_positive;
use crate::error::Error;
use crate::operation::boundary::{Call, sql_function};
use crate::operation::direct::find::Locks;
use crate::operation::failure::Failure;
use crate::operation::refusal::Refusal;
use crate::run_as::RunAs;

sql_function!(rowguard_atomic_hold_funds, pg_finfo_rowguard_atomic_hold_funds, hold_funds);

extension_sql!(
    r#"
CREATE FUNCTION atomic.hold_funds(p_from uuid, p_to uuid, p_amount numeric, expires_in interval DEFAULT NULL, idempotency_key text DEFAULT NULL, ledger text DEFAULT NULL)
RETURNS jsonb
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'rowguard_atomic_hold_funds';
COMMENT ON FUNCTION atomic.hold_funds(uuid, uuid, numeric, interval, text, text) IS 'Promises money of an account to another, to be captured or voided later; for the owner of the payer account and for operators of the ledger';
"#,
    name = "atomic_hold_funds",
    requires = ["bootstrap"]
);

/// A hold as it was asked for.
struct Wanted {
    from: Uuid,
    to: Uuid,
    money: pg_sys::Datum,
    expires_in: Option<pg_sys::Datum>,
    /// The same as months, days and microseconds.
    span: Option<[i64; 3]>,
    key: Option<String>,
    ledger: Option<String>,
}

/// Promises `p_amount` of account `p_from` to account `p_to`: it stays in the payer's balance and is
/// not available to anything else, until the hold is captured, voided, or over.
///
/// `p_amount`: as of `atomic.transfer_funds`. `expires_in`: from now, greater than zero; NULL is
/// never. `idempotency_key`: 1 to 255 bytes; NULL is none. `ledger`: NULL is the only one there is.
/// NULL for any other argument: 22004.
///
/// Who: the owner of `p_from` by `auth.uid()`, and members of the ledger's operator.
///
/// Refusals are those of `atomic.transfer_funds`, in the same order, all raised; the payee's limit
/// counts when the hold is captured. Errors: 25006 in a read-only transaction, 22023 bad key or
/// `expires_in`, 42704 no such ledger, 0A000 attached tables.
fn hold_funds(call: &Call) -> Result<pg_sys::Datum, Failure> {
    let from = as_uuid(call.need(0, "p_from")?);
    let to = as_uuid(call.need(1, "p_to")?);
    let money = call.need_datum(2, "p_amount")?;
    let span = match call.get::<Interval>(3) {
        Some(interval) => {
            need_positive(&interval, "expires_in")?;
            Some([interval.months().into(), interval.days().into(), interval.micros()])
        }
        None => None,
    };
    let key: Option<String> = call.get(4);
    key.as_deref().map_or(Ok(()), check_key)?;
    let wanted =
        Wanted { from, to, money, expires_in: call.datum(3), span, key, ledger: call.get(5) };
    Ok(answer::datum(answer::connected(|| wanted.run())?)?)
}

impl Wanted {
    fn run(&self) -> Result<Value, Failure> {
        let Opened { ledger, operator } =
            Ledger::open(self.ledger.as_deref(), ledger::Purpose::Write(c"atomic.hold_funds()"))?;
        let statements = ledger.holds()?;
        let amount = Amount::from_datum(self.money)?;
        if self.from == self.to {
            return Err(Refusal::SameAccount { account: self.from }.into());
        }
        let caller = Caller::identify(operator, Refusal::DEBIT)?;
        let owner = RunAs::begin(ledger.owner, &ledger.path);
        let mut book =
            Book::new(&ledger, ledger.lock_for_debit(caller, self.from, self.to, Locks::All)?);
        let scale = book.account(self.from).and_then(|payer| payer.scale);
        amount.fit(scale)?;
        let mut request = json!({
            "operation": "hold_funds",
            "to": self.to.to_string(),
            "amount": answer::number(&amount.value().normalized())?,
        });
        if let Some(span) = self.span {
            request["expires_in"] = json!(span);
        }
        let key = self.key.as_deref().map(|key| Key { ledger: &ledger, payer: self.from, key });
        if let Some(key) = &key
            && let Some(answer) = key.replay(|| Ok(request.clone()))?
        {
            return Ok(answer);
        }
        holds::lapse(&ledger, &[self.from], &mut book)?;
        book.check(self.from, self.to, &amount, &Purpose::Hold)?;
        let held = decimal::at_scale(amount.value(), scale);
        let hold = Uuid::now_v7();
        statements.insert(
            hold,
            [self.from, self.to],
            &held,
            self.expires_in,
            self.key.as_deref(),
        )?;
        book.hold(self.from, &held);
        let payer = book.account(self.from).ok_or(Error::Unexpected("an account is missing"))?;
        let available = decimal::at_scale(&payer.available()?, scale);
        let answer = answer::success([
            ("hold_id", hold.to_string().into()),
            ("available_balance", answer::number(&available)?),
            ("replayed", false.into()),
        ]);
        if let Some(key) = &key {
            book.note(key.noted(&request, &answer)?);
        }
        book.write()?;
        drop(owner);
        ledger.need_own_tables()?;
        Ok(answer)
    }
}
