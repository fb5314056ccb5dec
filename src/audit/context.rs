//! All that the rules look at, read in bulk before the first one runs.

use std::collections::{HashMap, HashSet};

use pgrx::pg_sys::Oid;

use super::exposed::Exposed;
use super::on_demand::OnDemand;
use super::routines::{Reach, Routines};
use crate::catalog::{
    self, Collation, Command, Function, Grant, Operator, OperatorFamilies, Policy, Schema, Table,
};
use crate::error::Error;
use crate::expr::index::Candidate;
use crate::expr::index::facts::IndexFacts;
use crate::expr::used::Used;
use crate::expr::{self, Expr};
use crate::quote;

/// A policy with its clauses read.
#[derive(Debug)]
pub struct ParsedPolicy {
    /// Its place in [`Context::policies`].
    pub index: usize,
    /// As stored, but for the texts of its clauses: `catalog::policy::trees` reads them again where a
    /// rule needs them.
    pub policy: Policy,
    /// USING.
    pub using: Option<Expr>,
    /// WITH CHECK.
    pub check: Option<Expr>,
}

impl ParsedPolicy {
    /// What a new row must pass: WITH CHECK, or USING where it is absent and the command has both.
    pub fn effective_check(&self) -> Option<&Expr> {
        match self.policy.command {
            Command::All | Command::Update => self.check.as_ref().or(self.using.as_ref()),
            Command::Insert => self.check.as_ref(),
            Command::Select | Command::Delete => None,
        }
    }
}

/// The policies of so many tables, or so many policies, are held as text at a time.
pub const AT_ONCE: usize = 1000;

/// Reads the policies of some tables, and appends them in order of table and name.
fn read_policies(
    some: &[Oid],
    tables: &[Table],
    policies: &mut Vec<ParsedPolicy>,
) -> Result<(), Error> {
    for mut policy in catalog::policy::of_tables(some)? {
        pgrx::check_for_interrupts!();
        let read = |clause: Option<&str>| {
            clause.map(expr::expression).transpose().map_err(|error| {
                error.held_by(|| {
                    let table = tables.iter().find(|table| table.oid == policy.table);
                    let table = table.map(Table::qualified).unwrap_or_default();
                    format!("policy {} on {table}", quote::ident(&policy.name))
                })
            })
        };
        let (using, check) = (read(policy.using.as_deref())?, read(policy.check.as_deref())?);
        (policy.using, policy.check) = (None, None);
        policies.push(ParsedPolicy { index: policies.len(), using, check, policy });
    }
    Ok(())
}

/// What the rules look at.
pub struct Context {
    /// The schemas that are audited.
    pub schemas: Vec<Schema>,
    /// The tables that are audited: ordinary and partitioned, not of extensions; by schema and name.
    pub tables: Vec<Table>,
    /// Their policies, by table and name.
    pub policies: Vec<ParsedPolicy>,
    /// Who is exposed.
    pub exposed: Exposed,
    /// Names of roles.
    pub roles: HashMap<Oid, String>,
    /// Operator families and classes.
    pub families: OperatorFamilies,
    /// Collations of columns and comparisons.
    pub collations: HashMap<Oid, Collation>,
    pub(super) operators: HashMap<Oid, Operator>,
    pub(super) routines: Routines,
    inline: HashSet<Oid>,
    pub(super) candidates: HashMap<Oid, Vec<Candidate>>,
    pub(super) on_demand: OnDemand,
    relations: HashMap<Oid, Table>,
    grants: HashMap<Oid, Vec<Grant>>,
}

impl Context {
    /// Reads what there is to know of the tables of these schemas.
    pub fn read(schemas: &[Schema]) -> Result<Self, Error> {
        let schema_oids: Vec<Oid> = schemas.iter().map(|schema| schema.oid).collect();
        let mut tables = catalog::table::in_schemas(&schema_oids)?;
        tables.retain(|table| !table.of_extension);
        tables.sort_by(|one, two| (&one.schema, &one.name).cmp(&(&two.schema, &two.name)));
        let table_oids: Vec<Oid> = tables.iter().map(|table| table.oid).collect();

        let mut policies = Vec::new();
        let mut by_oid = table_oids.clone();
        by_oid.sort_by_key(|table| table.to_u32());
        // In parts: as text the trees of all policies of a large catalog would not fit.
        for part in by_oid.chunks(AT_ONCE) {
            read_policies(part, &tables, &mut policies)?;
        }
        let families = OperatorFamilies::read()?;
        let stored = used_by(&policies);
        // Those whose functions were read stand in no condition any more.
        let mut named = stored.operators.clone();
        let mut routines = Routines::read(&schema_oids, stored, &families)?;
        for policy in &mut policies {
            pgrx::check_for_interrupts!();
            for clause in [&mut policy.using, &mut policy.check].into_iter().flatten() {
                *clause = routines.inlined(clause);
            }
        }
        let used = used_by(&policies);

        let mut relations: HashMap<Oid, Table> =
            tables.iter().map(|table| (table.oid, table.clone())).collect();
        let others: Vec<Oid> =
            used.relations.iter().filter(|oid| !relations.contains_key(oid)).copied().collect();
        for table in catalog::table::by_oids(&others)? {
            relations.insert(table.oid, table);
        }

        let mut scanned: HashSet<Oid> = used.relations;
        scanned.extend(policies.iter().map(|policy| policy.policy.table));
        let mut candidates: HashMap<Oid, Vec<Candidate>> = HashMap::new();
        let mut of_predicates = Used::default();
        named.extend(&used.operators);
        for index in catalog::index::of_tables(&Vec::from_iter(scanned))? {
            if index.usable {
                let candidate = Candidate::read(&index)?;
                candidate.predicate.iter().for_each(|part| of_predicates.by(part));
                candidates.entry(index.table).or_default().push(candidate);
            }
        }

        let mut collations = used.collations;
        for table in relations.values() {
            collations.extend(table.columns.iter().map(|column| column.collation));
        }
        let all_roles = catalog::role::all()?;
        let owners = tables.iter().map(|table| table.owner).collect();
        let exposed = Exposed::read(&all_roles, &catalog::role::memberships()?, &owners)?;
        let mut grants: HashMap<Oid, Vec<Grant>> = HashMap::new();
        let on_tables = catalog::grant::on_tables(&table_oids)?;
        for grant in on_tables.into_iter().chain(catalog::grant::on_schemas(&schema_oids)?) {
            grants.entry(grant.object).or_default().push(grant);
        }

        let function_oids: Vec<Oid> = routines.all().map(|function| function.oid).collect();
        for grant in catalog::grant::on_functions(&function_oids)? {
            grants.entry(grant.object).or_default().push(grant);
        }

        let operators: HashMap<Oid, Operator> =
            catalog::operator::by_oids(&Vec::from_iter(&named | &of_predicates.operators))?
                .into_iter()
                .map(|operator| (operator.oid, operator))
                .collect();
        Ok(Self {
            schemas: schemas.to_vec(),
            exposed,
            roles: all_roles.into_iter().map(|role| (role.oid, role.name)).collect(),
            families,
            collations: catalog::collation::by_oids(&Vec::from_iter(collations))?
                .into_iter()
                .map(|collation| (collation.oid, collation))
                .collect(),
            inline: routines.planned_inline(&operators),
            operators,
            routines,
            tables,
            policies,
            candidates,
            on_demand: OnDemand::default(),
            relations,
            grants,
        })
    }

    /// A table that is audited, or a relation that a policy reads; nothing once it is dropped.
    pub fn relation(&self, oid: Oid) -> Option<&Table> {
        self.relations.get(&oid)
    }

    /// The policies of a table.
    pub fn policies_of(&self, table: Oid) -> impl Iterator<Item = &ParsedPolicy> {
        // Read in order of their tables.
        let start =
            self.policies.partition_point(|policy| policy.policy.table.to_u32() < table.to_u32());
        self.policies[start..].iter().take_while(move |policy| policy.policy.table == table)
    }

    /// A function that a policy uses, by itself or through the bodies of others, or one of the
    /// audited schemas; nothing once it is dropped.
    pub fn function(&self, oid: Oid) -> Option<&Function> {
        self.routines.function(oid)
    }

    /// The function tells who is asking: a reader of schema auth, `current_setting`, one that reads
    /// a session's identity in its body or calls one that does, or one that the settings name.
    pub fn is_identity(&self, function: Oid) -> bool {
        self.routines.is_identity(function)
    }

    /// The node is where the identity comes from: a call of an identity function, CURRENT_USER or
    /// one of its like, or `current_setting` of a setting that a gateway makes.
    pub fn is_identity_call(&self, expr: &Expr) -> bool {
        self.routines.is_identity_call(expr)
    }

    /// The function's answer depends on the session: its identity, settings or connection.
    pub fn reads_session(&self, function: Oid) -> bool {
        self.routines.reads_session(function)
    }

    /// The relations that a function's body reaches, itself or through others, and with whose
    /// rights; says so where a body cannot be read in full.
    pub fn reads_relations(&self, function: Oid) -> Reach {
        self.routines.reads_relations(function)
    }

    /// An operator that a policy uses, or one that is its opposite or the same with sides exchanged.
    pub fn operator(&self, oid: Oid) -> Option<&Operator> {
        self.operators.get(&oid)
    }

    /// The tables whose row security is on.
    pub fn protected_tables(&self) -> impl Iterator<Item = &Table> {
        self.tables.iter().filter(|table| table.rls_enabled)
    }

    /// The privileges granted on an audited table, its schema, or a function that is read.
    pub fn grants(&self, object: Oid) -> &[Grant] {
        self.grants.get(&object).map_or(&[], Vec::as_slice)
    }

    /// What the search for indexes asks for.
    pub fn indexes(&self) -> IndexFacts<'_> {
        IndexFacts {
            candidates: &self.candidates,
            operators: &self.operators,
            families: &self.families,
            inline: &self.inline,
            functions: self.routines.functions(),
            relations: &self.relations,
        }
    }

    /// The type of an operator's left side.
    pub fn left_type(&self, operator: Oid) -> Option<Oid> {
        self.operators.get(&operator).map(|known| known.left)
    }

    /// The name of a role as policies show it.
    pub fn role_name(&self, role: Oid) -> String {
        match self.roles.get(&role) {
            _ if role == super::exposed::PUBLIC => "public".to_owned(),
            Some(name) => name.clone(),
            None => role.to_string(),
        }
    }
}

fn used_by(policies: &[ParsedPolicy]) -> Used {
    let mut used = Used::default();
    for policy in policies {
        policy.using.iter().chain(&policy.check).for_each(|clause| used.by(clause));
    }
    used
}
