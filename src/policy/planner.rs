//! From a template to steps: what is there is compared with what shall be, and what differs becomes
//! SQL, which is returned and, unless it is a dry run, run with the caller's own rights.

use pgrx::pg_sys::{self, Oid};
use pgrx::prelude::*;

use super::attempt::without_locks;
use super::call::Call;
use super::ground::Ground;
use super::managed::{Existing, Marked, MarkedKind};
use super::membership_registry;
use super::part::{self, Part};
use super::step::{Action, Step, StepRow};
use super::template::Template;
use crate::catalog::schema;
use crate::error::{DocumentError, Error};
use crate::quote;
use crate::read_only;

/// The steps as rows, counted from 1.
pub fn rows(steps: Vec<Step>) -> Vec<StepRow> {
    (1..)
        .zip(steps.into_iter().flat_map(Step::split))
        .map(|(number, step)| step.into_row(number))
        .collect()
}

/// Plans a call, and unless it is a dry run runs the plan. The steps are the same.
pub fn perform(call: &Call) -> Result<Vec<Step>, Error> {
    // Reading takes weak locks. Two sessions that hold them and want the strong one would wait for
    // each other, so they are given back first.
    let mut steps = without_locks(|| (call.plan)(&mut Ground::default()))?;
    let to_run = |step: &Step| step.action != Action::Unchanged && !step.printed_only;
    if !call.dry_run && steps.iter().any(to_run) {
        read_only::refuse(c"a policy generator");
        // Two sessions that apply the same at once take turns, and the second one looks again. The
        // lock is the one that the statements need: taking it first avoids upgrading a weaker one;
        // taking all in one order avoids that two wait for each other.
        in_order(&call.schemas).for_each(schema::take_turns);
        for relation in in_order(&call.locks) {
            // SAFETY: a lock on an id; whether a table of that id is still there, `plan` finds out.
            unsafe {
                pg_sys::LockRelationOid(relation, pg_sys::AccessExclusiveLock as pg_sys::LOCKMODE);
            }
        }
        let latest = LatestSnapshot::push();
        steps = (call.plan)(&mut Ground::default())?;
        drop(latest);
        for step in steps.iter().filter(|step| !step.printed_only) {
            for statement in &step.statements {
                run(statement)?;
            }
        }
    }
    Ok(steps)
}

/// Each once.
fn in_order(objects: &[Oid]) -> impl Iterator<Item = Oid> + use<> {
    let mut objects = objects.to_vec();
    objects.sort_by_key(|object| object.to_u32());
    objects.dedup();
    objects.into_iter()
}

fn run(statement: &str) -> Result<(), Error> {
    Spi::connect_mut(|client| client.update(statement, None, &[]).map(|_| ()))?;
    Ok(())
}

/// What makes a relation have what a template says.
pub fn plan(set: &Template<'_>, ground: &mut Ground) -> Result<Vec<Step>, Error> {
    let table = &set.target.table;
    let this = (set.target.label.clone(), set.name());
    if ground.sets.contains(&this) {
        return Err(DocumentError::Twice { table: this.0, name: this.1 }.into());
    }
    ground.sets.push(this);
    let existing = Existing::read(table.oid, table.schema_oid, ground)?;
    let mut steps = Vec::new();
    if set.row_security {
        steps.extend(part::row_security(table, set.options, ground));
        steps.extend(part::partitions(table, set.options, ground)?);
    }
    for part in &set.parts {
        steps.extend(part.plan(set, &existing, ground)?);
    }
    if !set.options.standalone {
        let mark = set.mark("");
        let mut tables = looked_into(table.oid, &set.name())?;
        for part in &set.parts {
            if let Part::Memberships(desired) = part {
                tables.extend(desired.memberships.iter().flat_map(|one| one.tables()));
            }
        }
        let ours: Vec<Marked> = existing
            .marked
            .iter()
            .filter(|marked| marked.mark.same_set(&mark) && marked.table == set.target.label)
            .filter(|marked| marked.is_credible() && is_no_copy(marked, &tables))
            .cloned()
            .collect();
        let own = policies_of(&ours);
        let stale = ours
            .into_iter()
            .filter(|marked| !set.parts.iter().any(|part| is_of(part, marked, set)))
            .collect();
        steps.extend(removal(stale, &own, ground)?);
    }
    Ok(steps)
}

/// The table of a set, and those in which its policies read memberships so far.
pub fn looked_into(relation: Oid, name: &str) -> Result<Vec<Oid>, Error> {
    let registered = membership_registry::all()?;
    let own = registered.iter().filter(|known| known.tbl == relation && known.name == name);
    Ok(own.flat_map(|known| known.membership.tables()).chain([relation]).collect())
}

/// Whether a marked object is the set's own, and no copy: CREATE TABLE ... (LIKE ... INCLUDING ALL)
/// copies indexes with their comments, to tables that are none of the set's, `tables`. Where nothing
/// is registered, as where SQL for another server was run, the mark is believed.
pub fn is_no_copy(marked: &Marked, tables: &[Oid]) -> bool {
    marked.kind != MarkedKind::Index
        || tables.len() == 1
        // SAFETY: a catalog look-up by id.
        || tables.contains(&unsafe { pg_sys::IndexGetRelation(marked.oid, true) })
}

/// The policies among marked objects.
pub fn policies_of(marked: &[Marked]) -> Vec<Oid> {
    marked
        .iter()
        .filter(|marked| marked.kind == MarkedKind::Policy)
        .map(|marked| marked.oid)
        .collect()
}

/// Whether a marked object is what a part of the set wants.
fn is_of(part: &Part<'_>, marked: &Marked, set: &Template<'_>) -> bool {
    match (part, marked.kind) {
        (Part::Policy(desired), MarkedKind::Policy) => {
            marked.object == set.on_table(&desired.name(set))
        }
        (Part::Trigger(desired), MarkedKind::Trigger) => {
            marked.object == set.on_table(&desired.name)
        }
        (Part::Function(desired), MarkedKind::Function) => marked.object == desired.object(set),
        (Part::Memberships(_), MarkedKind::Memberships) => true,
        (part, MarkedKind::Index) => part.wants_index(marked),
        (Part::View(_), MarkedKind::View) => true,
        (Part::EventTrigger(desired), MarkedKind::EventTrigger) => {
            marked.object == quote::ident(&desired.name)
        }
        _ => false,
    }
}

/// The steps that remove marked objects, those first that use others. An index that policies of
/// another set look rows up by stays, and says so by being unchanged; `own` are those of this set.
pub fn removal(
    mut objects: Vec<Marked>,
    own: &[Oid],
    ground: &mut Ground,
) -> Result<Vec<Step>, Error> {
    objects.sort_by_key(|marked| match marked.kind {
        MarkedKind::Policy => 0,
        MarkedKind::Trigger | MarkedKind::EventTrigger => 1,
        MarkedKind::Function => 2,
        MarkedKind::Memberships => 3,
        MarkedKind::Index => 4,
        MarkedKind::View => 5,
    });
    let going: Vec<(Oid, String)> = objects
        .iter()
        .filter(|marked| marked.kind == MarkedKind::Memberships)
        .map(|marked| (marked.oid, marked.mark.name.clone()))
        .collect();
    objects
        .into_iter()
        .map(|marked| match marked.kind {
            MarkedKind::Policy => Ok(part::drop_policy(marked.object)),
            MarkedKind::Trigger => Ok(part::drop_trigger(marked.object)),
            MarkedKind::Function => Ok(part::drop_function(marked.object)),
            MarkedKind::Memberships => {
                Ok(part::forget_memberships(marked.object, &marked.table, &marked.mark.name))
            }
            MarkedKind::Index => part::drop_index(marked, own, &going, ground),
            MarkedKind::EventTrigger => Ok(part::drop_event_trigger(marked.object)),
            MarkedKind::View => part::reset_view(marked),
        })
        .collect()
}

/// Makes catalog reads see what others committed while this session waited for a lock, and what this
/// call has done so far.
pub struct LatestSnapshot;

impl LatestSnapshot {
    /// Until it is dropped.
    pub fn push() -> Self {
        // SAFETY: inside a transaction, as every call from SQL is.
        unsafe { pg_sys::PushActiveSnapshot(pg_sys::GetLatestSnapshot()) };
        Self
    }
}

impl Drop for LatestSnapshot {
    fn drop(&mut self) {
        // An error unwinds through here with its own snapshots still pushed; the abort pops all.
        if !std::thread::panicking() {
            // SAFETY: pops what `push` pushed.
            unsafe { pg_sys::PopActiveSnapshot() };
        }
    }
}
