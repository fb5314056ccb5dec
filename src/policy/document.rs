//! A document that says what many tables shall have, read into the calls of generators.
//!
//! ```json
//! {"options": {"force": true},
//!  "schemas": {"app": {"enable_all": {}}},
//!  "tables": {"app.posts": {"owner_access": {"owner_column": "author_id"}, "soft_delete": {}}},
//!  "views": {"app.recent": {"secure_view": {}}}}
//! ```
//!
//! An entry has the arguments of its generator by name, and an array of entries is that many calls.

use std::panic::AssertUnwindSafe;

use pgrx::pg_sys::panic::CaughtError;
use pgrx::prelude::*;
use serde_json::{Map, Value, json};

use super::call::Call;
use super::declaration::{self, Arguments};
use super::generator::Declared;
use super::spec_path::SpecPath;
use crate::catalog::table;
use crate::error::{DocumentError, Error};
use crate::quote;

/// A generator that a document can name.
struct Entry {
    declaration: &'static str,
    prepare: fn(Arguments) -> Result<Call, Error>,
}

impl Entry {
    const fn of<G: Declared>() -> Self {
        Self { declaration: G::DECLARATION, prepare: G::prepare }
    }

    fn name(&self) -> &'static str {
        declaration::name(self.declaration)
    }

    /// The argument that the key of the entry stands for.
    fn subject(&self) -> &'static str {
        declaration::arguments(self.declaration).first().map_or("", |argument| argument.name)
    }
}

/// All generators, in the order in which they are called for one table.
const GENERATORS: [Entry; 15] = [
    Entry::of::<super::enable_all::EnableAll>(),
    Entry::of::<super::enable::Enable>(),
    Entry::of::<super::owner_access::OwnerAccess>(),
    Entry::of::<super::team_access::TeamAccess>(),
    Entry::of::<super::hierarchy_access::HierarchyAccess>(),
    Entry::of::<super::tree_access::TreeAccess>(),
    Entry::of::<super::claim_access::ClaimAccess>(),
    Entry::of::<super::public_read::PublicRead>(),
    Entry::of::<super::custom::Custom>(),
    Entry::of::<super::tenant_isolation::TenantIsolation>(),
    Entry::of::<super::soft_delete::SoftDelete>(),
    Entry::of::<super::time_window::TimeWindow>(),
    Entry::of::<super::mfa_required::MfaRequired>(),
    Entry::of::<super::column_guard::ColumnGuard>(),
    Entry::of::<super::secure_view::SecureView>(),
];

/// The sections of a document, in the order in which they are applied, each with the argument that
/// its keys stand for.
const SECTIONS: [(&str, &str); 3] = [("schemas", "schema"), ("tables", "tbl"), ("views", "v")];

/// The options that may be given once for all entries.
const SHARED: [&str; 4] = ["roles", "create_index", "force", "index_concurrently"];

/// What is said beside the document, for every call.
#[derive(Clone, Copy)]
pub struct How {
    /// Nothing is done.
    pub dry_run: bool,
    /// What was edited is replaced.
    pub overwrite: bool,
    /// For another server.
    pub standalone: bool,
}

/// Reads a document into one call. 22023 for what is no such document, with the place in it;
/// 42P01 for a relation that does not exist.
pub fn read(document: &Value, how: How) -> Result<Call, Error> {
    let root = SpecPath::root();
    let sections = object(document, &root)?;
    let known = SECTIONS.map(|(section, _)| section);
    for key in sections.keys() {
        if key != "options" && !known.contains(&key.as_str()) {
            return Err(DocumentError::UnknownKey {
                path: root.key(key).to_string(),
                known: format!("options, {}", known.join(", ")),
            }
            .into());
        }
    }
    let shared = shared(sections, &root)?;
    let mut calls = Vec::new();
    for (section, subject) in SECTIONS {
        let Some(value) = sections.get(section) else { continue };
        let path = root.key(section);
        let mut members: Vec<(String, Value, &Value, SpecPath)> = Vec::new();
        for (key, entries) in object(value, &path)? {
            let path = path.key(key);
            let (name, id) = located(&path, || resolve(subject, key))?;
            members.push((name, id, entries, path));
        }
        // Whatever order a server keeps keys in, the steps come in one.
        members.sort_by(|one, two| one.0.cmp(&two.0));
        for (_, id, entries, path) in members {
            read_entries(subject, &id, object(entries, &path)?, &shared, how, &path, &mut calls)?;
        }
    }
    Ok(Call::of_all(calls, how.dry_run))
}

/// The entries of one table, view or schema.
fn read_entries(
    subject: &str,
    id: &Value,
    entries: &Map<String, Value>,
    shared: &Map<String, Value>,
    how: How,
    path: &SpecPath,
    calls: &mut Vec<Call>,
) -> Result<(), Error> {
    let generators = || GENERATORS.iter().filter(|entry| entry.subject() == subject);
    for key in entries.keys() {
        if !generators().any(|entry| entry.name() == key) {
            return Err(DocumentError::UnknownKey {
                path: path.key(key).to_string(),
                known: generators().map(Entry::name).collect::<Vec<_>>().join(", "),
            }
            .into());
        }
    }
    for generator in generators() {
        let Some(value) = entries.get(generator.name()) else { continue };
        let path = path.key(generator.name());
        let several = match value {
            Value::Array(several) => {
                several.iter().enumerate().map(|(at, one)| (one, path.at(at))).collect()
            }
            one => vec![(one, path)],
        };
        for (arguments, path) in several {
            let arguments = object(arguments, &path)?;
            calls.push(read_entry(generator, id, arguments, shared, how, path)?);
        }
    }
    Ok(())
}

fn read_entry(
    generator: &'static Entry,
    id: &Value,
    arguments: &Map<String, Value>,
    shared: &Map<String, Value>,
    how: How,
    path: SpecPath,
) -> Result<Call, Error> {
    let declared = declaration::arguments(generator.declaration);
    let mut arguments = arguments.clone();
    for (name, value) in shared {
        if declared.iter().any(|argument| argument.name == name) {
            arguments.entry(name.clone()).or_insert_with(|| value.clone());
        }
    }
    let given = Map::from_iter([
        (generator.subject().to_owned(), id.clone()),
        ("dry_run".to_owned(), Value::Bool(how.dry_run)),
        ("overwrite".to_owned(), Value::Bool(how.overwrite)),
        ("standalone".to_owned(), Value::Bool(how.standalone)),
    ]);
    let arguments = Arguments::from_document(generator.declaration, &arguments, given, &path)?;
    let Call { locks, schemas, dry_run, plan } = located(&path, || (generator.prepare)(arguments))?;
    Ok(Call {
        locks,
        schemas,
        dry_run,
        plan: Box::new(move |ground| located(&path, || plan(ground))),
    })
}

/// The options for all entries, checked as those of an entry are.
fn shared(document: &Map<String, Value>, root: &SpecPath) -> Result<Map<String, Value>, Error> {
    let Some(value) = document.get("options") else { return Ok(Map::new()) };
    let path = root.key("options");
    let options = object(value, &path)?;
    let declared = declaration::arguments(super::owner_access::OwnerAccess::DECLARATION);
    for (key, value) in options {
        match declared.iter().find(|argument| argument.name == key) {
            Some(argument) if SHARED.contains(&argument.name) => {
                argument.documented(value, &path.key(key))?;
            }
            _ => {
                return Err(DocumentError::UnknownKey {
                    path: path.key(key).to_string(),
                    known: SHARED.join(", "),
                }
                .into());
            }
        }
    }
    Ok(options.clone())
}

/// What a key of a section names: how steps call it, and the argument.
fn resolve(subject: &str, key: &str) -> Result<(String, Value), Error> {
    if subject == "schema" {
        return Ok((quote::ident(key), Value::from(key)));
    }
    let missing = || DocumentError::UnknownRelationName(key.to_owned());
    let oid = table::by_name(key)?.ok_or_else(missing)?;
    let found = table::by_oid(oid)?.ok_or_else(missing)?;
    Ok((found.qualified(), Value::from(oid.to_u32())))
}

fn object<'a>(value: &'a Value, path: &SpecPath) -> Result<&'a Map<String, Value>, DocumentError> {
    value
        .as_object()
        .ok_or_else(|| DocumentError::Shape { path: path.to_string(), wanted: "an object" })
}

/// Runs `f`, and says of an error where in the document it comes from. So of what the server says
/// of names, types and conditions; its other errors, and those that a client has to see as they
/// are, pass.
fn located<T>(path: &SpecPath, f: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    let found = PgTryBuilder::new(AssertUnwindSafe(f))
        .catch_others(|error| match &error {
            CaughtError::PostgresError(report)
                if is_about_the_document(report.sql_error_code()) =>
            {
                // Raised again, and the transaction with it: nothing is swallowed.
                Err(Error::FromServer {
                    code: report.sql_error_code(),
                    message: report.message().to_owned(),
                    detail: report.detail().map(str::to_owned),
                    hint: report.hint().map(str::to_owned),
                })
            }
            _ => error.rethrow(),
        })
        .execute();
    found.map_err(|error| error.at(path))
}

fn is_about_the_document(code: PgSqlErrorCode) -> bool {
    use PgSqlErrorCode::*;
    matches!(
        code,
        ERRCODE_SYNTAX_ERROR
            | ERRCODE_INVALID_NAME
            | ERRCODE_UNDEFINED_COLUMN
            | ERRCODE_UNDEFINED_TABLE
            | ERRCODE_UNDEFINED_FUNCTION
            | ERRCODE_UNDEFINED_OBJECT
            | ERRCODE_UNDEFINED_PARAMETER
            | ERRCODE_INVALID_SCHEMA_NAME
            | ERRCODE_AMBIGUOUS_COLUMN
            | ERRCODE_AMBIGUOUS_FUNCTION
            | ERRCODE_DATATYPE_MISMATCH
            | ERRCODE_CANNOT_COERCE
            | ERRCODE_GROUPING_ERROR
            | ERRCODE_WINDOWING_ERROR
            | ERRCODE_FEATURE_NOT_SUPPORTED
            | ERRCODE_INVALID_TEXT_REPRESENTATION
    )
}

/// The form of a document as JSON Schema, made of the declarations.
pub fn schema() -> Value {
    let own = |name: &str| SHARED.contains(&name);
    let said_beside = ["dry_run", "overwrite", "standalone"];
    let mut definitions = Map::new();
    for generator in &GENERATORS {
        let mut properties = Map::new();
        let mut required = Vec::new();
        for argument in declaration::arguments(generator.declaration).iter().skip(1) {
            if said_beside.contains(&argument.name) {
                continue;
            }
            properties.insert(argument.name.to_owned(), argument.schema());
            if argument.default.is_none() {
                required.push(argument.name);
            }
        }
        definitions.insert(
            generator.name().to_owned(),
            json!({
                "type": "object", "additionalProperties": false,
                "properties": properties, "required": required,
            }),
        );
    }
    let mut properties = Map::new();
    let mut options = Map::new();
    for argument in declaration::arguments(super::owner_access::OwnerAccess::DECLARATION) {
        if own(argument.name) {
            options.insert(argument.name.to_owned(), argument.schema());
        }
    }
    properties.insert(
        "options".to_owned(),
        json!({"type": "object", "additionalProperties": false, "properties": options}),
    );
    for (section, subject) in SECTIONS {
        let entries: Map<String, Value> = GENERATORS
            .iter()
            .filter(|generator| generator.subject() == subject)
            .map(|generator| {
                let one = json!({"$ref": format!("#/$defs/{}", generator.name())});
                let entry = json!({"anyOf": [one, {"type": "array", "items": one}]});
                (generator.name().to_owned(), entry)
            })
            .collect();
        properties.insert(
            section.to_owned(),
            json!({
                "type": "object",
                "additionalProperties": {
                    "type": "object", "additionalProperties": false, "properties": entries,
                },
            }),
        );
    }
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "What rls.plan() and rls.apply() take",
        "type": "object", "additionalProperties": false,
        "properties": properties,
        "$defs": definitions,
    })
}
