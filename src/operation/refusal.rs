//! The refusals of the operations: public codes, each with its SQLSTATE.

use std::ffi::CString;

use pgrx::pg_sys;
use serde_json::{Value, json};
use thiserror::Error;
use uuid::Uuid;

/// An operation that its own rules forbid. Nothing has been written when one arises, so that it can
/// be returned as a value as well as raised.
#[derive(Debug, Error)]
pub enum Refusal {
    /// Not finite, not positive, or finer than the ledger's columns.
    #[error("amount must {rule}")]
    InvalidAmount { amount: String, rule: String },
    /// Payer and payee are one.
    #[error("payer and payee are the same account")]
    SameAccount { account: Uuid },
    /// Neither the owner who may do it nor an operator. The same words whether the object exists or
    /// not: otherwise the answer would tell strangers which there are.
    #[error("not authorized to {action}")]
    NotAuthorized { action: &'static str, owner: &'static str },
    /// Only operators may do it.
    #[error("must be an operator of the ledger")]
    NotOperator,
    /// Only told to those who may act on any account, or of a payee.
    #[error("account does not exist")]
    AccountNotFound { account: Uuid },
    /// The key was used for something else.
    #[error("idempotency key was already used with other parameters")]
    IdempotencyMismatch { key: String },
    /// There is nothing to finish. The same words whether the key is somebody else's or nobody's.
    #[error("idempotency key was not begun")]
    KeyNotBegun { key: String },
    /// What was answered stays what it was.
    #[error("idempotency key was already finished with another response")]
    KeyFinished { key: String },
    /// The account may not do this.
    #[error("account is {status}")]
    AccountClosed { account: Uuid, status: &'static str },
    /// Payer and payee count in different money.
    #[error("payer and payee have different currencies")]
    CurrencyMismatch { payer: String, payee: String },
    /// The payee's balance would rise above its limit.
    #[error("balance limit exceeded")]
    OverCeiling { account: Uuid, ceiling: String, amount: String },
    /// A limit that the account is beyond already.
    #[error("balance is beyond the limit")]
    BeyondLimit { account: Uuid, balance: String, limit: String },
    /// The payer's balance would fall below its limit, which is zero in most.
    #[error("insufficient funds")]
    InsufficientFunds { account: Uuid, balance: String, amount: String, floor: Option<String> },
    /// Only told to operators.
    #[error("hold does not exist")]
    HoldNotFound { hold: Uuid },
    /// It was captured, voided, or is over.
    #[error("hold is {status}")]
    HoldNotOpen { hold: Uuid, status: String },
    /// There is nothing to reverse.
    #[error("transfer does not exist")]
    TransferNotFound { transfer: Uuid },
    /// Reversing it twice would pay twice.
    #[error("transfer was already reversed")]
    AlreadyReversed { transfer: Uuid, reversal: Uuid },
    /// Money would be locked in.
    #[error("account is not empty")]
    AccountNotEmpty { account: Uuid, balance: String, held: String },
    /// Beyond a rate limit. In the form that PostgREST reads: the answer's body as message, its status and
    /// headers as detail.
    #[error("{}", too_many_requests(*.retry_after))]
    TooManyRequests { retry_after: Option<i64> },
    /// One leg of a batch, counted from 1, stands for all.
    #[error("{refusal}")]
    InLeg { leg: usize, refusal: Box<Refusal> },
}

impl Refusal {
    /// The payer is not the caller's.
    pub const DEBIT: Self = Self::NotAuthorized {
        action: "debit this account",
        owner: "the owner of the payer account",
    };
    /// The account is not the caller's.
    pub const READ: Self =
        Self::NotAuthorized { action: "read this account", owner: "the owner of the account" };
    /// The hold was not promised to the caller.
    pub const HOLD: Self = Self::NotAuthorized {
        action: "decide about this hold",
        owner: "the owner of the payee account",
    };

    /// The public code, as `on_error => 'return'` and batches answer it.
    pub fn code(&self) -> &'static str {
        match self {
            Self::InvalidAmount { .. } => "INVALID_AMOUNT",
            Self::SameAccount { .. } => "SAME_ACCOUNT",
            Self::NotAuthorized { .. } | Self::NotOperator => "NOT_AUTHORIZED",
            Self::AccountNotFound { .. } => "ACCOUNT_NOT_FOUND",
            Self::IdempotencyMismatch { .. } => "IDEMPOTENCY_MISMATCH",
            Self::KeyNotBegun { .. } => "KEY_NOT_BEGUN",
            Self::KeyFinished { .. } => "KEY_FINISHED",
            Self::AccountClosed { .. } => "ACCOUNT_CLOSED",
            Self::CurrencyMismatch { .. } => "CURRENCY_MISMATCH",
            Self::OverCeiling { .. } | Self::BeyondLimit { .. } => "LIMIT_EXCEEDED",
            Self::InsufficientFunds { .. } => "INSUFFICIENT_FUNDS",
            Self::HoldNotFound { .. } => "HOLD_NOT_FOUND",
            Self::HoldNotOpen { .. } => "HOLD_NOT_OPEN",
            Self::TransferNotFound { .. } => "TRANSFER_NOT_FOUND",
            Self::AlreadyReversed { .. } => "ALREADY_REVERSED",
            Self::AccountNotEmpty { .. } => "ACCOUNT_NOT_EMPTY",
            Self::TooManyRequests { .. } => "RATE_LIMITED",
            Self::InLeg { refusal, .. } => refusal.code(),
        }
    }

    /// Standard codes where one fits; otherwise a subclass of the fitting standard class, in the
    /// range that the SQL standard leaves to implementations, so that a handler for the class
    /// catches it. One for each public code.
    pub fn sqlstate(&self) -> &'static [u8; 5] {
        match self.code() {
            "INVALID_AMOUNT" => b"22023",
            "SAME_ACCOUNT" => b"22R01",
            "NOT_AUTHORIZED" => b"42501",
            "ACCOUNT_NOT_FOUND" => b"P0002",
            "IDEMPOTENCY_MISMATCH" => b"22R02",
            "CURRENCY_MISMATCH" => b"22R03",
            "HOLD_NOT_FOUND" => b"22R04",
            "TRANSFER_NOT_FOUND" => b"22R05",
            "KEY_NOT_BEGUN" => b"22R06",
            "INSUFFICIENT_FUNDS" => b"23R01",
            "LIMIT_EXCEEDED" => b"23R02",
            "ACCOUNT_CLOSED" => b"55R01",
            "HOLD_NOT_OPEN" => b"55R02",
            "ALREADY_REVERSED" => b"55R03",
            "RATE_LIMITED" => b"PGRST",
            "KEY_FINISHED" => b"55R05",
            _ => b"55R04",
        }
    }

    fn detail(&self) -> String {
        match self {
            Self::InvalidAmount { amount, .. } => format!("The amount is {amount}."),
            Self::SameAccount { account } => format!("Both are {account}."),
            Self::NotAuthorized { owner, .. } => {
                format!("The caller is neither {owner} nor an operator of the ledger.")
            }
            Self::NotOperator => {
                "The caller is no member of the ledger's operator role.".to_owned()
            }
            Self::AccountNotFound { account } => format!("There is no account {account}."),
            Self::IdempotencyMismatch { key }
            | Self::KeyNotBegun { key }
            | Self::KeyFinished { key } => format!("The key is \"{key}\"."),
            Self::AccountClosed { account, status } => {
                format!("Account {account} is {status}.")
            }
            Self::CurrencyMismatch { payer, payee } => {
                format!("The payer has {payer}, the payee {payee}.")
            }
            Self::OverCeiling { account, ceiling, amount } => {
                format!("Account {account} may hold {ceiling}, {amount} would be more.")
            }
            Self::BeyondLimit { account, balance, limit } => {
                format!("Account {account} holds {balance}, the limit would be {limit}.")
            }
            Self::InsufficientFunds { account, balance, amount, floor } => {
                let floor = floor
                    .as_ref()
                    .map_or_else(String::new, |floor| format!(" and must keep {floor}"));
                format!("Account {account} holds {balance}{floor}, the transfer needs {amount}.")
            }
            Self::HoldNotFound { hold } => format!("There is no hold {hold}."),
            Self::HoldNotOpen { hold, status } => format!("Hold {hold} is {status}."),
            Self::TransferNotFound { transfer } => format!("There is no transfer {transfer}."),
            Self::AlreadyReversed { transfer, reversal } => {
                format!("Transfer {transfer} was reversed by {reversal}.")
            }
            Self::AccountNotEmpty { account, balance, held } => {
                format!("Account {account} has a balance of {balance}, {held} of it held.")
            }
            Self::TooManyRequests { retry_after } => {
                let headers = match retry_after {
                    Some(wait) => json!({"Retry-After": seconds(*wait).to_string()}),
                    None => json!({}),
                };
                json!({"status": 429, "headers": headers}).to_string()
            }
            Self::InLeg { leg, refusal } => format!("Leg {leg}: {}", refusal.detail()),
        }
    }

    fn hint(&self) -> &'static str {
        match self {
            Self::InvalidAmount { .. } => {
                "Amounts are finite and positive, and are never rounded to fit."
            }
            Self::SameAccount { .. } => "Name two different accounts.",
            Self::NotAuthorized { .. } => {
                "Call as the account's owner (auth.uid()) or as a member of the ledger's operator \
                 role."
            }
            Self::NotOperator => "View atomic.ledgers names the role; GRANT it to the caller.",
            Self::AccountNotFound { .. } => "Check the account's id, and the ledger.",
            Self::IdempotencyMismatch { .. } => {
                "Use a new key for something new; repeat a key only with the same parameters."
            }
            Self::KeyNotBegun { .. } => {
                "Begin it first by atomic.idempotent_begin(), as the same user or role."
            }
            Self::KeyFinished { .. } => {
                "atomic.idempotent_begin() answers the response that was stored."
            }
            Self::AccountClosed { .. } => {
                "A frozen account may receive, not send; a closed one neither. \
                 atomic.set_account() changes it."
            }
            Self::CurrencyMismatch { .. } => "Name two accounts of one currency.",
            Self::OverCeiling { .. } => {
                "Send less, or raise the payee's limit by atomic.set_account()."
            }
            Self::BeyondLimit { .. } => "Move the money first, or choose another limit.",
            Self::InsufficientFunds { .. } => "Send less, or credit the account first.",
            Self::HoldNotFound { .. } => "Check the hold's id, and the ledger.",
            Self::HoldNotOpen { .. } => "A hold is captured or voided once, before it expires.",
            Self::TransferNotFound { .. } => "Check the transfer's id, and the ledger.",
            Self::AlreadyReversed { .. } => "A transfer is reversed once.",
            Self::AccountNotEmpty { .. } => {
                "Before an account is closed its money is moved, and its holds are captured or \
                 voided."
            }
            Self::TooManyRequests { .. } => "The rules are in atomic.rate_limits.",
            Self::InLeg { refusal, .. } => refusal.hint(),
        }
    }

    /// The server's record of this refusal, in the current memory context.
    pub fn to_error_data(&self) -> pg_sys::ErrorData {
        pg_sys::ErrorData {
            elevel: pgrx::PgLogLevel::ERROR as core::ffi::c_int,
            sqlerrcode: pack(self.sqlstate()),
            message: server_string(&self.to_string()),
            detail: server_string(&self.detail()),
            hint: server_string(self.hint()),
            filename: concat!(file!(), "\0").as_ptr().cast(),
            lineno: line!().cast_signed(),
            funcname: c"rowguard".as_ptr(),
            ..Default::default()
        }
    }
}

/// The body of the answer.
fn too_many_requests(retry_after: Option<i64>) -> Value {
    let details = retry_after.map(|wait| format!("Try again in {} s.", seconds(wait)));
    json!({"code": "RATE_LIMITED", "message": "too many requests", "details": details, "hint": null})
}

/// Whole seconds after which so many microseconds are over: at least one.
fn seconds(micros: i64) -> i64 {
    micros.saturating_add(999_999).div_euclid(1_000_000).max(1)
}

/// The server's packing of five characters, six bits each (MAKE_SQLSTATE).
fn pack(state: &[u8; 5]) -> core::ffi::c_int {
    state.iter().rev().fold(0, |packed, character| {
        (packed << 6) | core::ffi::c_int::from(character.wrapping_sub(b'0') & 0x3f)
    })
}

/// Copies text into the current memory context. Text from the server has no zero byte.
fn server_string(text: &str) -> *mut core::ffi::c_char {
    let text = CString::new(text).unwrap_or_default();
    // SAFETY: a terminated string, copied by the server into memory of its own.
    unsafe { pg_sys::pstrdup(text.as_ptr()) }
}

#[cfg(test)]
mod tests {
    use super::{Refusal, pack, seconds};
    use uuid::Uuid;

    #[test]
    fn pack_agrees_with_the_server() {
        // ERRCODE_UNIQUE_VIOLATION and ERRCODE_NO_DATA_FOUND as errcodes.h makes them.
        assert_eq!(pack(b"23505"), pgrx::PgSqlErrorCode::ERRCODE_UNIQUE_VIOLATION as i32);
        assert_eq!(pack(b"P0002"), pgrx::PgSqlErrorCode::ERRCODE_NO_DATA_FOUND as i32);
    }

    #[test]
    fn seconds_never_end_early() {
        for (micros, whole) in
            [(1, 1), (999_999, 1), (1_000_000, 1), (1_000_001, 2), (0, 1), (-5, 1)]
        {
            assert_eq!(seconds(micros), whole);
        }
    }

    #[test]
    fn every_code_has_a_state_of_its_own() {
        let account = Uuid::nil();
        let text = String::new;
        let all = [
            Refusal::InvalidAmount { amount: text(), rule: text() },
            Refusal::SameAccount { account },
            Refusal::NotOperator,
            Refusal::AccountNotFound { account },
            Refusal::IdempotencyMismatch { key: text() },
            Refusal::KeyNotBegun { key: text() },
            Refusal::KeyFinished { key: text() },
            Refusal::AccountClosed { account, status: "" },
            Refusal::CurrencyMismatch { payer: text(), payee: text() },
            Refusal::OverCeiling { account, ceiling: text(), amount: text() },
            Refusal::InsufficientFunds { account, balance: text(), amount: text(), floor: None },
            Refusal::HoldNotFound { hold: account },
            Refusal::HoldNotOpen { hold: account, status: text() },
            Refusal::TransferNotFound { transfer: account },
            Refusal::AlreadyReversed { transfer: account, reversal: account },
            Refusal::AccountNotEmpty { account, balance: text(), held: text() },
            Refusal::TooManyRequests { retry_after: Some(1) },
        ];
        let mut states: Vec<_> = all.iter().map(Refusal::sqlstate).collect();
        states.sort_unstable();
        states.dedup();
        assert_eq!(states.len(), all.len());
        assert_eq!(Refusal::DEBIT.sqlstate(), Refusal::NotOperator.sqlstate());
    }
}
