//! Who may read about an account.

use uuid::Uuid;

use super::account::Account;
use super::caller::Caller;
use super::ledger::Opened;
use crate::operation::failure::Failure;
use crate::operation::refusal::Refusal;
use crate::run_as::RunAs;

/// The account, for its owner and for operators. Anybody else gets the same words whether it exists
/// or not.
pub fn need_readable(opened: &Opened, id: Uuid) -> Result<Account, Failure> {
    let caller = Caller::identify(opened.operator, Refusal::READ)?;
    let _owner = RunAs::begin(opened.ledger.owner, &opened.ledger.path);
    match opened.ledger.find_account(id)? {
        Some(account) if caller.may_act_for(account.owner) => Ok(account),
        None if matches!(caller, Caller::Operator) => {
            Err(Refusal::AccountNotFound { account: id }.into())
        }
        _ => Err(Refusal::READ.into()),
    }
}
