//! `rls.claim_access(...)`: rows for callers whose claim holds one of some values, or all of them.

use super::generator::{Generator, generator};
use super::identity;
use super::options::Options;
use super::part::DesiredPolicy;
use super::target::Target;
use super::template::Template;
use crate::error::{AuthError, Error};

generator! {
    r#"
CREATE FUNCTION rls.claim_access(
  tbl regclass,
  claim text[],
  allowed text[],
  match text DEFAULT 'any',
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
COMMENT ON FUNCTION rls.claim_access IS
  'policies for callers whose claim, a value or an array, holds any or all of the values allowed; returns the steps';
"#,
    fn rls_claim_access,
    /// Which claim has to hold what.
    struct ClaimAccess {
        /// The path of the claim.
        claim: Vec<String>,
        /// The values.
        allowed: Vec<String>,
        /// Any of them, or all.
        r#match: String,
    }
}

impl Generator for ClaimAccess {
    fn template<'a>(
        &self,
        target: &'a Target,
        options: &'a Options,
    ) -> Result<Template<'a>, Error> {
        let claim = identity::path(&self.claim, "claim")?;
        if self.allowed.is_empty() {
            return Err(Error::EmptyList("allowed"));
        }
        let all = match self.r#match.as_str() {
            "any" => false,
            "all" => true,
            other => return Err(AuthError::UnknownMatch(other.to_owned()).into()),
        };
        let rows = format!(
            "rows for callers whose claim {} holds {} {}",
            claim.join("."),
            if all { "all of" } else { "any of" },
            self.allowed.join(", ")
        );
        let mut set = Template::new(target, "claim_access", options);
        let condition = condition(options, claim, &self.allowed, all)?;
        for command in &options.commands {
            set.add(DesiredPolicy::symmetric(&set, *command, &condition, &rows));
        }
        Ok(set)
    }
}

/// Native, it is one call with constants, and answered as fast as a constant. Elsewhere a claim that
/// is one value is compared as an array of it.
fn condition(
    options: &Options,
    claim: &[String],
    allowed: &[String],
    all: bool,
) -> Result<String, Error> {
    if identity::is_ours(options)? {
        return identity::matches(claim, allowed, all);
    }
    let allowed = identity::text_array(allowed);
    let value = format!("((SELECT auth.jwt()) #> {})", identity::text_array(claim));
    let many = format!("ARRAY(SELECT jsonb_array_elements_text({value}))");
    let one = identity::claim_text(options, claim)?;
    let (many, one) = if all {
        (format!("{many} @> {allowed}"), format!("ARRAY[{one}] @> {allowed}"))
    } else {
        (format!("{many} && {allowed}"), format!("{one} = ANY ({allowed})"))
    };
    Ok(format!("CASE jsonb_typeof({value}) WHEN 'array' THEN {many} ELSE {one} END"))
}
