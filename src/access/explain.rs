//! Why a row is reached or not: everything that is asked on the way, in order, and what it says.

use pgrx::pg_sys::Oid;
use serde_json::Value;

use super::bound::{self, Binding};
use super::clause::Row;
use super::conclusion::{Asked, Conclusion, Facts};
use super::held::{self, Needed};
use super::identity::{Claims, Identity};
use super::place::{self, Place};
use super::policies::{Asker, Question};
use super::privileges::Privileges;
use super::ruling::{self, Form, Ruling};
use super::{asking, given};
use crate::auth;
use crate::catalog::inheritance::Inheritance;
use crate::catalog::{Command, Table, policy, role, table};
use crate::error::Error;
use crate::quote;

/// One row of an explanation.
#[derive(Debug, Default)]
pub struct Step {
    /// What is asked: `schema`, `privilege`, `permissive` ...
    pub kind: &'static str,
    /// Of what.
    pub object: String,
    /// Which clause of a policy, or which statement.
    pub clause: Option<String>,
    /// What is asked for, as SQL.
    pub expression: Option<String>,
    /// The answer in a word.
    pub answer: Option<String>,
    /// What else there is to know.
    pub detail: Option<String>,
}

/// Explains what `command` does with the row of `table` that `key` means, for `identity`, whose role
/// is `role`. For INSERT `key` is the row.
pub fn run(
    identity: &Identity,
    (role, role_name): (Oid, &str),
    table: &Table,
    command: Command,
    key: &Value,
) -> Result<Vec<Step>, Error> {
    let values = given::read(table, "key", key)?;
    if values.is_empty() && command != Command::Insert {
        return Err(Error::EmptyList("key"));
    }
    let named: Vec<i16> = values.iter().map(given::Value::number).collect();
    let read = read_columns(table, command, role, &named);

    let mut steps = vec![who(identity, role_name)];
    let mut lacking = Vec::new();
    steps.push(held::schema(identity, table, &mut lacking)?);
    for needed in Needed::of(command) {
        let columns: &[i16] = match needed {
            Needed::ToRead => &read,
            Needed::Command => &named,
        };
        steps.push(held::privilege(table, role, command, needed, columns, &mut lacking));
    }

    let binding = bound::by_row_security(table, role);
    steps.push(row_security(table, binding)?);
    let (row, asked) = if command == Command::Insert {
        if binding.binds() {
            given::try_out(identity, role, &values)?;
        } else {
            // Nothing else is evaluated for the role, which may be a superuser: nor are checks of
            // domains, which are users' code.
            let unchecked: Vec<_> = values.iter().cloned().map(given::Value::unchecked).collect();
            given::try_out(identity, role, &unchecked)?;
        }
        (Some(Row::Given(values)), Asked::About)
    } else {
        let (step, row, asked) = look(table, key, values)?;
        steps.push(step);
        (row, asked)
    };

    let mut facts =
        Facts { role: quote::ident(role_name), lacking, binding, row: asked, outcomes: Vec::new() };
    if binding.binds() {
        let all = policy::of_tables(&[table.oid])?;
        let roles = role::all()?;
        let mut asker = Asker::new(identity, role, table, row.as_ref());
        for question in questions(command) {
            let outcome = asking::ask(&all, &roles, &mut asker, question, &mut steps)?;
            facts.outcomes.push((question, outcome));
        }
    }

    let columns: Vec<&str> = read
        .iter()
        .filter_map(|number| table.column(*number))
        .map(|column| column.name.as_str())
        .collect();
    let mut conclusions = Vec::new();
    for form in Form::of(command) {
        let ruling = match &row {
            None => None,
            Some(row) => Some(ruling::ask(identity, role, table, form, &columns, row)?),
        };
        if let Some(ruling) = &ruling {
            steps.push(server(table, form, ruling));
        }
        let Conclusion { answer, sentence } = facts.conclude(form, ruling.as_ref());
        conclusions.push(Step {
            kind: "conclusion",
            object: table.qualified(),
            clause: Some(form.label().to_owned()),
            answer: answer.map(str::to_owned),
            detail: Some(sentence),
            ..Step::default()
        });
    }
    steps.extend(conclusions);
    Ok(steps)
}

/// Who is asked as.
pub fn who(identity: &Identity, role_name: &str) -> Step {
    let claims = match &identity.claims {
        Claims::Present => match auth::user_id() {
            Ok(Some(sub)) => format!("who asks now: sub {sub}"),
            Ok(None) => "who asks now: nobody".to_owned(),
            Err(error) => format!("who asks now: {error}"),
        },
        Claims::Given { all, .. } if all.is_empty() => "no claims: nobody is asking".to_owned(),
        Claims::Given { all, .. } => all.to_string_lossy().into_owned(),
    };
    Step {
        kind: "identity",
        object: quote::ident(role_name),
        detail: Some(claims),
        ..Step::default()
    }
}

/// The columns that a form of the command reads: those of the key, and for INSERT, one to return.
fn read_columns(table: &Table, command: Command, role: Oid, named: &[i16]) -> Vec<i16> {
    if command != Command::Insert {
        return named.to_vec();
    }
    let held = Privileges { relation: table, role };
    let columns = || table.columns.iter().map(|column| column.number);
    columns()
        .find(|number| held.column(*number, pgrx::pg_sys::ACL_SELECT))
        .or_else(|| columns().next())
        .into_iter()
        .collect()
}

/// What is asked of policies, in the order in which the server asks.
fn questions(command: Command) -> Vec<Question> {
    let of = |command, check| Question { command, check };
    match command {
        Command::All | Command::Select => vec![of(Command::Select, false)],
        Command::Insert => vec![of(Command::Insert, true), of(Command::Select, false)],
        Command::Update => {
            vec![of(Command::Update, false), of(Command::Select, false), of(Command::Update, true)]
        }
        Command::Delete => vec![of(Command::Delete, false), of(Command::Select, false)],
    }
}

fn row_security(asked: &Table, binding: Binding) -> Result<Step, Error> {
    let mut detail: Vec<String> = match binding {
        // The answer says it.
        Binding::Off => Vec::new(),
        _ => binding.reason().map(str::to_owned).into_iter().collect(),
    };
    let parents = Inheritance::read()?.ancestors(asked.oid);
    for parent in table::by_oids(&parents)? {
        detail.push(format!("policies of {} do not count here", parent.qualified()));
    }
    Ok(Step {
        kind: "row security",
        object: asked.qualified(),
        answer: Some(binding.answer().to_owned()),
        detail: (!detail.is_empty()).then(|| detail.join("; ")),
        ..Step::default()
    })
}

/// Looks for the row.
fn look(
    asked: &Table,
    key: &Value,
    values: Vec<given::Value>,
) -> Result<(Step, Option<Row>, Asked), Error> {
    let mut step = Step {
        kind: "row",
        object: asked.qualified(),
        expression: Some(key.to_string()),
        ..Step::default()
    };
    let (answer, detail, row, outcome) = match place::find(asked, values)? {
        Place::Found { relation, row } => {
            if let Some(name) = table::name_of(relation) {
                step.object = name;
            }
            ("found", None, Some(Row::Stored(row)), Asked::About)
        }
        Place::Nowhere if bound::by_row_security(asked, caller()).binds() => {
            ("not seen", None, None, Asked::Unseen)
        }
        Place::Nowhere => ("absent", None, None, Asked::Absent),
        Place::Failed(raised) => ("error", Some(raised.in_words()), None, Asked::Failed(raised)),
    };
    step.answer = Some(answer.to_owned());
    step.detail = detail;
    Ok((step, row, outcome))
}

fn caller() -> Oid {
    // SAFETY: asks who is running.
    unsafe { pgrx::pg_sys::GetUserId() }
}

fn server(table: &Table, form: Form, ruling: &Ruling) -> Step {
    let (answer, detail) = match ruling {
        Ruling::Reached => ("yes", None),
        Ruling::Passed => ("no", Some("0 rows".to_owned())),
        Ruling::Refused => {
            ("error", Some("42501: new row violates row-level security policy".to_owned()))
        }
        Ruling::Raised(raised) => ("error", Some(raised.in_words())),
        Ruling::Rewritten => ("unknown", Some("a rule makes another statement of it".to_owned())),
    };
    Step {
        kind: "server",
        object: table.qualified(),
        clause: Some(form.label().to_owned()),
        answer: Some(answer.to_owned()),
        detail,
        ..Step::default()
    }
}
