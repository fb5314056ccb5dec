//! The views of the database: what each reads, with whose rights, and who comes to it.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use pgrx::pg_sys::Oid;

use super::context::Context;
use super::exposed::Identity;
use super::on_demand::Family;
use crate::catalog::view::Writable;
use crate::catalog::{self, Event, Grant, Kind, Privilege, Rewrite, Table, View};
use crate::error::Error;
use crate::expr;
use crate::expr::uses::Uses;

/// Views and materialized views, and the relations that they read.
pub struct Views {
    views: HashMap<Oid, Entry>,
    others: HashMap<Oid, Table>,
    grants: HashMap<Oid, Vec<Grant>>,
    /// What may be written to the views that somebody exposed may write to and not read.
    writable: HashMap<Oid, Writable>,
}

/// A view.
struct Entry {
    view: View,
    /// What its query reads.
    reads: HashSet<Oid>,
    /// The functions that its query calls.
    calls: HashSet<Oid>,
    /// What its rules for writing touch, by what they wait for, and whether they replace the
    /// statement.
    rules: Vec<(Event, bool, HashSet<Oid>)>,
}

/// How an exposed role comes to a view.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reach {
    /// It may read the view, or write to it, by its own rights.
    pub itself: BTreeMap<Privilege, BTreeSet<i16>>,
    /// The views above, read with the caller's rights, by which it comes here although it cannot
    /// name the view.
    pub through: BTreeSet<String>,
}

/// What a materialized view is built over.
#[derive(Debug, Default)]
pub struct Foundation {
    /// Tables with row security.
    pub tables: BTreeSet<String>,
    /// Relations that are read by functions and by no view.
    pub unknown: HashSet<Oid>,
    /// Functions whose bodies cannot be read in full.
    pub opaque: HashSet<Oid>,
}

/// Ids from here on are users'; those below are the server's own.
const FIRST_USER_OID: u32 = 16384;

impl Views {
    /// Reads those of every schema but the server's own.
    pub fn read(context: &Context) -> Result<Self, Error> {
        let mut views: HashMap<Oid, Entry> = catalog::view::of_users()?
            .into_iter()
            .map(|view| {
                let (reads, calls) = (HashSet::new(), HashSet::new());
                (view.oid, Entry { view, reads, calls, rules: Vec::new() })
            })
            .collect();
        let oids: Vec<Oid> = views.keys().copied().collect();
        for rule in catalog::rewrite::of_relations(&oids)? {
            let Some(entry) = views.get_mut(&rule.relation) else { continue };
            pgrx::check_for_interrupts!();
            let (touched, calls) = touched(&rule)?;
            if rule.event == Event::Select {
                entry.reads = touched;
                entry.calls = calls;
            } else if rule.enabled {
                entry.rules.push((rule.event, rule.instead, touched));
            }
        }
        let mut known: HashSet<Oid> = views.keys().copied().collect();
        for entry in views.values() {
            known.extend(&entry.reads);
            known.extend(entry.rules.iter().flat_map(|(.., touched)| touched));
        }
        let all: Vec<Oid> = known.into_iter().collect();
        let others: Vec<Oid> =
            all.iter().filter(|oid| context.relation(**oid).is_none()).copied().collect();
        let others = catalog::table::by_oids(&others)?;
        let schemas: HashSet<Oid> = all
            .iter()
            .filter_map(|oid| context.relation(*oid))
            .chain(&others)
            .map(|table| table.schema_oid)
            .collect();
        let mut grants: HashMap<Oid, Vec<Grant>> = HashMap::new();
        let on_schemas = catalog::grant::on_schemas(&Vec::from_iter(schemas))?;
        for grant in catalog::grant::on_tables(&all)?.into_iter().chain(on_schemas) {
            grants.entry(grant.object).or_default().push(grant);
        }
        let others = others.into_iter().map(|table| (table.oid, table)).collect();
        let mut read = Self { views, others, grants, writable: HashMap::new() };
        read.writable = catalog::view::writable(&read.only_written(context))?;
        Ok(read)
    }

    /// The views that some exposed role may write to and not read.
    fn only_written(&self, context: &Context) -> Vec<Oid> {
        let only_written = |view: &Oid| {
            context.exposed.identities.iter().any(|identity| {
                let held = identity.privileges(self.grants(*view));
                !held.contains_key(&Privilege::Select) && held.keys().copied().any(is_access)
            })
        };
        let is_view =
            |oid: &Oid| self.relation(context, *oid).is_some_and(|table| table.kind == Kind::View);
        self.views.keys().copied().filter(is_view).filter(only_written).collect()
    }

    /// The audited relations of a kind, not of extensions, by schema and name.
    pub fn audited<'a>(&'a self, context: &'a Context, kind: Kind) -> Vec<&'a Table> {
        let schemas: HashSet<Oid> = context.schemas.iter().map(|schema| schema.oid).collect();
        let mut found: Vec<&Table> = self
            .views
            .keys()
            .filter_map(|oid| self.relation(context, *oid))
            .filter(|table| table.kind == kind && !table.of_extension)
            .filter(|table| schemas.contains(&table.schema_oid))
            .collect();
        found.sort_by(|one, two| (&one.schema, &one.name).cmp(&(&two.schema, &two.name)));
        found
    }

    /// A view or a relation below one.
    pub fn relation<'a>(&'a self, context: &'a Context, oid: Oid) -> Option<&'a Table> {
        context.relation(oid).or_else(|| self.others.get(&oid))
    }

    /// The privileges granted on a view or a relation below one, or on its schema.
    pub fn grants(&self, object: Oid) -> &[Grant] {
        self.grants.get(&object).map_or(&[], Vec::as_slice)
    }

    /// Every view and materialized view.
    pub fn all(&self) -> impl Iterator<Item = Oid> + '_ {
        self.views.keys().copied()
    }

    /// The relations that a view's query reads.
    pub fn below(&self, view: Oid) -> impl Iterator<Item = Oid> + '_ {
        self.views.get(&view).into_iter().flat_map(|entry| &entry.reads).copied()
    }

    /// The functions of users that a view's query calls.
    pub fn calls(&self, view: Oid) -> impl Iterator<Item = Oid> + '_ {
        let calls = self.views.get(&view).into_iter().flat_map(|entry| &entry.calls).copied();
        calls.filter(|function| function.to_u32() >= FIRST_USER_OID)
    }

    /// Whether what is below the view is read with the caller's rights.
    pub fn is_invoker(&self, view: Oid) -> bool {
        self.views.get(&view).is_some_and(|entry| entry.view.security_invoker)
    }

    /// How an exposed role comes to each view: by name, or through views that are read with its own
    /// rights.
    pub fn reached(&self, context: &Context, identity: &Identity) -> HashMap<Oid, Reach> {
        let mut found: HashMap<Oid, Reach> = HashMap::new();
        let mut open: Vec<Oid> = Vec::new();
        for oid in self.views.keys() {
            let Some(table) = self.relation(context, *oid) else { continue };
            let held = identity.reaches(self.grants(table.schema_oid), self.grants(*oid));
            if held.keys().copied().any(is_access) {
                found.insert(*oid, Reach { itself: held, through: BTreeSet::new() });
                open.push(*oid);
            }
        }
        while let Some(above) = open.pop() {
            let Some(entry) = self.views.get(&above) else { continue };
            let name = self.relation(context, above).map_or(String::new(), Table::qualified);
            if !entry.view.security_invoker {
                continue;
            }
            for below in entry.reads.iter().filter(|oid| self.views.contains_key(oid)) {
                let held = identity.privileges(self.grants(*below));
                if !held.keys().copied().any(is_access) {
                    continue;
                }
                let reach = found.entry(*below).or_insert_with(|| {
                    open.push(*below);
                    Reach { itself: held, through: BTreeSet::new() }
                });
                reach.through.insert(name.clone());
            }
        }
        found
    }

    /// The tables whose rows come to a caller of the view, by the caller's privileges on it,
    /// although their policies would not let them: the view's owner, or that of a view below, is
    /// exempt there, or a partition or child is read by its own name, without row security.
    pub fn leaks<'a>(
        &'a self,
        context: &'a Context,
        family: &Family,
        view: Oid,
        held: &BTreeMap<Privilege, BTreeSet<i16>>,
    ) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        let Some(entry) = self.views.get(&view) else { return found };
        let Some(owner) = self.relation(context, view).map(|table| table.owner) else {
            return found;
        };
        let mut sets: Vec<&HashSet<Oid>> = Vec::new();
        let writable = self.writable.get(&view).copied().unwrap_or_default();
        let events = [
            (Event::Insert, Privilege::Insert, writable.insert),
            (Event::Update, Privilege::Update, writable.update),
            (Event::Delete, Privilege::Delete, writable.delete),
        ];
        let mut reads = held.contains_key(&Privilege::Select);
        for (event, privilege, works) in events {
            if !held.contains_key(&privilege) {
                continue;
            }
            let rules = || entry.rules.iter().filter(|(waits, ..)| *waits == event);
            sets.extend(rules().map(|(.., touched)| touched));
            let replaced = rules().any(|(_, instead, _)| *instead);
            // What is updated or deleted is read first, a rule or not.
            reads |= works && (!replaced || event != Event::Insert);
        }
        if reads && !entry.view.security_invoker {
            sets.push(&entry.reads);
        }
        for set in sets {
            self.leaked((context, family), owner, set, &mut HashSet::from([view]), &mut found);
        }
        found
    }

    fn leaked(
        &self,
        (context, family): (&Context, &Family),
        owner: Oid,
        read: &HashSet<Oid>,
        seen: &mut HashSet<Oid>,
        found: &mut BTreeSet<String>,
    ) {
        for oid in read {
            let Some(table) = self.relation(context, *oid) else { continue };
            // Without a privilege the view does not work, for nobody.
            if !may_use(context, owner, self.grants(*oid)) {
                continue;
            }
            if table.rls_enabled {
                if context.exposed.is_exempt(owner, table) {
                    found.insert(table.qualified());
                }
            } else if let Some(entry) = self.views.get(oid)
                && table.kind == Kind::View
                && !entry.view.security_invoker
                && seen.insert(*oid)
            {
                self.leaked((context, family), table.owner, &entry.reads, seen, found);
            } else {
                let parents = family.ancestors(context, *oid);
                found.extend(parents.filter(|one| one.rls_enabled).map(Table::qualified));
            }
        }
    }

    /// The tables whose row security does not bind whoever reads a relation as `reader`: itself, or
    /// those below it where it is a view.
    pub fn exempt_below(&self, context: &Context, relation: Oid, reader: Oid) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        let mut seen = HashSet::from([(relation, reader)]);
        let mut open = vec![(relation, reader)];
        while let Some((at, reader)) = open.pop() {
            let Some(table) = self.relation(context, at) else { continue };
            if table.rls_enabled && context.exposed.is_exempt(reader, table) {
                found.insert(table.qualified());
            }
            if let Some(entry) = self.views.get(&at)
                && table.kind == Kind::View
            {
                let reader = if entry.view.security_invoker { reader } else { table.owner };
                let below = entry.reads.iter().map(|below| (*below, reader));
                open.extend(below.filter(|next| seen.insert(*next)));
            }
        }
        found
    }

    /// What a materialized view is built over, through views and the functions that they call.
    pub fn built_over(&self, context: &Context, view: Oid) -> Foundation {
        let mut found = Foundation::default();
        let mut seen = HashSet::from([view]);
        let mut open = vec![view];
        while let Some(at) = open.pop() {
            let Some(entry) = self.views.get(&at) else { continue };
            let mut read = entry.reads.clone();
            for function in entry.calls.iter().filter(|oid| oid.to_u32() >= FIRST_USER_OID) {
                let reach = context.reads_relations(*function);
                read.extend(reach.relations.iter().map(|reached| reached.relation));
                if reach.incomplete {
                    found.opaque.insert(*function);
                }
            }
            for oid in read {
                match self.relation(context, oid) {
                    Some(table) if table.rls_enabled => {
                        found.tables.insert(table.qualified());
                    }
                    Some(_) if self.views.contains_key(&oid) && seen.insert(oid) => open.push(oid),
                    Some(_) => {}
                    None => {
                        found.unknown.insert(oid);
                    }
                }
            }
        }
        found
    }

    /// The materialized views that an exposed role reads through views, each with those views: their
    /// owners' rights, or its own, suffice.
    pub fn read_through(
        &self,
        context: &Context,
        identity: &Identity,
    ) -> HashMap<Oid, BTreeSet<String>> {
        let mut found: HashMap<Oid, BTreeSet<String>> = HashMap::new();
        for (view, reach) in self.reached(context, identity) {
            let Some(table) = self.relation(context, view) else { continue };
            if table.kind != Kind::View || !reach.itself.contains_key(&Privilege::Select) {
                continue;
            }
            let reader = (!self.is_invoker(view)).then_some(table.owner);
            let mut seen = HashSet::from([(view, reader)]);
            let mut open = vec![(view, reader)];
            while let Some((at, reader)) = open.pop() {
                let Some(entry) = self.views.get(&at) else { continue };
                for oid in &entry.reads {
                    let Some(below) = self.relation(context, *oid) else { continue };
                    if !self.may_select(context, identity, reader, *oid) {
                        continue;
                    }
                    let next = (*oid, (!self.is_invoker(*oid)).then_some(below.owner));
                    if below.kind == Kind::MaterializedView {
                        found.entry(*oid).or_default().insert(table.qualified());
                    } else if below.kind == Kind::View && seen.insert(next) {
                        open.push(next);
                    }
                }
            }
        }
        found
    }

    /// `reader`, or where that is nobody the caller, may read a relation.
    fn may_select(
        &self,
        context: &Context,
        identity: &Identity,
        reader: Option<Oid>,
        relation: Oid,
    ) -> bool {
        let grants = self.grants(relation);
        match reader {
            Some(role) => context.holds(role, grants, Privilege::Select),
            None => identity.privileges(grants).contains_key(&Privilege::Select),
        }
    }
}

/// The privileges by which rows are read and written.
const ACCESS: [Privilege; 4] =
    [Privilege::Select, Privilege::Insert, Privilege::Update, Privilege::Delete];

fn is_access(privilege: Privilege) -> bool {
    ACCESS.contains(&privilege)
}

fn may_use(context: &Context, role: Oid, grants: &[Grant]) -> bool {
    ACCESS.iter().any(|privilege| context.holds(role, grants, *privilege))
}

/// The relations that a rule reads or writes, and the functions that it calls. Where the tree holds
/// what is not understood, and for writing rules, whose every clause is not looked into, the
/// relations are those that the server knows of, too.
fn touched(rule: &Rewrite) -> Result<(HashSet<Oid>, HashSet<Oid>), Error> {
    let mut uses = Uses::default();
    expr::queries(&rule.action)?.iter().for_each(|query| uses.note_query(query));
    let mut relations = uses.relations;
    if uses.incomplete || rule.event != Event::Select {
        relations.extend(&rule.depends);
    }
    relations.remove(&rule.relation);
    Ok((relations, uses.functions))
}
