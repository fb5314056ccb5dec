//! A publication sends every row of a table with row security.
//!
//! Why: Logical replication asks no policy of the publisher: a subscriber receives all rows that the
//! publication's row filter lets through, and without one all there are. Publications FOR ALL TABLES
//! and TABLES IN SCHEMA have no filters; a filter that is true for every row filters nothing. A
//! partition is published through its partitioned table, too.
//!
//! Fix: Give the table a row filter in the publication, leave it out, or accept the finding where
//! the subscriber may see every row. Which is meant is for a person to say.
//!
//! Example:
//! ```sql
//! CREATE PUBLICATION everything FOR ALL TABLES;
//! ```

use serde_json::{Map, Value, json};

use crate::audit::context::Context;
use crate::audit::finding::Findings;
use crate::audit::on_demand::Family;
use crate::audit::rule::{Level, Rule};
use crate::catalog::{Kind, Publication, Table, publication};
use crate::error::Error;
use crate::expr;
use crate::expr::truth::{Opaque, Truth, truth};

/// See the head of this file.
pub const RULE: Rule = Rule {
    id: "publication_exposes_rows",
    level: Level::Info,
    source: include_str!("publication_exposes_rows.rs"),
    check,
};

fn check(context: &Context, findings: &mut Findings<'_>) -> Result<(), Error> {
    let publications = publication::all()?;
    if publications.is_empty() {
        return Ok(());
    }
    let family = context.family()?;
    for table in context.protected_tables().filter(|table| !table.unlogged && !table.temporary) {
        let mut open = Map::new();
        for publication in &publications {
            if let Some(how) = unfiltered(context, family, publication, table)? {
                open.insert(publication.name.clone(), json!(how));
            }
        }
        if open.is_empty() {
            continue;
        }
        let names = Vec::from_iter(open.keys().map(String::as_str)).join(", ");
        let message = format!("subscribers of {names} receive every row: no policy is asked");
        let finding = findings.table(Level::Info, table, message);
        finding.detail.insert("publications".to_owned(), Value::Object(open));
    }
    Ok(())
}

/// How the publication sends all rows of the table, or of a partition of it; nothing where it does
/// not.
fn unfiltered(
    context: &Context,
    family: &Family,
    publication: &Publication,
    table: &Table,
) -> Result<Option<String>, Error> {
    if let Some(how) = as_itself(context, family, publication, table)? {
        return Ok(Some(how));
    }
    if table.kind != Kind::Partitioned {
        return Ok(None);
    }
    for oid in family.inheritance.descendants(table.oid) {
        let Some(partition) = family.relation(context, oid) else { continue };
        // One with row security of its own is found at fault itself.
        if partition.rls_enabled || !member(publication, partition) {
            continue;
        }
        if as_itself(context, family, publication, partition)?.is_some() {
            return Ok(Some(format!("partition {}", partition.qualified())));
        }
    }
    Ok(None)
}

fn as_itself(
    context: &Context,
    family: &Family,
    publication: &Publication,
    table: &Table,
) -> Result<Option<String>, Error> {
    if publication.all_tables {
        return Ok(Some("all tables".to_owned()));
    }
    let mut chain = vec![table];
    chain.extend(
        family.ancestors(context, table.oid).filter(|parent| parent.kind == Kind::Partitioned),
    );
    let mut members = chain.iter().filter(|relation| member(publication, relation));
    let Some(nearest) = members.next() else { return Ok(None) };
    // Through the root it is the uppermost member's filter that counts, otherwise the own one.
    let governs =
        if publication.via_root { members.next_back().unwrap_or(nearest) } else { &table };
    let filter = publication.tables.get(&governs.oid).and_then(Option::as_deref);
    if publication.schemas.contains(&governs.schema_oid) {
        return Ok(Some(format!("tables in schema {}", governs.schema)));
    }
    if let Some(filter) = filter
        && truth(context, governs.oid, &expr::expression(filter)?, Opaque::Anything) != Truth::TRUE
    {
        return Ok(None);
    }
    Ok(Some(if nearest.oid == table.oid {
        "table".to_owned()
    } else {
        format!("partitioned table {}", nearest.qualified())
    }))
}

fn member(publication: &Publication, table: &Table) -> bool {
    publication.tables.contains_key(&table.oid) || publication.schemas.contains(&table.schema_oid)
}
