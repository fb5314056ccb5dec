//! The argument of a call, which an answer is remembered for.

use std::slice;

use pgrx::pg_sys::{self, Datum, FunctionCallInfo};
use pgrx::varlena::{varatt_is_1b_e, varsize_any};

use super::storage::copy;

/// The argument that the remembered answer is for.
#[derive(Clone, Copy)]
pub enum Argument {
    /// There is none, or it is the same in every call from this site.
    Constant,
    /// It was NULL.
    Null,
    /// A copy of what was passed.
    Value(*mut pg_sys::varlena),
    /// It lay elsewhere, in a form that cannot be compared.
    Unknown,
}

impl Argument {
    /// What is known of a site's argument before anything is remembered.
    ///
    /// # Safety
    /// As for [`Self::is_passed_by`].
    pub unsafe fn first(fcinfo: FunctionCallInfo) -> Self {
        // SAFETY: the expression, where there is one, is the call that the site belongs to.
        unsafe {
            if (*fcinfo).nargs == 0 {
                return Self::Constant;
            }
            let call = (*(*fcinfo).flinfo).fn_expr.cast::<pg_sys::FuncExpr>();
            if call.is_null() || !pgrx::is_a(call.cast(), pg_sys::NodeTag::T_FuncExpr) {
                return Self::Unknown;
            }
            // Only a constant stays what it is: expressions of PL/pgSQL keep their call sites while
            // their parameters change.
            let constant = (*call).args.as_ref().is_some_and(|args| {
                let count = usize::try_from(args.length).unwrap_or(0);
                count > 0
                    && slice::from_raw_parts(args.elements, count)
                        .iter()
                        .all(|cell| pgrx::is_a(cell.ptr_value.cast(), pg_sys::NodeTag::T_Const))
            });
            if constant { Self::Constant } else { Self::Unknown }
        }
    }

    /// The argument in hand, copied into the current memory context.
    ///
    /// # Safety
    /// As for [`Self::is_passed_by`].
    pub unsafe fn next(self, fcinfo: FunctionCallInfo) -> Self {
        if matches!(self, Self::Constant) {
            return self;
        }
        // Of several arguments none is compared.
        // SAFETY: the server passes a valid call.
        if unsafe { (*fcinfo).nargs } > 1 {
            return Self::Unknown;
        }
        // SAFETY: see `is_passed_by`.
        unsafe {
            match passed(fcinfo) {
                None => Self::Null,
                Some(value) if varatt_is_1b_e(value) => Self::Unknown,
                Some(value) => Self::Value(copy(bytes(value)).cast_mut_ptr()),
            }
        }
    }

    /// Whether a call passes the remembered argument.
    ///
    /// # Safety
    /// `fcinfo` is a call with the arguments that the site's function is declared with.
    #[inline(never)]
    pub unsafe fn is_passed_by(&self, fcinfo: FunctionCallInfo) -> bool {
        // SAFETY: both are values of varying length that are stored where they point to; their
        // headers say how long they are.
        unsafe {
            match *self {
                Self::Constant => true,
                Self::Unknown => false,
                Self::Null => passed(fcinfo).is_none(),
                Self::Value(known) => match passed(fcinfo) {
                    Some(value) if !varatt_is_1b_e(value) => bytes(value) == bytes(known),
                    _ => false,
                },
            }
        }
    }
}

/// The first argument; none is NULL.
pub unsafe fn passed(fcinfo: FunctionCallInfo) -> Option<*mut pg_sys::varlena> {
    // SAFETY: see `is_passed_by`.
    let argument = unsafe { *(*fcinfo).args.as_ptr() };
    (!argument.isnull).then(|| argument.value.cast_mut_ptr())
}

/// All arguments; none is NULL.
pub unsafe fn all_passed(fcinfo: FunctionCallInfo) -> Vec<Option<Datum>> {
    // SAFETY: the server passes as many arguments as it says.
    let arguments =
        unsafe { (*fcinfo).args.as_slice(usize::try_from((*fcinfo).nargs).unwrap_or(0)) };
    arguments.iter().map(|argument| (!argument.isnull).then_some(argument.value)).collect()
}

/// A value of varying length, with its header.
pub unsafe fn bytes<'a>(value: *const pg_sys::varlena) -> &'a [u8] {
    // SAFETY: a valid value, see `is_passed_by`.
    unsafe { slice::from_raw_parts(value.cast(), varsize_any(value)) }
}
