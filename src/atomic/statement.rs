//! `atomic.statement`: the entries of an account.

use pgrx::IntoDatum;
use pgrx::datum::TimestampWithTimeZone;
use pgrx::prelude::*;

use super::answer::connected;
use super::array::{self, as_uuid};
use super::ledger::{Ledger, Purpose};
use super::readable::need_readable;
use crate::operation::boundary::{Call, sql_function};
use crate::operation::failure::Failure;
use crate::operation::row_set::RowSet;
use crate::operation::statement::Statement;
use crate::run_as::RunAs;

sql_function!(rowguard_atomic_statement, pg_finfo_rowguard_atomic_statement, statement);

extension_sql!(
    r#"
CREATE FUNCTION atomic.statement(account uuid, since timestamptz DEFAULT NULL, until timestamptz DEFAULT NULL, ledger text DEFAULT NULL)
RETURNS TABLE (entry_id bigint, transfer_id uuid, amount numeric, balance_after numeric, created_at timestamptz)
LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'rowguard_atomic_statement';
COMMENT ON FUNCTION atomic.statement(uuid, timestamptz, timestamptz, text) IS 'Entries of an account in their order, a debit negative; for its owner and for operators of the ledger';
"#,
    name = "atomic_statement",
    requires = ["bootstrap"]
);

/// The entries of an account in their order; a debit is negative.
///
/// `since`: from this time on; `until`: before this time; NULL is no bound. `ledger`: NULL is the only
/// one there is. NULL for the account: 22004.
///
/// Who: the owner of the account, and members of the ledger's operator (42501).
///
/// Errors: P0002 no such account (told to operators), 42704 no such ledger, 0A000 attached tables.
fn statement(call: &Call) -> Result<pg_sys::Datum, Failure> {
    let id = as_uuid(call.need(0, "account")?);
    let [since, until] = [call.get::<TimestampWithTimeZone>(1), call.get(2)];
    let ledger: Option<String> = call.get(3);
    let set = RowSet::begin(call)?;
    connected(|| {
        let opened = Ledger::open(ledger.as_deref(), Purpose::Read)?;
        let entries = &opened.ledger.created_tables("atomic.statement()")?.entries;
        need_readable(&opened, id)?;
        let _owner = RunAs::begin(opened.ledger.owner, &opened.ledger.path);
        let rows = Statement::prepare(
            &format!(
                "SELECT e.id, e.transfer_id, e.amount, e.balance_after, e.created_at \
                 FROM {entries} AS e WHERE e.account_id OPERATOR(pg_catalog.=) $1 \
                 AND ($2 IS NULL OR e.created_at OPERATOR(pg_catalog.>=) $2) \
                 AND ($3 IS NULL OR e.created_at OPERATOR(pg_catalog.<) $3) \
                 ORDER BY e.account_version"
            ),
            &[pg_sys::UUIDOID, pg_sys::TIMESTAMPTZOID, pg_sys::TIMESTAMPTZOID],
        )?
        .run([array::uuid(&id), since.into_datum(), until.into_datum()])?;
        for row in 0..rows.len() {
            let mut values = [None; 5];
            for (value, column) in values.iter_mut().zip(1..) {
                *value = rows.datum(row, column)?;
            }
            set.push(values)?;
        }
        Ok(())
    })?;
    Ok(pg_sys::Datum::null())
}
