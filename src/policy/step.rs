//! A step of a plan: one object, and the statements that make it what it shall be.

/// A row of what every generator returns: step, kind, object, action, sql.
pub type StepRow = (i32, String, String, String, Option<String>);

/// What a step does to its object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    Create,
    Alter,
    Drop,
    Unchanged,
}

impl Action {
    fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Alter => "alter",
            Self::Drop => "drop",
            Self::Unchanged => "unchanged",
        }
    }
}

/// One object and what is done to it.
#[derive(Debug)]
pub struct Step {
    /// What the object is: `policy`, `index`, `row security` ...
    pub kind: &'static str,
    /// The object, as SQL writes it.
    pub object: String,
    /// What is done.
    pub action: Action,
    /// How, in order.
    pub statements: Vec<String>,
    /// The caller runs the statements himself: they cannot run inside a transaction.
    pub printed_only: bool,
}

impl Step {
    /// A step that runs its statements; without any, the object is as it shall be.
    pub fn new(
        kind: &'static str,
        object: String,
        action: Action,
        statements: Vec<String>,
    ) -> Self {
        let action = if statements.is_empty() { Action::Unchanged } else { action };
        Self { kind, object, action, statements, printed_only: false }
    }

    /// The object is as it shall be.
    pub fn unchanged(kind: &'static str, object: String) -> Self {
        Self::new(kind, object, Action::Unchanged, Vec::new())
    }

    /// As steps that can be run one by one: the server takes no statement beside one that cannot run
    /// inside a transaction.
    pub fn split(self) -> Vec<Self> {
        if !self.printed_only {
            return vec![self];
        }
        let actions = std::iter::once(self.action).chain(std::iter::repeat(Action::Alter));
        actions
            .zip(self.statements)
            .map(|(action, statement)| Self {
                kind: self.kind,
                object: self.object.clone(),
                action,
                statements: vec![statement],
                printed_only: true,
            })
            .collect()
    }

    /// As a row of the answer. The SQL ends in a semicolon, so that rows one below the other are a
    /// script.
    pub fn into_row(self, number: i32) -> StepRow {
        let sql =
            (!self.statements.is_empty()).then(|| format!("{};", self.statements.join(";\n")));
        (number, self.kind.to_owned(), self.object, self.action.as_str().to_owned(), sql)
    }
}
