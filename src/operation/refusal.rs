//! The refusals of the operations: public codes, each with its SQLSTATE.

use std::ffi::CString;

use pgrx::pg_sys;
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
    /// Neither the account's owner nor an operator. The same words whether the account exists or
    /// not: otherwise the answer would tell strangers which accounts there are.
    #[error("not authorized to debit this account")]
    NotAuthorized,
    /// Only told to those who may act on any account, or of a payee.
    #[error("account does not exist")]
    AccountNotFound { account: Uuid },
    /// The key was used for something else.
    #[error("idempotency key was already used with other parameters")]
    IdempotencyMismatch { key: String },
    /// The payer's balance would fall below zero.
    #[error("insufficient funds")]
    InsufficientFunds { account: Uuid, balance: String, amount: String },
}

impl Refusal {
    /// The public code, as `on_error => 'return'` answers it.
    pub fn code(&self) -> &'static str {
        match self {
            Self::InvalidAmount { .. } => "INVALID_AMOUNT",
            Self::SameAccount { .. } => "SAME_ACCOUNT",
            Self::NotAuthorized => "NOT_AUTHORIZED",
            Self::AccountNotFound { .. } => "ACCOUNT_NOT_FOUND",
            Self::IdempotencyMismatch { .. } => "IDEMPOTENCY_MISMATCH",
            Self::InsufficientFunds { .. } => "INSUFFICIENT_FUNDS",
        }
    }

    /// Standard codes where one fits; otherwise a subclass of the fitting standard class, in the
    /// range that the SQL standard leaves to implementations, so that a handler for the class
    /// catches it.
    pub fn sqlstate(&self) -> &'static [u8; 5] {
        match self {
            Self::InvalidAmount { .. } => b"22023",
            Self::SameAccount { .. } => b"22R01",
            Self::NotAuthorized => b"42501",
            Self::AccountNotFound { .. } => b"P0002",
            Self::IdempotencyMismatch { .. } => b"22R02",
            Self::InsufficientFunds { .. } => b"23R01",
        }
    }

    fn detail(&self) -> String {
        match self {
            Self::InvalidAmount { amount, .. } => format!("The amount is {amount}."),
            Self::SameAccount { account } => format!("Both are {account}."),
            Self::NotAuthorized => {
                "The caller is neither the owner of the payer account nor an operator of the \
                 ledger."
                    .to_owned()
            }
            Self::AccountNotFound { account } => format!("There is no account {account}."),
            Self::IdempotencyMismatch { key } => format!("The key is \"{key}\"."),
            Self::InsufficientFunds { account, balance, amount } => {
                format!("Account {account} holds {balance}, the transfer needs {amount}.")
            }
        }
    }

    fn hint(&self) -> &'static str {
        match self {
            Self::InvalidAmount { .. } => {
                "Amounts are finite and positive, and are never rounded to fit."
            }
            Self::SameAccount { .. } => "Name two different accounts.",
            Self::NotAuthorized => {
                "Call as the account's owner (auth.uid()) or as a member of the ledger's operator \
                 role."
            }
            Self::AccountNotFound { .. } => "Check the account's id, and the ledger.",
            Self::IdempotencyMismatch { .. } => {
                "Use a new key for a new transfer; repeat a key only with the same parameters."
            }
            Self::InsufficientFunds { .. } => "Send less, or credit the account first.",
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
    use super::{Refusal, pack};
    use uuid::Uuid;

    #[test]
    fn pack_agrees_with_the_server() {
        // ERRCODE_UNIQUE_VIOLATION and ERRCODE_NO_DATA_FOUND as errcodes.h makes them.
        assert_eq!(pack(b"23505"), pgrx::PgSqlErrorCode::ERRCODE_UNIQUE_VIOLATION as i32);
        assert_eq!(pack(b"P0002"), pgrx::PgSqlErrorCode::ERRCODE_NO_DATA_FOUND as i32);
    }

    #[test]
    fn every_refusal_has_a_state_of_its_own() {
        let account = Uuid::nil();
        let all = [
            Refusal::InvalidAmount { amount: String::new(), rule: String::new() },
            Refusal::SameAccount { account },
            Refusal::NotAuthorized,
            Refusal::AccountNotFound { account },
            Refusal::IdempotencyMismatch { key: String::new() },
            Refusal::InsufficientFunds { account, balance: String::new(), amount: String::new() },
        ];
        let mut states: Vec<_> = all.iter().map(Refusal::sqlstate).collect();
        states.sort_unstable();
        states.dedup();
        assert_eq!(states.len(), all.len());
    }
}
