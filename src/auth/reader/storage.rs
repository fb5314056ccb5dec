//! Answers as the server stores them.

use std::ptr;
use std::slice;

use pgrx::pg_sys::{self, Datum};

use super::argument::bytes;

/// How the server stores the answers of a reader.
#[derive(Clone, Copy)]
pub enum Storage {
    /// In the datum itself: boolean, timestamptz.
    Value,
    /// As the 16 bytes it points to.
    Uuid,
    /// As a value that says its own length: text, jsonb, arrays.
    Varlena,
}

impl Storage {
    /// A copy in the current memory context.
    pub(super) unsafe fn copy(self, value: Datum) -> Datum {
        // SAFETY: the datum is a value of this storage, fresh from an input function, so that it
        // is stored where it points to.
        unsafe {
            match self {
                Self::Value => value,
                Self::Uuid => copy(slice::from_raw_parts(value.cast_mut_ptr(), 16)),
                Self::Varlena => copy(bytes(value.cast_mut_ptr())),
            }
        }
    }

    /// Frees what [`Self::copy`] made.
    pub(super) unsafe fn free(self, value: Datum) {
        match self {
            Self::Value => {}
            // SAFETY: allocated by the server, and freed once.
            Self::Uuid | Self::Varlena => unsafe { pg_sys::pfree(value.cast_mut_ptr()) },
        }
    }
}

/// A copy in the current memory context.
pub(super) fn copy(bytes: &[u8]) -> Datum {
    // SAFETY: as much memory as there are bytes; the server raises when there is none.
    unsafe {
        let place = pg_sys::palloc(bytes.len()).cast::<u8>();
        ptr::copy_nonoverlapping(bytes.as_ptr(), place, bytes.len());
        Datum::from(place)
    }
}

/// An answer as the server passes it; none is NULL.
pub(super) fn nullable(value: Option<Datum>) -> pg_sys::NullableDatum {
    pg_sys::NullableDatum {
        value: value.unwrap_or(Datum::from(ptr::null_mut::<u8>())),
        isnull: value.is_none(),
    }
}
