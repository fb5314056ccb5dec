//! What follows from the answers, in words.

use super::bound::Binding;
use super::policies::{Outcome, Question};
use super::ruling::{Form, Ruling};
use super::trial::Raised;
use crate::catalog::Command;

/// Everything that was found out.
pub struct Facts {
    /// The role, quoted.
    pub role: String,
    /// Privileges that the role lacks, and whether only forms that read need them.
    pub lacking: Vec<(String, bool)>,
    pub binding: Binding,
    pub row: Asked,
    /// In the order in which the server asks.
    pub outcomes: Vec<(Question, Outcome)>,
}

/// The row that is asked about.
pub enum Asked {
    /// It is there, or is to be inserted.
    About,
    /// There is none.
    Absent,
    /// There is none that the caller can see.
    Unseen,
    /// The caller's own question for it failed.
    Failed(Raised),
}

/// An answer and why.
#[derive(Debug, PartialEq, Eq)]
pub struct Conclusion {
    /// `yes`, `no` or `error`; none where nobody can tell.
    pub answer: Option<&'static str>,
    pub sentence: String,
}

/// What the server should do by all that was found out.
#[derive(Debug, PartialEq, Eq)]
enum Expected {
    Reached,
    Passed,
    Refused,
    Denied,
    /// It depends.
    Open,
}

impl Facts {
    /// What follows for one form of the command, and whether the server does the same.
    pub fn conclude(&self, form: Form, ruling: Option<&Ruling>) -> Conclusion {
        let (expected, answer, sentence) = self.expect(form, ruling);
        match ruling {
            // What no policy and no privilege explains, such as a value for a generated column.
            Some(Ruling::Raised(raised))
                if !matches!(expected, Expected::Denied | Expected::Open) =>
            {
                let sentence = format!("the statement raises {}", raised.in_words());
                Conclusion { answer: Some("error"), sentence }
            }
            Some(ruling) if differs(&expected, ruling) => Conclusion {
                answer: Some(if *ruling == Ruling::Reached { "yes" } else { "no" }),
                sentence: format!(
                    "the server does otherwise than follows: a policy that changes its answer, or \
                     a defect of rowguard; what follows is: {sentence}"
                ),
            },
            _ => Conclusion { answer, sentence },
        }
    }

    fn expect(
        &self,
        form: Form,
        ruling: Option<&Ruling>,
    ) -> (Expected, Option<&'static str>, String) {
        let role = &self.role;
        let lacking: Vec<&str> = self
            .lacking
            .iter()
            .filter(|(_, reading)| form.reads || !reading)
            .map(|(what, _)| what.as_str())
            .collect();
        if !lacking.is_empty() {
            let sentence = format!("{role} lacks {}: 42501", lacking.join(", "));
            return (Expected::Denied, Some("no"), sentence);
        }
        match &self.row {
            Asked::About => {}
            Asked::Absent => {
                return (Expected::Open, Some("no"), "there is no such row".to_owned());
            }
            Asked::Unseen => {
                return (Expected::Open, None, "there is no such row that you can see".to_owned());
            }
            Asked::Failed(raised) => {
                let sentence = format!("you cannot look for the row: {}", raised.in_words());
                return (Expected::Open, None, sentence);
            }
        }
        if ruling == Some(&Ruling::Rewritten) {
            let sentence = "a rule makes another statement of it".to_owned();
            return (Expected::Open, None, sentence);
        }
        let verb = verb(form.command);
        if !self.binding.binds() {
            let reason = self.binding.reason().unwrap_or("no policy is asked");
            let sentence = format!("{role} {verb} the row: {reason}, so privileges alone decide");
            return (Expected::Reached, Some("yes"), sentence);
        }
        let mut reasons = Vec::new();
        for (question, outcome) in &self.outcomes {
            if !form.asks(*question) {
                continue;
            }
            // What is written is refused aloud; what is there is passed over in silence.
            let refused = question.check || form.command == Command::Insert;
            let (expected, end) =
                if refused { (Expected::Refused, ", so 42501") } else { (Expected::Passed, "") };
            let label = question.label();
            let why = match outcome {
                Outcome::Passes(names) => {
                    reasons.push(format!("{} ({label})", names.join(", ")));
                    continue;
                }
                Outcome::Unasked => {
                    return (Expected::Open, None, "the row is not there any more".to_owned());
                }
                Outcome::Raises { policy, raised } => {
                    let sentence =
                        format!("{label} of policy {policy} raises {}", raised.in_words());
                    return (Expected::Open, Some("error"), sentence);
                }
                Outcome::NoPermissive => {
                    let command = question.command.as_str();
                    let end = if refused { end } else { ", so no row is let in" };
                    let why = format!("no permissive policy for {command} applies to {role}{end}");
                    return (expected, Some("no"), why);
                }
                Outcome::NoneTrue(why) => {
                    format!("no permissive policy lets the row in ({label}): {}", why.join("; "))
                }
                Outcome::Floors(why) => {
                    format!("a restrictive policy keeps the row out ({label}): {}", why.join("; "))
                }
            };
            return (expected, Some("no"), format!("{why}{end}"));
        }
        let sentence = format!("{role} {verb} the row: let in by {}", reasons.join(", "));
        (Expected::Reached, Some("yes"), sentence)
    }
}

fn verb(command: Command) -> &'static str {
    match command {
        Command::All | Command::Select => "sees",
        Command::Insert => "inserts",
        Command::Update => "updates",
        Command::Delete => "deletes",
    }
}

fn differs(expected: &Expected, ruling: &Ruling) -> bool {
    match (expected, ruling) {
        (Expected::Open, _)
        | (Expected::Reached, Ruling::Reached)
        | (Expected::Passed, Ruling::Passed)
        | (Expected::Refused, Ruling::Refused) => false,
        (Expected::Denied, Ruling::Raised(raised)) => raised.sqlstate != "42501",
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(outcomes: Vec<(Question, Outcome)>) -> Facts {
        Facts {
            role: "r".to_owned(),
            lacking: Vec::new(),
            binding: Binding::Bound,
            row: Asked::About,
            outcomes,
        }
    }

    const READ: Question = Question { command: Command::Select, check: false };
    const TOUCH: Question = Question { command: Command::Update, check: false };
    const WRITE: Question = Question { command: Command::Update, check: true };

    fn passes() -> Outcome {
        Outcome::Passes(vec!["p".to_owned()])
    }

    #[test]
    fn select_policies_join_in_where_columns_are_read() {
        let facts =
            facts(vec![(TOUCH, passes()), (READ, Outcome::NoPermissive), (WRITE, passes())]);
        let answer = |reads, ruling: &Ruling| {
            let form = Form { command: Command::Update, reads };
            let said = facts.conclude(form, Some(ruling));
            (said.answer, said.sentence.starts_with("the server does otherwise"))
        };
        assert_eq!(answer(false, &Ruling::Reached), (Some("yes"), false));
        assert_eq!(answer(true, &Ruling::Passed), (Some("no"), false));
        // A server that does otherwise is told of.
        assert_eq!(answer(true, &Ruling::Reached), (Some("yes"), true));
        assert_eq!(answer(false, &Ruling::Refused), (Some("no"), true));
    }

    #[test]
    fn what_is_written_is_refused_aloud() {
        let facts = facts(vec![(TOUCH, passes()), (WRITE, Outcome::Floors(vec!["f".to_owned()]))]);
        let form = Form { command: Command::Update, reads: false };
        let said = facts.conclude(form, Some(&Ruling::Refused));
        assert_eq!(
            said.sentence,
            "a restrictive policy keeps the row out (UPDATE WITH CHECK): f, so 42501"
        );
    }

    #[test]
    fn what_the_statement_raises_is_no_fault_of_policies() {
        let facts = facts(vec![(READ, passes())]);
        let select = Form { command: Command::Select, reads: true };
        let raised =
            Raised { sqlstate: "428C9".to_owned(), message: "no".to_owned(), to_restricted: false };
        let said = facts.conclude(select, Some(&Ruling::Raised(raised)));
        assert_eq!(
            (said.answer, said.sentence.as_str()),
            (Some("error"), "the statement raises 428C9: no")
        );
    }

    #[test]
    fn privileges_come_first() {
        let mut facts = facts(vec![(READ, passes())]);
        facts.lacking.push(("SELECT on t".to_owned(), true));
        let denied =
            Raised { sqlstate: "42501".to_owned(), message: String::new(), to_restricted: false };
        let select = Form { command: Command::Select, reads: true };
        let said = facts.conclude(select, Some(&Ruling::Raised(denied)));
        assert_eq!(
            said,
            Conclusion { answer: Some("no"), sentence: "r lacks SELECT on t: 42501".to_owned() }
        );
        let delete = Form { command: Command::Delete, reads: false };
        assert_eq!(facts.conclude(delete, None).answer, Some("yes"));
    }
}
