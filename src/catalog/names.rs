//! What names mean, for the bodies of SQL functions: loaded as they are asked for, in bulk.

use std::collections::HashMap;

use pgrx::datum::DatumWithOid;
use pgrx::pg_sys::Oid;

use super::select;
use crate::error::Error;
use crate::expr::sql::names::{
    Callable, CastOf, Names, OperatorOf, Relation, RelationColumn, Type, Wanted,
};

const TYPE: &str = "
    SELECT t.oid, t.typnamespace, t.typtype::pg_catalog.text, t.typcategory::pg_catalog.text,
           t.typispreferred, t.typbasetype,
           CASE WHEN t.typlen OPERATOR(pg_catalog.=) (-1)
                 AND t.typsubscript OPERATOR(pg_catalog.=)
                     'pg_catalog.array_subscript_handler'::pg_catalog.regproc
                THEN t.typelem ELSE 0::pg_catalog.oid END,
           t.typarray, t.typrelid, t.typcollation, t.typname::pg_catalog.text
      FROM pg_catalog.pg_type t";

/// Schemas, casts and the server's own types; the rest is loaded when it is wanted.
pub fn start() -> Result<Names, Error> {
    let mut names = Names::default();
    for (oid, name) in select(
        "SELECT n.oid, n.nspname::pg_catalog.text FROM pg_catalog.pg_namespace n",
        &[],
        |row| Ok((row.required::<Oid>(1)?, row.required::<String>(2)?)),
    )? {
        names.schemas.insert(name, oid);
    }
    for (pair, cast) in select(
        "SELECT c.castsource, c.casttarget, c.castcontext::pg_catalog.text,
                c.castmethod::pg_catalog.text, c.castfunc
           FROM pg_catalog.pg_cast c",
        &[],
        |row| {
            let cast = CastOf {
                context: byte(&row.required::<String>(3)?),
                method: byte(&row.required::<String>(4)?),
                function: row.required(5)?,
            };
            Ok(((row.required::<Oid>(1)?, row.required::<Oid>(2)?), cast))
        },
    )? {
        names.casts.insert(pair, cast);
    }
    let sql = format!(
        "{TYPE} WHERE t.oid OPERATOR(pg_catalog.<) 16384::pg_catalog.oid
                  AND t.typrelid OPERATOR(pg_catalog.=) 0::pg_catalog.oid"
    );
    types(&mut names, &sql, &[])?;
    Ok(names)
}

fn byte(text: &str) -> u8 {
    text.bytes().next().unwrap_or_default()
}

fn types(names: &mut Names, sql: &str, arguments: &[DatumWithOid<'_>]) -> Result<(), Error> {
    for (found, _) in select(sql, arguments, |row| {
        let found = Type {
            oid: row.required(1)?,
            schema: row.required(2)?,
            kind: byte(&row.required::<String>(3)?),
            category: byte(&row.required::<String>(4)?),
            preferred: row.required(5)?,
            base: row.required(6)?,
            element: row.required(7)?,
            array: row.required(8)?,
            relation: row.required(9)?,
            collation: row.required(10)?,
        };
        Ok((found, row.required::<String>(11)?))
    })? {
        names.types.insert(found.oid, found);
    }
    Ok(())
}

/// Loads all that is wanted. What does not exist is known to be nothing from then on.
pub fn load(names: &mut Names, wanted: &Wanted) -> Result<(), Error> {
    let texts = |set: &std::collections::BTreeSet<String>| {
        [DatumWithOid::from(set.iter().cloned().collect::<Vec<String>>())]
    };
    if !wanted.types.is_empty() {
        let sql = format!(
            "{TYPE} WHERE t.oid OPERATOR(pg_catalog.=) ANY (
                SELECT pg_catalog.unnest(ARRAY[k.oid, k.typbasetype, k.typelem, k.typarray])
                  FROM pg_catalog.pg_type k WHERE k.oid OPERATOR(pg_catalog.=) ANY ($1))"
        );
        types(names, &sql, &[DatumWithOid::from(Vec::from_iter(wanted.types.iter().copied()))])?;
        for oid in &wanted.types {
            // One that is gone stays a type of which nothing is known.
            names.types.entry(*oid).or_insert(Type {
                oid: *oid,
                schema: Oid::INVALID,
                kind: b'?',
                category: b'X',
                preferred: false,
                base: Oid::INVALID,
                element: Oid::INVALID,
                array: Oid::INVALID,
                relation: Oid::INVALID,
                collation: Oid::INVALID,
            });
        }
    }
    if !wanted.type_names.is_empty() {
        let sql =
            format!("{TYPE} WHERE t.typname::pg_catalog.text OPERATOR(pg_catalog.=) ANY ($1)");
        types(names, &sql, &texts(&wanted.type_names))?;
        let mut found: HashMap<String, Vec<Oid>> = HashMap::new();
        for (name, oid) in select(
            "SELECT t.typname::pg_catalog.text, t.oid FROM pg_catalog.pg_type t
              WHERE t.typname::pg_catalog.text OPERATOR(pg_catalog.=) ANY ($1) ORDER BY t.oid",
            &texts(&wanted.type_names),
            |row| Ok((row.required::<String>(1)?, row.required::<Oid>(2)?)),
        )? {
            found.entry(name).or_default().push(oid);
        }
        settle(&mut names.type_names, found, &wanted.type_names);
    }
    if !wanted.functions.is_empty() {
        functions(names, &wanted.functions)?;
    }
    if !wanted.operators.is_empty() {
        let mut found: HashMap<String, Vec<OperatorOf>> = HashMap::new();
        for (name, operator) in select(
            "SELECT o.oprname::pg_catalog.text, o.oid, o.oprnamespace, o.oprleft, o.oprright,
                    o.oprresult
               FROM pg_catalog.pg_operator o
              WHERE o.oprname::pg_catalog.text OPERATOR(pg_catalog.=) ANY ($1)
                AND o.oprcode::pg_catalog.oid OPERATOR(pg_catalog.<>) 0::pg_catalog.oid
              ORDER BY o.oid",
            &texts(&wanted.operators),
            |row| {
                let operator = OperatorOf {
                    oid: row.required(2)?,
                    schema: row.required(3)?,
                    left: row.required(4)?,
                    right: row.required(5)?,
                    result: row.required(6)?,
                };
                Ok((row.required::<String>(1)?, operator))
            },
        )? {
            found.entry(name).or_default().push(operator);
        }
        settle(&mut names.operators, found, &wanted.operators);
    }
    if !wanted.relations.is_empty() {
        let found = relations("c.relname::pg_catalog.text", &texts(&wanted.relations))?;
        let mut by_name: HashMap<String, Vec<Relation>> = HashMap::new();
        for (name, relation) in found {
            names.rows.insert(relation.oid, relation.clone());
            by_name.entry(name).or_default().push(relation);
        }
        settle(&mut names.relations, by_name, &wanted.relations);
    }
    if !wanted.rows.is_empty() {
        let oids = Vec::from_iter(wanted.rows.iter().copied());
        for (_, relation) in relations("c.oid", &[DatumWithOid::from(oids)])? {
            names.rows.insert(relation.oid, relation);
        }
        for oid in &wanted.rows {
            names.rows.entry(*oid).or_insert(Relation {
                oid: *oid,
                schema: Oid::INVALID,
                row_type: Oid::INVALID,
                columns: Vec::new(),
            });
        }
    }
    if !wanted.collations.is_empty() {
        let mut found: HashMap<String, Vec<(Oid, Oid)>> = HashMap::new();
        for (name, pair) in select(
            "SELECT c.collname::pg_catalog.text, c.oid, c.collnamespace
               FROM pg_catalog.pg_collation c
              WHERE c.collname::pg_catalog.text OPERATOR(pg_catalog.=) ANY ($1)
                AND c.collencoding OPERATOR(pg_catalog.=) ANY (ARRAY[-1, (
                    SELECT d.encoding FROM pg_catalog.pg_database d
                     WHERE d.datname OPERATOR(pg_catalog.=) pg_catalog.current_database())])
              ORDER BY c.oid",
            &texts(&wanted.collations),
            |row| {
                Ok((row.required::<String>(1)?, (row.required::<Oid>(2)?, row.required::<Oid>(3)?)))
            },
        )? {
            found.entry(name).or_default().push(pair);
        }
        settle(&mut names.collations, found, &wanted.collations);
    }
    Ok(())
}

/// Files what was found; a name of which nothing was found is known to mean nothing.
fn settle<T>(
    known: &mut HashMap<String, Vec<T>>,
    found: HashMap<String, Vec<T>>,
    wanted: &std::collections::BTreeSet<String>,
) {
    known.extend(found);
    for name in wanted {
        known.entry(name.clone()).or_default();
    }
}

fn functions(names: &mut Names, wanted: &std::collections::BTreeSet<String>) -> Result<(), Error> {
    let mut found: HashMap<String, Vec<Callable>> = HashMap::new();
    for (name, callable) in select(
        "SELECT p.proname::pg_catalog.text, p.oid, p.pronamespace, p.prokind::pg_catalog.text,
                p.proargtypes::pg_catalog.oid[], p.proargnames, p.proargmodes::pg_catalog.text[],
                p.proallargtypes, p.pronargdefaults::pg_catalog.int4, p.provariadic, p.prorettype,
                p.proretset
           FROM pg_catalog.pg_proc p
          WHERE p.proname::pg_catalog.text OPERATOR(pg_catalog.=) ANY ($1)
            AND p.prokind OPERATOR(pg_catalog.<>) 'p'::pg_catalog.\"char\"
          ORDER BY p.oid",
        &[DatumWithOid::from(wanted.iter().cloned().collect::<Vec<String>>())],
        |row| {
            let labels: Vec<Option<String>> = row.optional(6)?.unwrap_or_default();
            let modes: Vec<Option<String>> = row.optional(7)?.unwrap_or_default();
            let all: Vec<Oid> = row.optional(8)?.unwrap_or_default();
            let label = |at: usize| labels.get(at).cloned().flatten().unwrap_or_default();
            let arguments: Vec<Oid> = row.required(5)?;
            let mut argument_names = Vec::new();
            let mut columns = Vec::new();
            if modes.is_empty() {
                argument_names.extend((0..arguments.len()).map(label));
            }
            for (at, mode) in modes.iter().enumerate() {
                let mode = mode.as_deref().unwrap_or_default();
                if matches!(mode, "i" | "b" | "v") {
                    argument_names.push(label(at));
                }
                if matches!(mode, "o" | "b" | "t")
                    && let Some(type_oid) = all.get(at)
                {
                    columns.push((label(at), *type_oid));
                }
            }
            argument_names.resize(arguments.len(), String::new());
            let defaults: i32 = row.required(9)?;
            let callable = Callable {
                oid: row.required(2)?,
                schema: row.required(3)?,
                kind: byte(&row.required::<String>(4)?),
                arguments,
                argument_names,
                defaults: usize::try_from(defaults).unwrap_or(0),
                variadic: row.required(10)?,
                result: row.required(11)?,
                returns_set: row.required(12)?,
                // One output column is the result itself.
                columns: if columns.len() > 1 { columns } else { Vec::new() },
            };
            Ok((row.required::<String>(1)?, callable))
        },
    )? {
        found.entry(name).or_default().push(callable);
    }
    settle(&mut names.functions, found, wanted);
    Ok(())
}

/// Relations with their columns, by what `key` is among the values given.
fn relations(
    key: &'static str,
    arguments: &[DatumWithOid<'_>],
) -> Result<Vec<(String, Relation)>, Error> {
    let sql = format!(
        "SELECT c.relname::pg_catalog.text, c.oid, c.relnamespace, c.reltype,
                a.attnum, a.attname::pg_catalog.text, a.atttypid, a.attcollation
           FROM pg_catalog.pg_class c
           LEFT JOIN pg_catalog.pg_attribute a
             ON a.attrelid OPERATOR(pg_catalog.=) c.oid
            AND a.attnum OPERATOR(pg_catalog.>) 0 AND NOT a.attisdropped
          WHERE {key} OPERATOR(pg_catalog.=) ANY ($1)
            AND c.relkind OPERATOR(pg_catalog.=) ANY ('{{r,p,v,m,f,c,S}}'::pg_catalog.\"char\"[])
          ORDER BY c.oid, a.attnum"
    );
    let mut found: Vec<(String, Relation)> = Vec::new();
    for (name, relation, column) in select(&sql, arguments, |row| {
        let relation = Relation {
            oid: row.required(2)?,
            schema: row.required(3)?,
            row_type: row.required(4)?,
            columns: Vec::new(),
        };
        let number: Option<i16> = row.optional(5)?;
        let column = match number {
            Some(number) => Some(RelationColumn {
                number,
                name: row.required(6)?,
                type_oid: row.required(7)?,
                collation: row.required(8)?,
            }),
            None => None,
        };
        Ok((row.required::<String>(1)?, relation, column))
    })? {
        if found.last().is_none_or(|(_, last)| last.oid != relation.oid) {
            found.push((name, relation));
        }
        if let Some((_, last)) = found.last_mut() {
            last.columns.extend(column);
        }
    }
    Ok(found)
}
