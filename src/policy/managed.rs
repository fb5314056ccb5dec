//! What generators have made, as the catalogs and the marks in them show it.

use std::rc::Rc;

use pgrx::datum::DatumWithOid;
use pgrx::pg_sys::{self, Oid};

use super::ground::Ground;
use super::mark::Mark;
use super::membership_registry::Registration;
use super::part::memberships_objects;
use super::{membership_query, membership_registry};
use crate::catalog::row::select;
use crate::catalog::{Policy, policy, table};
use crate::error::Error;
use crate::quote;

/// What kind of object a mark stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MarkedKind {
    Policy,
    Index,
    Function,
    Trigger,
    Memberships,
    EventTrigger,
    View,
}

impl MarkedKind {
    /// As steps and views name it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Policy => "policy",
            Self::Index => "index",
            Self::Function => "function",
            Self::Trigger => "trigger",
            Self::Memberships => "memberships",
            Self::EventTrigger => "event trigger",
            Self::View => "view",
        }
    }
}

/// An object with a readable mark.
#[derive(Clone, Debug)]
pub struct Marked {
    /// What it is.
    pub kind: MarkedKind,
    /// Its id in its own catalog.
    pub oid: Oid,
    /// The object, as SQL names it after DROP.
    pub object: String,
    /// The table of its set, qualified.
    pub table: String,
    /// The mark.
    pub mark: Mark,
    /// Its owner, where nothing but the mark says of which table it is.
    owner: Option<Oid>,
}

impl Marked {
    /// Whether it is the caller's to remove, or lies on what is: a mark alone is the word of whoever
    /// owns the object, and keeps nobody from his own sets.
    pub fn is_credible(&self) -> bool {
        // SAFETY: a look-up of two role ids.
        self.owner
            .is_none_or(|owner| unsafe { pg_sys::has_privs_of_role(pg_sys::GetUserId(), owner) })
    }
}

/// Every marked object of the database, ordered by table, set, kind and name.
pub fn all() -> Result<Vec<Marked>, Error> {
    let rows = select(
        "SELECT 'policy'::pg_catalog.text AS kind, p.oid, p.polname::pg_catalog.text AS name,
                NULL::pg_catalog.text AS schema, NULL::pg_catalog.text AS arguments,
                n.nspname::pg_catalog.text AS table_schema, c.relname::pg_catalog.text AS table_name,
                d.description, NULL::pg_catalog.oid AS owner
           FROM pg_catalog.pg_description d
           JOIN pg_catalog.pg_policy p ON p.oid OPERATOR(pg_catalog.=) d.objoid
           JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) p.polrelid
           JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
          WHERE d.classoid OPERATOR(pg_catalog.=) 'pg_catalog.pg_policy'::pg_catalog.regclass
            AND pg_catalog.strpos(d.description, 'rowguard:managed') OPERATOR(pg_catalog.>) 0
          UNION ALL
         SELECT 'index', i.oid, i.relname::pg_catalog.text, ni.nspname::pg_catalog.text, NULL,
                n.nspname::pg_catalog.text, c.relname::pg_catalog.text, d.description, i.relowner
           FROM pg_catalog.pg_description d
           JOIN pg_catalog.pg_class i ON i.oid OPERATOR(pg_catalog.=) d.objoid
           JOIN pg_catalog.pg_index x ON x.indexrelid OPERATOR(pg_catalog.=) i.oid
           JOIN pg_catalog.pg_namespace ni ON ni.oid OPERATOR(pg_catalog.=) i.relnamespace
           JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) x.indrelid
           JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
          WHERE d.classoid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass
            AND d.objsubid OPERATOR(pg_catalog.=) 0
            AND pg_catalog.strpos(d.description, 'rowguard:managed') OPERATOR(pg_catalog.>) 0
          UNION ALL
         SELECT 'function', f.oid, f.proname::pg_catalog.text, n.nspname::pg_catalog.text,
                pg_catalog.pg_get_function_identity_arguments(f.oid),
                CASE WHEN t.tgfoid IS NOT NULL THEN t.nspname::pg_catalog.text
                     WHEN v.evtfoid IS NOT NULL THEN n.nspname::pg_catalog.text END,
                t.relname::pg_catalog.text, d.description,
                CASE WHEN t.tgfoid IS NULL AND v.evtfoid IS NULL THEN f.proowner END
           FROM pg_catalog.pg_description d
           JOIN pg_catalog.pg_proc f ON f.oid OPERATOR(pg_catalog.=) d.objoid
           JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) f.pronamespace
           LEFT JOIN (
                SELECT DISTINCT ON (g.tgfoid) g.tgfoid, nt.nspname, c.relname
                  FROM pg_catalog.pg_trigger g
                  JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) g.tgrelid
                  JOIN pg_catalog.pg_namespace nt
                    ON nt.oid OPERATOR(pg_catalog.=) c.relnamespace
                 WHERE g.tgparentid OPERATOR(pg_catalog.=) 0::pg_catalog.oid
                   AND NOT g.tgisinternal
                 ORDER BY g.tgfoid, g.oid) t ON t.tgfoid OPERATOR(pg_catalog.=) f.oid
           LEFT JOIN (
                SELECT DISTINCT e.evtfoid FROM pg_catalog.pg_event_trigger e) v
             ON v.evtfoid OPERATOR(pg_catalog.=) f.oid
          WHERE d.classoid OPERATOR(pg_catalog.=) 'pg_catalog.pg_proc'::pg_catalog.regclass
            AND pg_catalog.strpos(d.description, 'rowguard:managed') OPERATOR(pg_catalog.>) 0
          UNION ALL
         SELECT 'trigger', t.oid, t.tgname::pg_catalog.text, NULL, NULL,
                n.nspname::pg_catalog.text, c.relname::pg_catalog.text, d.description, NULL
           FROM pg_catalog.pg_description d
           JOIN pg_catalog.pg_trigger t ON t.oid OPERATOR(pg_catalog.=) d.objoid
           JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) t.tgrelid
           JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
          WHERE d.classoid OPERATOR(pg_catalog.=) 'pg_catalog.pg_trigger'::pg_catalog.regclass
            AND pg_catalog.strpos(d.description, 'rowguard:managed') OPERATOR(pg_catalog.>) 0
          UNION ALL
         SELECT 'event trigger', e.oid, e.evtname::pg_catalog.text, NULL, NULL,
                n.nspname::pg_catalog.text, NULL, d.description, NULL
           FROM pg_catalog.pg_description d
           JOIN pg_catalog.pg_event_trigger e ON e.oid OPERATOR(pg_catalog.=) d.objoid
           JOIN pg_catalog.pg_proc f ON f.oid OPERATOR(pg_catalog.=) e.evtfoid
           JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) f.pronamespace
          WHERE d.classoid OPERATOR(pg_catalog.=) 'pg_catalog.pg_event_trigger'::pg_catalog.regclass
            AND pg_catalog.strpos(d.description, 'rowguard:managed') OPERATOR(pg_catalog.>) 0
          UNION ALL
         SELECT 'view', c.oid, c.relname::pg_catalog.text, n.nspname::pg_catalog.text, NULL,
                n.nspname::pg_catalog.text, c.relname::pg_catalog.text, d.description, NULL
           FROM pg_catalog.pg_description d
           JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) d.objoid
            AND c.relkind OPERATOR(pg_catalog.=) 'v'::pg_catalog.\"char\"
           JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
          WHERE d.classoid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass
            AND d.objsubid OPERATOR(pg_catalog.=) 0
            AND pg_catalog.strpos(d.description, 'rowguard:managed') OPERATOR(pg_catalog.>) 0",
        &[],
        |row| {
            let name: String = row.required(3)?;
            let schema: Option<String> = row.optional(4)?;
            let arguments: Option<String> = row.optional(5)?;
            let table = match (row.optional::<String>(6)?, row.optional::<String>(7)?) {
                (Some(schema), Some(table)) => Some(quote::qualified(&schema, &table)),
                (Some(schema), None) => Some(quote::ident(&schema)),
                _ => None,
            };
            let comment: String = row.required(8)?;
            let Some(mark) = Mark::find(Some(&comment)) else { return Ok(None) };
            let kind: String = row.required(1)?;
            // Whoever owns an object writes what he likes into its comment: the catalogs go before
            // it, but for an index, which may be made for another table than its own.
            let table = if kind == "index" {
                mark.table.clone().or(table)
            } else {
                table.or_else(|| mark.table.clone())
            };
            let Some(table) = table else { return Ok(None) };
            let (kind, object) = match kind.as_str() {
                "policy" => (MarkedKind::Policy, format!("{} ON {table}", quote::ident(&name))),
                "trigger" => (MarkedKind::Trigger, format!("{} ON {table}", quote::ident(&name))),
                "event trigger" => (MarkedKind::EventTrigger, quote::ident(&name)),
                "view" => (MarkedKind::View, table.clone()),
                "index" => {
                    (MarkedKind::Index, quote::qualified(&schema.unwrap_or_default(), &name))
                }
                _ => (
                    MarkedKind::Function,
                    format!(
                        "{}({})",
                        quote::qualified(&schema.unwrap_or_default(), &name),
                        arguments.unwrap_or_default()
                    ),
                ),
            };
            let by_word = kind != MarkedKind::Index || mark.table.is_some();
            let owner = row.optional::<Oid>(9)?.filter(|_| by_word);
            Ok(Some(Marked { kind, oid: row.required(2)?, object, table, mark, owner }))
        },
    )?;
    let mut marked: Vec<Marked> = rows.into_iter().flatten().collect();
    marked.extend(registered()?);
    marked.sort_by(|one, two| {
        (&one.table, &one.mark.name, &one.mark.template, one.kind, &one.object).cmp(&(
            &two.table,
            &two.mark.name,
            &two.mark.template,
            two.kind,
            &two.object,
        ))
    });
    Ok(marked)
}

/// What is registered for sets, one entry for each.
fn registered() -> Result<Vec<Marked>, Error> {
    let all = membership_registry::all()?;
    let sets = all.chunk_by(|one, next| one.tbl == next.tbl && one.name == next.name);
    Ok(sets
        .filter_map(|set| {
            let first = set.first()?;
            let table = table::name_of(first.tbl)?;
            Some(Marked {
                kind: MarkedKind::Memberships,
                oid: first.tbl,
                object: memberships_objects(set),
                mark: Mark {
                    template: first.template.clone(),
                    name: first.name.clone(),
                    does: "lets policies read the caller's memberships".to_owned(),
                    by: membership_query::role_name(first.owner),
                    made: None,
                    table: Some(table.clone()),
                },
                table,
                owner: None,
            })
        })
        .collect())
}

/// A function of the schema of a table, whoever made it.
#[derive(Debug)]
pub struct FoundFunction {
    /// `pg_proc.prosrc`.
    pub body: String,
    /// It runs with the rights of its owner.
    pub security_definer: bool,
    /// Its owner.
    pub owner: Oid,
    /// A trigger of another table runs it.
    pub shared: bool,
    /// What has opened it: nothing, as it was made.
    pub opened: Option<&'static str>,
    /// Its comment.
    pub comment: Option<String>,
    /// The mark in it.
    pub mark: Option<Mark>,
}

/// A trigger of a table, or an event trigger, whoever made it.
#[derive(Debug)]
pub struct FoundTrigger {
    /// Its id in its own catalog.
    pub oid: Oid,
    /// It fires in ordinary sessions.
    pub enabled: bool,
    /// Its comment.
    pub comment: Option<String>,
    /// The mark in it.
    pub mark: Option<Mark>,
}

/// What there is already, of everybody's: the policies are read once for a set, the marks once for
/// a plan, and other objects when they are asked for.
pub struct Existing {
    table: Oid,
    schema: Oid,
    /// The policies of the table.
    pub policies: Vec<Policy>,
    /// Everything that has a mark.
    pub marked: Rc<Vec<Marked>>,
}

impl Existing {
    /// Of a table and its schema.
    pub fn read(table: Oid, schema: Oid, ground: &Ground) -> Result<Self, Error> {
        Ok(Self { table, schema, policies: policy::of_tables(&[table])?, marked: ground.marked()? })
    }

    /// The function of this name in the schema of the table.
    pub fn function(&self, name: &str) -> Result<Option<FoundFunction>, Error> {
        let found = select(
            "SELECT f.prosrc, pg_catalog.obj_description(f.oid, 'pg_proc'), f.prosecdef,
                    f.proconfig, f.proacl::pg_catalog.text[], f.proowner,
                    EXISTS (
                      SELECT FROM pg_catalog.pg_trigger t
                       WHERE t.tgfoid OPERATOR(pg_catalog.=) f.oid
                         AND t.tgrelid OPERATOR(pg_catalog.<>) $3
                         AND t.tgparentid OPERATOR(pg_catalog.=) 0::pg_catalog.oid)
               FROM pg_catalog.pg_proc f
              WHERE f.pronamespace OPERATOR(pg_catalog.=) $1
                AND f.proname OPERATOR(pg_catalog.=) $2::pg_catalog.name
              ORDER BY f.oid",
            &[
                DatumWithOid::from(self.schema),
                DatumWithOid::from(name),
                DatumWithOid::from(self.table),
            ],
            |row| {
                let comment: Option<String> = row.optional(2)?;
                Ok(FoundFunction {
                    body: row.required(1)?,
                    security_definer: row.required(3)?,
                    owner: row.required(6)?,
                    shared: row.required(7)?,
                    opened: opened(row.optional(4)?, row.optional(5)?),
                    mark: Mark::find(comment.as_deref()),
                    comment,
                })
            },
        )?;
        Ok(found.into_iter().next())
    }

    /// The trigger of this name. One that is silent on a partition is silent.
    pub fn trigger(&self, name: &str) -> Result<Option<FoundTrigger>, Error> {
        found_trigger(
            "WITH RECURSIVE copies(oid, enabled) AS (
                 SELECT t.oid, t.tgenabled FROM pg_catalog.pg_trigger t
                  WHERE t.tgrelid OPERATOR(pg_catalog.=) $1
                    AND t.tgname OPERATOR(pg_catalog.=) $2::pg_catalog.name
                    AND NOT t.tgisinternal
                  UNION ALL
                 SELECT t.oid, t.tgenabled FROM copies c
                   JOIN pg_catalog.pg_trigger t ON t.tgparentid OPERATOR(pg_catalog.=) c.oid)
             SELECT t.oid,
                    (SELECT pg_catalog.bool_and(c.enabled OPERATOR(pg_catalog.=)
                            ANY ('{O,A}'::pg_catalog.\"char\"[])) FROM copies c),
                    pg_catalog.obj_description(t.oid, 'pg_trigger')
               FROM pg_catalog.pg_trigger t
              WHERE t.tgrelid OPERATOR(pg_catalog.=) $1
                AND t.tgname OPERATOR(pg_catalog.=) $2::pg_catalog.name
                AND NOT t.tgisinternal",
            &[DatumWithOid::from(self.table), DatumWithOid::from(name)],
        )
    }

    /// What is registered for a set of the table, in order.
    pub fn registrations(&self, name: &str) -> Result<Vec<Registration>, Error> {
        let mut known = membership_registry::all()?;
        known.retain(|known| known.tbl == self.table && known.name == name);
        Ok(known)
    }

    /// The event trigger of this name. One that runs a function of another schema, as after that was
    /// renamed, has no mark that counts here.
    pub fn event_trigger(&self, name: &str) -> Result<Option<FoundTrigger>, Error> {
        found_trigger(
            "SELECT e.oid,
                    e.evtenabled OPERATOR(pg_catalog.=) ANY ('{O,A}'::pg_catalog.\"char\"[]),
                    CASE WHEN f.pronamespace OPERATOR(pg_catalog.=) $2
                         THEN pg_catalog.obj_description(e.oid, 'pg_event_trigger') END
               FROM pg_catalog.pg_event_trigger e
               JOIN pg_catalog.pg_proc f ON f.oid OPERATOR(pg_catalog.=) e.evtfoid
              WHERE e.evtname OPERATOR(pg_catalog.=) $1::pg_catalog.name",
            &[DatumWithOid::from(name), DatumWithOid::from(self.schema)],
        )
    }

    /// The marked index of this id.
    pub fn index(&self, oid: Oid) -> Option<&Marked> {
        self.marked.iter().find(|marked| marked.kind == MarkedKind::Index && marked.oid == oid)
    }
}

/// What has opened a generated function since: its names are found by a path of the caller's, or
/// anybody may call it. `settings` is `pg_proc.proconfig`, `rights` `proacl` as texts.
pub fn opened(settings: Option<Vec<String>>, rights: Option<Vec<String>>) -> Option<&'static str> {
    let pinned = settings.is_some_and(|settings| {
        settings.iter().any(|one| {
            // As the server wrote it, by what its quote_all_identifiers was.
            one == "search_path=pg_catalog, pg_temp"
                || one == "search_path=\"pg_catalog\", \"pg_temp\""
        })
    });
    // Without a list of its own everybody may; an entry without a name is PUBLIC.
    let closed = rights.is_some_and(|rights| !rights.iter().any(|one| one.starts_with('=')));
    match (pinned, closed) {
        (false, _) => Some("search_path is not pinned"),
        (true, false) => Some("PUBLIC may execute it"),
        (true, true) => None,
    }
}

fn found_trigger(sql: &str, arguments: &[DatumWithOid<'_>]) -> Result<Option<FoundTrigger>, Error> {
    let found = select(sql, arguments, |row| {
        let comment: Option<String> = row.optional(3)?;
        Ok(FoundTrigger {
            oid: row.required(1)?,
            enabled: row.required(2)?,
            mark: Mark::find(comment.as_deref()),
            comment,
        })
    })?;
    Ok(found.into_iter().next())
}

/// The triggers that do not fire in ordinary sessions. One that is silent on a partition is silent.
pub fn silent_triggers() -> Result<Vec<Oid>, Error> {
    select(
        "WITH RECURSIVE silent(oid) AS (
             SELECT t.oid FROM pg_catalog.pg_trigger t
              WHERE t.tgenabled OPERATOR(pg_catalog.=) ANY ('{D,R}'::pg_catalog.\"char\"[])
              UNION
             SELECT t.tgparentid FROM silent s
               JOIN pg_catalog.pg_trigger t ON t.oid OPERATOR(pg_catalog.=) s.oid
              WHERE t.tgparentid OPERATOR(pg_catalog.<>) 0::pg_catalog.oid)
         SELECT oid FROM silent",
        &[],
        |row| row.required(1),
    )
}
