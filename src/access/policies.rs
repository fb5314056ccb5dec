//! The policies that one statement asks for one row, and what each says.

use std::collections::HashMap;

use pgrx::pg_sys::{self, Oid};

use super::clause::{self, Clause, Row, Truth};
use super::identity::Identity;
use super::trial::Raised;
use crate::catalog::{Command, Policy, Table};
use crate::error::Error;
use crate::quote;

/// Which clauses of which policies are asked together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Question {
    /// The policies for this command.
    pub command: Command,
    /// What they say of the row as it is written; otherwise of the row as it is.
    pub check: bool,
}

impl Question {
    /// As people write it.
    pub fn label(self) -> String {
        let clause = if self.check { "WITH CHECK" } else { "USING" };
        format!("{} {clause}", self.command.as_str())
    }
}

/// What a clause says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    True,
    False,
    Null,
    /// It raises.
    Error(Raised),
    /// The policy has no such clause.
    Absent,
    /// There is no row to ask it of.
    Unasked,
}

impl Answer {
    /// As SQL writes it.
    pub fn as_str(&self) -> Option<&'static str> {
        match self {
            Self::True => Some("true"),
            Self::False => Some("false"),
            Self::Null => Some("null"),
            Self::Error(_) => Some("error"),
            Self::Absent | Self::Unasked => None,
        }
    }
}

/// A clause, or a conjunct of one, and what it says.
#[derive(Debug, Clone)]
pub struct Said {
    /// As the server prints it.
    pub text: String,
    pub answer: Answer,
}

/// A policy and what it says.
pub struct Verdict<'a> {
    pub policy: &'a Policy,
    pub whole: Said,
    /// Its conjuncts, where it is an AND.
    pub parts: Vec<Said>,
    /// The same was said for another question.
    pub again: bool,
    /// Its USING stands in for a WITH CHECK.
    pub stands_in: bool,
}

/// Who is asked about what.
pub struct Asker<'a> {
    pub identity: &'a Identity,
    pub role: Oid,
    pub table: &'a Table,
    /// The row, where there is one to be asked about.
    pub row: Option<&'a Row>,
    /// What was answered already, by policy and whether it is the WITH CHECK.
    known: HashMap<(Oid, bool), (Said, Vec<Said>)>,
}

impl<'a> Asker<'a> {
    pub fn new(identity: &'a Identity, role: Oid, table: &'a Table, row: Option<&'a Row>) -> Self {
        Self { identity, role, table, row, known: HashMap::new() }
    }

    /// Asks a policy; each clause once.
    pub fn ask<'p>(
        &mut self,
        policy: &'p Policy,
        question: Question,
    ) -> Result<Verdict<'p>, Error> {
        let check = question.check && policy.check.is_some();
        let stands_in = question.check && !check && policy.using.is_some();
        let tree = if check { &policy.check } else { &policy.using };
        let mut verdict = Verdict {
            policy,
            whole: Said { text: String::new(), answer: Answer::Absent },
            parts: Vec::new(),
            again: false,
            stands_in,
        };
        if let Some((whole, parts)) = self.known.get(&(policy.oid, check)) {
            verdict.whole = whole.clone();
            verdict.parts = parts.clone();
            verdict.again = true;
            return Ok(verdict);
        }
        if let Some(tree) = tree {
            let clause = Clause::read(self.table.oid, &self.table.name, tree)?;
            if self.row.is_some() {
                for part in clause.conjuncts(self.table.oid, &self.table.name)? {
                    verdict.parts.push(self.say(part)?);
                }
            }
            verdict.whole = self.say(clause)?;
        }
        let said = (verdict.whole.clone(), verdict.parts.clone());
        self.known.insert((policy.oid, check), said);
        Ok(verdict)
    }

    fn say(&self, clause: Clause) -> Result<Said, Error> {
        let answer = match self.row {
            None => Answer::Unasked,
            Some(row) => match clause::ask(self.identity, self.role, self.table, &clause, row)? {
                Err(raised) => Answer::Error(raised),
                Ok(Truth::Is(Some(true))) => Answer::True,
                Ok(Truth::Is(Some(false))) => Answer::False,
                Ok(Truth::Is(None)) => Answer::Null,
                Ok(Truth::Gone) => Answer::Unasked,
            },
        };
        Ok(Said { text: clause.text, answer })
    }
}

/// Whether the role is one that the policy is for, with the server's own rule: it has the privileges
/// of a role that the policy names.
pub fn is_for(policy: &Policy, role: Oid) -> bool {
    policy.roles.iter().any(|named| {
        // SAFETY: a look-up of two role ids.
        *named == Oid::INVALID || unsafe { pg_sys::has_privs_of_role(role, *named) }
    })
}

/// What all policies of a question together say of the row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// These permissive ones are true, and every restrictive one.
    Passes(Vec<String>),
    /// No permissive policy is asked at all.
    NoPermissive,
    /// None is true: which, and why.
    NoneTrue(Vec<String>),
    /// Restrictive ones are not true: which, and why.
    Floors(Vec<String>),
    /// A clause raises, so that the outcome depends on what the server evaluates first.
    Raises { policy: String, raised: Raised },
    /// There was no row to ask about.
    Unasked,
}

/// Why a clause is not true: which conjuncts are not.
fn why(verdict: &Verdict<'_>) -> String {
    let name = quote::ident(&verdict.policy.name);
    let Some(answer) = verdict.whole.answer.as_str() else {
        return format!("{name} has no clause");
    };
    let parts: Vec<&str> = verdict
        .parts
        .iter()
        .filter(|part| part.answer == verdict.whole.answer)
        .map(|part| part.text.as_str())
        .collect();
    if parts.is_empty() {
        format!("{name} is {answer}")
    } else {
        format!("{name} is {answer} at {}", parts.join(", "))
    }
}

/// Puts the answers together as the server does: one permissive at least, and every restrictive one.
pub fn outcome(verdicts: &[Verdict<'_>]) -> Outcome {
    let of = |permissive: bool| {
        verdicts.iter().filter(move |verdict| verdict.policy.permissive == permissive)
    };
    let name = |verdict: &Verdict<'_>| quote::ident(&verdict.policy.name);
    if of(true).next().is_none() {
        return Outcome::NoPermissive;
    }
    for verdict in verdicts {
        if let Answer::Error(raised) = &verdict.whole.answer {
            return Outcome::Raises { policy: name(verdict), raised: raised.clone() };
        }
    }
    if verdicts.iter().any(|verdict| verdict.whole.answer == Answer::Unasked) {
        return Outcome::Unasked;
    }
    let open: Vec<String> =
        of(true).filter(|verdict| verdict.whole.answer == Answer::True).map(name).collect();
    if open.is_empty() {
        return Outcome::NoneTrue(of(true).map(why).collect());
    }
    let floors: Vec<String> = of(false)
        .filter(|verdict| !matches!(verdict.whole.answer, Answer::True | Answer::Absent))
        .map(why)
        .collect();
    if floors.is_empty() { Outcome::Passes(open) } else { Outcome::Floors(floors) }
}
