//! No index serves the columns of a foreign key.
//!
//! Why: Each DELETE of a referenced row, and each UPDATE of its key, looks for the rows that refer to
//! it; without an index it reads the whole table, and holds its locks meanwhile. An index serves when
//! its leading columns are the key's columns, in any order; a partial one does not.
//!
//! Fix: Create an index on the columns of the key.
//!
//! Example:
//! ```sql
//! CREATE TABLE authors (id uuid PRIMARY KEY);
//! CREATE TABLE notes (author_id uuid REFERENCES authors, body text);
//! ```

use pgrx::pg_sys::Oid;
use serde_json::json;

use crate::audit::context::Context;
use crate::audit::finding::Findings;
use crate::audit::rule::{Level, Rule};
use crate::catalog::{ForeignKey, Index, Table};
use crate::error::Error;
use crate::quote;

/// See the head of this file.
pub const RULE: Rule = Rule {
    id: "foreign_key_unindexed",
    level: Level::Info,
    source: include_str!("foreign_key_unindexed.rs"),
    check,
};

fn check(context: &Context, findings: &mut Findings<'_>) -> Result<(), Error> {
    let keys = context.foreign_keys()?;
    for table in &context.tables {
        for key in keys.of(table.oid) {
            if keys.indexes(table.oid).iter().any(|index| serves(context, table, index, key)) {
                continue;
            }
            let columns: Vec<String> = key
                .columns
                .iter()
                .filter_map(|number| table.column(*number))
                .map(|column| column.name.clone())
                .collect();
            let message = format!(
                "no index serves foreign key {}: a DELETE or UPDATE of {} scans the table",
                quote::ident(&key.name),
                quote::qualified(&key.references.0, &key.references.1)
            );
            let quoted: Vec<String> = columns.iter().map(|name| quote::ident(name)).collect();
            let finding = findings.table(Level::Info, table, message);
            finding.part = Some(key.name.clone());
            finding.detail.insert("constraint".to_owned(), json!(key.name));
            finding.detail.insert(
                "references".to_owned(),
                json!(quote::qualified(&key.references.0, &key.references.1)),
            );
            finding.fix =
                Some(format!("CREATE INDEX ON {} ({});", table.qualified(), quoted.join(", ")));
            finding.columns = Some(columns);
        }
    }
    Ok(())
}

/// The index finds the rows that refer to one row: whole, usable, its leading columns are those of
/// the key in any order, and it knows the key's equality in the collation of the column.
fn serves(context: &Context, table: &Table, index: &Index, key: &ForeignKey) -> bool {
    let leading = index.keys.get(..key.columns.len()).unwrap_or_default();
    index.usable
        && index.predicate.is_none()
        && !leading.is_empty()
        && key.columns.iter().zip(&key.equalities).all(|(column, equality)| {
            leading.iter().any(|part| {
                part.column == *column
                    && finds(context, part.family, *equality)
                    && (part.collation == Oid::INVALID
                        || table
                            .column(*column)
                            .is_some_and(|column| column.collation == part.collation))
            })
        })
}

/// An index of this operator family finds the rows by this equality. BRIN only narrows what is
/// scanned.
fn finds(context: &Context, family: Oid, equality: Oid) -> bool {
    context.families.classes(equality).any(|class| class.family == family && class.method != "brin")
}
