//! Where the rows of a trial's query go: memory of the caller's, which outlives the trial.

use std::ffi::{CStr, c_char, c_int};

use pgrx::pg_sys;

/// The server's functions as they are, for use inside the guard of a trial.
mod server {
    use core::ffi::{c_char, c_int};

    use pgrx::pg_sys;

    unsafe extern "C-unwind" {
        pub fn slot_getsomeattrs_int(slot: *mut pg_sys::TupleTableSlot, count: c_int);
        pub fn text_to_cstring(text: *const pg_sys::text) -> *mut c_char;
        pub fn MemoryContextStrdup(
            context: pg_sys::MemoryContext,
            text: *const c_char,
        ) -> *mut c_char;
    }
}

/// What takes rows from the executor; the first field of every kind of answer.
fn receiver(
    receive: unsafe extern "C-unwind" fn(
        *mut pg_sys::TupleTableSlot,
        *mut pg_sys::DestReceiver,
    ) -> bool,
) -> pg_sys::DestReceiver {
    pg_sys::DestReceiver {
        receiveSlot: Some(receive),
        rStartup: Some(start),
        rShutdown: Some(end),
        rDestroy: Some(end),
        mydest: pg_sys::CommandDest::DestNone,
    }
}

unsafe extern "C-unwind" fn start(
    _receiver: *mut pg_sys::DestReceiver,
    _operation: c_int,
    _columns: pg_sys::TupleDesc,
) {
}

unsafe extern "C-unwind" fn end(_receiver: *mut pg_sys::DestReceiver) {}

/// A column of a row, counted from 0; none for NULL.
///
/// # Safety
/// Inside a trial's guard; the row has the column.
unsafe fn column(slot: *mut pg_sys::TupleTableSlot, index: u16) -> Option<pg_sys::Datum> {
    // SAFETY: as promised.
    unsafe {
        let count = index.cast_signed() + 1;
        if (*slot).tts_nvalid < count {
            server::slot_getsomeattrs_int(slot, c_int::from(count));
        }
        let index = usize::from(index);
        (!*(*slot).tts_isnull.add(index)).then(|| *(*slot).tts_values.add(index))
    }
}

/// One number, in one row.
#[repr(C)]
pub struct Number {
    receiver: pg_sys::DestReceiver,
    value: i64,
}

impl Number {
    pub fn new() -> Self {
        Self { receiver: receiver(receive_number), value: 0 }
    }

    pub fn receiver(&mut self) -> *mut pg_sys::DestReceiver {
        std::ptr::from_mut(self).cast()
    }

    pub fn value(&self) -> i64 {
        // SAFETY: written by the server through the pointer.
        unsafe { std::ptr::read_volatile(&raw const self.value) }
    }
}

/// # Safety
/// The server calls it with a row and the receiver of a [`Number`].
unsafe extern "C-unwind" fn receive_number(
    slot: *mut pg_sys::TupleTableSlot,
    receiver: *mut pg_sys::DestReceiver,
) -> bool {
    // SAFETY: as promised; the column is a bigint.
    unsafe {
        if let Some(value) = column(slot, 0) {
            (*receiver.cast::<Number>()).value = value.value() as i64;
        }
    }
    true
}

/// How many texts are kept.
pub const FEW: usize = 5;

/// The texts of the first few rows.
#[repr(C)]
pub struct Texts {
    receiver: pg_sys::DestReceiver,
    context: pg_sys::MemoryContext,
    kept: [*mut c_char; FEW],
    count: usize,
}

impl Texts {
    pub fn new() -> Self {
        Self {
            receiver: receiver(receive_text),
            // SAFETY: the memory that the function works in.
            context: unsafe { pg_sys::CurrentMemoryContext },
            kept: [std::ptr::null_mut(); FEW],
            count: 0,
        }
    }

    pub fn receiver(&mut self) -> *mut pg_sys::DestReceiver {
        std::ptr::from_mut(self).cast()
    }

    /// The texts, in the order of their rows.
    pub fn into_strings(self) -> Vec<String> {
        // SAFETY: written by the server through the pointer, and alive as long as the function runs.
        unsafe {
            let count = std::ptr::read_volatile(&raw const self.count);
            let kept = std::ptr::read_volatile(&raw const self.kept);
            kept[..count.min(FEW)]
                .iter()
                .map(|text| CStr::from_ptr(*text).to_string_lossy().into_owned())
                .collect()
        }
    }
}

/// # Safety
/// The server calls it with a row and the receiver of [`Texts`].
unsafe extern "C-unwind" fn receive_text(
    slot: *mut pg_sys::TupleTableSlot,
    receiver: *mut pg_sys::DestReceiver,
) -> bool {
    // SAFETY: as promised; the column is a text.
    unsafe {
        let answer = &mut *receiver.cast::<Texts>();
        if let (Some(value), true) = (column(slot, 0), answer.count < FEW) {
            let text = server::text_to_cstring(value.cast_mut_ptr());
            answer.kept[answer.count] = server::MemoryContextStrdup(answer.context, text);
            answer.count += 1;
        }
        answer.count < FEW
    }
}

/// The place of a row: its relation, and where it lies there.
pub type Place = (pg_sys::Oid, pg_sys::ItemPointerData);

/// The places of rows, as many as there is room for.
#[repr(C)]
pub struct Places {
    receiver: pg_sys::DestReceiver,
    rows: Vec<Place>,
    count: usize,
}

impl Places {
    /// With room for so many.
    pub fn new(room: usize) -> Self {
        let none = pg_sys::ItemPointerData::default();
        Self {
            receiver: receiver(receive_place),
            rows: vec![(pg_sys::Oid::INVALID, none); room],
            count: 0,
        }
    }

    pub fn receiver(&mut self) -> *mut pg_sys::DestReceiver {
        std::ptr::from_mut(self).cast()
    }

    pub fn into_rows(mut self) -> Vec<Place> {
        // SAFETY: written by the server through the pointer.
        let count = unsafe { std::ptr::read_volatile(&raw const self.count) };
        self.rows.truncate(count);
        self.rows
    }
}

/// # Safety
/// The server calls it with a row and the receiver of [`Places`].
unsafe extern "C-unwind" fn receive_place(
    slot: *mut pg_sys::TupleTableSlot,
    receiver: *mut pg_sys::DestReceiver,
) -> bool {
    // SAFETY: as promised; the columns are tableoid and ctid. Nothing is allocated here.
    unsafe {
        let answer = &mut *receiver.cast::<Places>();
        let (relation, row) = (column(slot, 0), column(slot, 1));
        let (Some(relation), Some(row), Some(place)) =
            (relation, row, answer.rows.get_mut(answer.count))
        else {
            return false;
        };
        let relation = pg_sys::Oid::from(relation.value() as u32);
        *place = (relation, *row.cast_mut_ptr::<pg_sys::ItemPointerData>());
        answer.count += 1;
    }
    true
}

/// Every row, handed to a closure.
#[repr(C)]
pub struct Each<T> {
    receiver: pg_sys::DestReceiver,
    columns: u16,
    take: T,
}

impl<T: FnMut(&[pg_sys::Datum], &[bool])> Each<T> {
    /// Of rows of so many columns. The closure does not panic, and owns nothing with a destructor.
    pub fn new(columns: u16, take: T) -> Self {
        Self { receiver: receiver(receive_each::<T>), columns, take }
    }

    pub fn receiver(&mut self) -> *mut pg_sys::DestReceiver {
        std::ptr::from_mut(self).cast()
    }
}

/// # Safety
/// The server calls it with a row and the receiver of an [`Each`].
unsafe extern "C-unwind" fn receive_each<T: FnMut(&[pg_sys::Datum], &[bool])>(
    slot: *mut pg_sys::TupleTableSlot,
    receiver: *mut pg_sys::DestReceiver,
) -> bool {
    // SAFETY: as promised; the row has the columns.
    unsafe {
        let answer = &mut *receiver.cast::<Each<T>>();
        if let Some(last) = answer.columns.checked_sub(1) {
            column(slot, last);
        }
        let columns = usize::from(answer.columns);
        (answer.take)(
            std::slice::from_raw_parts((*slot).tts_values, columns),
            std::slice::from_raw_parts((*slot).tts_isnull, columns),
        );
    }
    true
}
