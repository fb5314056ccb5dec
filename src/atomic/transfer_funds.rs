//! `atomic.transfer_funds`: moves money from one account to another.

use pgrx::prelude::*;
use pgrx::{IntoDatum, JsonB};
use uuid::Uuid;

use super::amount::{Amount, numeric_text};
use super::boundary::{Call, sql_function};
use super::failure::Failure;
use super::ledger::{Ledger, Opened};
use super::operation_keys::Request;
use super::refusal::Refusal;
use super::statement::{Connection, Rows};
use crate::error::Error;
use crate::run_as::RunAs;

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

/// The longest idempotency key, in bytes: room for any identifier, and for the index.
const LONGEST_KEY: usize = 255;

/// A transfer as it was asked for. The values are the caller's, as the server holds them.
struct Transfer {
    from: pg_sys::Datum,
    to: pg_sys::Datum,
    payer: Uuid,
    payee: Uuid,
    money: pg_sys::Datum,
    key: Option<String>,
    ledger: Option<String>,
}

/// Moves `p_amount` from account `p_from` to account `p_to`, and writes the transfer down.
///
/// `p_amount`: finite, positive, with no more decimals than the columns for balances and amounts
/// declare. `idempotency_key`: 1 to 255 bytes; the same key with the same parameters answers what
/// was answered then; NULL is none. `metadata`: NULL, until a column can be mapped to it.
/// `ledger`: NULL is the only one there is. `on_error`: 'raise', or 'return' to get a refusal as
/// `{"error": {"code": ..., "message": ...}}`. NULL for any other argument: 22004.
///
/// Who: the owner of `p_from` by `auth.uid()`, and members of the ledger's operator.
///
/// Refusals, in this order: INVALID_AMOUNT 22023, SAME_ACCOUNT 22R01, NOT_AUTHORIZED 42501 (and for
/// operators ACCOUNT_NOT_FOUND P0002), IDEMPOTENCY_MISMATCH 22R02, ACCOUNT_NOT_FOUND of the payee
/// P0002, INSUFFICIENT_FUNDS 23R01. Always raised: 22004, 22023 bad key, ledger or on_error, 42704
/// no such ledger, 0A000, 22000 a balance that is no finite number, 27000 a trigger wrote something
/// else, 40001 the tables' schema was renamed meanwhile, and whatever the tables' triggers and constraints and the server raise.
fn transfer_funds(call: &Call) -> Result<pg_sys::Datum, Failure> {
    let from = call.need_datum(0, "p_from")?;
    let to = call.need_datum(1, "p_to")?;
    let money = call.need_datum(2, "p_amount")?;
    let on_error: String = call.need(6, "on_error")?;
    let returned = match on_error.as_str() {
        "raise" => false,
        "return" => true,
        _ => return Err(Error::UnknownErrorMode(on_error).into()),
    };
    let key: Option<String> = call.get(3);
    if key.as_ref().is_some_and(|key| key.is_empty() || key.len() > LONGEST_KEY) {
        return Err(Error::IdempotencyKey.into());
    }
    if call.datum(4).is_some() {
        return Err(Error::NotBuilt("metadata").into());
    }
    let transfer = Transfer {
        from,
        to,
        payer: call.need::<pgrx::Uuid>(0, "p_from").map(as_uuid)?,
        payee: call.need::<pgrx::Uuid>(1, "p_to").map(as_uuid)?,
        money,
        key,
        ledger: call.get(5),
    };
    let connection = Connection::open()?;
    let outcome = match transfer.run() {
        // SAFETY: a jsonb that is alive; the copy outlives the connection.
        Ok(answer) => Ok(unsafe { pg_sys::SPI_datumTransfer(answer, false, -1) }),
        Err(Failure::Server(caught)) => return Err(caught.into()),
        Err(failure) => Err(failure),
    };
    connection.close()?;
    match outcome {
        Err(Failure::Refused(refusal)) if returned => {
            let answer = serde_json::json!({
                "error": {"code": refusal.code(), "message": refusal.to_string()}
            });
            Ok(JsonB(answer).into_datum().ok_or(Error::Unexpected("an answer is missing"))?)
        }
        outcome => outcome,
    }
}

impl Transfer {
    fn run(&self) -> Result<pg_sys::Datum, Failure> {
        let Opened { ledger, operator, name } = Ledger::open(self.ledger.as_deref())?;
        let amount = Amount::from_datum(self.money)?;
        for scale in ledger.scales {
            amount.fit(scale)?;
        }
        if self.payer == self.payee {
            return Err(Refusal::SameAccount { account: self.payer }.into());
        }
        let debtor = Debtor::of_caller(operator)?;

        let owner = RunAs::begin(ledger.owner, &ledger.path);
        let locked = self.lock(&ledger, &debtor)?;
        let request = self.key.as_deref().map(|key| Request {
            ledger: &name,
            key,
            payer: self.from,
            payee: self.to,
            amount: self.money,
        });
        if let Some(request) = &request
            && let Some(answer) = request.replay()?
        {
            return Ok(answer);
        }
        let balances = self.check(locked, &amount)?;
        let new_balance = self.pay(&ledger, balances)?;
        let answer = self.record(&ledger, new_balance)?;
        drop(owner);
        ledger.need_own_tables()?;
        if let Some(request) = &request {
            request.store(answer)?;
        }
        Ok(answer)
    }

    /// Locks both rows. Whether the payer is the caller's is asked of the locked row once more: it
    /// may have changed hands while we waited.
    fn lock(&self, ledger: &Ledger, debtor: &Debtor) -> Result<Locked, Failure> {
        let pair = (Some(self.from), Some(self.to), Some(self.money));
        let rows = match debtor {
            Debtor::Anyone => ledger.lock.run([pair.0, pair.1, pair.2])?,
            Debtor::Owner(uid) => {
                let uid = pgrx::Uuid::from_bytes(*uid.as_bytes()).into_datum();
                ledger.lock_owned.run([pair.0, pair.1, pair.2, uid])?
            }
        };
        let mut locked = Locked { rows, payer: None, payee: None };
        for row in 0..rows.len() {
            if rows.need::<bool>(row, 1)? {
                locked.payer = Some(row);
            } else {
                locked.payee = Some(row);
            }
        }
        match (debtor, locked.payer) {
            (Debtor::Anyone, Some(_)) => Ok(locked),
            (Debtor::Anyone, None) => Err(Refusal::AccountNotFound { account: self.payer }.into()),
            (Debtor::Owner(uid), Some(row))
                if rows.get::<pgrx::Uuid>(row, 2)?.map(as_uuid) == Some(*uid) =>
            {
                Ok(locked)
            }
            (Debtor::Owner(_), _) => Err(Refusal::NotAuthorized.into()),
        }
    }

    /// Payee, balances, funds. Answers the two balances, payer first.
    fn check(&self, locked: Locked, amount: &Amount) -> Result<[pg_sys::Datum; 2], Failure> {
        let (Some(payer), Some(payee)) = (locked.payer, locked.payee) else {
            return Err(Refusal::AccountNotFound { account: self.payee }.into());
        };
        let rows = locked.rows;
        let mut balances = [pg_sys::Datum::null(); 2];
        for (balance, (row, account)) in
            balances.iter_mut().zip([(payer, self.payer), (payee, self.payee)])
        {
            *balance = match rows.datum(row, 3)? {
                Some(balance) if rows.get::<bool>(row, 4)? == Some(true) => balance,
                _ => return Err(Error::BadBalance(account.to_string()).into()),
            };
        }
        if !rows.need::<bool>(payer, 5)? {
            return Err(Refusal::InsufficientFunds {
                account: self.payer,
                balance: numeric_text(balances[0]),
                amount: amount.text().to_owned(),
            }
            .into());
        }
        Ok(balances)
    }

    /// Writes both balances and answers the payer's, as it was written.
    fn pay(
        &self,
        ledger: &Ledger,
        [payer, payee]: [pg_sys::Datum; 2],
    ) -> Result<pg_sys::Datum, Failure> {
        let rows = ledger.pay.run([
            Some(self.from),
            Some(self.to),
            Some(self.money),
            Some(payer),
            Some(payee),
        ])?;
        let mut new_balance = None;
        for row in 0..rows.len() {
            if rows.get::<bool>(row, 3)? != Some(true) {
                return Err(Error::WrittenOtherwise("balance").into());
            }
            if rows.get::<bool>(row, 1)? == Some(true) {
                new_balance = rows.datum(row, 2)?;
            }
        }
        match new_balance {
            Some(balance) if rows.len() == 2 => Ok(balance),
            _ => Err(Error::WrittenOtherwise("balance").into()),
        }
    }

    /// Writes the transfer and answers what the caller gets.
    fn record(
        &self,
        ledger: &Ledger,
        new_balance: pg_sys::Datum,
    ) -> Result<pg_sys::Datum, Failure> {
        let rows = ledger.record.run([
            Some(self.from),
            Some(self.to),
            Some(self.money),
            Some(new_balance),
            self.key.as_deref().and_then(IntoDatum::into_datum),
        ])?;
        if rows.len() == 1
            && rows.get::<bool>(0, 1)? == Some(true)
            && let Some(answer) = rows.datum(0, 2)?
        {
            return Ok(answer);
        }
        Err(Error::WrittenOtherwise("transfer").into())
    }
}

/// Whose accounts the caller may debit.
enum Debtor {
    /// Anyone's: an operator.
    Anyone,
    /// Those of this identity.
    Owner(Uuid),
}

impl Debtor {
    fn of_caller(operator: pg_sys::Oid) -> Result<Self, Failure> {
        // SAFETY: plain look-ups.
        if unsafe { pg_sys::has_privs_of_role(pg_sys::GetUserId(), operator) } {
            return Ok(Self::Anyone);
        }
        match crate::auth::uid()? {
            Some(uid) => Ok(Self::Owner(uid)),
            None => Err(Refusal::NotAuthorized.into()),
        }
    }
}

/// The locked rows, and which of them is whose.
struct Locked {
    rows: Rows,
    payer: Option<usize>,
    payee: Option<usize>,
}

fn as_uuid(value: pgrx::Uuid) -> Uuid {
    Uuid::from_bytes(*value.as_bytes())
}
