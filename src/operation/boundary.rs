//! Where SQL enters and leaves an operation.
//!
//! These functions are declared to the server by hand, because the bridge's generated wrappers can
//! only raise errors of its own making: an error caught inside our statements has to leave exactly
//! as it came.

use std::ptr::NonNull;

use pgrx::pg_sys::panic::{ErrorReport, ErrorReportable};
use pgrx::{FromDatum, pg_sys};

use super::caught::raw;
use super::failure::Failure;
use crate::error::Error;

/// One call from SQL: its arguments, by position.
pub struct Call(pg_sys::FunctionCallInfo);

impl Call {
    /// An argument as the server passed it; `None` for NULL.
    pub fn datum(&self, index: usize) -> Option<pg_sys::Datum> {
        // SAFETY: the server's own call record; the SQL declaration fixes the number of arguments.
        unsafe { pgrx::fcinfo::pg_getarg_datum(self.0, index) }
    }

    /// A typed argument; `None` for NULL.
    pub fn get<T: FromDatum>(&self, index: usize) -> Option<T> {
        // SAFETY: as above; the declaration fixes the type too.
        unsafe { pgrx::fcinfo::pg_getarg(self.0, index) }
    }

    /// A typed argument that needs a value: 22004 for NULL.
    pub fn need<T: FromDatum>(&self, index: usize, name: &'static str) -> Result<T, Error> {
        self.get(index).ok_or(Error::NullArgument(name))
    }

    /// The event, where the server calls this as a trigger.
    pub fn trigger(&self) -> Option<&pg_sys::TriggerData> {
        // SAFETY: the server's own call record; a node of this tag is a TriggerData.
        unsafe {
            let context = (*self.0).context;
            let is_trigger =
                !context.is_null() && (*context).type_ == pg_sys::NodeTag::T_TriggerData;
            is_trigger.then(|| &*context.cast::<pg_sys::TriggerData>())
        }
    }

    /// The server's record of the call.
    pub fn record(&self) -> pg_sys::FunctionCallInfo {
        self.0
    }

    /// An argument that needs a value, as the server passed it: 22004 for NULL.
    pub fn need_datum(&self, index: usize, name: &'static str) -> Result<pg_sys::Datum, Error> {
        self.datum(index).ok_or(Error::NullArgument(name))
    }
}

/// How a call ends, in plain data: nothing here has a destructor that a jump could skip.
enum Ending {
    Answer(pg_sys::Datum),
    Refuse(NonNull<pg_sys::ErrorData>),
    RaiseAgain(NonNull<pg_sys::ErrorData>),
}

/// Runs `body`, and returns its answer or raises its failure.
///
/// # Safety
/// `fcinfo` must be the server's record of a call to a function declared with the arguments that
/// `body` reads.
pub unsafe fn run(
    fcinfo: pg_sys::FunctionCallInfo,
    body: fn(&Call) -> Result<pg_sys::Datum, Failure>,
) -> pg_sys::Datum {
    // SAFETY: called at the top of a function that the server calls; `Ending` is plain data, and
    // everything that `body` owned is gone when an error is raised below.
    unsafe {
        let ending = pg_sys::panic::pgrx_extern_c_guard(|| match body(&Call(fcinfo)) {
            Ok(answer) => Ending::Answer(answer),
            Err(Failure::Server(caught)) => Ending::RaiseAgain(caught.into_raw()),
            Err(Failure::Refused(refusal)) => {
                let error =
                    pg_sys::palloc(size_of::<pg_sys::ErrorData>()).cast::<pg_sys::ErrorData>();
                error.write(refusal.to_error_data());
                Ending::Refuse(NonNull::new_unchecked(error))
            }
            Err(Failure::Error(error)) => {
                Ending::Answer(Err(ErrorReport::from(error)).unwrap_or_report())
            }
        });
        match ending {
            Ending::Answer(answer) => answer,
            Ending::Refuse(error) => {
                raw::ThrowErrorData(error.as_ptr());
                // The level is ERROR: the line above does not return.
                std::hint::unreachable_unchecked()
            }
            Ending::RaiseAgain(error) => raw::ReThrowError(error.as_ptr()),
        }
    }
}

/// Declares to the server one C function, `$symbol`, that runs `$body` behind the boundary.
macro_rules! sql_function {
    ($symbol:ident, $finfo:ident, $body:path) => {
        #[doc(hidden)]
        #[unsafe(no_mangle)]
        pub extern "C" fn $finfo() -> &'static pgrx::pg_sys::Pg_finfo_record {
            const V1: pgrx::pg_sys::Pg_finfo_record =
                pgrx::pg_sys::Pg_finfo_record { api_version: 1 };
            &V1
        }

        #[doc(hidden)]
        #[unsafe(no_mangle)]
        pub unsafe extern "C-unwind" fn $symbol(
            fcinfo: pgrx::pg_sys::FunctionCallInfo,
        ) -> pgrx::pg_sys::Datum {
            // SAFETY: the server calls this with the arguments of the declaration beside it.
            unsafe { $crate::operation::boundary::run(fcinfo, $body) }
        }
    };
}
pub(crate) use sql_function;
