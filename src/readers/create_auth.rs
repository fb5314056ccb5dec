//! Schema `auth`, for the scripts of the extension: install and upgrades.

use pgrx::datum::DatumWithOid;
use pgrx::pg_sys::{Oid, panic::ErrorReport};
use pgrx::prelude::*;

use super::notice;
use super::present;
use crate::auth::FUNCTIONS;
use crate::catalog::row::select;
use crate::catalog::{function, schema};
use crate::error::{Error, ReaderError};

// Gone at the end of the script: an upgrade repeats these statements. What it creates belongs to
// the extension, as all else that a script creates. Upgrade scripts qualify every name, operators
// too: where the schema is somebody else's, it is in their search_path.
extension_sql!(
    r#"
-- Schema auth with its functions, or a notice where the schema is somebody else's.
CREATE FUNCTION rls.create_auth() RETURNS void
LANGUAGE c VOLATILE SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', 'rls_create_auth_wrapper';
SELECT rls.create_auth();
DROP FUNCTION rls.create_auth();
"#,
    name = "create_auth",
);

/// Makes schema `auth` where there is none, and brings its functions up to date where it is the
/// extension's. Where it is somebody else's, creates nothing, names that are free included: a
/// restore may take them a moment later, and the identity would change behind everybody's back.
///
/// 55000 outside a script of the extension. Who may call it: superusers, by CREATE EXTENSION and
/// ALTER EXTENSION UPDATE.
#[pg_extern(sql = false)]
fn rls_create_auth() -> Result<(), ErrorReport> {
    // SAFETY: plain variables of the server.
    if !unsafe { pg_sys::creating_extension } {
        return Err(ReaderError::NotInAScript.into());
    }
    let mut statements = Vec::new();
    match schema::hands("auth")? {
        None => {
            // Not where CREATE EXTENSION put it, which by default is public: DROP SCHEMA public CASCADE,
            // as people empty a database, would take all policies that ask who is asking along.
            stand_in(SERVERS)?;
            statements.extend(
                [
                    "CREATE SCHEMA auth",
                    "COMMENT ON SCHEMA auth IS 'rowguard: who is asking'",
                    "REVOKE ALL ON SCHEMA auth FROM PUBLIC",
                    "GRANT USAGE ON SCHEMA auth TO PUBLIC",
                ]
                .map(str::to_owned),
            );
        }
        Some(hands) if hands.ours => {}
        Some(hands) => {
            // A dump then makes the schema before the extension, which would otherwise make it itself;
            // `atomic`, a schema of the extension, comes before `auth` in the order of dumps.
            stand_in(hands.oid)?;
            notice::raise(
                c"schema \"auth\" exists already: rowguard created nothing in it",
                c"SELECT * FROM rls.adopt_auth() adds its functions there.",
            );
            return Ok(());
        }
    }
    let library = function::library()?;
    let present = present::functions()?;
    for declared in &FUNCTIONS {
        // The server refuses to replace what is not the extension's.
        statements.push(declared.create(true, &library));
        if !present.iter().any(|found| found.is(declared)) {
            statements.extend(declared.dress());
        }
    }
    present::run(&statements)?;
    Ok(())
}

/// Schema `pg_catalog`, which is in every database and is never dropped.
const SERVERS: Oid = Oid::from_u32(pg_sys::PG_CATALOG_NAMESPACE);

/// Makes the schema the one that the extension stands in, in name: nothing of it lies there.
fn stand_in(schema: Oid) -> Result<(), Error> {
    // SAFETY: a plain variable of the server: the extension whose script this is.
    let extension = unsafe { pg_sys::CurrentExtensionObject };
    let before = select(
        "SELECT e.extnamespace FROM pg_catalog.pg_extension e
          WHERE e.oid OPERATOR(pg_catalog.=) $1",
        &[DatumWithOid::from(extension)],
        |row| row.required::<Oid>(1),
    )?;
    let before = before.into_iter().next().ok_or(Error::Unexpected("the extension is missing"))?;
    if before == schema {
        return Ok(());
    }
    Spi::connect_mut(|client| {
        client
            .update(
                "UPDATE pg_catalog.pg_extension SET extnamespace = $2
                  WHERE oid OPERATOR(pg_catalog.=) $1",
                None,
                &[DatumWithOid::from(extension), DatumWithOid::from(schema)],
            )
            .map(drop)
    })?;
    // SAFETY: ids of objects that exist; what ALTER EXTENSION SET SCHEMA does for an extension that
    // can be moved.
    unsafe {
        pg_sys::changeDependencyFor(
            pg_sys::ExtensionRelationId,
            extension,
            pg_sys::NamespaceRelationId,
            before,
            schema,
        );
    }
    Ok(())
}
