//! `rls.time_window(...)`: a floor under all other policies: rows exist for callers from one time
//! to another.

use pgrx::pg_sys;

use super::generator::{Generator, generator};
use super::options::Options;
use super::part::{DesiredIndex, DesiredPolicy};
use super::target::Target;
use super::template::Template;
use crate::error::{Error, PolicyError};
use crate::quote;

generator! {
    r#"
CREATE FUNCTION rls.time_window(
  tbl regclass,
  from_column name DEFAULT 'valid_from',
  until_column name DEFAULT 'valid_until',
  roles name[] DEFAULT '{authenticated}',
  commands text[] DEFAULT '{select}',
  restrictive boolean DEFAULT true,
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
COMMENT ON FUNCTION rls.time_window IS
  'restrictive policies that show rows from the time in from_column until before that in until_column; returns the steps';
"#,
    fn rls_time_window,
    /// From when until when rows are there.
    struct TimeWindow {
        /// The column of the time from which.
        from_column: String,
        /// The column of the time until which.
        until_column: String,
    }
}

impl Generator for TimeWindow {
    fn template<'a>(
        &self,
        target: &'a Target,
        options: &'a Options,
    ) -> Result<Template<'a>, Error> {
        let (from, until) = (quote::ident(&self.from_column), quote::ident(&self.until_column));
        let rows = format!("rows from {from} until before {until}");
        let mut set = Template::new(target, "time_window", options);
        let begins = moment(target, &self.from_column)?;
        let ends = moment(target, &self.until_column)?;
        // A side without a time is open.
        let condition = format!(
            "({from} IS NULL OR {from} <= {begins}) AND ({until} IS NULL OR {until} > {ends})"
        );
        for name in [&self.from_column, &self.until_column] {
            set.add(DesiredIndex { table: &target.table, columns: vec![target.column(name)?] });
        }
        for command in &options.commands {
            set.add(DesiredPolicy::symmetric(&set, *command, &condition, &rows));
        }
        Ok(set)
    }
}

/// The present, to be compared with a column of times: 42804 for another column. Times without a
/// zone are taken as UTC: the session's zone is the caller's to choose.
pub fn moment(target: &Target, column: &str) -> Result<&'static str, Error> {
    let column = target.column(column)?;
    // SAFETY: a catalog look-up of a type id.
    match unsafe { pg_sys::getBaseType(column.type_oid) } {
        pg_sys::TIMESTAMPTZOID => Ok("now()"),
        pg_sys::TIMESTAMPOID => Ok("(now() AT TIME ZONE 'UTC')"),
        pg_sys::DATEOID => Ok("(now() AT TIME ZONE 'UTC')::date"),
        _ => Err(PolicyError::NotATimeColumn {
            relation: target.table.qualified(),
            column: column.name.clone(),
            found: super::identity::type_name(column.type_oid),
        }
        .into()),
    }
}
