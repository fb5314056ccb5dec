//! Functions, `pg_proc`.

use pgrx::datum::DatumWithOid;
use pgrx::pg_sys::Oid;

use super::select;
use crate::error::Error;

/// A function.
#[derive(Debug, Clone)]
pub struct Function {
    /// `pg_proc.oid`.
    pub oid: Oid,
    /// Unquoted name, without its schema.
    pub name: String,
    /// Types of its arguments.
    pub arguments: Vec<Oid>,
    /// Type of its result.
    pub result: Oid,
    /// NULL for a NULL argument.
    pub strict: bool,
    /// VOLATILE.
    pub volatile: bool,
    /// Code of this library: a function of the extension, or one by which `rls.adopt_auth()` put a
    /// reader into a schema that is not the extension's.
    pub ours: bool,
    /// Its body, or for a C function the symbol.
    pub source: String,
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

/// The functions of these ids.
pub fn by_oids(functions: &[Oid]) -> Result<Vec<Function>, Error> {
    select(
        "SELECT p.oid, p.proname::pg_catalog.text, p.proargtypes::pg_catalog.oid[], p.prorettype,
                p.proisstrict, p.provolatile OPERATOR(pg_catalog.=) 'v'::pg_catalog.\"char\",
                COALESCE(p.probin OPERATOR(pg_catalog.=) $2, false), p.prosrc
           FROM pg_catalog.pg_proc p
          WHERE p.oid OPERATOR(pg_catalog.=) ANY ($1)
          ORDER BY p.oid",
        &[DatumWithOid::from(functions.to_vec()), DatumWithOid::from(library()?)],
        |row| {
            Ok(Function {
                oid: row.required(1)?,
                name: row.required(2)?,
                arguments: row.required(3)?,
                result: row.required(4)?,
                strict: row.required(5)?,
                volatile: row.required(6)?,
                ours: row.required(7)?,
                source: row.required(8)?,
            })
        },
    )
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
