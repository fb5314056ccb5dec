//! `rls.custom(...)`: policies with conditions of one's own.

use super::expression;
use super::generator::{Generator, generator};
use super::lookups;
use super::options::Options;
use super::part::{DesiredIndex, DesiredPolicy};
use super::target::Target;
use super::template::Template;
use crate::catalog::Command;
use crate::error::Error;

generator! {
    r#"
CREATE FUNCTION rls.custom(
  tbl regclass,
  using_expr text DEFAULT NULL,
  check_expr text DEFAULT NULL,
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
COMMENT ON FUNCTION rls.custom IS
  'policies whose rows before the command meet using_expr and after it check_expr, read by the server first; returns the steps';
"#,
    fn rls_custom,
    /// The conditions.
    struct Custom {
        /// Of rows before the command.
        using_expr: Option<String>,
        /// Of rows after it; the other one without it, as the server has it.
        check_expr: Option<String>,
    }
}

impl Generator for Custom {
    fn template<'a>(
        &self,
        target: &'a Target,
        options: &'a Options,
    ) -> Result<Template<'a>, Error> {
        let read = |text: &Option<String>, argument| {
            text.as_deref()
                .map(|text| expression::of_policy(options, target.table.oid, text, argument))
                .transpose()
        };
        let using = read(&self.using_expr, "using_expr")?;
        let check = read(&self.check_expr, "check_expr")?.or_else(|| using.clone());
        let mut set = Template::new(target, "custom", options);
        for command in &options.commands {
            let mut policy = DesiredPolicy::symmetric(&set, *command, "", "rows");
            if policy.using.is_some() {
                policy.using = Some(using.clone().ok_or(Error::NullArgument("using_expr"))?);
            }
            if policy.check.is_some() {
                policy.check = Some(check.clone().ok_or(Error::NullArgument("check_expr"))?);
            }
            policy.does = format!(
                "{} rows that meet a condition of one's own",
                command.as_str().to_ascii_lowercase()
            );
            set.add(policy);
        }
        if let Some(using) = &using
            && options.commands.iter().any(|command| *command != Command::Insert)
        {
            for columns in lookups::columns(&target.table, using)? {
                set.add(DesiredIndex { table: &target.table, columns });
            }
        }
        Ok(set)
    }
}
