//! How SQL declares the functions of schema `auth`.
//!
//! Statements in the install script could not do it: the schema may be somebody else's, and then
//! nothing may be created in it. One declaration beside each function serves the install script,
//! upgrades and `rls.adopt_auth()`.

use std::fmt;

use pgrx::pg_sys::{self, Oid};

use crate::quote;

/// A function of schema `auth`.
#[derive(Clone, Copy)]
pub struct Declaration {
    /// Its name, qualified. It needs no quotes.
    pub name: &'static str,
    /// It has one argument, or none.
    pub argument: Option<Argument>,
    /// Type of its result.
    pub result: Oid,
    /// Reads the session alone: STABLE PARALLEL SAFE. Else VOLATILE PARALLEL UNSAFE.
    pub reads: bool,
    /// Symbol in the library.
    pub symbol: &'static str,
    /// Its comment.
    pub comment: &'static str,
}

/// The argument of a function.
#[derive(Clone, Copy)]
pub struct Argument {
    /// Its name.
    pub name: &'static str,
    /// Its type; for a VARIADIC one, that of the array.
    pub kind: Oid,
    /// Any number of elements instead of the array.
    pub variadic: bool,
}

impl Argument {
    /// `VARIADIC path text[]`
    pub const PATH: Self = Self { name: "path", kind: pg_sys::TEXTARRAYOID, variadic: true };

    /// A text.
    pub const fn text(name: &'static str) -> Self {
        Self { name, kind: pg_sys::TEXTOID, variadic: false }
    }
}

impl Declaration {
    /// Types of its arguments.
    pub fn arguments(&self) -> Vec<Oid> {
        self.argument.iter().map(|argument| argument.kind).collect()
    }

    /// Its name without the schema.
    pub fn bare_name(&self) -> &'static str {
        self.name.rsplit_once('.').map_or(self.name, |(_, name)| name)
    }

    /// Name and types of arguments, such as `auth.has_role(text)`.
    pub fn signature(&self) -> String {
        let types: Vec<String> = self.arguments().into_iter().map(quote::type_name).collect();
        format!("{}({})", self.name, types.join(", "))
    }

    /// The same, with an argument that has no name.
    pub fn without_names(&self) -> Self {
        let argument = self.argument.map(|argument| Argument { name: "", ..argument });
        Self { argument, ..*self }
    }

    fn parameters(&self) -> String {
        self.argument.as_ref().map_or_else(String::new, |argument| {
            let variadic = if argument.variadic { "VARIADIC " } else { "" };
            format!("{variadic}{} {}", argument.name, quote::type_name(argument.kind))
        })
    }

    /// `CREATE FUNCTION`, or `CREATE OR REPLACE FUNCTION`, from `library`. Names of types are the
    /// server's own: run it where the search path begins with `pg_catalog`.
    pub fn create(&self, replace: bool, library: &str) -> String {
        format!(
            "CREATE {}FUNCTION {self} LANGUAGE c {} AS {}, {}",
            if replace { "OR REPLACE " } else { "" },
            if self.reads { "STABLE PARALLEL SAFE" } else { "VOLATILE PARALLEL UNSAFE" },
            quote::literal(library),
            quote::literal(self.symbol),
        )
    }

    /// What belongs to a function that is new: its comment, and the right of everybody to call it,
    /// because policies call it as whoever runs the query.
    pub fn dress(&self) -> [String; 3] {
        let signature = self.signature();
        [
            format!("COMMENT ON FUNCTION {signature} IS {}", quote::literal(self.comment)),
            format!("REVOKE ALL ON FUNCTION {signature} FROM PUBLIC"),
            format!("GRANT EXECUTE ON FUNCTION {signature} TO PUBLIC"),
        ]
    }
}

/// As SQL declares it, such as `auth.has_role(role text) RETURNS boolean`.
impl fmt::Display for Declaration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}({}) RETURNS {}", self.name, self.parameters(), quote::type_name(self.result))
    }
}
