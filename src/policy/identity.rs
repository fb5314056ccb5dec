//! How generated policies ask who is asking.

use crate::catalog::function;
use crate::error::Error;

/// The call of a reader of schema `auth`, as SQL for a policy: bare where the function is this
/// library's, which answers a call for every row as fast as a constant; else as a subquery, which
/// the server evaluates once for the statement. `signature` is such as `auth.has_role(text)`, and
/// `arguments` are SQL.
///
/// 42883 when there is no such function: schema `auth` is somebody else's and lacks it.
pub fn call(signature: &str, arguments: &[&str]) -> Result<String, Error> {
    let missing = || Error::ReaderMissing(signature.to_owned());
    let (name, _) = signature.split_once('(').ok_or_else(missing)?;
    let oid = function::by_signature(signature)?.ok_or_else(missing)?;
    let symbol = format!("rowguard_{}", name.replace('.', "_"));
    let native = function::by_oids(&[oid])?
        .iter()
        .any(|function| function.ours && function.source == symbol);
    let call = format!("{name}({})", arguments.join(", "));
    Ok(if native { call } else { format!("(SELECT {call})") })
}
