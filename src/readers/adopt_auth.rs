//! `rls.adopt_auth(functions, replace, undo)`: rowguard's functions in a schema `auth` that is
//! somebody else's.

use pgrx::datum::DatumWithOid;
use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;

use super::present::{self, Present};
use crate::arguments::{required, texts};
use crate::auth::{Declaration, FUNCTIONS};
use crate::catalog::row::select;
use crate::catalog::{function, schema};
use crate::error::{Error, ReaderError};
use crate::{quote, read_only};

extension_sql!(
    r#"
COMMENT ON FUNCTION rls.adopt_auth(text[], boolean, boolean) IS
  'puts rowguard''s functions into a schema auth that is somebody else''s, in place of others only where asked to; undo brings those back; returns what was done';
"#,
    name = "comment_rls_adopt_auth",
    requires = [rls_adopt_auth]
);

/// Puts functions into a schema `auth` that was there before the extension, and returns each with
/// what was done to it: `create`, `alter` (it replaces another, whose OID, owner, rights and comment
/// stay, so that policies that call it go on), `drop` or `unchanged`. They are no members of the
/// extension, so that dumps carry them.
///
/// - `functions`: names, with or without the schema; NULL is all, with `undo` all that were adopted.
/// - `replace`: also where a function of the same name and arguments exists.
/// - `undo`: the way back. What was created is dropped, what was replaced is defined as before; a
///   function that somebody has replaced since is left alone.
///
/// Errors: 22004 for a NULL, but for `functions` as a whole; 22023 for an unknown name, an empty
/// list, or `replace` with `undo`; 3F000 where there is no schema `auth`; 42501 for a schema whose
/// owner is neither a superuser nor the database's, or where everybody may create; 42723 for a
/// function of the same name and other arguments; 42P13 for one that CREATE OR REPLACE cannot make
/// ours; 55000 for one that is an extension's, or where the extension lacks it itself; 2BP01 for one
/// that is to be dropped and is in use. Who may call it: superusers.
#[pg_extern(sql = r#"
CREATE FUNCTION rls.adopt_auth(functions text[] DEFAULT NULL, replace boolean DEFAULT false, undo boolean DEFAULT false)
RETURNS TABLE (function text, action text)
LANGUAGE c VOLATILE SET search_path = pg_catalog, pg_temp SET check_function_bodies = off
AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
"#)]
fn rls_adopt_auth(
    functions: Option<Vec<Option<String>>>,
    replace: Option<bool>,
    undo: Option<bool>,
) -> Result<
    TableIterator<'static, (name!(function, String), name!(action, &'static str))>,
    ErrorReport,
> {
    // SAFETY: a plain question to the server.
    if !unsafe { pg_sys::superuser() } {
        return Err(ReaderError::NotSuperuser("rls.adopt_auth()").into());
    }
    let replace = required(replace, "replace")?;
    let undo = required(undo, "undo")?;
    if replace && undo {
        return Err(ReaderError::ReplaceAndUndo.into());
    }
    let named = functions.is_some();
    let wanted = match functions {
        None => FUNCTIONS.iter().collect(),
        Some(names) => declarations(&texts(Some(names), "functions")?)?,
    };
    read_only::refuse(c"rls.adopt_auth()");

    // Two at once would each keep what the other made as the old definition.
    present::run(&["LOCK TABLE rls.adopted_functions IN SHARE ROW EXCLUSIVE MODE".to_owned()])?;
    let done = if undo { give_back(&wanted, named)? } else { adopt(&wanted, replace)? };
    Ok(TableIterator::new(done))
}

/// A function and what was done to it.
type Done = (String, &'static str);

/// The declarations of these names, each once, in the order of the list.
fn declarations(names: &[String]) -> Result<Vec<&'static Declaration>, Error> {
    if names.is_empty() {
        return Err(Error::EmptyList("functions"));
    }
    let bare = |name: &'_ str| name.strip_prefix("auth.").unwrap_or(name).to_owned();
    if let Some(unknown) =
        names.iter().find(|name| FUNCTIONS.iter().all(|known| known.bare_name() != bare(name)))
    {
        return Err(ReaderError::Unknown(unknown.clone()).into());
    }
    Ok(FUNCTIONS
        .iter()
        .filter(|known| names.iter().any(|name| known.bare_name() == bare(name)))
        .collect())
}

fn adopt(wanted: &[&Declaration], replace: bool) -> Result<Vec<Done>, Error> {
    let hands = schema::hands("auth")?.ok_or(ReaderError::NoSchemaAuth)?;
    if !hands.trusted_owner {
        return Err(ReaderError::SchemaAuthUntrusted { owner: Some(hands.owner) }.into());
    }
    if hands.open {
        return Err(ReaderError::SchemaAuthUntrusted { owner: None }.into());
    }
    let library = function::library()?;
    let present = present::functions()?;
    let mut done = Vec::new();
    for declared in wanted {
        let action = match present.iter().find(|found| found.is(declared)) {
            Some(found) if found.is_native(declared, &library) || !replace => "unchanged",
            Some(found) => {
                replaceable(found, declared)?;
                keep(declared, Some(found))?;
                present::run(&[found.named_alike(declared).create(true, &library)])?;
                "alter"
            }
            None => {
                if let Some(other) = present.iter().find(|found| found.name == declared.bare_name())
                {
                    return Err(ReaderError::Overloaded {
                        function: declared.signature(),
                        other: format!("{}{}", declared.name, other.declared),
                    }
                    .into());
                }
                // What the extension lacks in its own schema comes to it by an upgrade.
                if hands.ours {
                    return Err(ReaderError::NotThereYet(declared.signature()).into());
                }
                keep(declared, None)?;
                present::run(&[declared.create(false, &library)])?;
                present::run(&declared.dress())?;
                "create"
            }
        };
        done.push((declared.signature(), action));
    }
    Ok(done)
}

/// Whether CREATE OR REPLACE can put ours in the place of this one. The server's own error would
/// advise to drop it, and the policies with it.
fn replaceable(found: &Present, declared: &Declaration) -> Result<(), Error> {
    if let Some(extension) = &found.extension
        && extension != "rowguard"
    {
        return Err(ReaderError::OfExtension {
            function: declared.signature(),
            extension: extension.clone(),
        }
        .into());
    }
    if !found.fits(declared) {
        return Err(ReaderError::Differs {
            function: declared.signature(),
            found: format!("{}{}", declared.name, found.declared),
            wanted: declared.to_string(),
        }
        .into());
    }
    Ok(())
}

/// Writes down what to do on the way back.
fn keep(declared: &Declaration, before: Option<&Present>) -> Result<(), Error> {
    Spi::connect_mut(|client| {
        client
            .update(
                "INSERT INTO rls.adopted_functions (function, definition)
                 VALUES ($1, pg_catalog.pg_get_functiondef($2))
                 ON CONFLICT (function) DO UPDATE
                    SET definition = excluded.definition, adopted_at = excluded.adopted_at",
                None,
                &[
                    DatumWithOid::from(declared.signature()),
                    DatumWithOid::from(before.map(|found| found.oid)),
                ],
            )
            .map(drop)
    })?;
    Ok(())
}

fn give_back(wanted: &[&Declaration], named: bool) -> Result<Vec<Done>, Error> {
    let library = function::library()?;
    let present = present::functions()?;
    let kept =
        select("SELECT a.function, a.definition FROM rls.adopted_functions a", &[], |row| {
            Ok((row.required::<String>(1)?, row.optional::<String>(2)?))
        })?;
    let mut done = Vec::new();
    for declared in wanted {
        let signature = declared.signature();
        let Some((_, definition)) = kept.iter().find(|(function, _)| *function == signature) else {
            if named {
                done.push((signature, "unchanged"));
            }
            continue;
        };
        let ours =
            present.iter().find(|found| found.is(declared) && found.is_native(declared, &library));
        let action = match (ours, definition) {
            // Dropped since, or replaced by somebody else.
            (None, _) => "unchanged",
            (Some(_), Some(definition)) => {
                present::run(std::slice::from_ref(definition))?;
                "alter"
            }
            (Some(found), None) => {
                unused(found, &signature)?;
                present::run(&[format!("DROP FUNCTION {signature}")])?;
                "drop"
            }
        };
        present::run(&[format!(
            "DELETE FROM rls.adopted_functions WHERE function OPERATOR(pg_catalog.=) {}",
            quote::literal(&signature)
        )])?;
        done.push((signature, action));
    }
    Ok(done)
}

/// Whether nothing would go with the function. The server's own error would advise CASCADE.
fn unused(found: &Present, signature: &str) -> Result<(), Error> {
    let users = select(
        "SELECT DISTINCT pg_catalog.pg_describe_object(d.classid, d.objid, d.objsubid) COLLATE \"C\"
           FROM pg_catalog.pg_depend d
          WHERE d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_proc'::pg_catalog.regclass
            AND d.refobjid OPERATOR(pg_catalog.=) $1
          ORDER BY 1 LIMIT 10",
        &[DatumWithOid::from(found.oid)],
        |row| row.required::<String>(1),
    )?;
    if users.is_empty() {
        return Ok(());
    }
    Err(ReaderError::InUse { function: signature.to_owned(), users: users.join("\n") }.into())
}
