//! The document of levels that `rls.hierarchy_access()` takes.

use std::ffi::CString;

use pgrx::pg_sys::{self, Oid};
use serde_json::{Map, Value};

use super::access::Access;
use super::membership::Membership;
use crate::error::{Error, MembershipError};
use crate::quote;

/// Reads an array of levels, outermost first. 22023 with the path for what is no such document,
/// 42P01 for a table that does not exist. A table without a schema is looked for in `schema`.
pub fn read(document: &Value, schema: &str) -> Result<Vec<Access>, Error> {
    let Value::Array(levels) = document else { return Err(wrong("levels", "must be an array")) };
    if levels.is_empty() {
        return Err(wrong("levels", "must not be empty"));
    }
    let read = |(at, level): (usize, &Value)| Level::of(at, level)?.access(schema);
    levels.iter().enumerate().map(read).collect()
}

fn wrong(path: &str, problem: &str) -> Error {
    MembershipError::Levels { path: path.to_owned(), problem: problem.to_owned() }.into()
}

/// One level; keys are taken out as they are read.
struct Level {
    path: String,
    keys: Map<String, Value>,
}

impl Level {
    fn of(at: usize, level: &Value) -> Result<Self, Error> {
        let path = format!("levels[{at}]");
        match level {
            Value::Object(keys) => Ok(Self { path, keys: keys.clone() }),
            _ => Err(wrong(&path, "must be an object")),
        }
    }

    fn access(mut self, schema: &str) -> Result<Access, Error> {
        let columns = self.names("column")?;
        let members = self.text("members")?;
        let member_columns = self.names("members_column")?;
        let user = self.text("members_user_column")?;
        let role = self.optional_text("members_role_column")?;
        let read_roles = self.optional_texts("roles")?;
        let write_roles = self.optional_texts("write_roles")?;
        let active_when = self.optional_text("active_when")?;
        if let Some(key) = self.keys.keys().next() {
            return Err(wrong(&self.at(key), "is not known"));
        }
        if role.is_none() {
            for (key, roles) in [("roles", &read_roles), ("write_roles", &write_roles)] {
                if roles.is_some() {
                    return Err(wrong(&self.at(key), "needs members_role_column"));
                }
            }
        }
        if columns.len() != member_columns.len() {
            let problem = format!("must hold {} names, as column does", columns.len());
            return Err(wrong(&self.at("members_column"), &problem));
        }
        Ok(Access {
            columns,
            membership: Membership {
                members: relation(&members, schema)?,
                columns: member_columns,
                user,
                role,
                active_when,
                tree: None,
            },
            read_roles,
            write_roles,
        })
    }

    fn at(&self, key: &str) -> String {
        format!("{}.{key}", self.path)
    }

    /// A text that is not empty.
    fn optional_text(&mut self, key: &str) -> Result<Option<String>, Error> {
        match self.keys.remove(key) {
            None => Ok(None),
            Some(Value::String(text)) if !text.is_empty() => Ok(Some(text)),
            Some(_) => Err(wrong(&self.at(key), "must be a string that is not empty")),
        }
    }

    fn text(&mut self, key: &str) -> Result<String, Error> {
        self.optional_text(key)?.ok_or_else(|| wrong(&self.at(key), "is missing"))
    }

    /// An array of texts, none of them empty, that is not empty itself.
    fn optional_texts(&mut self, key: &str) -> Result<Option<Vec<String>>, Error> {
        let Some(value) = self.keys.remove(key) else { return Ok(None) };
        let Value::Array(elements) = value else {
            return Err(wrong(&self.at(key), "must be an array of strings"));
        };
        if elements.is_empty() {
            return Err(wrong(&self.at(key), "must not be empty"));
        }
        elements
            .into_iter()
            .enumerate()
            .map(|(at, element)| match element {
                Value::String(text) if !text.is_empty() => Ok(text),
                _ => Err(wrong(
                    &format!("{}[{at}]", self.at(key)),
                    "must be a string that is not empty",
                )),
            })
            .collect::<Result<_, _>>()
            .map(Some)
    }

    /// A name, or an array of names.
    fn names(&mut self, key: &str) -> Result<Vec<String>, Error> {
        match self.keys.get(key) {
            Some(Value::Array(_)) => Ok(self.optional_texts(key)?.unwrap_or_default()),
            _ => self.text(key).map(|name| vec![name]),
        }
    }
}

/// A table named in a document, in a schema where it names none; 42P01 when there is none.
fn relation(name: &str, schema: &str) -> Result<Oid, Error> {
    let mut quoted = false;
    let has_schema = name.chars().any(|character| {
        quoted ^= character == '"';
        character == '.' && !quoted
    });
    let text =
        if has_schema { name.to_owned() } else { format!("{}.{name}", quote::ident(schema)) };
    let text = CString::new(text).map_err(|_| Error::NullByte)?;
    // SAFETY: the input function of regclass, on a terminated string.
    let found = unsafe {
        pg_sys::OidInputFunctionCall(
            pg_sys::Oid::from(pg_sys::F_REGCLASSIN),
            text.as_ptr().cast_mut(),
            pg_sys::InvalidOid,
            -1,
        )
    };
    Ok(Oid::from(u32::try_from(found.value()).unwrap_or(0)))
}
