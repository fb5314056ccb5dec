//! SQL arguments of types that have no Rust type: `name`, `name[]` and `regclass[]`.

use std::ffi::CStr;

use pgrx::pg_sys::{self, Datum, Oid};
use pgrx::{AnyArray, FromDatum};

use crate::error::Error;

/// A value that the function cannot do without; 22004 when it is NULL.
pub fn required<T>(value: Option<T>, argument: &'static str) -> Result<T, Error> {
    value.ok_or(Error::NullArgument(argument))
}

/// A `name`, which the server passes as a C string; 22004 when it is NULL.
pub fn name(value: Option<&CStr>, argument: &'static str) -> Result<String, Error> {
    Ok(required(value, argument)?.to_string_lossy().into_owned())
}

/// The elements of a `name[]`; 22004 when an element is NULL.
///
/// # Safety
///
/// The datum is a `name[]`.
pub unsafe fn names(array: Datum, argument: &'static str) -> Result<Vec<String>, Error> {
    let (mut values, mut nulls, mut count) = (std::ptr::null_mut(), std::ptr::null_mut(), 0);
    // SAFETY: the type's length, passing and alignment are those of pg_type, and the server fills
    // the three results.
    let (values, nulls) = unsafe {
        pg_sys::deconstruct_array(
            pg_sys::pg_detoast_datum(array.cast_mut_ptr()).cast(),
            pg_sys::NAMEOID,
            pg_sys::NAMEDATALEN as i32,
            false,
            pg_sys::TYPALIGN_CHAR as std::ffi::c_char,
            &mut values,
            &mut nulls,
            &mut count,
        );
        let count = usize::try_from(count).unwrap_or_default();
        if count == 0 {
            return Ok(Vec::new());
        }
        (std::slice::from_raw_parts(values, count), std::slice::from_raw_parts(nulls, count))
    };
    values
        .iter()
        .zip(nulls)
        .map(|(value, null)| {
            // SAFETY: a name that is not NULL is a pointer to a C string.
            let element = (!null).then(|| unsafe { CStr::from_ptr(value.cast_mut_ptr()) });
            Ok(element.ok_or(Error::NullElement(argument))?.to_string_lossy().into_owned())
        })
        .collect()
}

/// The elements of a `regclass[]`, as ids; 22004 when it or an element is NULL.
pub fn oids(array: Option<AnyArray>, argument: &'static str) -> Result<Vec<pg_sys::Oid>, Error> {
    let array = required(array, argument)?;
    let (mut values, mut nulls, mut count) = (std::ptr::null_mut(), std::ptr::null_mut(), 0);
    // SAFETY: the SQL declaration makes the argument a regclass[], whose elements are held as those
    // of oid[] are; the server fills the three results.
    unsafe {
        pg_sys::deconstruct_array(
            pg_sys::pg_detoast_datum(array.datum().cast_mut_ptr()).cast(),
            pg_sys::REGCLASSOID,
            4,
            true,
            pg_sys::TYPALIGN_INT as std::ffi::c_char,
            &mut values,
            &mut nulls,
            &mut count,
        );
        (0..usize::try_from(count).unwrap_or_default())
            .map(|at| match *nulls.add(at) {
                true => Err(Error::NullElement(argument)),
                false => pg_sys::Oid::from_datum(*values.add(at), false)
                    .ok_or(Error::NullElement(argument)),
            })
            .collect()
    }
}

/// A name or several, from an argument of type "any": a name or text, an array of them, or a literal,
/// which is an array where it stands in braces. 22004 for a NULL in an array, 42804 for another type.
///
/// # Safety
///
/// The datum is of the type.
pub unsafe fn one_or_more_names(
    datum: Datum,
    type_oid: Oid,
    argument: &'static str,
) -> Result<Vec<String>, Error> {
    // SAFETY: each datum is read as what its type says; a literal without a type is a C string.
    unsafe {
        let c_string = || CStr::from_ptr(datum.cast_mut_ptr()).to_string_lossy().into_owned();
        match type_oid {
            pg_sys::UNKNOWNOID if c_string().starts_with('{') => {
                let array = pg_sys::OidInputFunctionCall(
                    Oid::from(pg_sys::F_ARRAY_IN),
                    datum.cast_mut_ptr(),
                    pg_sys::NAMEOID,
                    -1,
                );
                names(array, argument)
            }
            pg_sys::UNKNOWNOID | pg_sys::NAMEOID => Ok(vec![c_string()]),
            pg_sys::TEXTOID | pg_sys::VARCHAROID => {
                Ok(vec![required(String::from_datum(datum, false), argument)?])
            }
            pg_sys::NAMEARRAYOID => names(datum, argument),
            pg_sys::TEXTARRAYOID | pg_sys::VARCHARARRAYOID => {
                texts(Vec::from_datum(datum, false), argument)
            }
            _ => Err(Error::NotNames(argument)),
        }
    }
}

/// The elements of a `text[]`; 22004 when it or an element is NULL.
pub fn texts(
    array: Option<Vec<Option<String>>>,
    argument: &'static str,
) -> Result<Vec<String>, Error> {
    required(array, argument)?
        .into_iter()
        .map(|element| element.ok_or(Error::NullElement(argument)))
        .collect()
}
