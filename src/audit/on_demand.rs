//! What only some rules look at: read once, when the first of them asks.

use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};

use pgrx::pg_sys::Oid;

use super::context::Context;
use super::views::Views;
use crate::catalog::{self, Grant, Inheritance, Kind, Table};
use crate::error::Error;

/// The parts read so far.
#[derive(Default)]
pub struct OnDemand {
    family: OnceCell<Family>,
    views: OnceCell<Views>,
    pub(super) elsewhere: super::elsewhere::Lazy,
    /// By role, who has its rights.
    pub(super) heirs: OnceCell<HashMap<Oid, Vec<Oid>>>,
    pub(super) foreign_keys: super::foreign_keys::Lazy,
}

/// Partitions and children, with the relations that are no audited tables themselves.
pub struct Family {
    /// Who is whose.
    pub inheritance: Inheritance,
    others: HashMap<Oid, Table>,
    grants: HashMap<Oid, Vec<Grant>>,
}

impl Context {
    /// Partitions and children of tables.
    pub fn family(&self) -> Result<&Family, Error> {
        once(&self.on_demand.family, || {
            let inheritance = Inheritance::read()?;
            let others: Vec<Oid> = inheritance
                .relations()
                .into_iter()
                .filter(|oid| self.relation(*oid).is_none())
                .collect();
            let mut grants = catalog::grant::on_tables(&others)?;
            let others = catalog::table::by_oids(&others)?;
            let schemas: HashSet<Oid> = others.iter().map(|table| table.schema_oid).collect();
            grants.extend(catalog::grant::on_schemas(&Vec::from_iter(schemas))?);
            Ok(Family { inheritance, others: by_oid(others), grants: by_object(grants) })
        })
    }
}

impl Context {
    /// Views and materialized views, and what they read.
    pub fn views(&self) -> Result<&Views, Error> {
        once(&self.on_demand.views, || Views::read(self))
    }
}

impl Family {
    /// A parent or child, whether audited or not; nothing once it is dropped.
    pub fn relation<'a>(&'a self, context: &'a Context, oid: Oid) -> Option<&'a Table> {
        context.relation(oid).or_else(|| self.others.get(&oid))
    }

    /// Parents, their parents and so on, nearest first.
    pub fn ancestors<'a>(
        &'a self,
        context: &'a Context,
        oid: Oid,
    ) -> impl Iterator<Item = &'a Table> {
        self.inheritance
            .ancestors(oid)
            .into_iter()
            .filter_map(move |parent| self.relation(context, parent))
    }

    /// The foreign tables of audited schemas that are partitions or children, by schema and name.
    pub fn foreign_children<'a>(&'a self, context: &'a Context) -> Vec<&'a Table> {
        let mut found: Vec<&Table> = self
            .others
            .values()
            .filter(|table| table.kind == Kind::Foreign && !table.of_extension)
            .filter(|table| context.schemas.iter().any(|schema| schema.oid == table.schema_oid))
            .collect();
        found.sort_by(|one, two| (&one.schema, &one.name).cmp(&(&two.schema, &two.name)));
        found
    }

    /// The privileges granted on a parent or child, or on its schema.
    pub fn grants<'a>(&'a self, context: &'a Context, oid: Oid) -> &'a [Grant] {
        self.grants.get(&oid).map_or_else(|| context.grants(oid), Vec::as_slice)
    }
}

fn once<T>(cell: &OnceCell<T>, read: impl FnOnce() -> Result<T, Error>) -> Result<&T, Error> {
    match cell.get() {
        Some(known) => Ok(known),
        None => {
            let value = read()?;
            Ok(cell.get_or_init(|| value))
        }
    }
}

fn by_oid(tables: Vec<Table>) -> HashMap<Oid, Table> {
    tables.into_iter().map(|table| (table.oid, table)).collect()
}

fn by_object(grants: Vec<Grant>) -> HashMap<Oid, Vec<Grant>> {
    let mut found: HashMap<Oid, Vec<Grant>> = HashMap::new();
    for grant in grants {
        found.entry(grant.object).or_default().push(grant);
    }
    found
}
