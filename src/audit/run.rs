//! The audit as one call: what to look at, which rules, and the rows that come out.

use std::collections::HashMap;

use pgrx::pg_sys::Oid;
use serde_json::{Map, Value, json};

use super::context::{Context, ParsedPolicy};
use super::finding::{Finding, Findings};
use super::graph::Graph;
use super::not_restored;
use super::rule::{Level, Rule};
use super::rules;
use super::suppression::{self, Suppressions};
use crate::arguments::{required, texts};
use crate::catalog::policy::{self, Clauses};
use crate::catalog::{Schema, schema};
use crate::error::Error;
use crate::policy::attempt::unless_gone;
use crate::quote;

/// What is asked for.
pub struct Request {
    schemas: Vec<Schema>,
    rules: Vec<&'static Rule>,
    min_level: Level,
}

/// A finding as it is reported.
pub struct Reported {
    /// What was found.
    pub finding: Finding,
    /// Name of the policy at fault.
    pub policy: Option<String>,
    /// The same in every database and after a restore.
    pub fingerprint: String,
    /// A hash of what is accepted with it.
    pub evidence: String,
    /// Why it is accepted, where it is.
    pub suppressed_by: Option<String>,
}

/// What a page about a database begins with.
pub struct Survey {
    /// The findings, worst first.
    pub findings: Vec<Reported>,
    /// Which policy reads which table.
    pub graph: Graph,
    /// The schemas that are audited.
    pub schemas: Vec<String>,
    /// How many tables there are.
    pub tables: usize,
    /// How many of them have row security on.
    pub protected: usize,
    /// How many policies they have.
    pub policies: usize,
}

impl Reported {
    /// The finding in one line: `error rls_disabled public.notes: why`.
    pub fn in_words(&self) -> String {
        let finding = &self.finding;
        let object = finding.quoted();
        let policy = self
            .policy
            .as_ref()
            .map(|policy| format!(" policy {}", quote::ident(policy)))
            .unwrap_or_default();
        let level = finding.level.as_str();
        format!("{level} {} {object}{policy}: {}", finding.rule, finding.message)
    }
}

impl Request {
    /// From the arguments of the SQL functions. NULL lists stand for everything; 22004 for a NULL
    /// element or level, 22023 for an empty list, an unknown rule or level, 3F000 for a schema that
    /// does not exist.
    pub fn new(
        schemas: Option<Vec<Option<String>>>,
        rules: Option<Vec<Option<String>>>,
        min_level: Option<&str>,
    ) -> Result<Self, Error> {
        let min_level = Level::from_name(required(min_level, "min_level")?)?;
        let rules = match listed(rules, "rules")? {
            None => rules::ALL.to_vec(),
            Some(ids) => {
                let mut chosen: Vec<&Rule> = Vec::new();
                for id in ids {
                    let rule = rules::by_id(&id)?;
                    if !chosen.iter().any(|known| known.id == rule.id) {
                        chosen.push(rule);
                    }
                }
                chosen
            }
        };
        let schemas = match listed(schemas, "schemas")? {
            None => schema::of_users()?,
            Some(names) => {
                let found = schema::by_names(&names)?;
                for name in names {
                    if !found.iter().any(|schema| schema.name == name) {
                        return Err(Error::UnknownSchema(name));
                    }
                }
                found
            }
        };
        Ok(Self { schemas, rules, min_level })
    }

    /// Everything there is: all schemas of users, all rules, all levels.
    pub fn everything() -> Result<Self, Error> {
        Self::new(None, None, Some(Level::Info.as_str()))
    }

    /// The rules that it applies, by id.
    pub fn into_rules(mut self) -> Vec<&'static Rule> {
        self.rules.sort_by_key(|rule| rule.id);
        self.rules
    }

    /// Applies the rules. Findings in order: level, rule, schema, object, policy; names by bytes.
    pub fn run(&self) -> Result<Vec<Reported>, Error> {
        self.judge(&Context::read(&self.schemas)?)
    }

    /// Applies the rules, and says what there is besides.
    pub fn survey(&self) -> Result<Survey, Error> {
        let context = Context::read(&self.schemas)?;
        Ok(Survey {
            findings: self.judge(&context)?,
            graph: Graph::read(&context)?,
            schemas: self.schemas.iter().map(|schema| schema.name.clone()).collect(),
            tables: context.tables.len(),
            protected: context.protected_tables().count(),
            policies: context.policies.len(),
        })
    }

    fn judge(&self, context: &Context) -> Result<Vec<Reported>, Error> {
        let mut found = Vec::new();
        for rule in &self.rules {
            pgrx::check_for_interrupts!();
            let mut findings = Findings::new(rule);
            (rule.check)(context, &mut findings)?;
            found.extend(findings.into_vec());
        }
        found.extend(not_restored::findings()?);
        found.retain(|finding| finding.level <= self.min_level);

        let mut policies: Vec<Oid> = found
            .iter()
            .filter_map(|finding| policy_of(context, finding))
            .map(|policy| policy.policy.oid)
            .collect();
        policies.sort_by_key(|policy| policy.to_u32());
        policies.dedup();
        let clauses: HashMap<Oid, Clauses> =
            deparsed(&policies)?.into_iter().map(|clauses| (clauses.policy, clauses)).collect();

        let suppressions = Suppressions::read()?;
        let mut reported: Vec<Reported> = found
            .into_iter()
            .map(|finding| report(context, &clauses, &suppressions, finding))
            .collect();
        reported.sort_by(|one, two| key(one).cmp(&key(two)));
        Ok(reported)
    }
}

/// The clauses of policies as SQL, of those that still stand. Deparsing looks up by the newest state
/// of the catalogs what the policies name, and misses what another session has dropped since.
fn deparsed(policies: &[Oid]) -> Result<Vec<Clauses>, Error> {
    if let Some(all) = unless_gone(|| policy::clauses(policies))? {
        return Ok(all);
    }
    let mut found = Vec::new();
    for one in policies {
        pgrx::check_for_interrupts!();
        found.extend(unless_gone(|| policy::clauses(&[*one]))?.into_iter().flatten());
    }
    Ok(found)
}

fn listed(
    list: Option<Vec<Option<String>>>,
    argument: &'static str,
) -> Result<Option<Vec<String>>, Error> {
    let Some(list) = list else { return Ok(None) };
    let list = texts(Some(list), argument)?;
    if list.is_empty() {
        return Err(Error::EmptyList(argument));
    }
    Ok(Some(list))
}

fn policy_of<'a>(context: &'a Context, finding: &Finding) -> Option<&'a ParsedPolicy> {
    finding.policy.and_then(|at| context.policies.get(at))
}

fn key(reported: &Reported) -> impl Ord + '_ {
    let finding = &reported.finding;
    (
        finding.level,
        finding.rule,
        &finding.schema,
        &finding.object,
        &reported.policy,
        finding.applied,
        &reported.fingerprint,
    )
}

fn report(
    context: &Context,
    clauses: &HashMap<Oid, Clauses>,
    suppressions: &Suppressions,
    mut finding: Finding,
) -> Reported {
    let policy = policy_of(context, &finding);
    if let Some(policy) = policy {
        describe(context, policy, clauses.get(&policy.policy.oid), &mut finding.detail);
    }
    let comment = policy.and_then(|policy| policy.policy.comment.as_deref());
    let fingerprint = finding.fingerprint(context);
    let evidence = suppression::evidence(&finding);
    let suppressed_by = comment
        .and_then(|comment| suppression::in_comment(comment, &finding))
        .or_else(|| suppressions.judge(&fingerprint, &evidence, &mut finding));
    Reported {
        fingerprint,
        evidence,
        suppressed_by,
        policy: policy.map(|policy| policy.policy.name.clone()),
        finding,
    }
}

/// What there is to say of a policy, whatever the rule.
fn describe(
    context: &Context,
    policy: &ParsedPolicy,
    clauses: Option<&Clauses>,
    detail: &mut Map<String, Value>,
) {
    let mut roles: Vec<String> =
        policy.policy.roles.iter().map(|role| context.role_name(*role)).collect();
    roles.sort();
    detail.insert("command".to_owned(), json!(policy.policy.command.as_str()));
    detail.insert("roles".to_owned(), json!(roles));
    detail.insert("permissive".to_owned(), json!(policy.policy.permissive));
    if let Some(table) = context.relation(policy.policy.table) {
        detail.insert("policy_on".to_owned(), json!(table.qualified()));
    }
    if let Some(clauses) = clauses {
        detail.insert("using".to_owned(), json!(clauses.using));
        detail.insert("check".to_owned(), json!(clauses.check));
    }
}
