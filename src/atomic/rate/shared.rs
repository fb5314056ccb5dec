//! Counters in shared memory, where the library is preloaded. A rollback does not reach them, and neither a
//! read-only transaction nor a standby stands in their way. They end with the server.

use std::sync::atomic::{AtomicPtr, Ordering::Relaxed};

use pgrx::pg_sys;
use pgrx::prelude::*;
use uuid::Uuid;

use super::counter::Demand;
use super::slots::{self, EMPTY_CHAIN, Order, Slot, Slots};
use super::window::{Moment, Outcome, Standing};
use crate::settings;

/// What the memory and its lock go by.
const NAME: &std::ffi::CStr = c"rowguard rate limits";

/// The log tells of dropped counters once in so many microseconds.
const QUIET: i64 = 60_000_000;

/// The beginning of the memory; chains and slots follow.
#[repr(C)]
struct Header {
    lock: *mut pg_sys::LWLock,
    slots: usize,
    secret: [u8; 16],
    told_at: Moment,
    told: u64,
    order: Order,
}

/// The memory; null where the library is not preloaded. Backends have the postmaster's pointer.
static HEADER: AtomicPtr<Header> = AtomicPtr::new(std::ptr::null_mut());

static mut REQUEST_BEFORE: pg_sys::shmem_request_hook_type = None;
static mut STARTUP_BEFORE: pg_sys::shmem_startup_hook_type = None;

/// Whether the server is loading its shared_preload_libraries.
pub fn preloading() -> bool {
    // SAFETY: a plain variable of the server.
    unsafe { pg_sys::process_shared_preload_libraries_in_progress }
}

/// Has the postmaster make the memory; where it has begun already, it is too late for that.
pub fn install() {
    if !preloading() {
        return;
    }
    // SAFETY: called once, by the postmaster, which has one thread.
    unsafe {
        REQUEST_BEFORE = pg_sys::shmem_request_hook;
        pg_sys::shmem_request_hook = Some(request);
        STARTUP_BEFORE = pg_sys::shmem_startup_hook;
        pg_sys::shmem_startup_hook = Some(startup);
    }
}

fn size(slots: usize) -> usize {
    size_of::<Header>() + slots::chains(slots) * size_of::<u32>() + slots * size_of::<Slot>()
}

#[pg_guard]
unsafe extern "C-unwind" fn request() {
    // SAFETY: the server calls this once; the hook before ours is a function of the server's kind.
    unsafe {
        if let Some(before) = REQUEST_BEFORE {
            pg_sys::submodules::ffi::pg_guard_ffi_boundary(|| before());
        }
        pg_sys::RequestAddinShmemSpace(size(settings::rate_limit_counters()));
        pg_sys::RequestNamedLWLockTranche(NAME.as_ptr(), 1);
    }
}

#[pg_guard]
unsafe extern "C-unwind" fn startup() {
    // SAFETY: the server calls this when it makes its memory, also after a crash, before there are backends.
    unsafe {
        if let Some(before) = STARTUP_BEFORE {
            pg_sys::submodules::ffi::pg_guard_ffi_boundary(|| before());
        }
        let slots = settings::rate_limit_counters();
        let mut found = false;
        let header =
            pg_sys::ShmemInitStruct(NAME.as_ptr(), size(slots), &raw mut found).cast::<Header>();
        if !found {
            header.write(Header {
                lock: &raw mut (*pg_sys::GetNamedLWLockTranche(NAME.as_ptr())).lock,
                slots,
                secret: *Uuid::new_v4().as_bytes(),
                told_at: 0,
                told: 0,
                order: Order::EMPTY,
            });
            let chains = header.add(1).cast::<u32>();
            for number in 0..slots::chains(slots) {
                chains.add(number).write(EMPTY_CHAIN);
            }
        }
        HEADER.store(header, Relaxed);
    }
}

/// Goes into every counter's name; empty where the memory is not there.
pub fn secret() -> &'static [u8] {
    // SAFETY: made before there were backends, and not changed since.
    unsafe { HEADER.load(Relaxed).as_ref() }.map_or(&[], |header| &header.secret)
}

/// Whether counters live here.
pub fn present() -> bool {
    !HEADER.load(Relaxed).is_null()
}

/// How full the memory is.
pub struct Fill {
    /// Slots that have held a counter.
    pub filled: u32,
    /// All there are.
    pub slots: usize,
    /// Counters that were dropped before their windows were over, since the server started.
    pub dropped: u64,
}

/// How full it is; none where there is no memory to count in.
pub fn fill() -> Option<Fill> {
    // SAFETY: the memory lasts as long as the server; others only read it while we hold the lock.
    unsafe {
        let header = HEADER.load(Relaxed);
        if header.is_null() {
            return None;
        }
        let lock = (*header).lock;
        pg_sys::LWLockAcquire(lock, pg_sys::LWLockMode::LW_SHARED);
        let order = std::ptr::read_volatile(&raw const (*header).order);
        let fill = Fill { filled: order.filled(), slots: (*header).slots, dropped: order.dropped };
        pg_sys::LWLockRelease(lock);
        Some(fill)
    }
}

/// Counts; none where there is no memory to count in.
pub fn take(demands: &[Demand]) -> Option<Vec<Outcome>> {
    let header = HEADER.load(Relaxed);
    if header.is_null() {
        return None;
    }
    let mut standings = Vec::with_capacity(demands.len());
    // SAFETY: the memory lasts as long as the server. Nobody else touches it while we hold the lock, which
    // an error gives back; the lock's place does not change.
    let lost = unsafe {
        let lock = (*header).lock;
        pg_sys::LWLockAcquire(lock, pg_sys::LWLockMode::LW_EXCLUSIVE);
        let lost = count(&mut *header, demands, &mut standings);
        pg_sys::LWLockRelease(lock);
        lost
    };
    if let Some(lost) = lost {
        ereport!(
            PgLogLevel::LOG,
            PgSqlErrorCode::ERRCODE_WARNING,
            format!("rate limits: {lost} counters were dropped before their time"),
            "rowguard.rate_limit_counters is too small for the keys that are counted, or somebody makes keys up."
        );
    }
    Some(standings.iter().map(Standing::outcome).collect())
}

/// The work under the lock. Answers how many counters were dropped, where it is time to tell.
///
/// # Safety
/// The header is that of the memory, and ours alone.
unsafe fn count(
    header: &mut Header,
    demands: &[Demand],
    standings: &mut Vec<Standing>,
) -> Option<u64> {
    // SAFETY: chains and slots lie behind the header, as `startup` has made them.
    let (chains, slots) = unsafe {
        let (count, chains) = (header.slots, std::ptr::from_mut(header).add(1).cast::<u32>());
        let slots = chains.add(slots::chains(count)).cast::<Slot>();
        (
            std::slice::from_raw_parts_mut(chains, slots::chains(count)),
            std::slice::from_raw_parts_mut(slots, count),
        )
    };
    let mut table = Slots { order: &mut header.order, chains, slots };
    // SAFETY: reads the clock. Under the lock, so that all agree on what came first.
    let now = unsafe { pg_sys::GetCurrentTimestamp() };
    for Demand { counter, limit, cost } in demands {
        standings.push(Standing::find(table.find(&counter.name()), *limit, *cost, now));
    }
    let allowed = standings.iter().all(Standing::allowed);
    for (standing, demand) in standings.iter_mut().zip(demands) {
        if allowed {
            standing.take();
        }
        if let Some(window) = standing.window() {
            table.store(&demand.counter.name(), window, now);
        }
    }
    let lost = header.order.dropped - header.told;
    (lost > 0 && now.saturating_sub(header.told_at) >= QUIET).then(|| {
        (header.told_at, header.told) = (now, header.order.dropped);
        lost
    })
}
