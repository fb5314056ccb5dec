//! Relations and their columns, `pg_class` and `pg_attribute`.

use std::collections::HashMap;
use std::ffi::CStr;

use pgrx::datum::DatumWithOid;
use pgrx::pg_sys::{self, Oid};

use super::{Row, select};
use crate::error::Error;
use crate::quote;

/// What a relation is, by `pg_class.relkind`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// An ordinary table.
    Table,
    /// A partitioned table.
    Partitioned,
    /// A view.
    View,
    /// A materialized view.
    MaterializedView,
    /// A foreign table.
    Foreign,
    /// Anything else: sequence, index, composite type.
    Other,
}

/// A relation with its columns.
#[derive(Debug, Clone)]
pub struct Table {
    /// `pg_class.oid`.
    pub oid: Oid,
    /// Its schema, `pg_namespace.oid`.
    pub schema_oid: Oid,
    /// Its schema, unquoted.
    pub schema: String,
    /// Unquoted name.
    pub name: String,
    /// What it is.
    pub kind: Kind,
    /// It ends with the session.
    pub temporary: bool,
    /// Its changes are not written to the log, so neither published nor kept over a crash.
    pub unlogged: bool,
    /// Owning role.
    pub owner: Oid,
    /// Row security is on.
    pub rls_enabled: bool,
    /// Row security binds the owner too.
    pub rls_forced: bool,
    /// Rows as last counted by VACUUM or ANALYZE; below 0 when never counted.
    pub reltuples: f32,
    /// It belongs to an extension.
    pub of_extension: bool,
    /// Columns that exist, in attribute order.
    pub columns: Vec<Column>,
}

/// A column of a relation.
#[derive(Debug, Clone)]
pub struct Column {
    /// `pg_attribute.attnum`, from 1; dropped columns leave holes.
    pub number: i16,
    /// Unquoted name.
    pub name: String,
    /// Its type.
    pub type_oid: Oid,
    /// Its collation; 0 where the type has none.
    pub collation: Oid,
    /// No row that a query of the table reads holds NULL here. A NOT NULL that PostgreSQL 18 has not
    /// validated does not count, nor one that a table which inherits it may have dropped, or a foreign
    /// table, where the server takes it on trust.
    pub not_null: bool,
    /// The server computes it.
    pub generated: bool,
}

impl Table {
    /// `schema.name`, quoted where needed.
    pub fn qualified(&self) -> String {
        quote::qualified(&self.schema, &self.name)
    }

    /// The column of this attribute number.
    pub fn column(&self, number: i16) -> Option<&Column> {
        self.columns.iter().find(|column| column.number == number)
    }
}

const TABLE: &str = "
    SELECT c.oid, c.relnamespace, n.nspname::pg_catalog.text, c.relname::pg_catalog.text,
           c.relkind::pg_catalog.text, c.relowner, c.relrowsecurity, c.relforcerowsecurity,
           c.reltuples, c.relpersistence OPERATOR(pg_catalog.=) 't'::pg_catalog.\"char\",
           c.oid OPERATOR(pg_catalog.=) ANY (
               SELECT d.objid FROM pg_catalog.pg_depend d
                WHERE d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_class'::pg_catalog.regclass
                  AND d.deptype OPERATOR(pg_catalog.=) 'e'::pg_catalog.\"char\"),
           c.relpersistence OPERATOR(pg_catalog.=) 'u'::pg_catalog.\"char\"
      FROM pg_catalog.pg_class c
      JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace";

/// The tables, views and materialized views of these schemas.
pub fn readable_in_schemas(schemas: &[Oid]) -> Result<Vec<Table>, Error> {
    let sql = format!(
        "{TABLE}
         WHERE c.relnamespace OPERATOR(pg_catalog.=) ANY ($1)
           AND c.relkind OPERATOR(pg_catalog.=) ANY ('{{r,p,v,m}}'::pg_catalog.\"char\"[])
         ORDER BY c.oid"
    );
    with_columns(select(&sql, &[DatumWithOid::from(schemas.to_vec())], read)?)
}

/// The ordinary and partitioned tables of these schemas.
pub fn in_schemas(schemas: &[Oid]) -> Result<Vec<Table>, Error> {
    let sql = format!(
        "{TABLE}
         WHERE c.relnamespace OPERATOR(pg_catalog.=) ANY ($1)
           AND c.relkind OPERATOR(pg_catalog.=) ANY ('{{r,p}}'::pg_catalog.\"char\"[])
         ORDER BY c.oid"
    );
    with_columns(select(&sql, &[DatumWithOid::from(schemas.to_vec())], read)?)
}

/// The foreign tables of a schema, by name.
pub fn foreign_in_schema(schema: Oid) -> Result<Vec<Table>, Error> {
    let sql = format!(
        "{TABLE} WHERE c.relnamespace OPERATOR(pg_catalog.=) $1
            AND c.relkind OPERATOR(pg_catalog.=) 'f'::pg_catalog.\"char\" ORDER BY c.relname"
    );
    select(&sql, &[DatumWithOid::from(schema)], read)
}

/// The partitions of a table, those of partitions too, foreign ones left out; by name.
pub fn partitions(table: Oid) -> Result<Vec<Table>, Error> {
    let sql = format!(
        "{TABLE} WHERE c.oid OPERATOR(pg_catalog.<>) $1
            AND c.relkind OPERATOR(pg_catalog.=) ANY ('{{r,p}}'::pg_catalog.\"char\"[])
            AND c.oid OPERATOR(pg_catalog.=) ANY (
                SELECT t.relid FROM pg_catalog.pg_partition_tree($1::pg_catalog.regclass) t)
          ORDER BY n.nspname, c.relname"
    );
    select(&sql, &[DatumWithOid::from(table)], read)
}

/// The tables that inherit from a table and are no partitions of it, qualified.
pub fn inheritors(table: Oid) -> Result<Vec<String>, Error> {
    select(
        "SELECT n.nspname::pg_catalog.text, c.relname::pg_catalog.text
           FROM pg_catalog.pg_inherits i
           JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) i.inhrelid
           JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace
          WHERE i.inhparent OPERATOR(pg_catalog.=) $1 AND NOT c.relispartition
            AND c.relkind OPERATOR(pg_catalog.=) ANY ('{r,f}'::pg_catalog.\"char\"[])
          ORDER BY 1, 2",
        &[DatumWithOid::from(table)],
        |row| Ok(quote::qualified(&row.required::<String>(1)?, &row.required::<String>(2)?)),
    )
}

/// The relations of these ids, of whatever kind, those that exist.
pub fn by_oids(relations: &[Oid]) -> Result<Vec<Table>, Error> {
    let sql = format!("{TABLE} WHERE c.oid OPERATOR(pg_catalog.=) ANY ($1) ORDER BY c.oid");
    with_columns(select(&sql, &[DatumWithOid::from(relations.to_vec())], read)?)
}

/// The relation of a name as SQL writes it, with its schema: names alone are those of the server's.
pub fn by_name(name: &str) -> Result<Option<Oid>, Error> {
    let found = select(
        "SELECT pg_catalog.to_regclass($1)::pg_catalog.oid",
        &[DatumWithOid::from(name)],
        |row| row.optional(1),
    )?;
    Ok(found.into_iter().flatten().next())
}

/// One relation, or nothing where it does not exist.
pub fn by_oid(relation: Oid) -> Result<Option<Table>, Error> {
    Ok(by_oids(&[relation])?.pop())
}

fn read(row: &Row<'_>) -> Result<Table, Error> {
    Ok(Table {
        oid: row.required(1)?,
        schema_oid: row.required(2)?,
        schema: row.required(3)?,
        name: row.required(4)?,
        kind: match row.required::<String>(5)?.as_str() {
            "r" => Kind::Table,
            "p" => Kind::Partitioned,
            "v" => Kind::View,
            "m" => Kind::MaterializedView,
            "f" => Kind::Foreign,
            _ => Kind::Other,
        },
        owner: row.required(6)?,
        rls_enabled: row.required(7)?,
        rls_forced: row.required(8)?,
        reltuples: row.required(9)?,
        temporary: row.required(10)?,
        of_extension: row.required(11)?,
        unlogged: row.required(12)?,
        columns: Vec::new(),
    })
}

fn with_columns(mut tables: Vec<Table>) -> Result<Vec<Table>, Error> {
    let ids: Vec<Oid> = tables.iter().map(|table| table.oid).collect();
    let mut columns: HashMap<Oid, Vec<Column>> = HashMap::new();
    // Before PostgreSQL 18 pg_constraint holds no NOT NULL, and the sub-query finds nothing.
    let found = select(
        "WITH RECURSIVE family (root, relation, kind, partition) AS (
             SELECT i.inhparent, c.oid, c.relkind, c.relispartition
               FROM pg_catalog.pg_inherits i
               JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) i.inhrelid
              WHERE i.inhparent OPERATOR(pg_catalog.=) ANY ($1)
             UNION
             SELECT f.root, c.oid, c.relkind, c.relispartition
               FROM family f
               JOIN pg_catalog.pg_inherits i ON i.inhparent OPERATOR(pg_catalog.=) f.relation
               JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) i.inhrelid)
         SELECT a.attrelid, a.attnum, a.attname::pg_catalog.text, a.atttypid, a.attcollation,
                a.attnotnull AND NOT EXISTS (
                    SELECT FROM family f
                      JOIN pg_catalog.pg_attribute b
                        ON b.attrelid OPERATOR(pg_catalog.=) f.relation
                       AND b.attname OPERATOR(pg_catalog.=) a.attname
                     WHERE f.root OPERATOR(pg_catalog.=) a.attrelid
                       AND (f.kind OPERATOR(pg_catalog.=) 'f'::pg_catalog.\"char\"
                            OR NOT f.partition AND NOT b.attnotnull))
                AND NOT EXISTS (
                    SELECT FROM pg_catalog.pg_constraint k
                     WHERE k.conrelid OPERATOR(pg_catalog.=) a.attrelid
                       AND k.contype OPERATOR(pg_catalog.=) 'n'::pg_catalog.\"char\"
                       AND NOT k.convalidated
                       AND k.conkey[1] OPERATOR(pg_catalog.=) a.attnum),
                a.attgenerated OPERATOR(pg_catalog.<>) ''::pg_catalog.\"char\"
           FROM pg_catalog.pg_attribute a
          WHERE a.attrelid OPERATOR(pg_catalog.=) ANY ($1)
            AND a.attnum OPERATOR(pg_catalog.>) 0
            AND NOT a.attisdropped
          ORDER BY a.attrelid, a.attnum",
        &[DatumWithOid::from(ids)],
        |row| {
            let column = Column {
                number: row.required(2)?,
                name: row.required(3)?,
                type_oid: row.required(4)?,
                collation: row.required(5)?,
                not_null: row.required(6)?,
                generated: row.required(7)?,
            };
            Ok((row.required::<Oid>(1)?, column))
        },
    )?;
    for (table, column) in found {
        columns.entry(table).or_default().push(column);
    }
    for table in &mut tables {
        table.columns = columns.remove(&table.oid).unwrap_or_default();
    }
    Ok(tables)
}

/// The owner of a relation; `None` when there is no such relation.
pub fn owner_of(relation: Oid) -> Option<Oid> {
    // SAFETY: the row is read before it is released.
    unsafe {
        let row = pg_sys::SearchSysCache1(
            pg_sys::SysCacheIdentifier::RELOID.cast_signed(),
            relation.into(),
        );
        if row.is_null() {
            return None;
        }
        let form = pg_sys::GETSTRUCT(row).cast::<pg_sys::FormData_pg_class>();
        let owner = (*form).relowner;
        pg_sys::ReleaseSysCache(row);
        Some(owner)
    }
}

/// The name of a relation, qualified and quoted where needed; `None` when there is no such relation.
pub fn name_of(relation: Oid) -> Option<String> {
    // SAFETY: look-ups by id; what is found is a terminated string of the server's.
    unsafe {
        let name = pg_sys::get_rel_name(relation);
        if name.is_null() {
            return None;
        }
        let schema = pg_sys::get_namespace_name(pg_sys::get_rel_namespace(relation));
        if schema.is_null() {
            return None;
        }
        let text = |name| CStr::from_ptr(name).to_string_lossy().into_owned();
        Some(quote::qualified(&text(schema), &text(name)))
    }
}

/// The relation of this name; `None` when there is none. For our own tables, which nobody renames.
pub fn named(schema: &CStr, name: &CStr) -> Option<Oid> {
    // SAFETY: look-ups by terminated names.
    let found = unsafe {
        let schema = pg_sys::get_namespace_oid(schema.as_ptr(), true);
        pg_sys::get_relname_relid(name.as_ptr(), schema)
    };
    (found != Oid::INVALID).then_some(found)
}
