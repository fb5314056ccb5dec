//! `rls.secure_view(v, ...)`: a view that shows its caller what the tables below would.

use pgrx::pg_sys::Oid;

use super::generator::{Generator, generator};
use super::options::Options;
use super::part::DesiredView;
use super::target::Target;
use super::template::Template;
use crate::error::Error;

generator! {
    r#"
CREATE FUNCTION rls.secure_view(
  v regclass,
  name text DEFAULT NULL,
  dry_run boolean DEFAULT false,
  standalone boolean DEFAULT false)
RETURNS TABLE (step integer, kind text, object text, action text, sql text)
LANGUAGE c VOLATILE SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
COMMENT ON FUNCTION rls.secure_view IS
  'sets security_invoker and security_barrier of a view; returns the steps';
"#,
    fn rls_secure_view,
    /// Nothing beside the view.
    struct SecureView {}
}

impl Generator for SecureView {
    fn target(relation: Oid) -> Result<Target, Error> {
        Target::read_view(relation)
    }

    fn template<'a>(
        &self,
        target: &'a Target,
        options: &'a Options,
    ) -> Result<Template<'a>, Error> {
        let mut set = Template::new(target, "secure_view", options);
        set.row_security = false;
        set.add(DesiredView { does: "shows callers what the tables below show them".to_owned() });
        Ok(set)
    }
}
