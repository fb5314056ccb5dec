//! The rows of a table that access is tried on, read as the caller.

use pgrx::datum::DatumWithOid;
use pgrx::pg_sys::{self, Oid};

use crate::catalog::{Table, select};
use crate::error::Error;

/// Rows of a table.
#[derive(Debug, Clone)]
pub struct Sample {
    /// How many rows are looked at.
    pub rows: i64,
    /// Which, by relation (the table or its partitions and children), where these are not all of
    /// the table's.
    pub chosen: Option<Vec<(Oid, Vec<pg_sys::ItemPointerData>)>>,
}

/// Reads up to `limit` rows of `table` in primary-key order. None where row security binds the
/// caller, or he may not read the table: then nobody knows what there is.
pub fn read(table: &Table, limit: i32) -> Result<Option<Sample>, Error> {
    // SAFETY: look-ups of the table's id for the user that is running.
    let hidden = unsafe {
        pg_sys::check_enable_rls(table.oid, Oid::INVALID, true)
            == pg_sys::CheckEnableRlsResult::RLS_ENABLED as i32
            || pg_sys::pg_class_aclcheck(
                table.oid,
                pg_sys::GetUserId(),
                pg_sys::ACL_SELECT as pg_sys::AclMode,
            ) != pg_sys::AclResult::ACLCHECK_OK
    };
    if hidden {
        return Ok(None);
    }
    let order = key_order(table.oid)?;
    let sql = format!(
        "SELECT t.tableoid, t.ctid FROM {} t{order} LIMIT {}",
        table.qualified(),
        i64::from(limit) + 1
    );
    let mut rows: Vec<(Oid, pg_sys::ItemPointerData)> =
        select(&sql, &[], |row| Ok((row.required(1)?, row.required(2)?)))?;
    let all = rows.len() <= usize::try_from(limit).unwrap_or_default();
    if !all {
        rows.pop();
    }
    let count = rows.len() as i64;
    let chosen = (!all).then(|| {
        let mut chosen: Vec<(Oid, Vec<pg_sys::ItemPointerData>)> = Vec::new();
        for (relation, row) in rows {
            match chosen.iter_mut().find(|(known, _)| *known == relation) {
                Some((_, of_relation)) => of_relation.push(row),
                None => chosen.push((relation, vec![row])),
            }
        }
        chosen
    });
    Ok(Some(Sample { rows: count, chosen }))
}

/// ` ORDER BY` the primary key; nothing where there is none that [`key_columns`] tells of.
fn key_order(table: Oid) -> Result<String, Error> {
    let columns = key_columns(table)?;
    if columns.is_empty() {
        return Ok(String::new());
    }
    let keys: Vec<String> = columns.iter().map(|column| format!("t.{column}")).collect();
    Ok(format!(" ORDER BY {}", keys.join(", ")))
}

/// The columns of the primary key, quoted where needed; none where ordering by them would run an
/// operator that a user defined.
pub fn key_columns(table: Oid) -> Result<Vec<String>, Error> {
    select(
        "SELECT pg_catalog.quote_ident(a.attname::pg_catalog.text)
           FROM pg_catalog.pg_index i
           JOIN pg_catalog.generate_series(0, i.indnkeyatts OPERATOR(pg_catalog.-) 1) s(at) ON true
           JOIN pg_catalog.pg_attribute a
             ON a.attrelid OPERATOR(pg_catalog.=) i.indrelid
            AND a.attnum OPERATOR(pg_catalog.=) i.indkey[s.at]
          WHERE i.indrelid OPERATOR(pg_catalog.=) $1 AND i.indisprimary
            AND NOT EXISTS (
                SELECT FROM pg_catalog.pg_index k, pg_catalog.unnest(k.indclass) c(oid)
                 WHERE k.indexrelid OPERATOR(pg_catalog.=) i.indexrelid
                   AND c.oid OPERATOR(pg_catalog.>=) 16384::pg_catalog.oid)
          ORDER BY s.at",
        &[DatumWithOid::from(table)],
        |row| row.required(1),
    )
}
