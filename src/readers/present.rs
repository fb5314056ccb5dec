//! What schema `auth` holds, of the names that rowguard has functions for.

use pgrx::datum::DatumWithOid;
use pgrx::pg_sys::Oid;
use pgrx::prelude::*;

use crate::auth::{Declaration, FUNCTIONS};
use crate::catalog::row::select;
use crate::error::Error;

/// A function, procedure or aggregate in schema `auth`.
pub struct Present {
    /// `pg_proc.oid`.
    pub oid: Oid,
    /// Its name, without the schema.
    pub name: String,
    /// Types of its input arguments.
    pub arguments: Vec<Oid>,
    /// Its arguments and result as SQL declares them.
    pub declared: String,
    /// Type of its result.
    pub result: Oid,
    /// A function, neither procedure nor aggregate nor window function, whose result is one value
    /// and whose arguments are all input, without defaults.
    pub plain: bool,
    /// Names of its arguments.
    pub argument_names: Vec<String>,
    /// Whether the last argument is VARIADIC.
    pub variadic: bool,
    /// The library that holds its code, if that is C.
    pub library: Option<String>,
    /// Its body, or for a C function the symbol.
    pub source: String,
    /// The extension that it belongs to.
    pub extension: Option<String>,
}

impl Present {
    /// Whether it has the declaration's name and types of arguments: then CREATE OR REPLACE is
    /// about it, and policies that call the one call the other.
    pub fn is(&self, declared: &Declaration) -> bool {
        self.name == declared.bare_name() && self.arguments == declared.arguments()
    }

    /// Whether it is rowguard's own code.
    pub fn is_native(&self, declared: &Declaration, library: &str) -> bool {
        self.library.as_deref() == Some(library) && self.source == declared.symbol
    }

    /// The declaration with names for its arguments where this one has them: they cannot be taken
    /// away again, and so the way back would be closed.
    pub fn named_alike(&self, declared: &Declaration) -> Declaration {
        if self.argument_names.iter().all(String::is_empty) {
            declared.without_names()
        } else {
            *declared
        }
    }

    /// Whether CREATE OR REPLACE can make it what is declared.
    pub fn fits(&self, declared: &Declaration) -> bool {
        let argument = declared.argument.as_ref();
        self.plain
            && self.result == declared.result
            && self.variadic == argument.is_some_and(|argument| argument.variadic)
            && self.argument_names.iter().all(|name| {
                name.is_empty() || argument.is_some_and(|argument| argument.name == name)
            })
    }
}

/// The functions of schema `auth` that have a name of ours, whatever their arguments.
pub fn functions() -> Result<Vec<Present>, Error> {
    let names: Vec<&str> = FUNCTIONS.iter().map(Declaration::bare_name).collect();
    select(
        "SELECT p.oid, p.proname::pg_catalog.text, p.proargtypes::pg_catalog.oid[],
                pg_catalog.format('(%s)%s', pg_catalog.pg_get_function_arguments(p.oid),
                  CASE p.prokind WHEN 'p' THEN ', a procedure' WHEN 'a' THEN ', an aggregate'
                       WHEN 'w' THEN ', a window function'
                       ELSE ' RETURNS ' OPERATOR(pg_catalog.||) pg_catalog.pg_get_function_result(p.oid)
                  END),
                p.prorettype,
                p.prokind OPERATOR(pg_catalog.=) 'f'::pg_catalog.\"char\" AND NOT p.proretset
                  AND p.proallargtypes IS NULL
                  AND p.pronargdefaults OPERATOR(pg_catalog.=) 0::pg_catalog.int2,
                COALESCE(p.proargnames, '{}'),
                p.provariadic OPERATOR(pg_catalog.<>) 0::pg_catalog.oid,
                p.probin, p.prosrc, e.extname::pg_catalog.text
           FROM pg_catalog.pg_proc p
           JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) p.pronamespace
           LEFT JOIN pg_catalog.pg_depend d
             ON d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_proc'::pg_catalog.regclass
            AND d.objid OPERATOR(pg_catalog.=) p.oid
            AND d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_extension'::pg_catalog.regclass
            AND d.deptype OPERATOR(pg_catalog.=) 'e'::pg_catalog.\"char\"
           LEFT JOIN pg_catalog.pg_extension e ON e.oid OPERATOR(pg_catalog.=) d.refobjid
          WHERE n.nspname OPERATOR(pg_catalog.=) 'auth'
            AND p.proname::pg_catalog.text OPERATOR(pg_catalog.=) ANY ($1)
          ORDER BY p.oid",
        &[DatumWithOid::from(names)],
        |row| {
            Ok(Present {
                oid: row.required(1)?,
                name: row.required(2)?,
                arguments: row.required(3)?,
                declared: row.required(4)?,
                result: row.required(5)?,
                plain: row.required(6)?,
                argument_names: row.required(7)?,
                variadic: row.required(8)?,
                library: row.optional(9)?,
                source: row.required(10)?,
                extension: row.optional(11)?,
            })
        },
    )
}

/// Runs statements of our own making, one after the other.
pub fn run(statements: &[String]) -> Result<(), Error> {
    Spi::connect_mut(|client| {
        statements.iter().try_for_each(|sql| client.update(sql.as_str(), None, &[]).map(drop))
    })?;
    Ok(())
}
