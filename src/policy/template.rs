//! What a table shall have, before it is compared with what it has.

use std::ffi::CStr;

use pgrx::pg_sys;

use super::mark::Mark;
use super::options::Options;
use super::part::Part;
use super::target::Target;
use crate::quote;

/// A set of objects made together for a table.
pub struct Template<'a> {
    /// The table.
    pub target: &'a Target,
    /// The generator's name.
    pub template: &'static str,
    /// The checked options.
    pub options: &'a Options,
    /// Row security of the table is part of it.
    pub row_security: bool,
    /// What it goes by, where the options do not say.
    default_name: String,
    /// Its objects, in the order in which they are made.
    pub parts: Vec<Part<'a>>,
}

impl<'a> Template<'a> {
    /// A set without any object so far, but for row security.
    pub fn new(target: &'a Target, template: &'static str, options: &'a Options) -> Self {
        let default_name = format!("{}_{template}", target.table.name);
        Self { target, template, options, row_security: true, default_name, parts: Vec::new() }
    }

    /// The set goes by a name of its own, so that it can stand beside others of its template.
    pub fn named(mut self, what: &str) -> Self {
        self.default_name = format!("{}_{what}", self.default_name);
        self
    }

    /// Adds an object.
    pub fn add(&mut self, part: impl Into<Part<'a>>) {
        let part = part.into();
        // Two policies may look rows up the same way: one index serves both.
        if let Part::Index(wanted) = &part
            && self
                .parts
                .iter()
                .any(|known| matches!(known, Part::Index(known) if known.same(wanted)))
        {
            return;
        }
        if let Part::IndexElsewhere(wanted) = &part
            && self.parts.iter().any(|known| match known {
                Part::Index(known) => known.same(&wanted.desired()),
                Part::IndexElsewhere(known) => known.desired().same(&wanted.desired()),
                _ => false,
            })
        {
            return;
        }
        self.parts.push(part);
    }

    /// What the set goes by.
    pub fn name(&self) -> String {
        self.options.name.clone().unwrap_or_else(|| self.default_name.clone())
    }

    /// The mark of one of its objects.
    pub fn mark(&self, does: &str) -> Mark {
        // SAFETY: the current user exists; the result is a fresh C string.
        let by = unsafe { CStr::from_ptr(pg_sys::GetUserNameFromId(pg_sys::GetUserId(), false)) };
        Mark {
            template: self.template.to_owned(),
            name: self.name(),
            does: does.to_owned(),
            by: by.to_string_lossy().into_owned(),
            made: None,
            table: None,
        }
    }

    /// The mark of an object that does not lie on the table itself.
    pub fn mark_elsewhere(&self, does: &str) -> Mark {
        Mark { table: Some(self.target.label.clone()), ..self.mark(does) }
    }

    /// `name ON table`, as statements name policies and triggers.
    pub fn on_table(&self, name: &str) -> String {
        format!("{} ON {}", quote::ident(name), self.target.table.qualified())
    }
}
