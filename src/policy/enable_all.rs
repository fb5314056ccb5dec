//! `rls.enable_all(schema, ...)`: row security on for every table of a schema, and on request for
//! those to come.

use super::call::Call;
use super::declaration::Arguments;
use super::generator::generator;
use super::ground::Ground;
use super::managed::{Marked, MarkedKind};
use super::names::bounded;
use super::options::Options;
use super::part::{DesiredEventTrigger, DesiredFunction, row_security};
use super::planner::plan;
use super::step::Step;
use super::target::Target;
use super::template::Template;
use crate::catalog::{Table, table};
use crate::error::Error;
use crate::quote;

generator! {
    r#"
CREATE FUNCTION rls.enable_all(
  schema name,
  force boolean DEFAULT false,
  event_trigger boolean DEFAULT NULL,
  dry_run boolean DEFAULT false,
  overwrite boolean DEFAULT false,
  standalone boolean DEFAULT false)
RETURNS TABLE (step integer, kind text, object text, action text, sql text)
LANGUAGE c VOLATILE SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
COMMENT ON FUNCTION rls.enable_all IS
  'switches row security of every table in a schema on, and with event_trigger of every new one; returns the steps';
"#,
    fn rls_enable_all,
    /// Which schema, and whether its new tables, too.
    struct EnableAll {
        /// The schema.
        schema: String,
        /// New tables are born closed; None leaves that as it is.
        event_trigger: Option<bool>,
    },
    prepare
}

fn prepare(mut arguments: Arguments) -> Result<Call, Error> {
    let options = Options::take(&mut arguments)?;
    let all: EnableAll = arguments.rest()?;
    let target = Target::read_schema(&all.schema)?;
    warn_of_foreign(&target)?;
    let locks = tables(&target)?.iter().map(|target| target.table.oid).collect();
    let schemas = all.event_trigger.map(|_| target.table.schema_oid).into_iter().collect();
    Ok(Call {
        locks,
        schemas,
        dry_run: options.dry_run,
        plan: Box::new(move |ground| all.plan(&options, ground)),
    })
}

/// The tables of the schema, by name: all must be the caller's. Those of extensions are theirs.
fn tables(schema: &Target) -> Result<Vec<Target>, Error> {
    let mut tables = table::in_schemas(&[schema.table.schema_oid])?;
    tables.retain(|table| !table.of_extension);
    tables.sort_by(|one, two| one.name.cmp(&two.name));
    tables.into_iter().map(Target::check).collect()
}

/// Foreign tables have no row security: whoever asks for all is told.
fn warn_of_foreign(schema: &Target) -> Result<(), Error> {
    let foreign: Vec<String> =
        table::foreign_in_schema(schema.table.schema_oid)?.iter().map(Table::qualified).collect();
    if !foreign.is_empty() {
        pgrx::warning!(
            "foreign tables have no row security, REVOKE instead: {}",
            foreign.join(", ")
        );
    }
    Ok(())
}

impl EnableAll {
    fn plan(&self, options: &Options, ground: &mut Ground) -> Result<Vec<Step>, Error> {
        let schema = Target::read_schema(&self.schema)?;
        let mut steps = Vec::new();
        for target in &tables(&schema)? {
            steps.extend(row_security(&target.table, options, ground));
        }
        if let Some(wanted) = self.event_trigger {
            let options =
                Options { name: guarded_as(&schema, options, ground)?, ..options.clone() };
            let mut set = Template::new(&schema, "enable_all", &options);
            set.row_security = false;
            if wanted {
                guard_new_tables(&mut set);
            }
            steps.extend(plan(&set, ground)?);
        }
        Ok(steps)
    }
}

/// What the guard of a schema goes by, where it has one: after a renaming it is not called as the schema.
fn guarded_as(
    schema: &Target,
    options: &Options,
    ground: &Ground,
) -> Result<Option<String>, Error> {
    if options.standalone {
        return Ok(None);
    }
    let guards = |marked: &&Marked| {
        marked.kind == MarkedKind::EventTrigger
            && marked.mark.template == "enable_all"
            && marked.table == schema.label
    };
    Ok(ground.marked()?.iter().find(guards).map(|marked| marked.mark.name.clone()))
}

/// The function lives in the schema and looks at tables of its own schema: it follows when that is
/// renamed. It runs with the rights of whoever makes a table, or moves it in, who owns it. Tables that
/// an extension makes are left to it.
fn guard_new_tables(set: &mut Template<'_>) {
    const DOES: &str = "switches row security of new tables on";
    // Every such function sees the new tables of all schemas, and leaves those to others whose schema
    // has not one that does the same.
    let (ours, done, force) = if set.options.force {
        (
            "rowguard: new tables of this schema are forced and born closed",
            "(c.relrowsecurity AND c.relforcerowsecurity)",
            ", FORCE ROW LEVEL SECURITY",
        )
    } else {
        ("rowguard: new tables of this schema are born closed", "c.relrowsecurity", "")
    };
    let function = DesiredFunction {
        name: bounded(&set.name(), "new_tables"),
        arguments: String::new(),
        types: String::new(),
        header: "RETURNS event_trigger\nLANGUAGE plpgsql\nSET search_path = pg_catalog, pg_temp"
            .to_owned(),
        body: format!(
            "
-- {ours}
DECLARE
  made record;
BEGIN
  FOR made IN
    SELECT DISTINCT n.nspname, c.relname
    FROM pg_event_trigger_ddl_commands() AS d
    JOIN pg_class AS c ON d.classid = 'pg_class'::regclass AND c.oid = d.objid
    JOIN pg_namespace AS n ON n.oid = c.relnamespace
    JOIN pg_proc AS f ON f.pronamespace = c.relnamespace
    JOIN pg_event_trigger AS e ON e.evtfoid = f.oid
    WHERE c.relkind IN ('r', 'p') AND NOT {done} AND NOT d.in_extension
      AND strpos(f.prosrc, '{ours}') > 0
      -- Of all that ALTER TABLE does, only SET SCHEMA writes a table's row and its dependency on the
      -- schema at once.
      AND (d.command_tag <> 'ALTER TABLE' OR EXISTS (
        SELECT FROM pg_depend AS p
        WHERE p.classid = d.classid AND p.objid = c.oid AND p.objsubid = 0
          AND p.refclassid = 'pg_namespace'::regclass AND p.refobjid = c.relnamespace
          AND p.xmin = c.xmin AND p.cmin = c.cmin))
  LOOP
    EXECUTE format('ALTER TABLE %I.%I ENABLE ROW LEVEL SECURITY{force}', made.nspname, made.relname);
  END LOOP;
END
"
        ),
        roles: Vec::new(),
        does: DOES.to_owned(),
        reviewed: None,
    };
    let call = quote::qualified(&set.target.table.schema, &function.name);
    let name = function.name.clone();
    set.add(function);
    set.add(DesiredEventTrigger { name, function: call, does: DOES.to_owned() });
}
