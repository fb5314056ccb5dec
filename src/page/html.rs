//! The page itself: what the templates are given, and the policy that lets the page run its own
//! script and nothing else.

use std::collections::BTreeMap;

use askama::Template;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::drawing::Drawing;
use super::finding::Found;
use super::grid::Grid;
use crate::access::identity::Identity;
use crate::access::matrix::Cell;
use crate::audit::finding::NOT_EVALUATED;
use crate::audit::questions::Answer;
use crate::audit::report::{Report, plural};
use crate::audit::rule::Level;
use crate::audit::run::Survey;
use crate::catalog::select;
use crate::error::{AuditError, Error};

const STYLE: &str = include_str!("template/style.css");
const SCRIPT: &str = include_str!("template/script.js");

/// So much evidence of an answer is shown; the findings have the rest.
const EVIDENCE: usize = 20;

/// Everything that the page shows.
pub struct Page<'a> {
    /// Where it was written, and when.
    pub database: Database,
    /// The findings.
    pub report: Report,
    /// How many findings are accepted, shown or not.
    pub accepted: usize,
    /// What there is besides.
    pub survey: Survey,
    /// The checklist.
    pub answers: Vec<Answer>,
    /// Who was tried; nothing for nobody.
    pub identities: Option<&'a [Identity]>,
    /// What came of it.
    pub cells: Vec<Cell>,
}

/// Where and when.
pub struct Database {
    /// The database's name.
    pub name: String,
    /// The server's version.
    pub server: String,
    /// The time of the transaction, in UTC.
    pub time: String,
}

impl Database {
    /// Asks the server.
    pub fn read() -> Result<Self, Error> {
        let found = select(
            "SELECT pg_catalog.current_database()::pg_catalog.text,
                    pg_catalog.current_setting('server_version'),
                    pg_catalog.to_char(pg_catalog.now() AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI')",
            &[],
            |row| {
                Ok(Self {
                    name: row.required(1)?,
                    server: row.required(2)?,
                    time: row.required(3)?,
                })
            },
        )?;
        found.into_iter().next().ok_or(Error::Unexpected("the server says nothing of itself"))
    }
}

#[derive(Template)]
#[template(path = "page.html", config = "src/page/askama.toml")]
struct View<'a> {
    policy: String,
    style: &'static str,
    script: &'static str,
    version: &'static str,
    database: &'a Database,
    survey: &'a Survey,
    verdict: &'static str,
    counts: String,
    accepted: usize,
    unjudged: usize,
    answers: Vec<Answered<'a>>,
    levels: Vec<(Level, usize)>,
    accepted_shown: usize,
    rules_found: Vec<(String, usize)>,
    schemas_found: Vec<(String, usize)>,
    findings: Vec<Found<'a>>,
    rules: Vec<Explained<'a>>,
    rules_applied: usize,
    grid: Option<Grid>,
    drawing: Drawing,
}

/// A question of the checklist.
struct Answered<'a> {
    answer: &'a Answer,
    evidence: Vec<Evidence>,
    more: usize,
}

/// What an answer rests on.
struct Evidence {
    /// What it is about; empty for the whole.
    object: String,
    /// What is said of it.
    message: String,
    /// It could be tested.
    tested: bool,
}

/// A rule that found something.
struct Explained<'a> {
    id: &'a str,
    title: String,
    why: String,
    fix: String,
}

impl Page<'_> {
    /// The page as HTML.
    pub fn render(&self) -> Result<String, Error> {
        let report = &self.report;
        let findings: Vec<Found<'_>> = report.entries.iter().map(Found::of).collect();
        let unjudged = report.open().filter(|entry| entry.rule == NOT_EVALUATED).count();
        let levels: Vec<(Level, usize)> = Level::ALL
            .into_iter()
            .map(|level| {
                (level, report.entries.iter().filter(|entry| entry.level == level).count())
            })
            .collect();
        let view = View {
            policy: policy(),
            style: STYLE,
            script: SCRIPT,
            version: env!("CARGO_PKG_VERSION"),
            database: &self.database,
            survey: &self.survey,
            verdict: report.open().map(|entry| entry.level).min().map_or("clean", Level::as_str),
            counts: report.counts(),
            accepted: self.accepted,
            unjudged,
            answers: self.answers.iter().map(answered).collect(),
            levels,
            accepted_shown: report.entries.len() - report.open().count(),
            rules_found: counted(findings.iter().map(|found| found.entry.rule.as_str())),
            schemas_found: counted(findings.iter().map(Found::schema)),
            findings,
            rules: self.explained(),
            rules_applied: report.rules.len(),
            grid: self.identities.map(|identities| Grid::of(identities, &self.cells)),
            drawing: Drawing::of(&self.survey.graph),
        };
        view.render().map_err(|error| AuditError::Report(error.to_string()).into())
    }

    fn explained(&self) -> Vec<Explained<'_>> {
        let found = |id: &str| self.report.entries.iter().any(|entry| entry.applied() == id);
        self.report
            .rules
            .iter()
            .filter(|rule| found(rule.id))
            .map(|rule| {
                let doc = rule.doc();
                let (title, why, fix) = (doc.title, doc.why, doc.fix);
                Explained { id: rule.id, title, why, fix }
            })
            .collect()
    }
}

/// Its own script and style by their hashes, and no source of anything else.
fn policy() -> String {
    let hash = |text: &str| STANDARD.encode(Sha256::digest(text));
    format!(
        "default-src 'none'; script-src 'sha256-{}'; style-src 'sha256-{}'; base-uri 'none'; \
         form-action 'none'",
        hash(SCRIPT),
        hash(STYLE)
    )
}

fn answered(answer: &Answer) -> Answered<'_> {
    let text = |value: &Value, key: &str| {
        value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let evidence = answer
        .evidence
        .iter()
        .take(EVIDENCE)
        .map(|value| Evidence {
            object: text(value, "object"),
            message: text(value, "message"),
            tested: value.get("not_tested") != Some(&Value::Bool(true)),
        })
        .collect();
    Answered { answer, evidence, more: answer.evidence.len().saturating_sub(EVIDENCE) }
}

fn counted<'a>(names: impl Iterator<Item = &'a str>) -> Vec<(String, usize)> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for name in names {
        *counts.entry(name).or_default() += 1;
    }
    counts.into_iter().map(|(name, count)| (name.to_owned(), count)).collect()
}
