//! Calls of atomic operations.

use pgrx::prelude::PgSqlErrorCode;
use thiserror::Error;

use super::Facts;

/// Wrong use of an operation, or a row that it cannot work with.
#[derive(Debug, Error)]
pub enum AtomicError {
    /// No way to report refusals.
    #[error("on_error \"{0}\" is not known")]
    UnknownErrorMode(String),
    /// A key of no use.
    #[error("idempotency_key must have 1 to 255 bytes")]
    IdempotencyKey,
    /// The same, of other work.
    #[error("argument \"{0}\" must have 1 to 255 bytes")]
    WorkKey(&'static str),
    /// What is kept with a key is no place for files.
    #[error("argument \"{0}\" is larger than 1 MB")]
    TooLarge(&'static str),
    /// Money that is no number.
    #[error("balance of account {0} is not a finite number")]
    BadBalance(String),
    /// What was written is not what was asked.
    #[error("the {0} was not written as asked")]
    WrittenOtherwise(&'static str),
    /// A trigger of an operation begins another one, whose balances this one would overwrite.
    #[error("an operation on ledger \"{0}\" has not written its balances yet")]
    UnderWay(String),
    /// As the server says it of rows that a statement locks.
    #[error("could not serialize access due to concurrent update")]
    ConcurrentUpdate,
    /// An array of several dimensions.
    #[error("argument \"{0}\" must be a list")]
    NotOneList(&'static str),
    /// Lists that belong together.
    #[error("lists of legs must have the same length")]
    UnequalLists,
    /// No way to go on after a refused leg.
    #[error("unknown mode \"{0}\"")]
    UnknownBatchMode(String),
    /// Nobody knows how many decimals the currency has.
    #[error("unknown currency \"{0}\"")]
    UnknownCurrency(String),
    /// No status of an account.
    #[error("unknown status \"{0}\"")]
    UnknownStatus(String),
    /// A limit of a balance that is no amount of the currency.
    #[error("invalid {argument} {value}")]
    InvalidLimit {
        /// The argument.
        argument: &'static str,
        /// Its value.
        value: String,
        /// The decimals of the currency.
        digits: i32,
    },
    /// A new account holds nothing, and its limits do not allow that.
    #[error("limits of a new account must leave room for zero")]
    LimitsExcludeZero,
    /// Fewer than none.
    #[error("argument \"{0}\" must not be negative")]
    NegativeCount(&'static str),
    /// A span of time that is over before it begins.
    #[error("{0} must be greater than zero")]
    NoSpan(&'static str),
    /// A key of no use.
    #[error("key must have 1 to 1024 bytes")]
    RateKey,
    /// A length of time that is none, or has no fixed length.
    #[error("per must be longer than zero, at most 366 days, and without months")]
    RatePeriod,
    /// Counters that are rows cannot be written.
    #[error("cannot count requests in a read-only transaction")]
    ReadOnlyCounters,
}

impl AtomicError {
    /// What its report says besides the message.
    pub(super) fn facts(&self) -> Facts {
        use PgSqlErrorCode::*;
        match self {
            Self::UnknownErrorMode(_) => {
                Facts::of(ERRCODE_INVALID_PARAMETER_VALUE).hint("Give 'raise' or 'return'.")
            }
            Self::IdempotencyKey
            | Self::WorkKey(_)
            | Self::NotOneList(_)
            | Self::UnequalLists
            | Self::NegativeCount(_)
            | Self::NoSpan(_)
            | Self::RateKey => Facts::of(ERRCODE_INVALID_PARAMETER_VALUE),
            Self::TooLarge(_) => Facts::of(ERRCODE_PROGRAM_LIMIT_EXCEEDED)
                .hint("Keep a hash of a large request, and the place of a large answer."),
            Self::BadBalance(_) => Facts::of(ERRCODE_DATA_EXCEPTION)
                .hint("Correct the row; a CHECK that balance < 'Infinity' keeps it so."),
            Self::WrittenOtherwise(_) => Facts::of(ERRCODE_TRIGGERED_DATA_CHANGE_VIOLATION).hint(
                "A trigger on the table changed or dropped the row, which would make or lose \
                 money.",
            ),
            Self::UnderWay(_) => Facts::of(ERRCODE_OBJECT_IN_USE).hint(
                "Triggers on its table of holds cannot call operations that write accounts; \
                 those on accounts, transfers and entries can.",
            ),
            Self::ConcurrentUpdate => Facts::of(ERRCODE_T_R_SERIALIZATION_FAILURE),
            Self::UnknownBatchMode(_) => {
                Facts::of(ERRCODE_INVALID_PARAMETER_VALUE).hint("Give 'all' or 'each'.")
            }
            Self::UnknownCurrency(_) => Facts::of(ERRCODE_INVALID_PARAMETER_VALUE).hint(
                "Codes of ISO 4217 are known, in capitals; others are added to table \
                 atomic.currencies.",
            ),
            Self::UnknownStatus(_) => Facts::of(ERRCODE_INVALID_PARAMETER_VALUE)
                .hint("Give 'open', 'frozen' or 'closed'."),
            Self::InvalidLimit { digits, .. } => Facts::of(ERRCODE_INVALID_PARAMETER_VALUE)
                .detail(format!("Amounts of the currency have at most {digits} decimals."))
                .hint(
                    "Limits are finite; '-Infinity' as min_balance and 'Infinity' as max_balance \
                     are none.",
                ),
            Self::LimitsExcludeZero => Facts::of(ERRCODE_INVALID_PARAMETER_VALUE)
                .hint("Give a min_balance of at most zero, and a max_balance of at least zero."),
            Self::RatePeriod => Facts::of(ERRCODE_INVALID_PARAMETER_VALUE)
                .hint("Give a length in seconds, minutes, hours or days."),
            Self::ReadOnlyCounters => Facts::of(ERRCODE_READ_ONLY_SQL_TRANSACTION).hint(
                "Put rowguard into shared_preload_libraries: counters then live in shared \
                 memory, and every transaction counts.",
            ),
        }
    }
}
