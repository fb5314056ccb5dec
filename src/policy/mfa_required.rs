//! `rls.mfa_required(...)`: a floor under all other policies: the caller has proven who he is by
//! more than one factor.

use super::generator::{Generator, generator};
use super::identity;
use super::options::Options;
use super::part::DesiredPolicy;
use super::target::Target;
use super::template::Template;
use crate::error::{Error, PolicyError};

/// The levels of the claim `aal`, weakest first: authenticator assurance levels of NIST SP 800-63B.
const LEVELS: [&str; 3] = ["aal1", "aal2", "aal3"];

generator! {
    r#"
CREATE FUNCTION rls.mfa_required(
  tbl regclass,
  level text DEFAULT 'aal2',
  roles name[] DEFAULT '{authenticated}',
  commands text[] DEFAULT '{select,insert,update,delete}',
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
COMMENT ON FUNCTION rls.mfa_required IS
  'restrictive policies for callers whose claim aal is the level or a stronger one; returns the steps';
"#,
    fn rls_mfa_required,
    /// How sure of the caller one has to be.
    struct MfaRequired {
        /// The weakest level that is enough.
        level: String,
    }
}

impl Generator for MfaRequired {
    fn template<'a>(
        &self,
        target: &'a Target,
        options: &'a Options,
    ) -> Result<Template<'a>, Error> {
        let at = LEVELS
            .iter()
            .position(|known| *known == self.level)
            .ok_or_else(|| PolicyError::UnknownAssuranceLevel(self.level.clone()))?;
        let enough: Vec<String> = LEVELS.iter().skip(at).map(|level| (*level).to_owned()).collect();
        let rows = format!("rows for callers at {} or above", self.level);
        let mut set = Template::new(target, "mfa_required", options);
        let aal = ["aal".to_owned()];
        let condition = if identity::is_ours(options)? {
            identity::matches(&aal, &enough, false)?
        } else {
            let claim = identity::claim_text(options, &aal)?;
            format!("{claim} IN ({})", identity::literals(&enough).join(", "))
        };
        for command in &options.commands {
            set.add(DesiredPolicy::symmetric(&set, *command, &condition, &rows));
        }
        Ok(set)
    }
}
