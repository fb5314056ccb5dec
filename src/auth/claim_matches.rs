//! `rls.claim_matches(claim, allowed, match)`: whether a claim holds any of some values, or all.

use pgrx::pg_sys::Datum;
use pgrx::prelude::*;

use super::identity;
use super::reader::reader;
use super::typed;
use crate::arguments::{required, texts};
use crate::error::{AuthError, Error};

fn read(arguments: &[Option<Datum>]) -> Result<Option<Datum>, Error> {
    let argument = |at: usize| arguments.get(at).copied().flatten();
    // SAFETY: the SQL declaration makes the arguments text[], text[] and text.
    let (path, allowed, all) = unsafe {
        (
            argument(0).and_then(|value| Vec::<Option<String>>::from_datum(value, false)),
            argument(1).and_then(|value| Vec::<Option<String>>::from_datum(value, false)),
            argument(2).and_then(|value| String::from_datum(value, false)),
        )
    };
    let path = texts(path, "claim")?;
    let allowed = texts(allowed, "allowed")?;
    let all = match required(all, "match")?.as_str() {
        "any" => false,
        "all" => true,
        other => return Err(AuthError::UnknownMatch(other.to_owned()).into()),
    };
    // One value stands for an array of one.
    let held = identity::claim(&path, |claim| typed::one_or_more_texts(claim, &path))?;
    let holds = |value: &String| held.iter().any(|held| held.as_ref() == Some(value));
    let matches =
        if all { !held.is_empty() && allowed.iter().all(holds) } else { allowed.iter().any(holds) };
    Ok(matches.into_datum())
}

reader!(rowguard_rls_claim_matches, pg_finfo_rowguard_rls_claim_matches, Value, OfArguments(read));

extension_sql!(
    r"
CREATE FUNCTION rls.claim_matches(claim text[], allowed text[], match text DEFAULT 'any') RETURNS boolean
LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'rowguard_rls_claim_matches';
COMMENT ON FUNCTION rls.claim_matches(text[], text[], text) IS
  'whether the claim at a path, a value or an array, holds any or all of the values allowed; false when absent, 22P02 when it is an object; what rls.claim_access() writes into policies';
",
    name = "rls_claim_matches"
);
