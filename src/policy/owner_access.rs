//! `rls.owner_access(...)`: a row belongs to the user in one of its columns.

use std::ffi::CStr;

use pgrx::AnyArray;
use pgrx::pg_sys::{self, Oid, panic::ErrorReport};
use pgrx::prelude::*;

use super::identity;
use super::options::Arguments;
use super::plan::apply;
use super::template::{DesiredPolicy, Template};
use crate::arguments::{name as name_argument, required};
use crate::error::Error;
use crate::quote;

#[pg_extern(sql = r#"
CREATE FUNCTION rls.owner_access(
  tbl regclass,
  owner_column name DEFAULT 'user_id',
  roles name[] DEFAULT '{authenticated}',
  commands text[] DEFAULT '{select,insert,update,delete}',
  create_index boolean DEFAULT true,
  force boolean DEFAULT false,
  name text DEFAULT NULL,
  dry_run boolean DEFAULT false)
RETURNS TABLE (step integer, kind text, object text, action text, sql text)
LANGUAGE c VOLATILE SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
COMMENT ON FUNCTION rls.owner_access(regclass, name, name[], text[], boolean, boolean, text, boolean) IS
  'policies that give each row to the user in owner_column; returns the steps';
"#)]
#[allow(clippy::too_many_arguments, reason = "the arguments of the SQL function")]
fn rls_owner_access(
    tbl: Option<Oid>,
    owner_column: Option<&CStr>,
    roles: Option<AnyArray>,
    commands: Option<Vec<Option<String>>>,
    create_index: Option<bool>,
    force: Option<bool>,
    name: Option<&str>,
    dry_run: Option<bool>,
) -> Result<
    TableIterator<
        'static,
        (
            name!(step, i32),
            name!(kind, String),
            name!(object, String),
            name!(action, String),
            name!(sql, Option<String>),
        ),
    >,
    ErrorReport,
> {
    let table = required(tbl, "tbl")?;
    let owner_column = name_argument(owner_column, "owner_column")?;
    let options = Arguments { roles, commands, create_index, force, name, dry_run }.check()?;
    let steps = apply(table, &options, |target, options| {
        let owner = target.column(&owner_column)?;
        // SAFETY: a catalog look-up of a type id.
        if unsafe { pg_sys::getBaseType(owner.type_oid) } != pg_sys::UUIDOID {
            return Err(Error::NotAnIdentityColumn {
                relation: target.table.qualified(),
                column: owner_column.clone(),
                found: type_name(owner.type_oid),
            });
        }
        let caller = identity::call("auth.uid()", &[])?;
        let condition = format!("{} = {caller}", quote::ident(&owner_column));
        let rows = format!("rows whose {} is the caller", quote::ident(&owner_column));
        Ok(Template {
            target,
            template: "owner_access",
            options,
            policies: options
                .commands
                .iter()
                .map(|command| DesiredPolicy::symmetric(*command, &condition, &rows))
                .collect(),
            lookup: owner,
        })
    })?;
    Ok(TableIterator::new(steps))
}

/// A type as people write it.
fn type_name(oid: Oid) -> String {
    // SAFETY: the server returns a fresh C string for any id.
    unsafe { CStr::from_ptr(pg_sys::format_type_be(oid)) }.to_string_lossy().into_owned()
}
