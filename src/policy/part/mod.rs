//! What a template is made of: one file per kind of object, each of which knows what there is, what
//! there shall be, and the SQL between the two.

mod event_trigger;
mod function;
mod index;
mod memberships;
mod policy;
mod row_security;
mod trigger;
mod view;

pub use event_trigger::{DesiredEventTrigger, TAGS as EVENT_TRIGGER_TAGS, drop_event_trigger};
pub use function::{DesiredFunction, drop_function, edited as function_edited};
pub use index::{DesiredIndex, IndexElsewhere, drop_index};
pub use memberships::{DesiredMemberships, forget_memberships, objects as memberships_objects};
pub use policy::{DesiredPolicy, deparsed, drop_policy, edited as policy_edited};
pub use row_security::{partitions, row_security};
pub use trigger::{DesiredTrigger, drop_trigger, edited as trigger_edited};
pub use view::{DesiredView, reset_view, set_by};

use super::ground::Ground;
use super::managed::{Existing, Marked};
use super::mark::Mark;
use super::step::Step;
use super::template::Template;
use crate::error::Error;
use crate::quote;

/// One object of a set as it shall be.
pub enum Part<'a> {
    /// A function that policies or triggers call.
    Function(DesiredFunction),
    /// An index by which policies find rows.
    Index(DesiredIndex<'a>),
    /// An index of a table that policies look into.
    IndexElsewhere(IndexElsewhere),
    /// The registration of what policies read about members.
    Memberships(DesiredMemberships),
    /// A policy.
    Policy(DesiredPolicy),
    /// A trigger on the table.
    Trigger(DesiredTrigger),
    /// An event trigger.
    EventTrigger(DesiredEventTrigger),
    /// Options of the view.
    View(DesiredView),
}

macro_rules! part_from {
    ($($kind:ident($desired:ty)),*) => {$(
        impl<'a> From<$desired> for Part<'a> {
            fn from(desired: $desired) -> Self {
                Self::$kind(desired)
            }
        }
    )*};
}
part_from!(
    Function(DesiredFunction),
    Index(DesiredIndex<'a>),
    IndexElsewhere(IndexElsewhere),
    Memberships(DesiredMemberships),
    Policy(DesiredPolicy),
    Trigger(DesiredTrigger),
    EventTrigger(DesiredEventTrigger),
    View(DesiredView)
);

impl Part<'_> {
    /// Whether it wants this marked index.
    pub fn wants_index(&self, marked: &Marked) -> bool {
        match self {
            Self::Index(desired) => desired.wants(marked),
            Self::IndexElsewhere(wanted) => wanted.desired().wants(marked),
            _ => false,
        }
    }

    /// The step that makes it so; none where the options leave the object out.
    pub fn plan(
        &self,
        set: &Template<'_>,
        existing: &Existing,
        ground: &mut Ground,
    ) -> Result<Option<Step>, Error> {
        match self {
            Self::Function(desired) => desired.plan(set, existing, ground).map(Some),
            Self::Index(desired) => desired.plan(set, existing, ground),
            Self::IndexElsewhere(wanted) => wanted.desired().plan(set, existing, ground),
            Self::Memberships(desired) => desired.plan(set, existing).map(Some),
            Self::Policy(desired) => desired.plan(set, existing).map(Some),
            Self::Trigger(desired) => desired.plan(set, existing).map(Some),
            Self::EventTrigger(desired) => desired.plan(set, existing).map(Some),
            Self::View(desired) => desired.plan(set, existing).map(Some),
        }
    }
}

/// The statement that puts a mark into an object's comment.
fn comment(kind: &str, object: &str, mark: &Mark, before: Option<&str>) -> Result<String, Error> {
    let text = mark.put_into(before)?;
    Ok(format!("COMMENT ON {kind} {object} IS\n  {}", quote::literal(&text)))
}
