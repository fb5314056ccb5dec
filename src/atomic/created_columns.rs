//! The columns of the tables that `atomic.create_ledger` makes, besides those that a mapping names.
//!
//! The tables belong to somebody who may have changed them since, or made others of these names: a
//! value of one type that is read as another is no value, and may be no memory either.

use pgrx::pg_sys::{self, INT8OID, JSONBOID, NUMERICOID, TEXTOID, TIMESTAMPTZOID, UUIDOID};

use super::tables::Table;
use crate::error::Error;

type Columns = &'static [(&'static str, pg_sys::Oid)];

/// In the order of `Account::read`.
pub const ACCOUNTS: Columns = &[
    ("held", NUMERICOID),
    ("min_balance", NUMERICOID),
    ("max_balance", NUMERICOID),
    ("status", TEXTOID),
    ("version", INT8OID),
];

const TRANSFERS: Columns = &[
    ("currency", TEXTOID),
    ("metadata", JSONBOID),
    ("reverses_id", UUIDOID),
    ("hold_id", UUIDOID),
    ("created_at", TIMESTAMPTZOID),
    ("from_version", INT8OID),
];

const ENTRIES: Columns = &[
    ("id", INT8OID),
    ("account_id", UUIDOID),
    ("transfer_id", UUIDOID),
    ("amount", NUMERICOID),
    ("balance_after", NUMERICOID),
    ("account_version", INT8OID),
    ("created_at", TIMESTAMPTZOID),
];

const HOLDS: Columns = &[
    ("id", UUIDOID),
    ("from_id", UUIDOID),
    ("to_id", UUIDOID),
    ("amount", NUMERICOID),
    ("captured_amount", NUMERICOID),
    ("status", TEXTOID),
    ("expires_at", TIMESTAMPTZOID),
    ("idempotency_key", TEXTOID),
];

/// Refuses tables without them: 42703 for a column that is missing, 42804 for one of another type.
pub fn check(
    accounts: &Table,
    transfers: &Table,
    entries: &Table,
    holds: &Table,
) -> Result<(), Error> {
    let tables = [(accounts, ACCOUNTS), (transfers, TRANSFERS), (entries, ENTRIES), (holds, HOLDS)];
    for (table, columns) in tables {
        for (name, kind) in columns {
            table.column(name, &[*kind])?;
        }
    }
    Ok(())
}
