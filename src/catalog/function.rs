//! Functions, `pg_proc`.

use std::collections::HashSet;

use pgrx::datum::DatumWithOid;
use pgrx::pg_sys::{self, Oid};

use super::select;
use crate::error::Error;
use crate::quote;

/// What `pg_proc.prokind` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FunctionKind {
    /// An ordinary function.
    Function,
    /// A procedure.
    Procedure,
    /// An aggregate.
    Aggregate,
    /// A window function.
    Window,
}

/// What is promised of a function's answers, the strongest promise first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Volatility {
    /// The same for ever.
    Immutable,
    /// The same within a statement.
    Stable,
    /// Anything.
    Volatile,
}

/// A function.
#[derive(Debug, Clone)]
pub struct Function {
    /// `pg_proc.oid`.
    pub oid: Oid,
    /// Its schema, `pg_namespace.oid`.
    pub schema_oid: Oid,
    /// Its schema, unquoted.
    pub schema: String,
    /// Unquoted name, without its schema.
    pub name: String,
    /// Owning role.
    pub owner: Oid,
    /// Name of its language, such as `sql`.
    pub language: String,
    /// What it is.
    pub kind: FunctionKind,
    /// What it is declared as; what its body does is another matter.
    pub volatility: Volatility,
    /// SECURITY DEFINER.
    pub security_definer: bool,
    /// NULL for a NULL argument.
    pub strict: bool,
    /// LEAKPROOF.
    pub leakproof: bool,
    /// SET clauses, as `name=value`.
    pub settings: Vec<String>,
    /// Types of its input arguments.
    pub arguments: Vec<Oid>,
    /// Names of its input arguments, empty where they have none; as long as `arguments`.
    pub argument_names: Vec<String>,
    /// `name(types)`, as a person writes it; types outside `pg_catalog` are qualified.
    pub signature: String,
    /// Type of its result.
    pub result: Oid,
    /// It returns a set.
    pub returns_set: bool,
    /// It is for triggers or event triggers, and cannot be called otherwise.
    pub for_triggers: bool,
    /// Code of this library: a function of the extension, or one by which `rls.adopt_auth()` put a
    /// reader into a schema that is not the extension's.
    pub ours: bool,
    /// It belongs to an extension.
    pub of_extension: bool,
    /// Its body, or for a C function the symbol; empty for a SQL-standard body.
    pub source: String,
    /// Its SQL-standard body as the text of a node tree.
    pub body: Option<String>,
    /// Its COMMENT, all lines.
    pub comment: Option<String>,
    /// What its last input arguments are where a call leaves them out, as the text of a list of node
    /// trees.
    pub defaults: Option<String>,
}

impl Function {
    /// As ALTER, GRANT and REVOKE name it: `FUNCTION schema.name(types)`.
    pub fn as_object(&self) -> String {
        let kind = if self.kind == FunctionKind::Procedure { "PROCEDURE" } else { "FUNCTION" };
        format!("{kind} {}", self.qualified())
    }

    /// `schema.name(types)`, quoted where needed.
    pub fn qualified(&self) -> String {
        format!("{}.{}", quote::ident(&self.schema), self.signature)
    }
}

/// How `pg_proc` names this library: as the extension's own functions do.
pub fn library() -> Result<String, Error> {
    let found = select(
        "SELECT p.probin
           FROM pg_catalog.pg_extension e
           JOIN pg_catalog.pg_depend d
             ON d.refobjid OPERATOR(pg_catalog.=) e.oid
            AND d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_extension'::pg_catalog.regclass
            AND d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_proc'::pg_catalog.regclass
            AND d.deptype OPERATOR(pg_catalog.=) 'e'::pg_catalog.\"char\"
           JOIN pg_catalog.pg_proc p ON p.oid OPERATOR(pg_catalog.=) d.objid
          WHERE e.extname OPERATOR(pg_catalog.=) 'rowguard' AND p.probin IS NOT NULL
          ORDER BY p.oid LIMIT 1",
        &[],
        |row| row.required(1),
    )?;
    found.into_iter().next().ok_or(Error::Unexpected("the extension has no functions"))
}

const FUNCTION: &str = "
    SELECT p.oid, p.pronamespace, n.nspname::pg_catalog.text, p.proname::pg_catalog.text,
           p.proowner, l.lanname::pg_catalog.text, p.prokind::pg_catalog.text,
           p.provolatile::pg_catalog.text, p.prosecdef, p.proisstrict, p.proleakproof,
           p.proconfig, p.proargtypes::pg_catalog.oid[],
           CASE WHEN p.proargmodes IS NULL THEN p.proargnames
                ELSE ARRAY(SELECT p.proargnames[m.at]
                             FROM pg_catalog.unnest(p.proargmodes) WITH ORDINALITY m (mode, at)
                            WHERE m.mode OPERATOR(pg_catalog.=)
                                  ANY ('{i,b,v}'::pg_catalog.\"char\"[])
                            ORDER BY m.at) END,
           pg_catalog.quote_ident(p.proname) OPERATOR(pg_catalog.||) '('
             OPERATOR(pg_catalog.||) pg_catalog.oidvectortypes(p.proargtypes)
             OPERATOR(pg_catalog.||) ')',
           p.prorettype, p.proretset, COALESCE(p.probin OPERATOR(pg_catalog.=) $2, false),
           p.oid OPERATOR(pg_catalog.=) ANY (
               SELECT d.objid FROM pg_catalog.pg_depend d
                WHERE d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_proc'::pg_catalog.regclass
                  AND d.deptype OPERATOR(pg_catalog.=) 'e'::pg_catalog.\"char\"),
           p.prosrc, p.prosqlbody::pg_catalog.text, c.description,
           p.proargdefaults::pg_catalog.text
      FROM pg_catalog.pg_proc p
      JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) p.pronamespace
      JOIN pg_catalog.pg_language l ON l.oid OPERATOR(pg_catalog.=) p.prolang
      LEFT JOIN pg_catalog.pg_description c
        ON c.classoid OPERATOR(pg_catalog.=) 'pg_catalog.pg_proc'::pg_catalog.regclass
       AND c.objoid OPERATOR(pg_catalog.=) p.oid
       AND c.objsubid OPERATOR(pg_catalog.=) 0";

/// The functions of these ids, those that exist.
pub fn by_oids(functions: &[Oid]) -> Result<Vec<Function>, Error> {
    let sql = format!("{FUNCTION} WHERE p.oid OPERATOR(pg_catalog.=) ANY ($1) ORDER BY p.oid");
    read(&sql, functions)
}

/// All functions, procedures and aggregates of these schemas.
pub fn in_schemas(schemas: &[Oid]) -> Result<Vec<Function>, Error> {
    let sql =
        format!("{FUNCTION} WHERE p.pronamespace OPERATOR(pg_catalog.=) ANY ($1) ORDER BY p.oid");
    read(&sql, schemas)
}

fn read(sql: &str, oids: &[Oid]) -> Result<Vec<Function>, Error> {
    if oids.is_empty() {
        return Ok(Vec::new());
    }
    select(sql, &[DatumWithOid::from(oids.to_vec()), DatumWithOid::from(library()?)], |row| {
        let arguments: Vec<Oid> = row.required(13)?;
        let names: Vec<Option<String>> = row.optional(14)?.unwrap_or_default();
        let mut argument_names: Vec<String> =
            names.into_iter().map(Option::unwrap_or_default).collect();
        argument_names.resize(arguments.len(), String::new());
        let result = row.required(16)?;
        Ok(Function {
            oid: row.required(1)?,
            schema_oid: row.required(2)?,
            schema: row.required(3)?,
            name: row.required(4)?,
            owner: row.required(5)?,
            language: row.required(6)?,
            kind: match row.required::<String>(7)?.as_str() {
                "p" => FunctionKind::Procedure,
                "a" => FunctionKind::Aggregate,
                "w" => FunctionKind::Window,
                _ => FunctionKind::Function,
            },
            volatility: match row.required::<String>(8)?.as_str() {
                "i" => Volatility::Immutable,
                "s" => Volatility::Stable,
                _ => Volatility::Volatile,
            },
            security_definer: row.required(9)?,
            strict: row.required(10)?,
            leakproof: row.required(11)?,
            settings: row.optional(12)?.unwrap_or_default(),
            arguments,
            argument_names,
            signature: row.required(15)?,
            result,
            returns_set: row.required(17)?,
            for_triggers: [pg_sys::TRIGGEROID, pg_sys::EVENT_TRIGGEROID].contains(&result),
            ours: row.required(18)?,
            of_extension: row.required(19)?,
            source: row.required(20)?,
            body: row.optional(21)?,
            comment: row.optional(22)?,
            defaults: row.optional(23)?,
        })
    })
}

/// Those of these functions that something stored calls: policies, views, defaults, constraints,
/// indexes, operators, bodies that the server keeps. Triggers are left out: they need no EXECUTE.
pub fn stored_calls(functions: &[Oid]) -> Result<HashSet<Oid>, Error> {
    let found = select(
        "SELECT DISTINCT d.refobjid
           FROM pg_catalog.pg_depend d
          WHERE d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_proc'::pg_catalog.regclass
            AND d.refobjid OPERATOR(pg_catalog.=) ANY ($1)
            AND d.classid OPERATOR(pg_catalog.<>) ALL (ARRAY[
                  'pg_catalog.pg_trigger'::pg_catalog.regclass::pg_catalog.oid,
                  'pg_catalog.pg_event_trigger'::pg_catalog.regclass::pg_catalog.oid])",
        &[DatumWithOid::from(functions.to_vec())],
        |row| row.required::<Oid>(1),
    )?;
    Ok(found.into_iter().collect())
}

/// The functions of this schema and name, whatever their arguments.
pub fn by_name(schema: &str, name: &str) -> Result<Vec<Oid>, Error> {
    select(
        "SELECT p.oid
           FROM pg_catalog.pg_proc p
           JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) p.pronamespace
          WHERE n.nspname::pg_catalog.text OPERATOR(pg_catalog.=) $1
            AND p.proname::pg_catalog.text OPERATOR(pg_catalog.=) $2
          ORDER BY p.oid",
        &[DatumWithOid::from(schema), DatumWithOid::from(name)],
        |row| row.required(1),
    )
}

/// The function that a signature such as `app.me(text)` names.
pub fn by_signature(signature: &str) -> Result<Option<Oid>, Error> {
    let found = select(
        "SELECT pg_catalog.to_regprocedure($1)::pg_catalog.oid",
        &[DatumWithOid::from(signature)],
        |row| row.optional(1),
    )?;
    Ok(found.into_iter().flatten().next())
}
