//! Doors: what a view, a materialized view or a function reaches, and with whose rights.

use std::collections::{BTreeMap, HashMap, HashSet};

use pgrx::pg_sys::Oid;

use super::context::Context;
use super::routines::Reach;
use super::views::Views;
use crate::catalog::{self, Kind, Schema, Table};
use crate::error::Error;

/// What there is behind the doors of some schemas.
pub struct Doors {
    context: Context,
    views: Views,
    /// Relations that functions reach and nothing else names.
    others: HashMap<Oid, Table>,
}

/// Where a door leads.
#[derive(Debug, Default)]
pub struct Behind {
    /// The tables that are reached, by name and by whom.
    pub reached: BTreeMap<(String, Option<String>), RowSecurity>,
    /// Part of its code cannot be read: it may reach more.
    pub unread: bool,
}

/// What row security does to whoever comes through a door.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowSecurity {
    /// It is off.
    Off,
    /// The policies decide.
    Applies,
    /// The policies are not asked.
    Bypassed,
}

impl RowSecurity {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Applies => "applies",
            Self::Bypassed => "bypassed",
        }
    }
}

/// Somebody on the way; nobody is whoever opened the door.
type Who = Option<Oid>;

impl Doors {
    /// Reads what there is to know of the doors of these schemas; `functions` are those that will be
    /// asked for.
    pub fn read(schemas: &[Schema], functions: &[Oid]) -> Result<Self, Error> {
        let context = Context::read(schemas)?;
        let views = Views::read(&context)?;
        let mut read = Self { context, views, others: HashMap::new() };
        let called = read.views.all().flat_map(|view| read.views.calls(view));
        let unknown: HashSet<Oid> = called
            .chain(functions.iter().copied())
            .flat_map(|function| read.context.reads_relations(function).relations)
            .map(|reached| reached.relation)
            .filter(|oid| read.relation(*oid).is_none())
            .collect();
        let others = catalog::table::by_oids(&Vec::from_iter(unknown))?;
        read.others = others.into_iter().map(|table| (table.oid, table)).collect();
        Ok(read)
    }

    /// What is behind a view or a materialized view.
    pub fn behind_view(&self, view: Oid) -> Behind {
        self.follow(vec![(view, None, None)], false)
    }

    /// What is behind a function.
    pub fn behind_function(&self, function: Oid) -> Behind {
        let reach = self.context.reads_relations(function);
        let start = self.reached(&reach, None);
        self.follow(start, reach.incomplete)
    }

    /// Its owner is bound by row security nowhere.
    pub fn is_exempt_everywhere(&self, role: Oid) -> bool {
        self.context.exposed.is_exempt_everywhere(role)
    }

    /// The role with whose rights a view reads; nobody where that is whoever reads the view.
    pub fn view_runs_as(&self, view: &Table) -> Option<Oid> {
        (!self.views.is_invoker(view.oid)).then_some(view.owner)
    }

    /// Its name.
    pub fn role_name(&self, role: Oid) -> String {
        self.context.role_name(role)
    }

    fn relation(&self, oid: Oid) -> Option<&Table> {
        self.views.relation(&self.context, oid).or_else(|| self.others.get(&oid))
    }

    /// What a function reaches that `user` calls: a relation, who reads it, and who is the current
    /// user there.
    fn reached(&self, reach: &Reach, user: Who) -> Vec<(Oid, Who, Who)> {
        reach
            .relations
            .iter()
            .map(|reached| {
                let who = reached.as_owner.or(user);
                (reached.relation, who, who)
            })
            .collect()
    }

    /// From relation to relation, down to tables. A view's relations are read by its owner, but the
    /// functions in it are called by the current user.
    fn follow(&self, start: Vec<(Oid, Who, Who)>, unread: bool) -> Behind {
        let mut found = Behind { unread, ..Behind::default() };
        let mut seen: HashSet<(Oid, Who, Who)> = start.iter().copied().collect();
        let mut open = start;
        while let Some((oid, reader, user)) = open.pop() {
            let Some(relation) = self.relation(oid) else {
                found.unread = true;
                continue;
            };
            if !matches!(relation.kind, Kind::View | Kind::MaterializedView) {
                self.arrive(relation, reader, &mut found);
                continue;
            }
            // What is stored was read by the owner, and the functions were called by him, too.
            let stored = relation.kind == Kind::MaterializedView;
            let user = if stored { Some(relation.owner) } else { user };
            let below = if stored { user } else { self.view_runs_as(relation).or(reader) };
            let mut next: Vec<(Oid, Who, Who)> =
                self.views.below(oid).map(|under| (under, below, user)).collect();
            for function in self.views.calls(oid) {
                let reach = self.context.reads_relations(function);
                found.unread |= reach.incomplete;
                next.extend(self.reached(&reach, user));
            }
            open.extend(next.into_iter().filter(|one| seen.insert(*one)));
        }
        found
    }

    fn arrive(&self, table: &Table, reader: Who, found: &mut Behind) {
        let row_security = match reader {
            _ if !table.rls_enabled => RowSecurity::Off,
            Some(role) if self.context.exposed.is_exempt(role, table) => RowSecurity::Bypassed,
            _ => RowSecurity::Applies,
        };
        let reader = reader.map(|role| self.role_name(role));
        found.reached.insert((table.qualified(), reader), row_security);
    }
}
