//! `rls.soft_delete(...)`: a floor under all other policies: rows marked as deleted are gone.

use pgrx::pg_sys;

use super::generator::{Generator, generator};
use super::names::bounded;
use super::options::{Options, memberships_of};
use super::part::{DesiredFunction, DesiredIndex, DesiredPolicy, DesiredTrigger};
use super::target::Target;
use super::template::Template;
use crate::catalog::Command;
use crate::error::{Error, PolicyError};
use crate::quote;

generator! {
    r#"
CREATE FUNCTION rls.soft_delete(
  tbl regclass,
  deleted_column name DEFAULT 'deleted_at',
  visible_to name[] DEFAULT '{}',
  roles name[] DEFAULT '{authenticated}',
  commands text[] DEFAULT '{select,update,delete}',
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
COMMENT ON FUNCTION rls.soft_delete IS
  'restrictive policies that hide rows with a time in deleted_column, but for roles in visible_to, and a trigger that sets the time; returns the steps';
"#,
    fn rls_soft_delete,
    /// Which rows are deleted, and who sees them nevertheless.
    struct SoftDelete {
        /// The column of the time of the deletion.
        deleted_column: String,
        /// Roles whose members see them.
        visible_to: Vec<String>,
    }
}

impl Generator for SoftDelete {
    fn template<'a>(
        &self,
        target: &'a Target,
        options: &'a Options,
    ) -> Result<Template<'a>, Error> {
        memberships_of(&self.visible_to)?;
        let column = quote::ident(&self.deleted_column);
        let rows = format!("rows that are not deleted, by {column}");
        let mut set = Template::new(target, "soft_delete", options);
        let now = stamp(target, &self.deleted_column)?;
        // The statement that deletes has to see its row once more: a row stays visible to the
        // end of the transaction that deleted it, and the trigger makes that the time.
        let mut hidden = format!("{column} IS NULL");
        for role in &self.visible_to {
            hidden.push_str(&format!(" OR pg_has_role({}, 'USAGE')", quote::literal(role)));
        }
        let visible = format!("{hidden} OR {column} = {now}");
        let function = DesiredFunction {
            name: bounded(&set.name(), "stamp"),
            arguments: String::new(),
            types: String::new(),
            header: "RETURNS trigger\nLANGUAGE plpgsql\nSET search_path = pg_catalog, pg_temp"
                .to_owned(),
            body: format!("\nBEGIN\n  NEW.{column} := {now};\n  RETURN NEW;\nEND\n"),
            roles: Vec::new(),
            does: format!("sets {column} to the time of the deletion"),
            reviewed: None,
        };
        let call = quote::qualified(&target.table.schema, &function.name);
        let looked_up = target.column(&self.deleted_column)?;
        set.add(DesiredIndex { table: &target.table, columns: vec![looked_up] });
        set.add(function);
        set.add(DesiredTrigger {
            // Fires after the triggers of most others, so that none of them changes the time.
            name: bounded(&format!("zz_{}", set.name()), "stamp"),
            columns: vec![self.deleted_column.clone()],
            when: format!("OLD.{column} IS NULL AND NEW.{column} IS NOT NULL"),
            function: call,
            does: format!("sets {column} to the time of the deletion"),
        });
        for command in &options.commands {
            let mut policy = DesiredPolicy::symmetric(&set, *command, &visible, &rows);
            if matches!(command, Command::Update | Command::Delete) {
                // Nobody writes what is gone, not even in the transaction that deleted it.
                policy.using = Some(hidden.clone());
            }
            set.add(policy);
        }
        Ok(set)
    }
}

/// The time of a deletion, as the column holds it, without a zone in UTC: 42804 for another column,
/// 428C9 for one that cannot be set.
fn stamp(target: &Target, column: &str) -> Result<String, Error> {
    let column = target.column(column)?;
    if column.generated {
        return Err(Error::ColumnGenerated {
            table: target.table.qualified(),
            column: column.name.clone(),
        });
    }
    let (mut of_column, mut precision, mut collation) =
        (pg_sys::InvalidOid, -1, pg_sys::InvalidOid);
    // SAFETY: catalog look-ups of a column and of its type, into variables of ours.
    let base = unsafe {
        pg_sys::get_atttypetypmodcoll(
            target.table.oid,
            column.number,
            &raw mut of_column,
            &raw mut precision,
            &raw mut collation,
        );
        pg_sys::getBaseTypeAndTypmod(of_column, &raw mut precision)
    };
    let (now, of_type) = match base {
        pg_sys::TIMESTAMPTZOID => ("now()", "timestamptz"),
        pg_sys::TIMESTAMPOID => ("(now() AT TIME ZONE 'UTC')", "timestamp"),
        _ => {
            return Err(PolicyError::NotATimeColumn {
                relation: target.table.qualified(),
                column: column.name.clone(),
                found: super::identity::type_name(column.type_oid),
            }
            .into());
        }
    };
    // A column of a precision rounds what is put into it.
    Ok(if precision < 0 { now.to_owned() } else { format!("{now}::{of_type}({precision})") })
}
