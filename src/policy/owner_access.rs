//! `rls.owner_access(...)`: a row belongs to the user in one of its columns.

use std::ffi::CStr;

use pgrx::AnyArray;
use pgrx::pg_sys::Oid;

use super::generator::generator;
use super::identity;
use super::part::{DesiredIndex, DesiredPolicy};
use super::plan::apply;
use super::template::Template;
use crate::arguments::{name as name_argument, names, required};
use crate::error::Error;
use crate::quote;

generator! {
    r#"
CREATE FUNCTION rls.owner_access(
  tbl regclass,
  owner_column name DEFAULT 'user_id',
  owner_columns name[] DEFAULT NULL,
  roles name[] DEFAULT '{authenticated}',
  commands text[] DEFAULT '{select,insert,update,delete}',
  restrictive boolean DEFAULT false,
  create_index boolean DEFAULT true,
  force boolean DEFAULT false,
  name text DEFAULT NULL,
  dry_run boolean DEFAULT false,
  overwrite boolean DEFAULT false,
  index_concurrently text DEFAULT NULL,
  standalone boolean DEFAULT false)
RETURNS TABLE (step integer, kind text, object text, action text, sql text)
LANGUAGE c VOLATILE SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
COMMENT ON FUNCTION rls.owner_access IS
  'policies that give each row to the user in owner_column, or in any of owner_columns; returns the steps';
"#,
    fn rls_owner_access(
        tbl: Option<Oid>,
        owner_column: Option<&CStr>,
        owner_columns: Option<AnyArray>,
    ) |options| {
        let table = required(tbl, "tbl")?;
        let columns = match owner_columns {
            Some(columns) => names(Some(columns), "owner_columns")?,
            None => vec![name_argument(owner_column, "owner_column")?],
        };
        if columns.is_empty() {
            return Err(Error::EmptyList("owner_columns"));
        }
        apply(table, &options, |target, options| {
            let mut set = Template::new(target, "owner_access", options);
            let mut conditions = Vec::new();
            for name in &columns {
                let column = target.column(name)?;
                let caller = identity::caller(options, &target.table, column)?;
                conditions.push(format!("{} = {caller}", quote::ident(name)));
                set.add(DesiredIndex { table: &target.table, columns: vec![column] });
            }
            let condition = conditions.join(" OR ");
            let owners: Vec<String> = columns.iter().map(|name| quote::ident(name)).collect();
            let rows = format!("rows whose {} is the caller", owners.join(" or "));
            for command in &options.commands {
                set.add(DesiredPolicy::symmetric(&set, *command, &condition, &rows));
            }
            Ok(set)
        })
    }
}
