//! The columns of a ledger's tables as places in rows that are read and written without statements.

use pgrx::pg_sys;

use super::columns::Columns;
use super::created_columns;
use super::parameters::{Rows, Shape};
use super::tables::{Column, Table};
use crate::error::Error;

impl Columns {
    /// What `Account::read` reads, column by column, and as what type it reads it.
    pub fn read(
        &self,
        accounts: &Table,
        created: bool,
    ) -> Result<Vec<Option<(Column, pg_sys::Oid)>>, Error> {
        let mut columns = vec![
            Some((self.account_id.clone(), pg_sys::UUIDOID)),
            Some((self.owner.clone(), pg_sys::UUIDOID)),
            self.currency.clone().map(|currency| (currency, pg_sys::TEXTOID)),
            Some((self.balance.clone(), pg_sys::NUMERICOID)),
        ];
        if created {
            for &(name, kind) in created_columns::ACCOUNTS {
                columns.push(Some((accounts.column(name, &[kind])?, kind)));
            }
        }
        Ok(columns)
    }

    /// Where the values of rows go that are written, and of what types they are: for accounts, transfers
    /// and entries, counted from 0. On created tables the last of transfers and entries is the time.
    pub fn written(
        &self,
        which: usize,
        created: bool,
        table: &Table,
    ) -> Result<Vec<Option<(Column, pg_sys::Oid)>>, Error> {
        let [accounts, transfers, entries] = Rows::of(created, Shape::Lists);
        let mut given = match which {
            0 => accounts.columns,
            1 => transfers.columns,
            _ => entries.columns,
        };
        if created && which > 0 {
            given.push(("created_at", pg_sys::TIMESTAMPTZOID));
        }
        given
            .into_iter()
            .map(|(name, kind)| {
                let column = match (which, name) {
                    (0, "id") => None,
                    (0, "balance") => Some(self.balance.clone()),
                    (1, "id") => self.transfer_id.clone(),
                    (1, "from_id") => Some(self.transfer_from.clone()),
                    (1, "to_id") => Some(self.transfer_to.clone()),
                    (1, "amount") => Some(self.transfer_amount.clone()),
                    (1, "key") => self.idempotency_key.clone(),
                    _ => Some(table.column(name, &[kind])?),
                };
                Ok(column.map(|column| (column, kind)))
            })
            .collect()
    }
}
