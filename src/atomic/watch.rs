//! Knowing when the tables behind prepared statements have changed.
//!
//! A kept statement names its tables in its text, and the server would look those names up again
//! after a change: a table renamed and replaced by a namesake would silently be taken for the
//! registered one. So every change to a watched table, to a schema and to a role makes the
//! ledgers stale, and they are prepared again from the registered identities. The table of these is
//! watched, too, for the changes of its rows that `atomic.invalidate_ledgers` tells of.

use std::cell::{Cell, RefCell};

use pgrx::pg_sys;

thread_local! {
    static EPOCH: Cell<u64> = const { Cell::new(0) };
    static WATCHED: RefCell<Vec<pg_sys::Oid>> = const { RefCell::new(Vec::new()) };
    static STARTED: Cell<bool> = const { Cell::new(false) };
    static REGISTRY: Cell<pg_sys::Oid> = const { Cell::new(pg_sys::InvalidOid) };
    static REGISTRATIONS: Cell<u64> = const { Cell::new(0) };
}

/// Grows with every change to a watched table.
pub fn epoch() -> u64 {
    EPOCH.get()
}

/// Grows with every change to the registered ledgers, once their table is watched.
pub fn registrations() -> u64 {
    REGISTRATIONS.get()
}

/// Watches the table of the registered ledgers from now on.
pub fn registry(oid: pg_sys::Oid) {
    start();
    REGISTRY.set(oid);
}

/// Watches a table from now on, for the life of the backend.
pub fn table(oid: pg_sys::Oid) {
    start();
    WATCHED.with_borrow_mut(|watched| {
        if !watched.contains(&oid) {
            watched.push(oid);
        }
    });
}

fn start() {
    if !STARTED.replace(true) {
        // SAFETY: both callbacks live as long as the backend, allocate nothing and cannot fail.
        unsafe {
            pg_sys::CacheRegisterRelcacheCallback(Some(relation_changed), pg_sys::Datum::null());
            for cache in [
                pg_sys::SysCacheIdentifier::NAMESPACEOID,
                // What the tables' owner may do is looked up once, too.
                pg_sys::SysCacheIdentifier::AUTHOID,
                pg_sys::SysCacheIdentifier::AUTHMEMMEMROLE,
            ] {
                pg_sys::CacheRegisterSyscacheCallback(
                    cache.cast_signed(),
                    Some(catalog_changed),
                    pg_sys::Datum::null(),
                );
            }
        }
    }
}

/// The server calls this in the middle of anything; `InvalidOid` means that any may have changed.
unsafe extern "C-unwind" fn relation_changed(_: pg_sys::Datum, relation: pg_sys::Oid) {
    let concerns_us = relation == pg_sys::InvalidOid
        || WATCHED.with(|watched| {
            watched.try_borrow().map_or(true, |watched| watched.contains(&relation))
        });
    if concerns_us {
        EPOCH.set(EPOCH.get().wrapping_add(1));
    }
    if relation == pg_sys::InvalidOid || relation == REGISTRY.get() {
        REGISTRATIONS.set(REGISTRATIONS.get().wrapping_add(1));
    }
}

unsafe extern "C-unwind" fn catalog_changed(_: pg_sys::Datum, _: core::ffi::c_int, _: u32) {
    EPOCH.set(EPOCH.get().wrapping_add(1));
}
