//! Where the row is that a key means, found as the caller.

use std::ffi::c_int;

use pgrx::pg_sys::{self, Oid};

use super::answer::Places;
use super::given::{self, Value};
use super::identity::{self, Claims, Identity};
use super::node::{ROW_PLACE, TABLE_OID, and, constant, list, node, target};
use super::run::run;
use super::sample::Sample;
use super::scan::{privileges, rewritten, scan};
use super::server;
use super::trial::{self, Mode, Raised};
use crate::catalog::Table;
use crate::error::{AccessError, Error};

/// What a key means.
pub enum Place {
    /// One row, of the table or of this partition or child of it.
    Found { relation: Oid, row: Sample },
    /// No row that the caller can see.
    Nowhere,
    /// The caller's own question failed.
    Failed(Raised),
}

/// A value, and what it is compared by.
struct Compared {
    value: Value,
    operator: Oid,
    function: Oid,
}

/// Finds the row of `table` whose columns have these values. 22023 where there are several, or where
/// a value is none of its column's type; 42883 for a type without an equality.
pub fn find(table: &Table, key: Vec<Value>) -> Result<Place, Error> {
    let (identity, reader) = reader(table);
    let Some((role, _)) = identity.role else { return Ok(Place::Nowhere) };
    let key: Vec<Value> = key.into_iter().map(Value::unchecked).collect();
    given::try_out(&identity, role, &key)?;
    let key: Vec<Compared> =
        key.into_iter().map(|value| compared(table, value)).collect::<Result<_, _>>()?;
    let key = key.as_slice();
    let mut places = Places::new(2);
    let receiver = places.receiver();
    // SAFETY: the closure calls the server directly, touches plain data alone, and cannot panic.
    let looked = unsafe {
        trial::run(&identity, role, Mode::ReadOnly, || look(table, reader, key, receiver))
    }?;
    if let Err(raised) = looked {
        return Ok(Place::Failed(raised));
    }
    match places.into_rows().as_slice() {
        [] => Ok(Place::Nowhere),
        [(relation, place)] => {
            let chosen = Some(vec![(*relation, vec![*place])]);
            Ok(Place::Found { relation: *relation, row: Sample { rows: 1, chosen } })
        }
        _ => Err(AccessError::SeveralRows(table.qualified()).into()),
    }
}

/// Who looks: the caller with his own rights. For a superuser, whom nothing binds, the table's
/// owner, unbound: types of users bring code, which must not run with a superuser's rights.
fn reader(table: &Table) -> (Identity, Option<Oid>) {
    let (mut identity, _) = identity::present();
    // SAFETY: asks who is running.
    if !unsafe { pg_sys::superuser() } {
        return (identity, None);
    }
    identity.role = Some((table.owner, String::new()));
    identity.claims = Claims::Given { all: Default::default(), single: Vec::new() };
    (identity, Some(pg_sys::BOOTSTRAP_SUPERUSERID.into()))
}

fn compared(table: &Table, value: Value) -> Result<Compared, AccessError> {
    let name = table.column(value.number()).map(|column| column.name.clone()).unwrap_or_default();
    // SAFETY: look-ups by id; the entry of the cache lives on.
    let operator = unsafe {
        let wanted = pg_sys::TYPECACHE_EQ_OPR.cast_signed();
        (*pg_sys::lookup_type_cache(value.type_oid(), wanted)).eq_opr
    };
    if operator == Oid::INVALID && !value.is_null() {
        return Err(AccessError::NotComparable { relation: table.qualified(), column: name });
    }
    // SAFETY: a look-up by id.
    let function = unsafe { pg_sys::get_opcode(operator) };
    Ok(Compared { value, operator, function })
}

/// What stands for these queries where they are logged.
const TEXT: &std::ffi::CStr = c"rls.explain_access()";

/// # Safety
/// Inside a trial's guard.
unsafe fn look(
    table: &Table,
    reader: Option<Oid>,
    key: &[Compared],
    receiver: *mut pg_sys::DestReceiver,
) {
    // SAFETY: as promised; both columns are what the query says.
    unsafe {
        let query = scan(table.oid, reader);
        let needed = privileges(query);
        // All columns: the answer says what depends on any of them.
        for column in &table.columns {
            let number = c_int::from(column.number) - pg_sys::FirstLowInvalidHeapAttributeNumber;
            (*needed).selectedCols = server::bms_add_member((*needed).selectedCols, number);
        }
        for compared in key {
            let jointree = (*query).jointree;
            (*jointree).quals = and(&[(*jointree).quals, matches(compared)]);
        }
        let relation = server::makeVar(1, TABLE_OID, pg_sys::OIDOID, -1, Oid::INVALID, 0);
        let place = server::makeVar(1, ROW_PLACE, pg_sys::TIDOID, -1, Oid::INVALID, 0);
        (*query).targetList =
            server::lappend(list(target(relation.cast(), 1)), target(place.cast(), 2).cast());
        (*query).limitCount = constant(pg_sys::INT8OID, 8, pg_sys::Datum::from(2_i64));
        run(rewritten(query), TEXT.as_ptr(), receiver);
    }
}

/// # Safety
/// Inside a trial's guard.
unsafe fn matches(compared: &Compared) -> *mut pg_sys::Node {
    // SAFETY: as promised.
    unsafe {
        let value = &compared.value;
        if value.is_null() {
            let test = node::<pg_sys::NullTest>(pg_sys::NodeTag::T_NullTest);
            (*test).arg = value.column().cast();
            (*test).nulltesttype = pg_sys::NullTestType::IS_NULL;
            (*test).location = -1;
            return test.cast();
        }
        let equal = node::<pg_sys::OpExpr>(pg_sys::NodeTag::T_OpExpr);
        (*equal).opno = compared.operator;
        (*equal).opfuncid = compared.function;
        (*equal).opresulttype = pg_sys::BOOLOID;
        (*equal).inputcollid = value.collation();
        (*equal).location = -1;
        (*equal).args = server::lappend(list(value.column()), value.expression().cast());
        equal.cast()
    }
}
