//! View `rls.managed`: what generators have made.

use pgrx::pg_sys::panic::ErrorReport;
use pgrx::prelude::*;

use super::managed;

/// The objects that generators have made, as their marks say.
///
/// Errors: none of its own. For whoever is granted EXECUTE, which the view needs, too.
#[pg_extern(sql = r#"
CREATE FUNCTION rls.list_managed()
RETURNS TABLE ("table" text, "set" text, template text, kind text, object text, does text, by text)
LANGUAGE c STABLE SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
COMMENT ON FUNCTION rls.list_managed IS 'what generators have made; view rls.managed shows it';
CREATE VIEW rls.managed AS
  SELECT "table", "set", template, kind, object, does, by FROM rls.list_managed();
COMMENT ON VIEW rls.managed IS 'what generators have made: a row per object';
COMMENT ON COLUMN rls.managed."table" IS 'table, view or schema of the set';
COMMENT ON COLUMN rls.managed."set" IS 'name of the set; rls.revert() takes it';
COMMENT ON COLUMN rls.managed.template IS 'generator that made it';
COMMENT ON COLUMN rls.managed.kind IS 'policy, index, function, trigger, event trigger, view or memberships';
COMMENT ON COLUMN rls.managed.object IS 'the object, as SQL names it';
COMMENT ON COLUMN rls.managed.does IS 'what it does';
COMMENT ON COLUMN rls.managed.by IS 'role that generated it';
"#)]
fn rls_list_managed() -> Result<
    TableIterator<
        'static,
        (
            name!(table, String),
            name!(set, String),
            name!(template, String),
            name!(kind, &'static str),
            name!(object, String),
            name!(does, String),
            name!(by, String),
        ),
    >,
    ErrorReport,
> {
    Ok(TableIterator::new(managed::all()?.into_iter().map(|marked| {
        let mark = marked.mark;
        (
            marked.table,
            mark.name,
            mark.template,
            marked.kind.as_str(),
            marked.object,
            mark.does,
            mark.by,
        )
    })))
}
