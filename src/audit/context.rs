//! All that the rules look at, read in bulk before the first one runs.

use std::collections::{HashMap, HashSet};

use pgrx::pg_sys::Oid;

use super::exposed::Exposed;
use super::names;
use super::on_demand::OnDemand;
use crate::catalog::{
    self, Collation, Command, Function, Grant, Operator, OperatorFamilies, Policy, Schema, Table,
};
use crate::error::Error;
use crate::expr::index::Candidate;
use crate::expr::index::facts::IndexFacts;
use crate::expr::used::Used;
use crate::expr::{self, Expr};
use crate::settings::IDENTITY_FUNCTIONS;

/// A policy with its clauses read.
#[derive(Debug)]
pub struct ParsedPolicy {
    /// Its place in [`Context::policies`].
    pub index: usize,
    /// As stored.
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
    pub(super) functions: HashMap<Oid, Function>,
    pub(super) identity_functions: HashSet<Oid>,
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
        for policy in catalog::policy::of_tables(&table_oids)? {
            policies.push(ParsedPolicy {
                index: policies.len(),
                using: policy.using.as_deref().map(expr::expression).transpose()?,
                check: policy.check.as_deref().map(expr::expression).transpose()?,
                policy,
            });
        }
        let mut used = Used::default();
        for policy in &policies {
            policy.using.iter().chain(&policy.check).for_each(|clause| used.by(clause));
        }

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
        for index in catalog::index::of_tables(&Vec::from_iter(scanned))? {
            if index.usable {
                candidates.entry(index.table).or_default().push(Candidate::read(&index)?);
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

        let mut functions = catalog::function::in_schemas(&schema_oids)?;
        for function in &functions {
            used.functions.remove(&function.oid);
        }
        functions.extend(catalog::function::by_oids(&Vec::from_iter(used.functions))?);
        let function_oids: Vec<Oid> = functions.iter().map(|function| function.oid).collect();
        for grant in catalog::grant::on_functions(&function_oids)? {
            grants.entry(grant.object).or_default().push(grant);
        }

        Ok(Self {
            schemas: schemas.to_vec(),
            exposed,
            roles: all_roles.into_iter().map(|role| (role.oid, role.name)).collect(),
            families: OperatorFamilies::read()?,
            collations: catalog::collation::by_oids(&Vec::from_iter(collations))?
                .into_iter()
                .map(|collation| (collation.oid, collation))
                .collect(),
            operators: catalog::operator::by_oids(&Vec::from_iter(used.operators))?
                .into_iter()
                .map(|operator| (operator.oid, operator))
                .collect(),
            functions: functions.into_iter().map(|function| (function.oid, function)).collect(),
            identity_functions: identity_functions()?,
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
        self.functions.get(&oid)
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
            functions: &self.functions,
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

/// The functions that `rowguard.identity_functions` names. 42883 for one that does not exist, 22023
/// for a setting that is no list of qualified names.
fn identity_functions() -> Result<HashSet<Oid>, Error> {
    let setting = IDENTITY_FUNCTIONS.get();
    let setting = setting.as_deref().map(std::ffi::CStr::to_string_lossy).unwrap_or_default();
    let invalid = || Error::InvalidSetting {
        name: "rowguard.identity_functions",
        value: setting.clone().into_owned(),
    };
    let mut found = HashSet::new();
    for member in names::members(&setting).ok_or_else(invalid)? {
        let name = member.split('(').next().unwrap_or_default();
        let parts = names::parts(name).ok_or_else(invalid)?;
        let [schema, name] = parts.as_slice() else { return Err(invalid()) };
        let functions = if member.contains('(') {
            Vec::from_iter(catalog::function::by_signature(member)?)
        } else {
            catalog::function::by_name(schema, name)?
        };
        if functions.is_empty() {
            return Err(Error::UnknownIdentityFunction(member.to_owned()));
        }
        found.extend(functions);
    }
    Ok(found)
}
