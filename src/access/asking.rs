//! The steps of an explanation that are policies.

use pgrx::pg_sys::{self, Oid};

use super::explain::Step;
use super::policies::{self, Answer, Asker, Outcome, Question, Said, Verdict};
use crate::catalog::{Policy, Role};
use crate::error::Error;
use crate::quote;

/// Asks the policies for one question: permissive ones first.
pub fn ask(
    all: &[Policy],
    roles: &[Role],
    asker: &mut Asker<'_>,
    question: Question,
    steps: &mut Vec<Step>,
) -> Result<Outcome, Error> {
    let mut verdicts = Vec::new();
    for permissive in [true, false] {
        for policy in all {
            if policy.permissive != permissive || !policy.command.covers(question.command) {
                continue;
            }
            let mut step = Step {
                kind: if permissive { "permissive" } else { "restrictive" },
                object: quote::ident(&policy.name),
                clause: Some(question.label()),
                ..Step::default()
            };
            if !policies::is_for(policy, asker.role) {
                let (named, inherit) = (names(policy, roles), inherits(policy, asker.role));
                let why = if inherit { "" } else { ", of which it is a member without INHERIT" };
                step.detail = Some(format!("not asked: it is for {named}{why}"));
                steps.push(step);
                continue;
            }
            let verdict = asker.ask(policy, question)?;
            show(step, &verdict, steps);
            verdicts.push(verdict);
        }
    }
    Ok(policies::outcome(&verdicts))
}

/// A row for a policy and one for each conjunct.
fn show(mut step: Step, verdict: &Verdict<'_>, steps: &mut Vec<Step>) {
    let (object, clause) = (step.object.clone(), step.clause.clone());
    fill(&mut step, &verdict.whole);
    if verdict.whole.answer == Answer::Absent {
        step.detail = Some(
            if verdict.policy.permissive {
                "no clause: lets no row in"
            } else {
                "no clause: keeps no row out"
            }
            .to_owned(),
        );
    } else if verdict.stands_in && step.detail.is_none() {
        step.detail = Some("its USING: it has no WITH CHECK".to_owned());
    }
    steps.push(step);
    let parts = if verdict.again { [].as_slice() } else { verdict.parts.as_slice() };
    for part in parts {
        let mut step = Step {
            kind: "conjunct",
            object: object.clone(),
            clause: clause.clone(),
            ..Step::default()
        };
        fill(&mut step, part);
        steps.push(step);
    }
}

fn fill(step: &mut Step, said: &Said) {
    step.expression = (said.answer != Answer::Absent).then(|| said.text.clone());
    step.answer = said.answer.as_str().map(str::to_owned);
    step.detail = match &said.answer {
        Answer::Error(raised) => Some(raised.in_words()),
        Answer::Null => Some("null counts as false".to_owned()),
        _ => None,
    };
}

/// False where the role is a member of one that the policy names, and does not inherit from it.
fn inherits(policy: &Policy, role: Oid) -> bool {
    // SAFETY: a look-up of two role ids.
    !policy.roles.iter().any(|named| unsafe { pg_sys::is_member_of_role(role, *named) })
}

/// The roles that a policy names.
fn names(policy: &Policy, roles: &[Role]) -> String {
    let names: Vec<String> = policy
        .roles
        .iter()
        .filter_map(|oid| roles.iter().find(|role| role.oid == *oid))
        .map(|role| quote::ident(&role.name))
        .collect();
    names.join(", ")
}
