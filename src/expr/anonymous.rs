//! Whether a condition opens for a caller without an identity.

use pgrx::pg_sys::Oid;

use super::identity::{asks, comparison};
use super::scope::{Home, Scope};
use super::simplify::{simplify, size};
use super::tree::{ColumnRef, Expr};
use super::truth::{Caller, Facts, Opaque, Question, Truth, truth_when, truth_within};
use super::ways::{Measure, worth};

/// What a condition does for a caller without an identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opening {
    /// It, or an arm of it, is true for every row, or for those whose column is NULL.
    Open,
    /// Where a part that cannot be read says so.
    Perhaps,
    /// Neither is known.
    Closed,
}

/// What `expr`, an expression over `relation` that is not always true, does for a caller without an
/// identity.
pub fn opening(facts: &dyn Facts, relation: Oid, expr: &Expr) -> Opening {
    let whole = expr;
    let expr = simplify(facts, expr);
    let scope = Scope::new(relation);
    let opens = |opaque: Opaque| {
        [Caller::Nobody, Caller::NobodyAnyMore].into_iter().any(|caller| {
            let mut nobody = Nobody { facts, caller, opaque };
            let question = Question { opaque, caller, ..Question::PLAIN };
            let whole = truth_when(facts, relation, whole, question);
            if !whole.can_be(Truth::TRUE) {
                return false;
            }
            whole == Truth::TRUE
                || matches!(
                    worth(facts, &mut nobody, &expr, true, &scope),
                    Way::Opened | Way::Granted
                )
        })
    };
    if opens(Opaque::Anything) {
        Opening::Open
    } else if opens(Opaque::InFavour) {
        Opening::Perhaps
    } else {
        Opening::Closed
    }
}

/// In how large a part, and for how many of its columns, it is tried what a NULL does.
const MAX_PARTS: usize = 1000;
const MAX_COLUMNS: usize = 16;

/// What a part is for a caller without an identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// Never true.
    Impossible,
    /// True for some rows.
    Plain,
    /// Always true, for others too.
    Certain,
    /// Always true, and not for others.
    Granted,
    /// It holds an arm that is always true, and not for others.
    Opened,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Who {
    Nobody,
    Anybody,
}

struct Nobody<'a> {
    facts: &'a dyn Facts,
    caller: Caller,
    opaque: Opaque,
}

impl Nobody<'_> {
    fn truth(&self, part: &Expr, scope: &Scope<'_>, nulls: &[ColumnRef], who: Who) -> Truth {
        let (caller, opaque) = match who {
            Who::Nobody => (self.caller, self.opaque),
            Who::Anybody => (Caller::Anybody, Opaque::Anything),
        };
        let question = Question { opaque, caller, nulls, filled: false };
        truth_within(self.facts, scope, part, question)
    }

    /// A comparison that is what is wanted in each row whose columns are not NULL.
    fn opens_for_filled(&self, part: &Expr, wanted: Truth, scope: &Scope<'_>) -> bool {
        let asked = |question| truth_within(self.facts, scope, part, question);
        let somebody = Question { filled: true, ..Question::PLAIN };
        comparison(self.facts, part).is_some()
            && asks(self.facts, part)
            && asked(Question { caller: self.caller, opaque: self.opaque, ..somebody }) == wanted
            && asked(somebody) != wanted
    }

    /// It is what is wanted for a caller without an identity, where these columns are NULL, and not
    /// for everybody.
    fn is_granted(
        &self,
        part: &Expr,
        wanted: Truth,
        scope: &Scope<'_>,
        nulls: &[ColumnRef],
    ) -> bool {
        self.truth(part, scope, nulls, Who::Nobody) == wanted
            && self.truth(part, scope, nulls, Who::Anybody) != wanted
    }

    /// Some column of the own row opens it when it is NULL.
    fn opens_for_null(&self, part: &Expr, wanted: Truth, scope: &Scope<'_>) -> bool {
        if scope.depth() > 0 || size(part) > MAX_PARTS || !asks(self.facts, part) {
            return false;
        }
        let mut columns = own_columns(part);
        columns.truncate(MAX_COLUMNS);
        columns.into_iter().any(|column| self.is_granted(part, wanted, scope, &[column]))
    }

    /// A comparison that takes two NULLs for the same, of a column that can be NULL.
    fn matches_nulls(&self, part: &Expr, positive: bool, scope: &Scope<'_>) -> bool {
        if positive || !matches!(part, Expr::Distinct { .. }) {
            return false;
        }
        comparison(self.facts, part).is_some_and(|comparison| {
            [(comparison.left, comparison.right), (comparison.right, comparison.left)]
                .into_iter()
                .any(|(column, who)| {
                    asks(self.facts, who)
                        && self.truth(who, scope, &[], Who::Nobody) == Truth::NULL
                        && can_be_null(self.facts, column, scope)
                })
        })
    }
}

impl Measure for Nobody<'_> {
    type Worth = Way;

    fn impossible(&self) -> Way {
        Way::Impossible
    }

    fn certain(&self) -> Way {
        Way::Certain
    }

    fn is_impossible(&self, way: &Way) -> bool {
        *way == Way::Impossible
    }

    fn both(&self, one: Way, two: Way) -> Way {
        match (one, two) {
            (Way::Impossible, _) | (_, Way::Impossible) => Way::Impossible,
            (Way::Opened, _) | (_, Way::Opened) => Way::Opened,
            (Way::Plain, _) | (_, Way::Plain) => Way::Plain,
            (Way::Granted, _) | (_, Way::Granted) => Way::Granted,
            (Way::Certain, Way::Certain) => Way::Certain,
        }
    }

    fn either(&self, arms: Vec<Way>) -> Way {
        if arms.contains(&Way::Certain) {
            Way::Certain
        } else if arms.contains(&Way::Granted) || arms.contains(&Way::Opened) {
            Way::Opened
        } else if arms.contains(&Way::Plain) {
            Way::Plain
        } else {
            Way::Impossible
        }
    }

    fn part(&mut self, part: &Expr, positive: bool, scope: &Scope<'_>) -> Way {
        let wanted = if positive { Truth::TRUE } else { Truth::FALSE };
        let nobody = self.truth(part, scope, &[], Who::Nobody);
        if !nobody.can_be(wanted) {
            Way::Impossible
        } else if nobody == wanted {
            if self.truth(part, scope, &[], Who::Anybody) == wanted {
                Way::Certain
            } else {
                Way::Granted
            }
        } else if self.opens_for_filled(part, wanted, scope) {
            Way::Granted
        } else if self.matches_nulls(part, positive, scope)
            || self.opens_for_null(part, wanted, scope)
        {
            Way::Opened
        } else {
            Way::Plain
        }
    }

    fn null(&mut self, part: &Expr, scope: &Scope<'_>) -> Way {
        let nobody = self.truth(part, scope, &[], Who::Nobody);
        if !nobody.can_be(Truth::NULL) {
            Way::Impossible
        } else if nobody != Truth::NULL && self.opens_for_filled(part, Truth::NULL, scope) {
            Way::Granted
        } else if nobody != Truth::NULL {
            Way::Plain
        } else if self.truth(part, scope, &[], Who::Anybody) == Truth::NULL {
            Way::Certain
        } else {
            Way::Granted
        }
    }

    fn whole(&mut self, expr: &Expr, positive: bool, scope: &Scope<'_>, way: Way) -> Way {
        // `owner_id IS NULL AND auth.uid() IS NULL` says IS NOT DISTINCT FROM in other words.
        if way != Way::Plain || size(expr) > MAX_PARTS {
            return way;
        }
        let mut looks_up = false;
        expr.walk(0, &mut |part, _| looks_up |= matches!(part, Expr::SubLink { .. }));
        let wanted = if positive { Truth::TRUE } else { Truth::FALSE };
        if !looks_up && self.opens_for_null(expr, wanted, scope) { Way::Opened } else { way }
    }

    fn counts_unmet(&self) -> bool {
        true
    }
}

/// The columns of the outermost row that a part reads outside of sub-queries.
fn own_columns(part: &Expr) -> Vec<ColumnRef> {
    let mut found = Vec::new();
    collect(part, &mut found);
    found
}

fn collect(part: &Expr, found: &mut Vec<ColumnRef>) {
    if let Expr::Column(column) = part
        && column.attribute > 0
        && !found.contains(column)
    {
        found.push(*column);
    }
    part.each_part(&mut |inner| collect(inner, found));
}

/// It is, below casts, a column that can hold NULL.
fn can_be_null(facts: &dyn Facts, expr: &Expr, scope: &Scope<'_>) -> bool {
    match expr.uncast() {
        Expr::Column(column) => match scope.home(*column) {
            Home::Relation { oid, attribute, outer, .. } => {
                outer || (attribute > 0 && !facts.not_null(oid, attribute))
            }
            Home::Computed => true,
        },
        other => {
            // An expression over a column, such as lower(column).
            let mut found = false;
            other.each_part(&mut |part| found |= can_be_null(facts, part, scope));
            found
        }
    }
}
