//! A row fetched as an index scan does, without tidying its page more often than is of use.
//!
//! A scan of the server's prunes a page at every visit as soon as a tenth of it is used up, or what its
//! fillfactor leaves free: it cannot know whether it came to write. Where each visit leaves one dead
//! version behind, that is a pruning for each, and half of all the work. Here a page is pruned when it
//! has no room for the next version, and then all dead ones go at once.

use pgrx::pg_sys;

use super::server;

/// Stores in `slot`, which is of the table's own kind, the version of a row that the active snapshot
/// sees, which stands at that place or further down its chain; answers whether there is one, and if not,
/// whether no snapshot will see any.
///
/// # Safety
/// For `catch` alone; the table must be open, and lie in the server's own storage.
pub unsafe fn fetch(
    table: pg_sys::Relation,
    place: pg_sys::ItemPointerData,
    slot: *mut pg_sys::TupleTableSlot,
) -> (bool, bool) {
    // SAFETY: the buffer is pinned while its page is looked at, and by the slot from then on, which holds
    // the tuple's description.
    unsafe {
        server::clear(slot);
        let tuple = &raw mut (*slot.cast::<pg_sys::BufferHeapTupleTableSlot>()).base.tupdata;
        let buffer =
            server::ReadBuffer(table, pgrx::itemptr::item_pointer_get_block_number(&place));
        let (mut found, mut is_dead, has_room) = search(table, buffer, place, tuple);
        if found && !has_room {
            server::heap_page_prune_opt(table, buffer);
            (found, is_dead, _) = search(table, buffer, place, tuple);
        }
        if found {
            (*slot).tts_tableOid = (*table).rd_id;
            server::ExecStoreBufferHeapTuple(tuple, slot, buffer);
        }
        server::ReleaseBuffer(buffer);
        (found, is_dead)
    }
}

/// By how many bytes the next version may be longer: a few more digits, and alignment.
const SLACK: usize = 16;

/// The same, within the page. Answers besides whether the page has room for the next version.
///
/// # Safety
/// For `catch` alone; the buffer must be pinned, and of this table.
unsafe fn search(
    table: pg_sys::Relation,
    buffer: pg_sys::Buffer,
    mut place: pg_sys::ItemPointerData,
    tuple: pg_sys::HeapTuple,
) -> (bool, bool, bool) {
    // SAFETY: as promised; nothing here fails while the page is locked but what the abort unlocks.
    unsafe {
        let mut is_dead = false;
        server::LockBuffer(buffer, pg_sys::BUFFER_LOCK_SHARE.cast_signed());
        let found = server::heap_hot_search_buffer(
            &raw mut place,
            table,
            buffer,
            server::GetActiveSnapshot(),
            tuple,
            &raw mut is_dead,
            true,
        );
        let room = server::PageGetHeapFreeSpace(pg_sys::BufferGetPage(buffer));
        server::LockBuffer(buffer, pg_sys::BUFFER_LOCK_UNLOCK.cast_signed());
        (found, is_dead, found && room >= (*tuple).t_len as usize + SLACK)
    }
}
