//! Arrays as parameters of set-based statements, and as arguments.

use pgrx::pg_sys;
use uuid::Uuid;

use crate::error::{AtomicError, Error};

/// How the server lays out the elements of a type.
struct Layout {
    length: i16,
    by_value: bool,
    alignment: core::ffi::c_char,
}

fn layout(element: pg_sys::Oid) -> Layout {
    let mut layout = Layout { length: 0, by_value: false, alignment: 0 };
    // SAFETY: a look-up of a built-in type; the pointers are alive.
    unsafe {
        pg_sys::get_typlenbyvalalign(
            element,
            &raw mut layout.length,
            &raw mut layout.by_value,
            &raw mut layout.alignment,
        );
    }
    layout
}

/// An array of `element`s in the current memory context; `None` is NULL.
pub fn make(
    values: &[Option<pg_sys::Datum>],
    element: pg_sys::Oid,
) -> Result<pg_sys::Datum, Error> {
    let too_long = |_| Error::Unexpected("an array is too long");
    let mut length = i32::try_from(values.len()).map_err(too_long)?;
    let mut lower = 1;
    let mut datums: Vec<_> =
        values.iter().map(|value| value.unwrap_or(pg_sys::Datum::null())).collect();
    let mut nulls: Vec<_> = values.iter().map(Option::is_none).collect();
    let layout = layout(element);
    // SAFETY: both vectors hold `length` elements; the server copies them.
    Ok(unsafe {
        pg_sys::construct_md_array(
            datums.as_mut_ptr(),
            nulls.as_mut_ptr(),
            1,
            &raw mut length,
            &raw mut lower,
            element,
            layout.length.into(),
            layout.by_value,
            layout.alignment,
        )
    }
    .into())
}

/// The elements of an array argument, as the server holds them; `None` is NULL. 22023 for an array
/// of several dimensions.
pub fn elements(
    array: pg_sys::Datum,
    element: pg_sys::Oid,
    argument: &'static str,
) -> Result<Vec<Option<pg_sys::Datum>>, AtomicError> {
    let layout = layout(element);
    let (mut values, mut nulls, mut count) = (std::ptr::null_mut(), std::ptr::null_mut(), 0);
    // SAFETY: callers pass an array of that type; the server fills the three results.
    unsafe {
        let array: *mut pg_sys::ArrayType = pg_sys::pg_detoast_datum(array.cast_mut_ptr()).cast();
        if (*array).ndim > 1 {
            return Err(AtomicError::NotOneList(argument));
        }
        pg_sys::deconstruct_array(
            array,
            element,
            layout.length.into(),
            layout.by_value,
            layout.alignment,
            &mut values,
            &mut nulls,
            &mut count,
        );
        let count = usize::try_from(count).unwrap_or_default();
        if count == 0 {
            return Ok(Vec::new());
        }
        let values = std::slice::from_raw_parts(values, count);
        let nulls = std::slice::from_raw_parts(nulls, count);
        Ok(values.iter().zip(nulls).map(|(value, null)| (!null).then_some(*value)).collect())
    }
}

/// A uuid in the current memory context.
pub fn uuid(id: &Uuid) -> Option<pg_sys::Datum> {
    pgrx::IntoDatum::into_datum(pgrx::Uuid::from_bytes(*id.as_bytes()))
}

/// The same, where the id lies: good for as long as it does.
pub fn uuid_in_place(id: &Uuid) -> Option<pg_sys::Datum> {
    Some(pg_sys::Datum::from(id.as_bytes().as_ptr()))
}

/// Many uuids as one array.
pub fn uuids<'a>(ids: impl IntoIterator<Item = &'a Uuid>) -> Result<pg_sys::Datum, Error> {
    make(&ids.into_iter().map(uuid).collect::<Vec<_>>(), pg_sys::UUIDOID)
}

/// A uuid of the server.
pub fn as_uuid(value: pgrx::Uuid) -> Uuid {
    Uuid::from_bytes(*value.as_bytes())
}
