//! `rls.public_read(...)`: everybody reads what is published, and authors write what is theirs.

use std::ffi::CStr;

use pgrx::AnyArray;
use pgrx::pg_sys::Oid;

use super::expression;
use super::generator::generator;
use super::identity;
use super::options::{grantees, united};
use super::part::{DesiredIndex, DesiredPolicy};
use super::plan::apply;
use super::template::Template;
use crate::arguments::{name as name_argument, names, required};
use crate::catalog::Command;
use crate::quote;

generator! {
    r#"
CREATE FUNCTION rls.public_read(
  tbl regclass,
  author_column name DEFAULT 'author_id',
  published_when text DEFAULT NULL,
  read_roles name[] DEFAULT '{anon,authenticated}',
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
COMMENT ON FUNCTION rls.public_read IS
  'policies by which read_roles read the rows where published_when holds, and authors read and write their own; returns the steps';
"#,
    fn rls_public_read(
        tbl: Option<Oid>,
        author_column: Option<&CStr>,
        published_when: Option<&str>,
        read_roles: Option<AnyArray>,
    ) |options| {
        let table = required(tbl, "tbl")?;
        let author = name_argument(author_column, "author_column")?;
        // Authors read, too: without a SELECT policy their writes would find nothing.
        let mut readers = grantees(names(read_roles, "read_roles")?)?;
        readers.extend(options.roles.iter().cloned());
        let readers = united(readers);
        apply(table, &options, |target, options| {
            let mut set = Template::new(target, "public_read", options);
            let column = target.column(&author)?;
            let own = format!(
                "{} = {}",
                quote::ident(&author),
                identity::caller(options, &target.table, column)?
            );
            let rows = format!("rows whose {} is the caller", quote::ident(&author));
            set.add(DesiredIndex { table: &target.table, columns: vec![column] });
            for command in &options.commands {
                let mut policy = DesiredPolicy::symmetric(&set, *command, &own, &rows);
                if *command == Command::Select {
                    policy.roles = Some(readers.clone());
                    policy.using = Some(match published_when {
                        Some(text) => {
                            let published =
                                expression::condition(table, text, "published_when")?;
                            policy.does = format!("select rows that are published, and {rows}");
                            format!("{published} OR {own}")
                        }
                        None => {
                            policy.does = "select every row".to_owned();
                            policy.allow.push((
                                "policy_always_true",
                                "everybody may read this table".to_owned(),
                            ));
                            "true".to_owned()
                        }
                    });
                }
                set.add(policy);
            }
            Ok(set)
        })
    }
}
