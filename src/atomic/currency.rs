//! How many decimals a currency has.

use iso_currency::Currency;
use pgrx::{IntoDatum, extension_sql, pg_sys};

use super::registry::private_owner;
use crate::error::AtomicError;
use crate::operation::failure::Failure;
use crate::operation::statement::{Kept, Statement};
use crate::run_as::{PRIVATE_PATH, RunAs};

extension_sql!(
    r#"
CREATE TABLE atomic.currencies (
  code text COLLATE "C" PRIMARY KEY CHECK (code OPERATOR(pg_catalog.<>) ''),
  digits integer NOT NULL CHECK (digits OPERATOR(pg_catalog.>=) 0 AND digits OPERATOR(pg_catalog.<=) 1000)
);
COMMENT ON TABLE atomic.currencies IS 'currencies besides those of ISO 4217';
COMMENT ON COLUMN atomic.currencies.code IS 'code of the currency';
COMMENT ON COLUMN atomic.currencies.digits IS 'decimals that its amounts may have';
SELECT pg_catalog.pg_extension_config_dump('atomic.currencies', '');
"#,
    name = "atomic_currencies",
    requires = ["bootstrap"]
);

/// The decimals of a currency: those of ISO 4217, else those of `atomic.currencies`; 22023 where
/// neither knows it. Needs an open connection.
pub fn digits(code: &str) -> Result<i32, Failure> {
    thread_local! {
        static FIND: Kept = const { Kept::empty() };
    }
    if let Some(digits) = Currency::from_code(code).and_then(|currency| currency.exponent()) {
        return Ok(digits.into());
    }
    let _owner = RunAs::begin(private_owner()?, PRIVATE_PATH);
    let rows = FIND.with(|place| {
        place
            .get(|| {
                Statement::prepare(
                    "SELECT c.digits FROM atomic.currencies AS c \
                     WHERE c.code OPERATOR(pg_catalog.=) $1",
                    &[pg_sys::TEXTOID],
                )
            })?
            .run([code.into_datum()])
    })?;
    if rows.len() == 0 {
        return Err(AtomicError::UnknownCurrency(code.to_owned()).into());
    }
    Ok(rows.need(0, 1)?)
}
