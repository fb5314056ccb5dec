//! A generator's arguments, as its SQL declaration names them: the one place that does. Calls from
//! SQL and entries of a document are read by it into the same arguments.

use pgrx::pg_sys::{self, FunctionCallInfo, Oid};
use pgrx::{FromDatum, JsonB};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::arguments::{names, one_or_more_names, texts};
use crate::error::Error;

/// One argument of a declaration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Declared {
    /// Its name.
    pub name: &'static str,
    /// Its SQL type.
    pub sql_type: &'static str,
    /// Its default, as SQL; an argument may be NULL where that is its default.
    pub default: Option<&'static str>,
}

/// The arguments of a declaration: each stands on a line of its own.
pub fn arguments(declaration: &'static str) -> Vec<Declared> {
    let list = declaration.split_once("(\n").map_or("", |(_, rest)| rest);
    let list = list.split_once("\nRETURNS").map_or(list, |(list, _)| list);
    list.lines()
        .filter_map(|line| {
            let line = line.trim().trim_end_matches([',', ')']);
            let (name, rest) = line.split_once(' ')?;
            let (sql_type, default) = match rest.split_once(" DEFAULT ") {
                Some((sql_type, default)) => (sql_type, Some(default)),
                None => (rest, None),
            };
            Some(Declared { name, sql_type, default })
        })
        .collect()
}

impl Declared {
    fn may_be_null(&self) -> bool {
        self.default == Some("NULL")
    }

    /// A value that SQL passes: 22004 for a NULL, or a NULL in an array.
    unsafe fn passed(
        &self,
        argument: pg_sys::NullableDatum,
        type_oid: Oid,
    ) -> Result<Value, Error> {
        if argument.isnull {
            return if self.may_be_null() {
                Ok(Value::Null)
            } else {
                Err(Error::NullArgument(self.name))
            };
        }
        let datum = argument.value;
        // SAFETY: the declaration, which the server follows, says what the datum is.
        unsafe {
            Ok(match self.sql_type {
                "regclass" => Value::from(Oid::from_datum(datum, false).map(Oid::to_u32)),
                "boolean" => Value::from(bool::from_datum(datum, false)),
                "integer" => Value::from(i32::from_datum(datum, false)),
                "jsonb" => JsonB::from_datum(datum, false).map_or(Value::Null, |json| json.0),
                "name" => Value::from(
                    std::ffi::CStr::from_ptr(datum.cast_mut_ptr()).to_string_lossy().into_owned(),
                ),
                "text" => Value::from(String::from_datum(datum, false)),
                "name[]" => Value::from(names(datum, self.name)?),
                "\"any\"" => Value::from(one_or_more_names(datum, type_oid, self.name)?),
                "text[]" => Value::from(texts(Vec::from_datum(datum, false), self.name)?),
                _ => return Err(Error::Unexpected("an argument of an unknown type")),
            })
        }
    }
}

/// The arguments of one call, by name.
#[derive(Clone, Debug)]
pub struct Arguments(Map<String, Value>);

impl Arguments {
    /// As SQL passes them: 22004 for a NULL where the default is none, and for a NULL in an array.
    ///
    /// # Safety
    ///
    /// `call` is that of a function declared so.
    pub unsafe fn from_sql(
        declaration: &'static str,
        call: FunctionCallInfo,
    ) -> Result<Self, Error> {
        let declared = arguments(declaration);
        // SAFETY: the server passes as many arguments as the function has.
        let passed = unsafe { (*call).args.as_slice(usize::try_from((*call).nargs).unwrap_or(0)) };
        if passed.len() != declared.len() {
            return Err(Error::Unexpected("a function was declared with other arguments"));
        }
        let mut values = Map::new();
        for (at, (argument, value)) in (0..).zip(declared.iter().zip(passed)) {
            // SAFETY: as above, argument by argument; of the type that the call says.
            let value = unsafe {
                argument.passed(*value, pg_sys::get_fn_expr_argtype((*call).flinfo, at))?
            };
            values.insert(argument.name.to_owned(), value);
        }
        Ok(Self(values))
    }

    /// One argument, which is then no more among them; None where the function has none of the name.
    pub fn take<T: DeserializeOwned>(&mut self, name: &'static str) -> Result<Option<T>, Error> {
        Ok(self.0.remove(name).map(serde_json::from_value).transpose()?)
    }

    /// The arguments that are left.
    pub fn rest<T: DeserializeOwned>(self) -> Result<T, Error> {
        Ok(serde_json::from_value(Value::Object(self.0))?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SQL: &str = "\nCREATE FUNCTION rls.some(\n  tbl regclass,\n  claim text[] DEFAULT \
                       '{a,b}',\n  none name[] DEFAULT '{}',\n  name text DEFAULT NULL,\n  depth \
                       integer DEFAULT 32,\n  dry_run boolean DEFAULT false)\nRETURNS TABLE (step \
                       integer)\n";

    #[test]
    fn a_declaration_is_read_by_line() {
        let found = arguments(SQL);
        assert_eq!(
            found.iter().map(|argument| (argument.name, argument.sql_type)).collect::<Vec<_>>(),
            [
                ("tbl", "regclass"),
                ("claim", "text[]"),
                ("none", "name[]"),
                ("name", "text"),
                ("depth", "integer"),
                ("dry_run", "boolean")
            ]
        );
    }
}
