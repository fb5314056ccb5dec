//! The checked columns of a ledger's tables, and the SQL over them. Every name and operator is
//! qualified.

use pgrx::pg_sys;

use super::mapping::Mapping;
use super::parameters::{Rows, Shape};
use super::tables::{Column, Table};
use crate::error::Error;

/// The columns that operations use.
pub struct Columns {
    pub(super) account_id: Column,
    pub(super) balance: Column,
    pub(super) owner: Column,
    pub(super) currency: Option<Column>,
    pub(super) transfer_from: Column,
    pub(super) transfer_to: Column,
    pub(super) transfer_amount: Column,
    pub(super) transfer_id: Option<Column>,
    pub(super) idempotency_key: Option<Column>,
}

impl Columns {
    /// Checks that they exist, have fitting types, and that ids are unique.
    pub fn check(
        accounts: &Table,
        transfers: &Table,
        mapping: &serde_json::Value,
    ) -> Result<Self, Error> {
        const ID: &[pg_sys::Oid] = &[pg_sys::UUIDOID];
        const MONEY: &[pg_sys::Oid] = &[pg_sys::NUMERICOID, pg_sys::INT4OID, pg_sys::INT8OID];
        const TEXT: &[pg_sys::Oid] = &[pg_sys::TEXTOID, pg_sys::VARCHAROID];
        const CODE: &[pg_sys::Oid] = &[pg_sys::TEXTOID, pg_sys::VARCHAROID, pg_sys::BPCHAROID];
        let mapping = Mapping::parse(mapping)?;
        let optional = |table: &Table, name: Option<String>, types| {
            name.map(|name| table.column(&name, types)).transpose()
        };
        let columns = Self {
            account_id: accounts.column(&mapping.account_id, ID)?,
            balance: accounts.column(&mapping.balance, MONEY)?,
            owner: accounts.column(&mapping.owner, ID)?,
            currency: optional(accounts, mapping.currency, CODE)?,
            transfer_from: transfers.column(&mapping.transfer_from, ID)?,
            transfer_to: transfers.column(&mapping.transfer_to, ID)?,
            transfer_amount: transfers.column(&mapping.transfer_amount, MONEY)?,
            transfer_id: optional(transfers, mapping.transfer_id, ID)?,
            idempotency_key: optional(transfers, mapping.idempotency_key, TEXT)?,
        };
        accounts.need_unique(&columns.account_id)?;
        if let Some(id) = &columns.transfer_id {
            transfers.need_unique(id)?;
        }
        Ok(columns)
    }

    /// The column for balances, and the one for amounts.
    pub fn money(&self) -> [&Column; 2] {
        [&self.balance, &self.transfer_amount]
    }

    /// The id of an account.
    pub fn account_id(&self) -> &Column {
        &self.account_id
    }

    /// Whose an account is.
    pub fn owner(&self) -> &Column {
        &self.owner
    }

    /// What `Account::read` reads.
    fn account(&self, created: bool) -> String {
        let currency = self.currency.as_ref().map_or_else(
            || "NULL::pg_catalog.text".to_owned(),
            |currency| format!("a.{}::pg_catalog.text", currency.name),
        );
        let more = if created {
            ", a.held, a.min_balance, a.max_balance, a.status, a.version"
        } else {
            ""
        };
        format!(
            "a.{}::pg_catalog.uuid, a.{}::pg_catalog.uuid, {currency}, \
             a.{}::pg_catalog.numeric{more}",
            self.account_id.name, self.owner.name, self.balance.name
        )
    }

    /// Reads the account `$1`, and locks nothing.
    pub fn find(&self, accounts: &str, created: bool) -> String {
        format!(
            "SELECT {} FROM {accounts} AS a WHERE a.{} OPERATOR(pg_catalog.=) $1",
            self.account(created),
            self.account_id.name
        )
    }

    /// Which of the accounts `$1` belong to `$2`.
    pub fn owned(&self, accounts: &str) -> String {
        format!(
            "SELECT a.{id}::pg_catalog.uuid FROM {accounts} AS a \
             WHERE a.{id} OPERATOR(pg_catalog.=) ANY ($1) \
             AND a.{owner} OPERATOR(pg_catalog.=) $2",
            id = self.account_id.name,
            owner = self.owner.name
        )
    }

    /// Locks the accounts `$1` in id order.
    pub fn lock(&self, accounts: &str, created: bool) -> String {
        let id = &self.account_id.name;
        format!(
            "SELECT {} FROM {accounts} AS a WHERE a.{id} OPERATOR(pg_catalog.=) ANY ($1) \
             ORDER BY a.{id} FOR NO KEY UPDATE OF a",
            self.account(created)
        )
    }

    /// Locks the accounts `$1` and `$2` in id order.
    pub fn lock_pair(&self, accounts: &str, created: bool) -> String {
        let id = &self.account_id.name;
        format!(
            "SELECT {} FROM {accounts} AS a \
             WHERE a.{id} OPERATOR(pg_catalog.=) ANY (ARRAY[$1, $2]) \
             ORDER BY a.{id} FOR NO KEY UPDATE OF a",
            self.account(created)
        )
    }

    /// The same, but locks nothing unless `$1` belongs to `$3`.
    pub fn lock_owned_pair(&self, accounts: &str, created: bool) -> String {
        let (id, owner) = (&self.account_id.name, &self.owner.name);
        format!(
            "SELECT {} FROM {accounts} AS a \
             WHERE a.{id} OPERATOR(pg_catalog.=) ANY (ARRAY[$1, $2]) \
             AND EXISTS (SELECT FROM {accounts} AS p \
             WHERE p.{id} OPERATOR(pg_catalog.=) $1 AND p.{owner} OPERATOR(pg_catalog.=) $3) \
             ORDER BY a.{id} FOR NO KEY UPDATE OF a",
            self.account(created)
        )
    }

    /// Writes balances and transfers. One row: how many balances and transfers were written as
    /// asked. Where a trigger may change a row before it is written, rows are compared.
    pub fn post_attached(
        &self,
        accounts: &str,
        transfers: &str,
        triggers: [bool; 2],
        shape: Shape,
    ) -> String {
        let (id, balance) = (&self.account_id.name, &self.balance.name);
        let (from, to, amount) =
            (&self.transfer_from.name, &self.transfer_to.name, &self.transfer_amount.name);
        let mut names = format!("{from}, {to}, {amount}");
        // Whole-number columns take whole amounts only, so the cast is exact.
        let mut values = format!("n.from_id, n.to_id, n.amount{}", cast(&self.transfer_amount));
        if let Some(id) = &self.transfer_id {
            names.push_str(&format!(", {}", id.name));
            values.push_str(", n.id");
        }
        if let Some(key) = &self.idempotency_key {
            names.push_str(&format!(", {}", key.name));
            values.push_str(", n.key");
        }
        let [paid, noted, _] = Rows::of(false, shape);
        let same = same(
            triggers[0],
            &format!("a.{balance}::pg_catalog.numeric OPERATOR(pg_catalog.=) n.balance"),
        );
        let count = noted.counted(triggers[1], "noted", &["from_id", "to_id", "amount"]);
        let returned = returned(
            triggers[1],
            &format!(
                "t.{from}::pg_catalog.uuid AS from_id, t.{to}::pg_catalog.uuid AS to_id, \
                 t.{amount}::pg_catalog.numeric AS amount"
            ),
        );
        format!(
            "WITH paid AS (UPDATE {accounts} AS a SET {balance} = n.balance{} \
             FROM {} WHERE a.{id} OPERATOR(pg_catalog.=) n.id RETURNING {same} AS same), \
             noted AS (INSERT INTO {transfers} AS t ({names}) SELECT {values} FROM {} \
             RETURNING {returned}) \
             SELECT (SELECT pg_catalog.count(*) FROM paid AS p WHERE p.same), {count}",
            cast(&self.balance),
            paid.source(),
            noted.source(),
        )
    }

    /// The same, and entries, on tables that `atomic.create_ledger` made.
    pub fn post_created(
        accounts: &str,
        transfers: &str,
        entries: &str,
        triggers: [bool; 3],
        shape: Shape,
    ) -> String {
        let [paid, noted, entered] = Rows::of(true, shape);
        let now = entered.first + entered.parameters();
        let noted_returned = returned(
            triggers[1],
            "t.id, t.from_id, t.to_id, t.amount, t.idempotency_key AS key, t.metadata, \
             t.reverses_id, t.from_version",
        );
        let entered_returned = returned(
            triggers[2],
            "e.account_id, e.transfer_id, e.amount, e.balance_after, e.account_version",
        );
        let same = same(
            triggers[0],
            "a.balance OPERATOR(pg_catalog.=) n.balance AND a.held OPERATOR(pg_catalog.=) n.held \
             AND a.version OPERATOR(pg_catalog.=) n.version",
        );
        // All that a key is answered from later.
        let noted_count = noted.counted(
            triggers[1],
            "noted",
            &["id", "from_id", "to_id", "amount", "key", "metadata", "reverses_id", "from_version"],
        );
        let entered_count = entered.counted(
            triggers[2],
            "entered",
            &["account_id", "transfer_id", "amount", "balance_after", "account_version"],
        );
        format!(
            "WITH paid AS (UPDATE {accounts} AS a \
             SET balance = n.balance, held = n.held, version = n.version FROM {} \
             WHERE a.id OPERATOR(pg_catalog.=) n.id RETURNING {same} AS same), \
             noted AS (INSERT INTO {transfers} AS t (id, from_id, to_id, amount, idempotency_key, \
             currency, metadata, reverses_id, hold_id, from_version, created_at) \
             SELECT n.id, n.from_id, n.to_id, n.amount, n.key, n.currency, n.metadata, \
             n.reverses_id, n.hold_id, n.from_version, ${now} FROM {} \
             RETURNING {noted_returned}), \
             entered AS (INSERT INTO {entries} AS e (account_id, transfer_id, amount, \
             balance_after, account_version, created_at) \
             SELECT n.account_id, n.transfer_id, n.amount, n.balance_after, n.account_version, \
             ${now} FROM {} \
             RETURNING {entered_returned}) \
             SELECT (SELECT pg_catalog.count(*) FROM paid AS p WHERE p.same), {noted_count}, \
             {entered_count}",
            paid.source(),
            noted.source(),
            entered.source(),
        )
    }
}

fn cast(column: &Column) -> &'static str {
    match column.base_type {
        pg_sys::INT4OID => "::pg_catalog.int4",
        pg_sys::INT8OID => "::pg_catalog.int8",
        _ => "",
    }
}

/// What is asked back of an inserted row: what is compared, where a trigger may have changed it.
fn returned(triggers: bool, columns: &str) -> String {
    if triggers { columns } else { "true AS written" }.to_owned()
}

/// Whether an updated row is what was asked: compared where a trigger may have changed it.
fn same(triggers: bool, comparison: &str) -> String {
    if triggers { comparison } else { "true" }.to_owned()
}
