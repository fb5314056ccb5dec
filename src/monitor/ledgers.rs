//! Whether the registered ledgers can work, and on request whether their rows agree.

use super::check::{self, Outcome};
use crate::atomic::inspection::{Inspection, Registered, inspect, registered};
use crate::operation::failure::Failure;

/// One part for each ledger. Verifying rows reads all of them, so it is done on request only.
pub fn check(deep: bool) -> Result<Outcome, Failure> {
    let mut parts = Vec::new();
    for Registered { name, tables, has_operator, is_guarded } in registered()? {
        let part = check::make(|| {
            Ok(match inspect(&name, &tables, deep)? {
                _ if !has_operator => Outcome::failed(
                    "its operator was dropped: detach it, and let another role create or attach it",
                ),
                Inspection::Verified(broken) if !broken.is_empty() => {
                    Outcome::failed("its rows do not agree: SELECT * FROM atomic.verify_ledger()")
                        .with("verified", false)
                        .with("broken", broken)
                }
                _ if !is_guarded => Outcome::failed(
                    "its tables are not guarded: ALTER TABLE ... ENABLE TRIGGER rowguard_guard, or \
                     detach it and create it again over its tables",
                ),
                Inspection::Busy => {
                    Outcome::unknown("another session keeps readers off its tables")
                }
                Inspection::Sound => Outcome::ok(),
                Inspection::Unverified(reason) => Outcome::unknown(reason),
                Inspection::Verified(_) => Outcome::ok().with("verified", true),
            })
        })?;
        parts.push(part.with("ledger", name));
    }
    Ok(Outcome::of_parts("ledgers", parts))
}
