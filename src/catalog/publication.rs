//! Publications, `pg_publication`, `pg_publication_rel` and `pg_publication_namespace`.

use std::collections::{BTreeMap, HashMap, HashSet};

use pgrx::pg_sys::Oid;

use super::select;
use crate::error::Error;

/// A publication.
#[derive(Debug, Clone)]
pub struct Publication {
    /// Unquoted name.
    pub name: String,
    /// FOR ALL TABLES.
    pub all_tables: bool,
    /// Rows of partitions are published as rows of the partitioned table, by its filter.
    pub via_root: bool,
    /// The tables it names, each with its row filter as the text of a node tree.
    pub tables: HashMap<Oid, Option<String>>,
    /// FOR TABLES IN SCHEMA.
    pub schemas: HashSet<Oid>,
}

/// Every publication, by name.
pub fn all() -> Result<Vec<Publication>, Error> {
    let mut found: BTreeMap<String, Publication> = BTreeMap::new();
    let publications = select(
        "SELECT p.oid, p.pubname::pg_catalog.text, p.puballtables, p.pubviaroot
           FROM pg_catalog.pg_publication p",
        &[],
        |row| {
            let publication = Publication {
                name: row.required(2)?,
                all_tables: row.required(3)?,
                via_root: row.required(4)?,
                tables: HashMap::new(),
                schemas: HashSet::new(),
            };
            Ok((row.required::<Oid>(1)?, publication))
        },
    )?;
    let names: HashMap<Oid, String> =
        publications.iter().map(|(oid, publication)| (*oid, publication.name.clone())).collect();
    for (_, publication) in publications {
        found.insert(publication.name.clone(), publication);
    }
    let tables: Vec<(Oid, Oid, Option<String>)> = select(
        "SELECT r.prpubid, r.prrelid, r.prqual::pg_catalog.text
           FROM pg_catalog.pg_publication_rel r",
        &[],
        |row| Ok((row.required(1)?, row.required(2)?, row.optional(3)?)),
    )?;
    for (publication, table, filter) in tables {
        if let Some(known) = names.get(&publication).and_then(|name| found.get_mut(name)) {
            known.tables.insert(table, filter);
        }
    }
    let schemas: Vec<(Oid, Oid)> = select(
        "SELECT n.pnpubid, n.pnnspid FROM pg_catalog.pg_publication_namespace n",
        &[],
        |row| Ok((row.required(1)?, row.required(2)?)),
    )?;
    for (publication, schema) in schemas {
        if let Some(known) = names.get(&publication).and_then(|name| found.get_mut(name)) {
            known.schemas.insert(schema);
        }
    }
    Ok(found.into_values().collect())
}
