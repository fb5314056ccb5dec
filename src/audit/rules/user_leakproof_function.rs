//! A user's function is marked LEAKPROOF.
//!
//! Why: The planner may run a leakproof function on rows before policies are asked about them. One
//! that raises an error naming its argument, writes a message, or is slow for some values tells what
//! is in hidden rows. The server checks nothing: only superusers may set the mark, and it is their
//! word.
//!
//! Fix: Take the mark away.
//!
//! Example:
//! ```sql
//! CREATE FUNCTION is_even(n int) RETURNS boolean LANGUAGE sql LEAKPROOF AS 'SELECT n % 2 = 0';
//! ```

use serde_json::json;

use crate::audit::context::Context;
use crate::audit::finding::Findings;
use crate::audit::rule::{Level, Rule};
use crate::error::Error;

/// See the head of this file.
pub const RULE: Rule = Rule {
    id: "user_leakproof_function",
    level: Level::Warning,
    source: include_str!("user_leakproof_function.rs"),
    check,
};

fn check(context: &Context, findings: &mut Findings<'_>) -> Result<(), Error> {
    for function in context.audited_functions().filter(|function| function.leakproof) {
        let message = "LEAKPROOF lets the planner run the function on rows that policies hide";
        let finding = findings.function(Level::Warning, function, message.to_owned());
        finding.detail.insert("language".to_owned(), json!(function.language));
        finding.fix = Some(format!("ALTER {} NOT LEAKPROOF;", function.as_object()));
    }
    Ok(())
}
