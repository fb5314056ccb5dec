//! Rows inserted.

use core::ffi::c_int;

use pgrx::pg_sys;

use super::executor::Executor;
use super::target::Target;
use super::values::{begin_rows, store};
use super::write::Row;
use super::{indexes, server};

/// How many rows are inserted at once: the more, the nearer to each other are those that indexes hear of one
/// after the other. A row takes some hundred bytes meanwhile.
const AT_ONCE: usize = 10_000;

/// Inserts rows, many at once as COPY does.
///
/// # Safety
/// For `catch` alone.
pub unsafe fn insert(executor: &Executor, target: &Target, rows: &[Row]) {
    let Executor { state, relation, defaults, indexes, .. } = *executor;
    // SAFETY: slots have the table's columns; there is one for each row of a chunk.
    unsafe {
        let table = (*relation).ri_RelationDesc;
        let columns = (*table).rd_att;
        indexes::open(indexes, relation, target, rows);
        let context = (*state).es_per_tuple_exprcontext;
        let slots =
            server::palloc0(size_of::<*mut pg_sys::TupleTableSlot>() * rows.len().min(AT_ONCE))
                .cast::<*mut pg_sys::TupleTableSlot>();
        *slots = executor.values;
        for rows in rows.chunks(AT_ONCE) {
            server::check_for_interrupts();
            let current = begin_rows(state);
            for (at, row) in rows.iter().enumerate() {
                if (*slots.add(at)).is_null() {
                    pg_sys::CurrentMemoryContext = current;
                    *slots.add(at) = server::MakeTupleTableSlot(
                        target.description,
                        &raw const pg_sys::TTSOpsVirtual,
                    );
                    pg_sys::CurrentMemoryContext = (*context).ecxt_per_tuple_memory;
                }
                let new = *slots.add(at);
                server::clear(new);
                fill(target, defaults, context, new);
                store(target, row, new);
            }
            pg_sys::CurrentMemoryContext = current;
            let count = rows.len();
            for at in 0..count {
                if !(*columns).constr.is_null() {
                    server::ExecConstraints(relation, *slots.add(at), state);
                }
            }
            let command = (*state).es_output_cid;
            server::heap_multi_insert(
                table,
                slots,
                count as c_int,
                command,
                0,
                std::ptr::null_mut(),
            );
            let rechecks =
                server::palloc0(size_of::<*mut pg_sys::List>() * count).cast::<*mut pg_sys::List>();
            if (*relation).ri_NumIndices > 0 {
                let order = server::palloc0(size_of::<usize>() * count).cast::<usize>();
                let order = std::slice::from_raw_parts_mut(order, count);
                arrange(order, target, rows);
                for at in order {
                    server::check_for_interrupts();
                    *rechecks.add(*at) = server::insert_index_tuples(
                        relation,
                        *slots.add(*at),
                        state,
                        server::UpdateIndexes::default(),
                    );
                }
            }
            for at in 0..count {
                let (new, recheck) = (*slots.add(at), *rechecks.add(at));
                server::ExecARInsertTriggers(state, relation, new, recheck, std::ptr::null_mut());
            }
        }
    }
}

/// In which order indexes hear of the rows: by the target's uuid, so that they go through their pages once
/// and in order, instead of to a page anywhere for each row.
///
/// # Safety
/// The rows must be the target's, and as many as have a place in the order.
unsafe fn arrange(order: &mut [usize], target: &Target, rows: &[Row]) {
    order.iter_mut().enumerate().for_each(|(at, place)| *place = at);
    let Some(uuid) = target.indexed_uuid else { return };
    // SAFETY: the value of a uuid is the address of its sixteen bytes.
    let id = |at: usize| unsafe {
        let value = rows.get(at)?.get(uuid).copied().flatten()?;
        Some(value.cast_mut_ptr::<[u8; 16]>().read())
    };
    order.sort_unstable_by_key(|at| (id(*at), *at));
}

/// A new row: defaults, and NULL where there is none.
///
/// # Safety
/// For `catch` alone.
unsafe fn fill(
    target: &Target,
    defaults: *mut *mut pg_sys::ExprState,
    context: *mut pg_sys::ExprContext,
    slot: *mut pg_sys::TupleTableSlot,
) {
    // SAFETY: the slot has as many values as the table has columns, and there is a state for each
    // default.
    unsafe {
        let count = (*(*slot).tts_tupleDescriptor).natts;
        for place in 0..usize::try_from(count).unwrap_or_default() {
            *(*slot).tts_isnull.add(place) = true;
        }
        for (at, default) in target.defaults.iter().enumerate() {
            let state = *defaults.add(at);
            if let Some(evaluate) = (*state).evalfunc {
                let null = (*slot).tts_isnull.add(default.place);
                *(*slot).tts_values.add(default.place) = evaluate(state, context, null);
            }
        }
    }
}
