//! View `rls.rules`: every rule of the audit.

use pgrx::prelude::*;

use super::rules;

/// Every rule, by id, with the worst level of its findings. Serves view `rls.rules`.
#[pg_extern(sql = r#"
CREATE FUNCTION rls.list_rules()
RETURNS TABLE (rule text, level text, title text)
LANGUAGE c IMMUTABLE
AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
COMMENT ON FUNCTION rls.list_rules() IS 'the rows of view rls.rules';
CREATE VIEW rls.rules AS SELECT rule, level, title FROM rls.list_rules();
COMMENT ON VIEW rls.rules IS 'the rules of the audit';
COMMENT ON COLUMN rls.rules.rule IS 'id, for ever';
COMMENT ON COLUMN rls.rules.level IS 'the worst level of its findings: error, warning or info';
COMMENT ON COLUMN rls.rules.title IS 'what is wrong where it fires';
"#)]
fn rls_list_rules() -> TableIterator<
    'static,
    (name!(rule, &'static str), name!(level, &'static str), name!(title, String)),
> {
    TableIterator::new(
        rules::ALL.iter().map(|rule| (rule.id, rule.level.as_str(), rule.doc().title)),
    )
}
