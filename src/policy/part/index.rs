//! An index by which the policies of a set find rows.

use std::ffi::{CStr, CString};

use pgrx::IntoDatum;
use pgrx::datum::DatumWithOid;
use pgrx::pg_sys::{self, Oid};

use super::comment;
use crate::catalog::row::select;
use crate::catalog::{Column, Table, table};
use crate::error::Error;
use crate::policy::ground::{Ground, PlannedIndex};
use crate::policy::lookups::{Served, key, served};
use crate::policy::managed::{Existing, Marked, MarkedKind};
use crate::policy::mark::Mark;
use crate::policy::membership_registry;
use crate::policy::options::IndexMode;
use crate::policy::step::{Action, Step};
use crate::policy::template::Template;
use crate::quote;

const KIND: &str = "index";

/// An index that has to serve a look-up by these columns: one that does already, or a new one.
pub struct DesiredIndex<'a> {
    /// The table: that of the set, or one that its policies look into.
    pub table: &'a Table,
    /// The columns compared, in the order of a new index.
    pub columns: Vec<&'a Column>,
}

impl DesiredIndex<'_> {
    /// Whether both ask the same.
    pub fn same(&self, other: &DesiredIndex<'_>) -> bool {
        self.table.oid == other.table.oid && self.numbers() == other.numbers()
    }

    fn numbers(&self) -> Vec<i16> {
        self.columns.iter().map(|column| column.number).collect()
    }

    fn column_names(&self) -> String {
        self.columns.iter().map(|column| quote::ident(&column.name)).collect::<Vec<_>>().join(", ")
    }

    /// None where the options want no index.
    pub fn plan(
        &self,
        set: &Template<'_>,
        existing: &Existing,
        ground: &mut Ground,
    ) -> Result<Option<Step>, Error> {
        let table = self.table;
        let mut without = going(set, existing);
        without.extend(&ground.dropped);
        let serving = match served(set, table, &self.columns, &without, ground)? {
            Served::By(index) => Some(index),
            Served::No => None,
        };
        if let Some(serving) = &serving {
            // The other server has what migrations made, not what we made here.
            let ours = serving.oid.and_then(|oid| existing.index(oid));
            if !(set.options.standalone && ours.is_some()) {
                let object = quote::qualified(&table.schema, &serving.name);
                ground.kept.extend(serving.oid);
                return match ours {
                    Some(marked) => self.keep(set, marked, object).map(Some),
                    None => Ok(Some(Step::unchanged(KIND, object))),
                };
            }
        }
        if set.options.index == IndexMode::Never {
            return Ok(None);
        }
        let name = match serving {
            Some(serving) => serving.name,
            None => self.free_name(ground)?,
        };
        ground.indexes.push(PlannedIndex {
            table: table.oid,
            schema: table.schema_oid,
            keys: self.columns.iter().map(|column| key(column)).collect(),
            name: name.clone(),
        });
        let object = quote::qualified(&table.schema, &name);
        let mark = self.mark(set);
        let print = set.options.index == IndexMode::PrintConcurrently;
        let mut step = Step::new(
            KIND,
            object.clone(),
            Action::Create,
            vec![
                format!(
                    "CREATE INDEX {}{}{} ON {} ({})",
                    if print { "CONCURRENTLY " } else { "" },
                    // Several sets look into one table, and each is planned by itself.
                    if set.options.standalone && table.oid != set.target.table.oid {
                        "IF NOT EXISTS "
                    } else {
                        ""
                    },
                    quote::ident(&name),
                    table.qualified(),
                    self.column_names()
                ),
                comment("INDEX", &object, &mark, None)?,
            ],
        );
        step.printed_only = print;
        Ok(Some(step))
    }

    /// Whether a marked index is one that this set still wants.
    pub fn wants(&self, marked: &Marked) -> bool {
        // SAFETY: a catalog look-up by id.
        let table = unsafe { pg_sys::IndexGetRelation(marked.oid, true) };
        table == self.table.oid && key_columns(marked.oid) == self.numbers()
    }

    /// What it is for, as marks say it.
    fn does(&self) -> String {
        format!("finds rows by {}", self.column_names())
    }

    /// The mark of an index that the set made, with what it is for.
    fn mark(&self, set: &Template<'_>) -> Mark {
        if self.table.oid == set.target.table.oid {
            set.mark(&self.does())
        } else {
            set.mark_elsewhere(&self.does())
        }
    }

    /// The step for an index of this set that is kept: where columns were renamed, its mark says so.
    fn keep(&self, set: &Template<'_>, marked: &Marked, object: String) -> Result<Step, Error> {
        let mark = self.mark(set);
        let made_for_it = marked.mark.same_set(&mark) && self.wants(marked);
        if !made_for_it || marked.mark.does == mark.does {
            return Ok(Step::unchanged(KIND, object));
        }
        // SAFETY: a look-up by id; the text is copied at once.
        let before = unsafe {
            let text = pg_sys::GetComment(marked.oid, pg_sys::RelationRelationId, 0);
            (!text.is_null()).then(|| CStr::from_ptr(text).to_string_lossy().into_owned())
        };
        let statement = comment("INDEX", &object, &mark, before.as_deref())?;
        Ok(Step::new(KIND, object, Action::Alter, vec![statement]))
    }

    /// A free name, chosen as the server chooses one for an unnamed index.
    fn free_name(&self, ground: &Ground) -> Result<String, Error> {
        let columns: Vec<&str> = self.columns.iter().map(|column| column.name.as_str()).collect();
        let table = CString::new(self.table.name.as_str()).map_err(|_| Error::NullByte)?;
        let columns = CString::new(columns.join("_")).map_err(|_| Error::NullByte)?;
        let mut label = c"idx".to_owned();
        let mut attempt = 0;
        loop {
            // SAFETY: three C strings and a schema's id; the result is a fresh C string.
            let name = unsafe {
                CStr::from_ptr(pg_sys::ChooseRelationName(
                    table.as_ptr(),
                    columns.as_ptr(),
                    label.as_ptr(),
                    self.table.schema_oid,
                    false,
                ))
            };
            let name = name.to_string_lossy().into_owned();
            let taken = ground
                .indexes
                .iter()
                .any(|index| index.schema == self.table.schema_oid && index.name == name);
            if !taken {
                return Ok(name);
            }
            attempt += 1;
            label = CString::new(format!("idx{attempt}")).map_err(|_| Error::NullByte)?;
        }
    }
}

/// The columns of an index's key, in order; none where it is gone.
fn key_columns(index: Oid) -> Vec<i16> {
    let Some(key) = index.into_datum() else { return Vec::new() };
    // SAFETY: the row is read while the cache holds it, and has as many keys as it says.
    unsafe {
        let cache = pg_sys::SysCacheIdentifier::INDEXRELID.cast_signed();
        let row = pg_sys::SearchSysCache1(cache, key);
        if row.is_null() {
            return Vec::new();
        }
        let form = pg_sys::GETSTRUCT(row).cast::<pg_sys::FormData_pg_index>();
        let keys = usize::try_from((*form).indnkeyatts).unwrap_or_default();
        let columns = (*form).indkey.values.as_slice(keys).to_vec();
        pg_sys::ReleaseSysCache(row);
        columns
    }
}

/// The indexes that the set has made and does not want any more: they are no help.
fn going(set: &Template<'_>, existing: &Existing) -> Vec<Oid> {
    let mark = set.mark("");
    existing
        .marked
        .iter()
        .filter(|marked| {
            marked.kind == MarkedKind::Index
                && marked.mark.same_set(&mark)
                && marked.table == set.target.label
                && !set.parts.iter().any(|part| part.wants_index(marked))
        })
        .map(|marked| marked.oid)
        .collect()
}

/// An index that has to serve a look-up by one column of a table that policies look into.
pub struct IndexElsewhere {
    table: Table,
    column: Column,
}

impl IndexElsewhere {
    /// By one column.
    pub fn new(table: &Table, column: &Column) -> Self {
        Self { table: table.clone(), column: column.clone() }
    }

    /// As any index.
    pub fn desired(&self) -> DesiredIndex<'_> {
        DesiredIndex { table: &self.table, columns: vec![&self.column] }
    }
}

/// The step that removes an index that we made, unless something else came to use it: a policy that
/// is not `own` and looks at its leading column or is one of another set that
/// reads memberships by it, a constraint, or replication.
///
/// `going` are the sets that are removed, by table and name.
pub fn drop_index(
    marked: Marked,
    own: &[Oid],
    going: &[(Oid, String)],
    ground: &mut Ground,
) -> Result<Step, Error> {
    let used = select(
        "SELECT true
           FROM pg_catalog.pg_index i
          WHERE i.indexrelid OPERATOR(pg_catalog.=) $1
            AND (i.indisreplident OR i.indisclustered
              OR EXISTS (
                 SELECT FROM pg_catalog.pg_constraint k
                  WHERE k.conindid OPERATOR(pg_catalog.=) i.indexrelid)
              OR EXISTS (
                 SELECT FROM pg_catalog.pg_depend d
                  WHERE d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_policy'::pg_catalog.regclass
                    AND d.refclassid
                        OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass
                    AND d.refobjid OPERATOR(pg_catalog.=) i.indrelid
                    AND d.refobjsubid OPERATOR(pg_catalog.=) i.indkey[0]
                    AND NOT d.objid OPERATOR(pg_catalog.=) ANY ($2)))",
        &[DatumWithOid::from(marked.oid), DatumWithOid::from(own.to_vec())],
        |row| row.required::<bool>(1),
    )?;
    if ground.kept.contains(&marked.oid) || !used.is_empty() || serves_memberships(&marked, going)?
    {
        return Ok(Step::unchanged(KIND, marked.object));
    }
    ground.dropped.push(marked.oid);
    let statement = format!("DROP INDEX {}", marked.object);
    Ok(Step::new(KIND, marked.object, Action::Drop, vec![statement]))
}

/// Whether another set reads memberships, or a tree, by the leading column of an index.
fn serves_memberships(marked: &Marked, going: &[(Oid, String)]) -> Result<bool, Error> {
    let leading = select(
        "SELECT i.indrelid, a.attname::pg_catalog.text
           FROM pg_catalog.pg_index i
           JOIN pg_catalog.pg_attribute a
             ON a.attrelid OPERATOR(pg_catalog.=) i.indrelid
            AND a.attnum OPERATOR(pg_catalog.=) i.indkey[0]
          WHERE i.indexrelid OPERATOR(pg_catalog.=) $1",
        &[DatumWithOid::from(marked.oid)],
        |row| Ok((row.required::<Oid>(1)?, row.required::<String>(2)?)),
    )?;
    let others = membership_registry::all()?.into_iter().filter(|known| {
        let own = known.name == marked.mark.name
            && table::name_of(known.tbl).is_some_and(|name| name == marked.table);
        !own && !going.iter().any(|(tbl, name)| *tbl == known.tbl && *name == known.name)
    });
    let lookups: Vec<(Oid, String)> = others.flat_map(|known| known.membership.lookups()).collect();
    Ok(leading.iter().any(|leading| lookups.contains(leading)))
}
