//! `rls.public_read(...)`: everybody reads what is published, and authors write what is theirs.

use super::expression;
use super::generator::{Generator, generator};
use super::identity;
use super::options::{Options, grantees, united};
use super::part::{DesiredIndex, DesiredPolicy};
use super::target::Target;
use super::template::Template;
use crate::catalog::Command;
use crate::error::Error;
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
    fn rls_public_read,
    /// What everybody reads, and who writes.
    struct PublicRead {
        /// The column of the row's author.
        author_column: String,
        /// The rows that everybody reads; all without it.
        published_when: Option<String>,
        /// Who everybody is.
        read_roles: Vec<String>,
    }
}

impl Generator for PublicRead {
    fn template<'a>(
        &self,
        target: &'a Target,
        options: &'a Options,
    ) -> Result<Template<'a>, Error> {
        // Authors read, too: without a SELECT policy their writes would find nothing.
        let mut readers = grantees(self.read_roles.clone())?;
        readers.extend(options.roles.iter().cloned());
        let readers = united(readers);
        let mut set = Template::new(target, "public_read", options);
        let column = target.column(&self.author_column)?;
        let author = quote::ident(&self.author_column);
        let own = format!("{author} = {}", identity::caller(options, &target.table, column)?);
        let rows = format!("rows whose {author} is the caller");
        set.add(DesiredIndex { table: &target.table, columns: vec![column] });
        for command in &options.commands {
            let mut policy = DesiredPolicy::symmetric(&set, *command, &own, &rows);
            if *command == Command::Select {
                policy.roles = Some(readers.clone());
                policy.using = Some(match &self.published_when {
                    Some(text) => {
                        let published = expression::of_policy(
                            options,
                            target.table.oid,
                            text,
                            "published_when",
                        )?;
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
    }
}
