//! `rls.drift()`: what is no longer as it was generated.

use std::collections::HashMap;

use pgrx::pg_sys::{Oid, panic::ErrorReport};
use pgrx::prelude::*;

use super::managed::{self, Marked, MarkedKind};
use super::membership_query;
use super::membership_registry::{self, Registration};
use super::part::{self, deparsed, function_edited, policy_edited, trigger_edited};
use crate::catalog::row::select;
use crate::catalog::trigger::{Definition, definitions};
use crate::catalog::{Policy, policy};
use crate::error::Error;
use crate::quote;

/// One difference.
struct Drift {
    marked: Marked,
    what: &'static str,
    generated: Option<String>,
    found: Option<String>,
}

/// What generators made and somebody changed since: policies and functions that were edited,
/// triggers that were switched off, indexes and memberships that cannot be used, and tables whose row security is
/// off. An object that was dropped took its mark along, and calling its generator makes it again.
///
/// Errors: 42501 without USAGE on a schema that the text of a generated condition names, which is read
/// with the caller's rights. Caller: part `migrate`.
#[pg_extern(sql = r#"
CREATE FUNCTION rls.drift()
RETURNS TABLE ("table" text, "set" text, kind text, object text, what text, generated text,
  found text)
LANGUAGE c VOLATILE SET search_path = pg_catalog, pg_temp
AS 'MODULE_PATHNAME', '@FUNCTION_NAME@';
COMMENT ON FUNCTION rls.drift IS 'generated objects that were changed since, as generated and as they are';
"#)]
#[allow(clippy::type_complexity, reason = "the rows of the SQL function")]
fn rls_drift() -> Result<
    TableIterator<
        'static,
        (
            name!(table, String),
            name!(set, String),
            name!(kind, &'static str),
            name!(object, String),
            name!(what, &'static str),
            name!(generated, Option<String>),
            name!(found, Option<String>),
        ),
    >,
    ErrorReport,
> {
    Ok(TableIterator::new(differences()?.into_iter().map(|drift| {
        let marked = drift.marked;
        (
            marked.table,
            marked.mark.name,
            marked.kind.as_str(),
            marked.object,
            drift.what,
            drift.generated,
            drift.found,
        )
    })))
}

fn differences() -> Result<Vec<Drift>, Error> {
    let marked = managed::all()?;
    let facts = Facts::read(&marked)?;
    let mut found = Vec::new();
    for marked in marked {
        found.extend(difference(&facts, marked)?);
    }
    Ok(found)
}

fn difference(facts: &Facts, marked: Marked) -> Result<Option<Drift>, Error> {
    let made = marked.mark.made.as_ref();
    let (what, generated, found) = match marked.kind {
        MarkedKind::Policy => match facts.policies.get(&marked.oid) {
            Some(policy) if policy_edited(policy, &marked.mark)? => {
                ("edited", made.map(|made| made.sql()), Some(deparsed(policy)?.sql()))
            }
            Some(policy) if facts.open_tables.contains(&policy.table) => {
                ("row security is off", None, None)
            }
            _ => return Ok(None),
        },
        MarkedKind::Function => match facts.functions.get(&marked.oid) {
            Some((body, _)) if function_edited(&marked.mark, body) => {
                ("edited", None, Some(body.clone()))
            }
            Some((_, Some(opened))) => (*opened, None, None),
            _ => return Ok(None),
        },
        MarkedKind::Trigger
            if facts
                .triggers
                .get(&marked.oid)
                .map(|stored| trigger_edited(stored, &marked.mark, &facts.marked))
                .transpose()?
                .unwrap_or(false) =>
        {
            ("edited", None, None)
        }
        MarkedKind::Trigger if facts.silent_triggers.contains(&marked.oid) => {
            ("switched off", None, None)
        }
        MarkedKind::Index if facts.unusable_indexes.contains(&marked.oid) => {
            ("cannot be used", None, None)
        }
        MarkedKind::Memberships => {
            let unusable = facts.unusable_memberships(marked.oid, &marked.mark.name);
            match unusable {
                None => return Ok(None),
                Some(reason) => ("cannot be used", None, Some(reason)),
            }
        }
        MarkedKind::EventTrigger if facts.silent_event_triggers.contains(&marked.oid) => {
            ("switched off", None, None)
        }
        MarkedKind::View => {
            let on = facts.view_options.get(&marked.oid).map_or(&[][..], Vec::as_slice);
            let set = part::set_by(&marked.mark);
            if set.iter().all(|option| on.contains(option)) {
                return Ok(None);
            }
            ("options were reset", Some(set.join(", ")), Some(on.join(", ")))
        }
        MarkedKind::Trigger | MarkedKind::EventTrigger | MarkedKind::Index => return Ok(None),
    };
    Ok(Some(Drift { marked, what, generated, found }))
}

/// What the comparison needs, each read at once.
struct Facts {
    policies: HashMap<Oid, Policy>,
    functions: HashMap<Oid, (String, Option<&'static str>)>,
    open_tables: Vec<Oid>,
    triggers: HashMap<Oid, Definition>,
    marked: Vec<Marked>,
    silent_triggers: Vec<Oid>,
    unusable_indexes: Vec<Oid>,
    registrations: Vec<Registration>,
    silent_event_triggers: Vec<Oid>,
    view_options: HashMap<Oid, Vec<String>>,
}

impl Facts {
    /// Why policies of a set cannot read memberships any more, if so.
    fn unusable_memberships(&self, table: Oid, name: &str) -> Option<String> {
        self.registrations
            .iter()
            .filter(|known| known.tbl == table && known.name == name)
            .find_map(|known| membership_query::check(known).err())
            .map(|error| error.to_string())
    }

    fn read(marked: &[Marked]) -> Result<Self, Error> {
        let triggers: Vec<Oid> = marked
            .iter()
            .filter(|marked| marked.kind == MarkedKind::Trigger)
            .map(|marked| marked.oid)
            .collect();
        let tables = select(
            "SELECT DISTINCT p.polrelid
               FROM pg_catalog.pg_description d
               JOIN pg_catalog.pg_policy p ON p.oid OPERATOR(pg_catalog.=) d.objoid
              WHERE d.classoid OPERATOR(pg_catalog.=) 'pg_catalog.pg_policy'::pg_catalog.regclass",
            &[],
            |row| row.required(1),
        )?;
        Ok(Self {
            policies: policy::of_tables(&tables)?
                .into_iter()
                .map(|policy| (policy.oid, policy))
                .collect(),
            functions: select(
                "SELECT f.oid, f.prosrc, f.proconfig, f.proacl::pg_catalog.text[],
                        f.prosecdef AND f.prorettype OPERATOR(pg_catalog.=)
                          ANY ('{trigger,event_trigger}'::pg_catalog.regtype[])
                   FROM pg_catalog.pg_description d
                   JOIN pg_catalog.pg_proc f ON f.oid OPERATOR(pg_catalog.=) d.objoid
                  WHERE d.classoid OPERATOR(pg_catalog.=) 'pg_catalog.pg_proc'::pg_catalog.regclass
                    AND pg_catalog.strpos(d.description, 'rowguard:managed')
                        OPERATOR(pg_catalog.>) 0",
                &[],
                |row| {
                    // No trigger's function that was made here does.
                    let opened = if row.required(5)? {
                        Some("it runs with its owner's rights")
                    } else {
                        managed::opened(row.optional(3)?, row.optional(4)?)
                    };
                    Ok((row.required(1)?, (row.required(2)?, opened)))
                },
            )?
            .into_iter()
            .collect(),
            open_tables: ids("SELECT c.oid FROM pg_catalog.pg_class c
                  WHERE c.relkind OPERATOR(pg_catalog.=) ANY ('{r,p}'::pg_catalog.\"char\"[])
                    AND NOT c.relrowsecurity")?,
            registrations: membership_registry::all()?,
            triggers: definitions(&triggers)?
                .into_iter()
                .map(|trigger| (trigger.oid, trigger))
                .collect(),
            marked: marked.to_vec(),
            silent_triggers: managed::silent_triggers()?,
            silent_event_triggers: ids(&format!(
                "SELECT e.oid FROM pg_catalog.pg_event_trigger e
                  WHERE e.evtenabled OPERATOR(pg_catalog.=) ANY ('{{D,R}}'::pg_catalog.\"char\"[])
                     OR NOT e.evttags OPERATOR(pg_catalog.@>) ARRAY[{}]",
                part::EVENT_TRIGGER_TAGS.map(quote::literal).join(", ")
            ))?,
            view_options: select(
                "SELECT c.oid, COALESCE(pg_catalog.array_agg(o.option_name ORDER BY o.option_name)
                          FILTER (WHERE o.option_value::pg_catalog.bool), '{}')
                   FROM pg_catalog.pg_class c,
                        LATERAL pg_catalog.pg_options_to_table(c.reloptions) o
                  WHERE c.relkind OPERATOR(pg_catalog.=) 'v'::pg_catalog.\"char\"
                    AND o.option_name OPERATOR(pg_catalog.=)
                        ANY ('{security_invoker,security_barrier}'::pg_catalog.text[])
                  GROUP BY c.oid",
                &[],
                |row| Ok((row.required(1)?, row.required(2)?)),
            )?
            .into_iter()
            .collect(),
            unusable_indexes: ids("SELECT i.indexrelid FROM pg_catalog.pg_index i
                  WHERE NOT (i.indisvalid AND i.indisready AND i.indislive)")?,
        })
    }
}

fn ids(sql: &str) -> Result<Vec<Oid>, Error> {
    select(sql, &[], |row| row.required(1))
}
