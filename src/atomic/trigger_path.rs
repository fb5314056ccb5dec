//! The schemas in which triggers of the ledger's tables find their unqualified names.

use std::ffi::CString;

use pgrx::pg_sys;

use crate::error::{Error, LedgerError};
use crate::operation::failure::Failure;
use crate::operation::statement::Statement;
use crate::quote;

/// The search path of a ledger's statements: `pg_catalog, <trigger_path>, pg_temp`. Needs an open
/// connection.
///
/// Every schema must exist (3F000), and nobody but the tables' owner or a superuser may create
/// things in it (42501): what others put there would run with the owner's rights.
pub fn resolve(trigger_path: &str, owner: pg_sys::Oid) -> Result<CString, Failure> {
    let mut path = String::from("pg_catalog, ");
    for schema in parse(trigger_path)? {
        check(&schema, owner)?;
        path.push_str(&quote::exact(&schema));
        path.push_str(", ");
    }
    path.push_str("pg_temp");
    CString::new(path).map_err(|_| LedgerError::TriggerPathSyntax(trigger_path.to_owned()).into())
}

fn check(schema: &str, owner: pg_sys::Oid) -> Result<(), Failure> {
    let missing = || LedgerError::SchemaMissing(schema.to_owned());
    // The server gives these two a meaning that depends on the session.
    if schema == "$user" || schema.starts_with("pg_temp") {
        return Err(missing().into());
    }
    let name = CString::new(schema).map_err(|_| missing())?;
    // SAFETY: a terminated string.
    let oid = unsafe { pg_sys::get_namespace_oid(name.as_ptr(), true) };
    if oid == pg_sys::InvalidOid {
        return Err(missing().into());
    }
    // The owner of public is pg_database_owner, whose one member is the database's owner.
    let holders = Statement::prepare(
        "SELECT CASE WHEN h.role OPERATOR(pg_catalog.=) 'pg_database_owner'::pg_catalog.regrole \
                     THEN (SELECT d.datdba FROM pg_catalog.pg_database AS d \
                           WHERE d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database()) \
                     ELSE h.role END \
         FROM pg_catalog.pg_namespace AS n \
         CROSS JOIN LATERAL (SELECT n.nspowner AS role \
                             UNION SELECT a.grantee FROM pg_catalog.aclexplode(n.nspacl) AS a \
                             WHERE a.privilege_type OPERATOR(pg_catalog.=) 'CREATE') AS h \
         WHERE n.oid OPERATOR(pg_catalog.=) $1",
        &[pg_sys::OIDOID],
    )?
    .run([Some(oid.into())])?;
    for row in 0..holders.len() {
        let role: pg_sys::Oid = holders.need(row, 1)?;
        // PUBLIC is role zero. SAFETY: a plain look-up.
        if role != owner && (role == pg_sys::InvalidOid || !unsafe { pg_sys::superuser_arg(role) })
        {
            return Err(LedgerError::SchemaOpen {
                schema: schema.to_owned(),
                role: super::tables::role_name(role),
            }
            .into());
        }
    }
    Ok(())
}

/// Splits a comma list of names as the server splits `search_path`: unquoted names fold to lower
/// case, quoted ones stand as they are.
fn parse(list: &str) -> Result<Vec<String>, Error> {
    let syntax = || LedgerError::TriggerPathSyntax(list.to_owned());
    let mut names = Vec::new();
    let mut rest = list.trim();
    if rest.is_empty() {
        return Ok(names);
    }
    loop {
        let name;
        (name, rest) = match rest.strip_prefix('"') {
            Some(quoted) => quoted_name(quoted).ok_or_else(syntax)?,
            None => {
                let end = rest
                    .find(|c: char| c == ',' || c == '"' || c.is_whitespace())
                    .unwrap_or(rest.len());
                (rest[..end].to_lowercase(), &rest[end..])
            }
        };
        if name.is_empty() {
            return Err(syntax().into());
        }
        names.push(name);
        rest = rest.trim_start();
        if rest.is_empty() {
            return Ok(names);
        }
        rest = rest.strip_prefix(',').ok_or_else(syntax)?.trim_start();
    }
}

/// The name up to the closing quote, doubled quotes undone, and what follows it.
fn quoted_name(text: &str) -> Option<(String, &str)> {
    let mut name = String::new();
    let mut characters = text.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        if character != '"' {
            name.push(character);
        } else if characters.next_if(|(_, next)| *next == '"').is_some() {
            name.push('"');
        } else {
            return Some((name, &text[at + 1..]));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn names_are_split_as_the_server_does() {
        assert_eq!(parse("").unwrap(), Vec::<String>::new());
        assert_eq!(parse("  ").unwrap(), Vec::<String>::new());
        assert_eq!(parse("app").unwrap(), ["app"]);
        assert_eq!(parse(" App ,\"Odd, \"\"one\"\"\" , x").unwrap(), ["app", "Odd, \"one\"", "x"]);
    }

    #[test]
    fn what_is_no_list_is_refused() {
        for list in [",", "a,", ",a", "a b", "\"a", "\"\"", "a\"b\"", "a,,b"] {
            assert!(parse(list).is_err(), "{list}");
        }
    }
}
