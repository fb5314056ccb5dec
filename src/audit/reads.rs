//! What expressions read beyond their own row: relations with their columns, by sub-queries and by
//! the bodies of functions.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use pgrx::pg_sys::Oid;

use super::context::{Context, ParsedPolicy};
use crate::expr::scope::{Home, Scope};
use crate::expr::tree::{Cast, Query, Source};
use crate::expr::{ColumnRef, Expr};

/// Which bodies of SQL functions are looked into.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bodies {
    /// None: what the expression says itself.
    None,
    /// Those that run with the rights of whoever calls them.
    Invoker,
    /// All.
    All,
}

/// What an expression reads.
#[derive(Debug, Clone, Default)]
pub struct Reads {
    /// The relations that are scanned, and the columns of each that are read: 0 is the whole row.
    pub relations: BTreeMap<u32, BTreeSet<i16>>,
    /// The functions that are called, by operators of users too, those whose body is looked into
    /// among them.
    pub functions: BTreeSet<u32>,
    /// It holds a sub-query.
    pub sub_query: bool,
}

impl Reads {
    /// The relations.
    pub fn relations(&self) -> impl Iterator<Item = Oid> + '_ {
        self.relations.keys().map(|oid| Oid::from_u32(*oid))
    }

    /// The functions.
    pub fn functions(&self) -> impl Iterator<Item = Oid> + '_ {
        self.functions.iter().map(|oid| Oid::from_u32(*oid))
    }
}

impl Context {
    /// What an expression over `relation` reads.
    pub fn reads(&self, relation: Oid, expr: &Expr, bodies: Bodies) -> Reads {
        let mut search = Search { context: self, bodies, found: Reads::default() };
        search.expr(expr, &Scope::new(relation));
        search.found
    }

    /// What both clauses of a policy read.
    pub fn policy_reads(&self, policy: &ParsedPolicy, bodies: Bodies) -> Reads {
        let mut search = Search { context: self, bodies, found: Reads::default() };
        for clause in policy.using.iter().chain(&policy.check) {
            search.expr(clause, &Scope::new(policy.policy.table));
        }
        search.found
    }
}

struct Search<'a> {
    context: &'a Context,
    bodies: Bodies,
    found: Reads,
}

impl Search<'_> {
    fn expr(&mut self, expr: &Expr, scope: &Scope<'_>) {
        match expr {
            Expr::Column(column) => self.column(*column, scope),
            Expr::Function { function, .. }
            | Expr::Cast { how: Cast::Array(Some(function)), .. } => {
                self.found.functions.insert(function.to_u32());
            }
            Expr::Inlined { function, arguments, .. } => {
                self.found.functions.insert(function.to_u32());
                let definer =
                    self.context.function(*function).is_none_or(|known| known.security_definer);
                let skipped = match self.bodies {
                    Bodies::None => true,
                    Bodies::Invoker => definer,
                    Bodies::All => false,
                };
                if skipped {
                    arguments.iter().for_each(|argument| self.expr(argument, scope));
                    return;
                }
            }
            Expr::Operator { operator, .. }
            | Expr::Distinct { operator, .. }
            | Expr::NullIf { operator, .. }
            | Expr::OverArray { operator, .. } => {
                if operator.to_u32() >= FIRST_USER_OID
                    && let Some(known) = self.context.operator(*operator)
                {
                    self.found.functions.insert(known.function.to_u32());
                }
            }
            Expr::SubLink { query, .. } => {
                self.found.sub_query = true;
                self.query(query, scope);
            }
            _ => {}
        }
        expr.each_part(&mut |part| self.expr(part, scope));
    }

    fn column(&mut self, column: ColumnRef, scope: &Scope<'_>) {
        if let Home::Relation { oid, depth, attribute, .. } = scope.home(column)
            && depth > 0
        {
            self.found.relations.entry(oid.to_u32()).or_default().insert(attribute);
        }
    }

    fn query(&mut self, query: &Query, outer: &Scope<'_>) {
        let scope = outer.inside(query);
        for (_, inner) in &query.with {
            self.query(inner, &scope);
        }
        for source in &query.sources {
            match source {
                Source::Relation { oid, .. } => {
                    self.found.relations.entry(oid.to_u32()).or_default();
                }
                Source::Query(inner) => self.query(inner, &scope),
                _ => {}
            }
        }
        query.each_own(&mut |part| self.expr(part, &scope));
    }
}

/// What a function may read although its body cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opaque {
    /// Nothing of people's: it is read in full, or belongs to the server or an extension.
    Nothing,
    /// No more than the relations whose names occur in bodies: words in lower case.
    Words(HashSet<String>),
    /// Anything.
    Anything,
}

impl Context {
    /// What the function, and all that it calls, may read in bodies that cannot be read.
    pub fn opaque(&self, function: Oid) -> Opaque {
        let mut words: Option<HashSet<String>> = None;
        let mut seen = HashSet::new();
        let mut open = vec![function];
        while let Some(oid) = open.pop() {
            if !seen.insert(oid) {
                continue;
            }
            let Some(known) = self.function(oid) else { return Opaque::Anything };
            if oid.to_u32() < FIRST_USER_OID || known.ours || known.of_extension {
                continue;
            }
            let uses = self.routines.uses(oid);
            if uses.is_some_and(|uses| !uses.incomplete) {
                open.extend(uses.iter().flat_map(|uses| &uses.functions));
                continue;
            }
            if !matches!(known.language.as_str(), "sql" | "plpgsql") || known.body.is_some() {
                return Opaque::Anything;
            }
            let found: HashSet<String> = words_of(&known.source);
            // Text that is made to be run may name anything.
            if found.contains("execute") {
                return Opaque::Anything;
            }
            words.get_or_insert_default().extend(found);
            open.extend(uses.iter().flat_map(|uses| &uses.functions));
        }
        words.map_or(Opaque::Nothing, Opaque::Words)
    }
}

/// Ids from here on are users'; those below are the server's own.
const FIRST_USER_OID: u32 = 16384;

/// The words of a text in lower case: what names are made of.
pub fn words_of(text: &str) -> HashSet<String> {
    text.split(|letter: char| !(letter.is_alphanumeric() || letter == '_' || letter == '$'))
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}
