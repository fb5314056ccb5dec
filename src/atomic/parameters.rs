//! Rows as parameters of statements.

use pgrx::pg_sys;

use super::array;
use crate::error::Error;

/// How many rows a statement writes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Any number: a parameter is a list, one for each column.
    Lists,
    /// Two accounts, one transfer, two entries: a parameter is a value, row after row.
    Pair,
}

/// Rows that come as parameters.
pub struct Rows {
    /// Name and type of each column.
    pub columns: Vec<(&'static str, pg_sys::Oid)>,
    /// How many there are, where that is known.
    count: Option<usize>,
    /// The number of the first parameter.
    pub first: usize,
}

impl Rows {
    /// The rows of accounts, transfers and entries; attached tables have no entries.
    pub fn of(created: bool, shape: Shape) -> [Self; 3] {
        const UUID: pg_sys::Oid = pg_sys::UUIDOID;
        const NUMERIC: pg_sys::Oid = pg_sys::NUMERICOID;
        const BIGINT: pg_sys::Oid = pg_sys::INT8OID;
        let mut accounts = vec![("id", UUID), ("balance", NUMERIC)];
        let mut transfers = vec![
            ("id", UUID),
            ("from_id", UUID),
            ("to_id", UUID),
            ("amount", NUMERIC),
            ("key", pg_sys::TEXTOID),
        ];
        let mut entries = Vec::new();
        if created {
            accounts.extend([("held", NUMERIC), ("version", BIGINT)]);
            transfers.extend([
                ("currency", pg_sys::TEXTOID),
                ("metadata", pg_sys::JSONBOID),
                ("reverses_id", UUID),
                ("hold_id", UUID),
                ("from_version", BIGINT),
            ]);
            entries.extend([
                ("account_id", UUID),
                ("transfer_id", UUID),
                ("amount", NUMERIC),
                ("balance_after", NUMERIC),
                ("account_version", BIGINT),
            ]);
        }
        let mut first = 1;
        [(accounts, 2), (transfers, 1), (entries, 2)].map(|(columns, count)| {
            let count = (shape == Shape::Pair).then_some(count);
            let rows = Self { columns, count, first };
            first += rows.parameters();
            rows
        })
    }

    /// How many parameters they are.
    pub fn parameters(&self) -> usize {
        self.columns.len() * self.count.unwrap_or(1)
    }

    /// The types of the parameters.
    pub fn types(&self) -> Vec<pg_sys::Oid> {
        let columns = self.columns.iter().map(|(_, kind)| *kind);
        match self.count {
            None => columns.map(array_of).collect(),
            Some(count) => columns.collect::<Vec<_>>().repeat(count),
        }
    }

    /// The parameters, from the rows.
    pub fn values(
        &self,
        rows: &[Vec<Option<pg_sys::Datum>>],
    ) -> Result<Vec<Option<pg_sys::Datum>>, Error> {
        if self.count.is_some() {
            return Ok(rows.concat());
        }
        self.columns
            .iter()
            .enumerate()
            .map(|(at, (_, kind))| {
                let column: Vec<_> =
                    rows.iter().map(|row| row.get(at).copied().flatten()).collect();
                array::make(&column, *kind).map(Some)
            })
            .collect()
    }

    /// As it stands after FROM.
    pub fn source(&self) -> String {
        let names: Vec<_> = self.columns.iter().map(|(name, _)| *name).collect();
        let width = self.columns.len();
        let rows = match self.count {
            None => {
                let lists: Vec<_> = (self.first..self.first + width)
                    .map(|number| format!("pg_catalog.unnest(${number})"))
                    .collect();
                format!("ROWS FROM ({})", lists.join(", "))
            }
            Some(count) => {
                let rows: Vec<_> = (0..count)
                    .map(|row| {
                        let first = self.first + row * width;
                        let values: Vec<_> =
                            (first..first + width).map(|number| format!("${number}")).collect();
                        format!("({})", values.join(", "))
                    })
                    .collect();
                format!("(VALUES {})", rows.join(", "))
            }
        };
        format!("{rows} AS n ({})", names.join(", "))
    }

    /// How many rows of `table` were inserted; none where a trigger changed any of these columns.
    pub fn counted(&self, triggers: bool, table: &str, columns: &[&str]) -> String {
        let mut condition = String::new();
        if triggers {
            let each: Vec<_> = columns
                .iter()
                .filter_map(|column| {
                    let at = self.columns.iter().position(|(name, _)| name == column)?;
                    let asked = match self.count {
                        None => format!("${}", self.first + at),
                        Some(count) => {
                            let values: Vec<_> = (0..count)
                                .map(|row| {
                                    format!("${}", self.first + row * self.columns.len() + at)
                                })
                                .collect();
                            format!("ARRAY[{}]", values.join(", "))
                        }
                    };
                    Some(format!("pg_catalog.array_agg(w.{column}) OPERATOR(pg_catalog.=) {asked}"))
                })
                .collect();
            condition = format!(" HAVING {}", each.join(" AND "));
        }
        format!("COALESCE((SELECT pg_catalog.count(*) FROM {table} AS w{condition}), 0)")
    }
}

fn array_of(element: pg_sys::Oid) -> pg_sys::Oid {
    match element {
        pg_sys::UUIDOID => pg_sys::UUIDARRAYOID,
        pg_sys::NUMERICOID => pg_sys::NUMERICARRAYOID,
        pg_sys::INT8OID => pg_sys::INT8ARRAYOID,
        pg_sys::JSONBOID => pg_sys::JSONBARRAYOID,
        _ => pg_sys::TEXTARRAYOID,
    }
}
