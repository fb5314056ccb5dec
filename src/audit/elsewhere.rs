//! What policies lead to outside of the audited tables: relations, their policies and grants. Read
//! when a rule first asks.

use std::cell::{OnceCell, RefCell};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use pgrx::pg_sys::Oid;

use super::context::{Context, ParsedPolicy};
use super::reads::{Opaque, words_of};
use crate::catalog::{self, Grant, Kind, Table};
use crate::error::Error;
use crate::expr;
use crate::expr::used::Used;

/// Read at most once.
pub type Lazy = OnceCell<Elsewhere>;

/// Relations that are not audited and that policies, functions and views read.
#[derive(Default)]
pub struct Elsewhere {
    tables: HashMap<Oid, Table>,
    policies: HashMap<Oid, Vec<ParsedPolicy>>,
    grants: HashMap<Oid, Vec<Grant>>,
    /// Every relation, also those that are audited, by name in lower case.
    by_name: HashMap<String, Vec<Oid>>,
    /// Those whose names are no single word.
    odd_names: Vec<(HashSet<String>, Oid)>,
    /// What functions may read in bodies that cannot be read, as far as it was asked.
    opaque: RefCell<HashMap<Oid, Rc<Opaque>>>,
}

/// The audited tables and what policies lead to from there.
#[derive(Clone, Copy)]
pub struct World<'a> {
    context: &'a Context,
    elsewhere: &'a Elsewhere,
}

impl Context {
    /// The audited tables and what policies lead to from there.
    pub fn world(&self) -> Result<World<'_>, Error> {
        let elsewhere = match self.on_demand.elsewhere.get() {
            Some(known) => known,
            None => {
                let read = Elsewhere::read(self)?;
                self.on_demand.elsewhere.get_or_init(|| read)
            }
        };
        Ok(World { context: self, elsewhere })
    }
}

impl Elsewhere {
    fn read(context: &Context) -> Result<Self, Error> {
        let mut found = Self::default();
        let audited: HashSet<Oid> = context.tables.iter().map(|table| table.oid).collect();
        let mut open: HashSet<Oid> = context.read_relations()?;
        let mut seen = audited.clone();
        loop {
            open.retain(|oid| seen.insert(*oid));
            if open.is_empty() {
                break;
            }
            let oids = Vec::from_iter(std::mem::take(&mut open));
            for table in catalog::table::by_oids(&oids)? {
                found.tables.insert(table.oid, table);
            }
            for grant in catalog::grant::on_tables(&oids)? {
                found.grants.entry(grant.object).or_default().push(grant);
            }
            let mut used = Used::default();
            for policy in catalog::policy::of_tables(&oids)? {
                let using = policy.using.as_deref().map(expr::expression).transpose()?;
                let check = policy.check.as_deref().map(expr::expression).transpose()?;
                using.iter().chain(&check).for_each(|clause| used.by(clause));
                let parsed = ParsedPolicy { index: usize::MAX, policy, using, check };
                found.policies.entry(parsed.policy.table).or_default().push(parsed);
            }
            open = used.relations;
        }
        for table in context.tables.iter().chain(found.tables.values()) {
            // The server's own tables hold no policies of people.
            if table.schema != "pg_catalog" {
                let words = words_of(&table.name);
                if words.len() == 1 && words.contains(&table.name.to_lowercase()) {
                    found.by_name.entry(table.name.to_lowercase()).or_default().push(table.oid);
                } else {
                    found.odd_names.push((words, table.oid));
                }
            }
        }
        Ok(found)
    }
}

impl<'a> World<'a> {
    /// A relation; nothing once it is dropped.
    pub fn relation(&self, oid: Oid) -> Option<&'a Table> {
        self.context.relation(oid).or_else(|| self.elsewhere.tables.get(&oid))
    }

    /// The policies of a relation, by name.
    pub fn policies_of(&self, oid: Oid) -> Vec<&'a ParsedPolicy> {
        match self.elsewhere.policies.get(&oid) {
            Some(policies) => policies.iter().collect(),
            None => self.context.policies_of(oid).collect(),
        }
    }

    /// Every policy.
    pub fn policies(&self) -> impl Iterator<Item = &'a ParsedPolicy> {
        self.context.policies.iter().chain(self.elsewhere.policies.values().flatten())
    }

    /// The privileges granted on a relation.
    pub fn grants(&self, oid: Oid) -> &'a [Grant] {
        self.elsewhere.grants.get(&oid).map_or_else(|| self.context.grants(oid), Vec::as_slice)
    }

    /// Every relation, in no particular order.
    pub fn relations(&self) -> impl Iterator<Item = &'a Table> {
        self.context.tables.iter().chain(self.elsewhere.tables.values())
    }

    /// What a function, and all that it calls, may read in bodies that cannot be read.
    pub fn opaque(&self, function: Oid) -> Rc<Opaque> {
        let mut known = self.elsewhere.opaque.borrow_mut();
        let read = || Rc::new(self.context.opaque(function));
        Rc::clone(known.entry(function).or_insert_with(read))
    }

    /// The relations that may be read where only that much is known.
    pub fn named(&self, opaque: &Opaque) -> Vec<&'a Table> {
        let mut found: Vec<&Table> = match opaque {
            Opaque::Nothing => Vec::new(),
            Opaque::Anything => {
                self.relations().filter(|table| table.schema != "pg_catalog").collect()
            }
            Opaque::Words(words) => words
                .iter()
                .filter_map(|word| self.elsewhere.by_name.get(word))
                .flatten()
                .chain(
                    self.elsewhere
                        .odd_names
                        .iter()
                        .filter(|(name, _)| name.is_subset(words))
                        .map(|(_, oid)| oid),
                )
                .filter_map(|oid| self.relation(*oid))
                .collect(),
        };
        found.sort_by_key(|table| table.oid.to_u32());
        found
    }

    /// What is read in place of a relation, and as whom; nobody stands for whoever runs the query.
    /// For a view those below it and those that its functions read, for any other relation the
    /// relation itself.
    pub fn behind(&self, oid: Oid, reader: Option<Oid>) -> Result<Vec<Behind>, Error> {
        let mut found = Vec::new();
        let mut seen = HashSet::new();
        let mut open = vec![Behind { relation: oid, reader, function: None }];
        while let Some(at) = open.pop() {
            if !seen.insert(at) {
                continue;
            }
            let Some(table) = self.relation(at.relation) else { continue };
            if table.kind != Kind::View {
                found.push(at);
                continue;
            }
            let views = self.context.views()?;
            let below = (!views.is_invoker(at.relation)).then_some(table.owner);
            open.extend(views.below(at.relation).map(|relation| Behind {
                relation,
                reader: below,
                ..at
            }));
            // Whoever runs the query calls them, whosever the view is.
            for function in views.calls(at.relation) {
                let reach = self.context.reads_relations(function);
                open.extend(reach.relations.into_iter().map(|reached| Behind {
                    relation: reached.relation,
                    reader: reached.as_owner,
                    function: Some(function),
                }));
            }
        }
        Ok(found)
    }
}

/// A relation that is read in place of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Behind {
    /// The relation.
    pub relation: Oid,
    /// Who reads it; nobody stands for whoever runs the query.
    pub reader: Option<Oid>,
    /// The function of a view by whose query it is read.
    pub function: Option<Oid>,
}

impl Context {
    /// Every relation that a policy, a function or a view reads.
    fn read_relations(&self) -> Result<HashSet<Oid>, Error> {
        let mut used = Used::default();
        for policy in &self.policies {
            policy.using.iter().chain(&policy.check).for_each(|clause| used.by(clause));
        }
        let mut found = used.relations;
        for function in self.routines.all() {
            found.extend(self.routines.uses(function.oid).iter().flat_map(|uses| &uses.relations));
        }
        let views = self.views()?;
        found.extend(views.all().flat_map(|view| views.below(view).chain([view])));
        Ok(found)
    }
}
