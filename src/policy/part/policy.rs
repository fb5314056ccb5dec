//! A policy of a set.

use pgrx::pg_sys::Oid;

use super::comment;
use crate::catalog::{Command, Policy};
use crate::error::{Error, PolicyError};
use crate::policy::attempt::attempt;
use crate::policy::expression;
use crate::policy::managed::Existing;
use crate::policy::mark::{Made, Mark};
use crate::policy::names::bounded;
use crate::policy::options::Grantee;
use crate::policy::step::{Action, Step};
use crate::policy::template::Template;
use crate::quote;

const KIND: &str = "policy";

/// A policy as it shall be.
pub struct DesiredPolicy {
    /// The command it is for.
    pub command: Command,
    /// Narrows what other policies give, instead of giving.
    pub restrictive: bool,
    /// Its roles, where they are not those of the options.
    pub roles: Option<Vec<Grantee>>,
    /// The end of its name.
    pub suffix: String,
    /// USING, as SQL.
    pub using: Option<String>,
    /// WITH CHECK, as SQL.
    pub check: Option<String>,
    /// What it does, for people.
    pub does: String,
    /// A finding that is meant: rule and reason, as a `rowguard:allow` line says them.
    pub allow: Vec<(&'static str, String)>,
}

impl DesiredPolicy {
    /// A policy whose one condition holds for the rows before and the rows after the command, in
    /// the clauses that the command has.
    pub fn symmetric(set: &Template<'_>, command: Command, condition: &str, rows: &str) -> Self {
        let clause = |wanted: bool| wanted.then(|| condition.to_owned());
        Self {
            command,
            restrictive: set.options.restrictive,
            roles: None,
            suffix: command.as_str().to_ascii_lowercase(),
            using: clause(command != Command::Insert),
            check: clause(matches!(command, Command::Insert | Command::Update | Command::All)),
            does: format!("{} {rows}", command.as_str().to_ascii_lowercase()),
            allow: Vec::new(),
        }
    }

    /// Its name, unquoted.
    pub fn name(&self, set: &Template<'_>) -> String {
        bounded(&set.name(), &self.suffix)
    }

    /// What there is is compared, and what differs is made.
    pub fn plan(&self, set: &Template<'_>, existing: &Existing) -> Result<Step, Error> {
        let name = self.name(set);
        match existing.policies.iter().find(|policy| policy.name == name) {
            Some(policy) if !set.options.standalone => self.alter(set, policy),
            _ => {
                let object = set.on_table(&name);
                let statements = vec![
                    self.create_statement(set, &object),
                    comment(
                        "POLICY",
                        &object,
                        &self.mark(set),
                        self.allowed(set, None).as_deref(),
                    )?,
                ];
                Ok(Step::new(KIND, object, Action::Create, statements))
            }
        }
    }

    fn alter(&self, set: &Template<'_>, existing: &Policy) -> Result<Step, Error> {
        let object = set.on_table(&existing.name);
        let mark = self.mark(set);
        let found = match Mark::find(existing.comment.as_deref()) {
            Some(found) if found.same_set(&mark) => found,
            _ => return Err(PolicyError::PolicyNotOurs(object).into()),
        };
        let table = set.target.table.oid;
        let same_clauses =
            expression::same(table, self.using.as_deref(), existing.using.as_deref())?
                && expression::same(table, self.check.as_deref(), existing.check.as_deref())?;
        let same_roles = same_roles(self.roles(set), existing);
        let same_kind = existing.command == self.command
            && existing.permissive != self.restrictive
            && existing.using.is_some() == self.using.is_some()
            && existing.check.is_some() == self.check.is_some();

        let mut statements = Vec::new();
        if !(same_kind && same_clauses && same_roles) {
            if !set.options.overwrite && edited(existing, &found)? {
                return Err(PolicyError::PolicyEdited {
                    object,
                    generated: found.made.map_or_else(String::new, |made| made.sql()),
                    found: deparsed(existing)?.sql(),
                }
                .into());
            }
            if same_kind {
                statements.push(format!(
                    "ALTER POLICY {object}\n  TO {}{}",
                    roles_sql(self.roles(set)),
                    clauses(self.using.as_deref(), self.check.as_deref())
                ));
            } else {
                // ALTER POLICY changes neither command nor kind, and takes no clause away.
                statements.push(format!("DROP POLICY {object}"));
                statements.push(self.create_statement(set, &object));
            }
        }
        let before = self.allowed(set, existing.comment.as_deref());
        if !same_kind || !found.same(&mark) || before.as_deref() != existing.comment.as_deref() {
            statements.push(comment("POLICY", &object, &mark, before.as_deref())?);
        }
        Ok(Step::new(KIND, object, Action::Alter, statements))
    }

    fn roles<'r>(&'r self, set: &'r Template<'_>) -> &'r [Grantee] {
        self.roles.as_deref().unwrap_or(&set.options.roles)
    }

    fn create_statement(&self, set: &Template<'_>, object: &str) -> String {
        format!(
            "CREATE POLICY {object}{}\n  FOR {}\n  TO {}{}",
            if self.restrictive { "\n  AS RESTRICTIVE" } else { "" },
            self.command.as_str(),
            roles_sql(self.roles(set)),
            clauses(self.using.as_deref(), self.check.as_deref())
        )
    }

    fn mark(&self, set: &Template<'_>) -> Mark {
        Mark {
            made: Some(Made {
                to: self.roles(set).iter().map(|role| role.sql.clone()).collect(),
                using: self.using.clone(),
                check: self.check.clone(),
            }),
            ..set.mark(&self.does)
        }
    }

    /// The comment with the lines that accept what is meant.
    fn allowed(&self, set: &Template<'_>, comment: Option<&str>) -> Option<String> {
        // Signed, so that a line of ours goes with what it was for, and people's stay.
        let signature = format!(": rls.{}", set.template);
        let wanted: Vec<String> = self
            .allow
            .iter()
            .map(|(rule, reason)| format!("rowguard:allow {rule} {reason}{signature}"))
            .collect();
        let kept = comment.unwrap_or_default().lines().filter(|line| {
            !(line.starts_with("rowguard:allow ") && line.ends_with(&signature))
                || wanted.iter().any(|wanted| wanted == line)
        });
        let mut lines: Vec<&str> = kept.collect();
        for line in &wanted {
            if !lines.contains(&line.as_str()) {
                lines.push(line);
            }
        }
        (!lines.is_empty()).then(|| lines.join("\n"))
    }
}

/// The step that removes a policy.
pub fn drop_policy(object: String) -> Step {
    let statement = format!("DROP POLICY {object}");
    Step::new(KIND, object, Action::Drop, vec![statement])
}

/// Whether a policy is no longer what its mark says was made. One without that record is not known
/// to be.
pub fn edited(existing: &Policy, mark: &Mark) -> Result<bool, Error> {
    let Some(made) = &mark.made else { return Ok(false) };
    if deparsed(existing)? == *made {
        return Ok(false);
    }
    let mut roles = role_names(existing)?;
    let mut expected = made.to.clone();
    roles.sort();
    expected.sort();
    if roles != expected {
        return Ok(true);
    }
    // What was made may name a column or function that is called otherwise today, and then cannot
    // be read any more.
    let same = attempt(|| {
        Ok(expression::same(existing.table, made.using.as_deref(), existing.using.as_deref())?
            && expression::same(existing.table, made.check.as_deref(), existing.check.as_deref())?)
    })?;
    Ok(same != Some(true))
}

/// What a policy is, in the words of the server.
pub fn deparsed(existing: &Policy) -> Result<Made, Error> {
    let clauses = crate::catalog::policy::clauses(&[existing.oid])?.pop();
    let (using, check) = clauses.map_or((None, None), |found| (found.using, found.check));
    Ok(Made { to: role_names(existing)?, using, check })
}

fn role_names(existing: &Policy) -> Result<Vec<String>, Error> {
    let roles = crate::catalog::role::all()?;
    Ok(existing
        .roles
        .iter()
        .map(|oid| match roles.iter().find(|role| role.oid == *oid) {
            Some(role) => quote::ident(&role.name),
            None if *oid == Oid::INVALID => "PUBLIC".to_owned(),
            None => oid.to_string(),
        })
        .collect())
}

fn same_roles(wanted: &[Grantee], existing: &Policy) -> bool {
    wanted.len() == existing.roles.len()
        && wanted.iter().all(|role| existing.roles.contains(&role.oid))
}

fn roles_sql(roles: &[Grantee]) -> String {
    roles.iter().map(|role| role.sql.as_str()).collect::<Vec<_>>().join(", ")
}

fn clauses(using: Option<&str>, check: Option<&str>) -> String {
    let clause = |keyword: &str, condition: Option<&str>| {
        condition.map_or_else(String::new, |sql| format!("\n  {keyword} ({sql})"))
    };
    clause("USING", using) + &clause("WITH CHECK", check)
}
