//! `rls.owner_access(...)`: a row belongs to the user in one of its columns.

use super::generator::{Generator, generator};
use super::identity;
use super::options::Options;
use super::part::{DesiredIndex, DesiredPolicy};
use super::target::Target;
use super::template::Template;
use crate::error::{Error, PolicyError};
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
    fn rls_owner_access,
    /// Whose rows are whose.
    struct OwnerAccess {
        /// The column of the row's owner.
        owner_column: String,
        /// Several of them, instead.
        owner_columns: Option<Vec<String>>,
    }
}

/// The column where none is named.
const DEFAULT: &str = "user_id";

impl Generator for OwnerAccess {
    fn template<'a>(
        &self,
        target: &'a Target,
        options: &'a Options,
    ) -> Result<Template<'a>, Error> {
        let mut columns: Vec<&str> = Vec::new();
        match &self.owner_columns {
            Some(names) if names.is_empty() => return Err(Error::EmptyList("owner_columns")),
            // The default cannot be told from the same column given.
            Some(names) if self.owner_column != DEFAULT && !names.contains(&self.owner_column) => {
                return Err(PolicyError::OwnerColumnLeftOut(self.owner_column.clone()).into());
            }
            // Each once, as roles and commands are.
            Some(names) => names.iter().for_each(|name| {
                if !columns.contains(&name.as_str()) {
                    columns.push(name);
                }
            }),
            None => columns.push(&self.owner_column),
        }
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
    }
}
