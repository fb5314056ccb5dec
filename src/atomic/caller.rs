//! Who calls, as far as a ledger cares.

use pgrx::pg_sys;
use uuid::Uuid;

use crate::operation::failure::Failure;
use crate::operation::refusal::Refusal;

/// Whose accounts the caller may act on.
#[derive(Clone, Copy)]
pub enum Caller {
    /// Anyone's: an operator.
    Operator,
    /// Those of this identity.
    Owner(Uuid),
}

impl Caller {
    /// The caller at this moment: an operator by the current role, else an owner by `auth.uid()`.
    /// `refusal` is for those who are nobody.
    pub fn identify(operator: pg_sys::Oid, refusal: Refusal) -> Result<Self, Failure> {
        if is_operator(operator) {
            return Ok(Self::Operator);
        }
        match crate::auth::uid()? {
            Some(uid) => Ok(Self::Owner(uid)),
            None => Err(refusal.into()),
        }
    }

    /// Whether an account of this owner is his to act on.
    pub fn may_act_for(self, owner: Option<Uuid>) -> bool {
        match self {
            Self::Operator => true,
            Self::Owner(uid) => owner == Some(uid),
        }
    }
}

/// Refuses everybody but operators.
pub fn need_operator(operator: pg_sys::Oid) -> Result<(), Failure> {
    if is_operator(operator) { Ok(()) } else { Err(Refusal::NotOperator.into()) }
}

/// Whether the current role is one of its operators.
pub fn is_operator(operator: pg_sys::Oid) -> bool {
    // SAFETY: plain look-ups.
    unsafe { pg_sys::has_privs_of_role(pg_sys::GetUserId(), operator) }
}
