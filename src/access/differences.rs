//! What is expected of access, and what is found.

use std::collections::{BTreeMap, BTreeSet};

use super::access_matrix::scope;
use super::expected::{Access, Expected, Place, name, place};
use super::identity;
use super::matrix::{self, Command, Verdict};
use crate::error::Error;

/// Where the two differ.
pub struct Difference {
    pub place: Place,
    /// In words; none where the document does not mention it, so that it must be denied.
    pub expected: Option<String>,
    /// In words; none where there is nothing of the kind to try.
    pub found: Option<String>,
    /// The document mentions the object.
    pub listed: bool,
}

/// What came of comparing.
pub struct Compared {
    /// How many were tried.
    pub tried: usize,
    pub differences: Vec<Difference>,
}

/// Tries access as `expected` says. With `listed_only`, on no object besides those that it mentions.
pub fn compare(expected: &Expected, listed_only: bool) -> Result<Compared, Error> {
    let identities = identity::read(expected.identities.clone())?;
    let schemas = expected.schemas.as_ref().map(|names| names.iter().cloned().map(Some).collect());
    let mut scope = scope(schemas, None)?;
    let listed: BTreeSet<&str> =
        expected.access.keys().map(|(object, ..)| object.as_str()).collect();
    if listed_only {
        scope.relations.retain(|table| listed.contains(name(&table.schema, &table.name).as_str()));
    }
    let cells = matrix::run(&identities, &scope, expected.sample)?;
    let found: BTreeMap<Place, Access> =
        cells.iter().map(|cell| (place(cell), Access::found(cell))).collect();

    let denied = Access::verdict(Verdict::Denied);
    let places: BTreeSet<&Place> = expected.access.keys().chain(found.keys()).collect();
    let mut differences = Vec::new();
    for place in places {
        let wanted = expected.access.get(place);
        let is_listed = listed.contains(place.0.as_str());
        let agree = match (wanted, found.get(place)) {
            (wanted, Some(found)) => {
                // A denied SELECT has no columns to tell of.
                let denied_both = found.verdict == Verdict::Denied
                    && wanted.unwrap_or(&denied).verdict == Verdict::Denied;
                denied_both || wanted.unwrap_or(&denied).holds_of(found)
            }
            // Nobody can do anything with what is not there.
            (Some(wanted), None) => wanted.verdict == Verdict::Denied,
            (None, None) => true,
        };
        if !agree && (is_listed || !listed_only) {
            differences.push(Difference {
                place: place.clone(),
                expected: wanted.map(Access::in_words),
                found: found.get(place).map(Access::in_words),
                listed: is_listed,
            });
        }
    }
    Ok(Compared { tried: found.len(), differences })
}

impl Difference {
    /// `app.notes, alice, select: all, 12 rows; expected: some`.
    pub fn in_words(&self) -> String {
        let (object, identity, command) = &self.place;
        let found = match &self.found {
            Some(found) => found.as_str(),
            None if *command == Command::Execute => "not there, or not callable",
            None => "not there",
        };
        let expected = self.expected.as_deref().unwrap_or("denied, as it is not mentioned");
        format!("{object}, {identity}, {}: {found}; expected: {expected}", command.as_str())
    }
}
