//! From a template to steps: what is there is compared with what shall be, and what differs becomes
//! SQL, which is returned and, unless it is a dry run, run with the caller's own rights.

use std::ffi::{CStr, CString};

use pgrx::pg_sys::{self, Oid};
use pgrx::prelude::*;

use super::expression;
use super::mark::Mark;
use super::options::Options;
use super::target::Target;
use super::template::{DesiredPolicy, Template};
use crate::catalog::{Policy, index, policy};
use crate::error::Error;
use crate::{quote, read_only};

/// A row of what every generator returns: step, kind, object, action, sql.
pub type StepRow = (i32, String, String, String, Option<String>);

/// What a step does to its object.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Action {
    Create,
    Alter,
    Drop,
    Unchanged,
}

impl Action {
    fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Alter => "alter",
            Self::Drop => "drop",
            Self::Unchanged => "unchanged",
        }
    }
}

/// One object and the statements that make it what it shall be.
struct Step {
    kind: &'static str,
    object: String,
    action: Action,
    statements: Vec<String>,
}

/// Plans a template for a table, and unless it is a dry run runs the plan. The rows are the same.
pub fn apply(
    relation: Oid,
    options: &Options,
    template: impl for<'a> Fn(&'a Target, &'a Options) -> Result<Template<'a>, Error>,
) -> Result<Vec<StepRow>, Error> {
    let plan =
        || -> Result<Vec<Step>, Error> { plan(&template(&Target::read(relation)?, options)?) };
    let mut steps = plan()?;
    if !options.dry_run && steps.iter().any(|step| step.action != Action::Unchanged) {
        read_only::refuse(c"a policy generator");
        // Two sessions that apply the same at once take turns, and the second one looks again. The
        // lock is the one that the statements need: taking it first avoids upgrading a weaker one.
        // SAFETY: a lock on an id; whether a table of that id is still there, `plan` finds out.
        unsafe {
            pg_sys::LockRelationOid(relation, pg_sys::AccessExclusiveLock as pg_sys::LOCKMODE);
        }
        let latest = LatestSnapshot::push();
        steps = plan()?;
        drop(latest);
        for statement in steps.iter().flat_map(|step| &step.statements) {
            run(statement)?;
        }
    }
    Ok((1..).zip(steps).map(|(number, step)| row(number, step)).collect())
}

fn row(number: i32, step: Step) -> StepRow {
    let sql = (!step.statements.is_empty()).then(|| step.statements.join(";\n"));
    (number, step.kind.to_owned(), step.object, step.action.as_str().to_owned(), sql)
}

fn run(statement: &str) -> Result<(), Error> {
    Spi::connect_mut(|client| client.update(statement, None, &[]).map(|_| ()))?;
    Ok(())
}

fn plan(template: &Template<'_>) -> Result<Vec<Step>, Error> {
    let mut steps = row_security(template);
    if template.options.create_index {
        steps.push(lookup_index(template)?);
    }
    let existing = policy::of_tables(&[template.target.table.oid])?;
    for desired in &template.policies {
        let name = template.policy_name(desired.command);
        steps.push(match existing.iter().find(|policy| policy.name == name) {
            None => create_policy(template, desired, &name)?,
            Some(policy) => alter_policy(template, desired, policy)?,
        });
    }
    steps.extend(existing.iter().filter(|policy| is_stale(template, policy)).map(|policy| Step {
        kind: "policy",
        object: template.object(&policy.name),
        action: Action::Drop,
        statements: vec![drop_statement(template, &policy.name)],
    }));
    Ok(steps)
}

fn row_security(template: &Template<'_>) -> Vec<Step> {
    let table = &template.target.table;
    let step = |clause: &str, done: bool| Step {
        kind: "row security",
        object: table.qualified(),
        action: if done { Action::Unchanged } else { Action::Alter },
        statements: if done {
            Vec::new()
        } else {
            vec![format!("ALTER TABLE {} {clause} ROW LEVEL SECURITY", table.qualified())]
        },
    };
    let mut steps = vec![step("ENABLE", table.rls_enabled)];
    if template.options.force {
        steps.push(step("FORCE", table.rls_forced));
    }
    steps
}

/// The index by which the policies find rows: one that serves already, or a new one.
fn lookup_index(template: &Template<'_>) -> Result<Step, Error> {
    let (table, column) = (&template.target.table, template.lookup);
    if let Some(serving) =
        index::of_tables(&[table.oid])?.into_iter().find(|index| index.serves_lookup(column.number))
    {
        return Ok(Step {
            kind: "index",
            object: quote::qualified(&table.schema, &serving.name),
            action: Action::Unchanged,
            statements: Vec::new(),
        });
    }
    let name = index_name(template)?;
    let object = quote::qualified(&table.schema, &name);
    let mark = mark(template, format!("finds rows by {}", quote::ident(&column.name)));
    Ok(Step {
        kind: "index",
        action: Action::Create,
        statements: vec![
            format!(
                "CREATE INDEX {} ON {} ({})",
                quote::ident(&name),
                table.qualified(),
                quote::ident(&column.name)
            ),
            comment("INDEX", &object, &mark, None)?,
        ],
        object,
    })
}

/// A free name, chosen as the server chooses one for an unnamed index.
fn index_name(template: &Template<'_>) -> Result<String, Error> {
    let table = CString::new(template.target.table.name.as_str()).map_err(|_| Error::NullByte)?;
    let column = CString::new(template.lookup.name.as_str()).map_err(|_| Error::NullByte)?;
    // SAFETY: three C strings and a schema's id; the result is a fresh C string.
    let name = unsafe {
        CStr::from_ptr(pg_sys::ChooseRelationName(
            table.as_ptr(),
            column.as_ptr(),
            c"idx".as_ptr(),
            template.target.table.schema_oid,
            false,
        ))
    };
    Ok(name.to_string_lossy().into_owned())
}

fn create_policy(
    template: &Template<'_>,
    desired: &DesiredPolicy,
    name: &str,
) -> Result<Step, Error> {
    Ok(Step {
        kind: "policy",
        object: template.object(name),
        action: Action::Create,
        statements: vec![
            create_statement(template, desired, name),
            comment("POLICY", &template.object(name), &mark(template, desired.does.clone()), None)?,
        ],
    })
}

fn alter_policy(
    template: &Template<'_>,
    desired: &DesiredPolicy,
    existing: &Policy,
) -> Result<Step, Error> {
    let object = template.object(&existing.name);
    let mark = mark(template, desired.does.clone());
    let found = match Mark::find(existing.comment.as_deref()) {
        Some(found) if found.same_set(&mark) => found,
        _ => return Err(Error::PolicyNotOurs(object)),
    };
    let table = template.target.table.oid;
    let same_clauses =
        expression::same(table, desired.using.as_deref(), existing.using.as_deref())?
            && expression::same(table, desired.check.as_deref(), existing.check.as_deref())?;
    let mut statements = Vec::new();
    if existing.command != desired.command
        || !existing.permissive
        || existing.using.is_some() != desired.using.is_some()
        || existing.check.is_some() != desired.check.is_some()
    {
        // ALTER POLICY changes neither command nor kind, and takes no clause away.
        statements.push(drop_statement(template, &existing.name));
        statements.push(create_statement(template, desired, &existing.name));
        statements.push(comment("POLICY", &object, &mark, existing.comment.as_deref())?);
    } else {
        if !same_clauses || !same_roles(template, existing) {
            statements.push(format!(
                "ALTER POLICY {object}\n  TO {}{}",
                template.roles_sql(),
                clauses(desired)
            ));
        }
        if !found.same(&mark) {
            statements.push(comment("POLICY", &object, &mark, existing.comment.as_deref())?);
        }
    }
    let action = if statements.is_empty() { Action::Unchanged } else { Action::Alter };
    Ok(Step { kind: "policy", object, action, statements })
}

/// Whether a policy was made by an earlier call for a command that this one leaves out.
fn is_stale(template: &Template<'_>, existing: &Policy) -> bool {
    let ours = Mark::find(existing.comment.as_deref())
        .is_some_and(|found| found.same_set(&mark(template, String::new())));
    ours && !template
        .policies
        .iter()
        .any(|desired| template.policy_name(desired.command) == existing.name)
}

fn same_roles(template: &Template<'_>, existing: &Policy) -> bool {
    let wanted = &template.options.roles;
    wanted.len() == existing.roles.len()
        && wanted.iter().all(|role| existing.roles.contains(&role.oid))
}

fn create_statement(template: &Template<'_>, desired: &DesiredPolicy, name: &str) -> String {
    format!(
        "CREATE POLICY {}\n  FOR {}\n  TO {}{}",
        template.object(name),
        desired.command.as_str(),
        template.roles_sql(),
        clauses(desired)
    )
}

fn drop_statement(template: &Template<'_>, name: &str) -> String {
    format!("DROP POLICY {}", template.object(name))
}

fn clauses(desired: &DesiredPolicy) -> String {
    let clause = |keyword: &str, condition: &Option<String>| {
        condition.as_ref().map_or_else(String::new, |sql| format!("\n  {keyword} ({sql})"))
    };
    clause("USING", &desired.using) + &clause("WITH CHECK", &desired.check)
}

fn mark(template: &Template<'_>, does: String) -> Mark {
    // SAFETY: the current user exists; the result is a fresh C string.
    let by = unsafe { CStr::from_ptr(pg_sys::GetUserNameFromId(pg_sys::GetUserId(), false)) };
    Mark {
        template: template.template.to_owned(),
        name: template.name(),
        does,
        by: by.to_string_lossy().into_owned(),
    }
}

fn comment(kind: &str, object: &str, mark: &Mark, before: Option<&str>) -> Result<String, Error> {
    let text = mark.put_into(before)?;
    Ok(format!("COMMENT ON {kind} {object} IS\n  {}", quote::literal(&text)))
}

/// Makes catalog reads see what others committed while this session waited for a lock.
struct LatestSnapshot;

impl LatestSnapshot {
    fn push() -> Self {
        // SAFETY: inside a transaction, as every call from SQL is.
        unsafe { pg_sys::PushActiveSnapshot(pg_sys::GetLatestSnapshot()) };
        Self
    }
}

impl Drop for LatestSnapshot {
    fn drop(&mut self) {
        // An error unwinds through here with its own snapshots still pushed; the abort pops all.
        if !std::thread::panicking() {
            // SAFETY: pops what `push` pushed.
            unsafe { pg_sys::PopActiveSnapshot() };
        }
    }
}
