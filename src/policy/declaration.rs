//! A generator's arguments, as its SQL declaration names them: the one place that does. Calls from
//! SQL and entries of a document are read by it into the same arguments.

use pgrx::pg_sys::{self, FunctionCallInfo, Oid};
use pgrx::{FromDatum, JsonB};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::spec_path::SpecPath;
use crate::arguments::{names, one_or_more_names, texts};
use crate::catalog::table;
use crate::error::{DocumentError, Error};

/// The type of an argument that takes one name or several.
const ANY: &str = "\"any\"";

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

/// The function's name without its schema.
pub fn name(declaration: &'static str) -> &'static str {
    let rest = declaration.split_once("CREATE FUNCTION rls.").map_or("", |(_, rest)| rest);
    rest.split_once('(').map_or("", |(name, _)| name)
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
                ANY => Value::from(one_or_more_names(datum, type_oid, self.name)?),
                "text[]" => Value::from(texts(Vec::from_datum(datum, false), self.name)?),
                _ => return Err(Error::Unexpected("an argument of an unknown type")),
            })
        }
    }

    /// A value of a document: 22023 for one of another type, with its place.
    pub fn documented(&self, value: &Value, path: &SpecPath) -> Result<Value, Error> {
        let wrong = |wanted| Err(DocumentError::Shape { path: path.to_string(), wanted }.into());
        match (self.sql_type, value) {
            (_, Value::Null) if self.may_be_null() => Ok(Value::Null),
            ("regclass", Value::String(name)) => {
                let found = table::by_name(name)?
                    .ok_or_else(|| DocumentError::UnknownRelationName(name.clone()))
                    .map_err(|error| Error::from(error).at(path))?;
                Ok(Value::from(found.to_u32()))
            }
            ("jsonb", _)
            | ("boolean", Value::Bool(_))
            | ("name" | "text" | ANY, Value::String(_)) => Ok(value.clone()),
            ("integer", Value::Number(number))
                if number.as_i64().is_some_and(|number| i32::try_from(number).is_ok()) =>
            {
                Ok(value.clone())
            }
            ("name[]" | "text[]" | ANY, Value::Array(elements))
                if elements.iter().all(Value::is_string) =>
            {
                Ok(value.clone())
            }
            ("boolean", _) => wrong("true or false"),
            ("integer", _) => wrong("a whole number"),
            ("name[]" | "text[]", _) => wrong("an array of strings"),
            (ANY, _) => wrong("a string or an array of strings"),
            _ => wrong("a string"),
        }
    }

    /// What a value in a document may be, as JSON Schema says it.
    pub fn schema(&self) -> Value {
        let strings = json!({"type": "array", "items": {"type": "string"}});
        let mut schema = match self.sql_type {
            "jsonb" => json!({}),
            "boolean" => json!({"type": "boolean"}),
            "integer" => json!({"type": "integer"}),
            "name[]" | "text[]" => strings,
            ANY => json!({"anyOf": [{"type": "string"}, strings]}),
            _ => json!({"type": "string"}),
        };
        if self.may_be_null() {
            schema = json!({"anyOf": [schema, {"type": "null"}]});
        }
        if let (Some(default), Some(schema)) = (self.default_value(), schema.as_object_mut()) {
            schema.insert("default".to_owned(), default);
        }
        schema
    }

    /// The default, as a value: a literal, as all defaults of generators are.
    pub fn default_value(&self) -> Option<Value> {
        let default = self.default?;
        Some(match default {
            "NULL" => Value::Null,
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            _ => {
                let quoted = default.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''));
                match quoted {
                    Some(text) if self.sql_type.ends_with("[]") => {
                        let elements = text.trim_start_matches('{').trim_end_matches('}');
                        Value::from(
                            elements.split(',').filter(|one| !one.is_empty()).collect::<Vec<_>>(),
                        )
                    }
                    Some(text) => Value::from(text),
                    None => Value::from(default.parse::<i64>().ok()),
                }
            }
        })
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

    /// As an entry of a document gives them, with the defaults of the declaration for those that it
    /// leaves out. `given` are those that stand elsewhere. 22023 for an unknown key, a missing one,
    /// or a value of another type, with its place.
    pub fn from_document(
        declaration: &'static str,
        entry: &Map<String, Value>,
        given: Map<String, Value>,
        path: &SpecPath,
    ) -> Result<Self, Error> {
        let declared = arguments(declaration);
        let own = || declared.iter().filter(|argument| !given.contains_key(argument.name));
        for key in entry.keys() {
            if !own().any(|argument| argument.name == key) {
                return Err(DocumentError::UnknownKey {
                    path: path.key(key).to_string(),
                    known: own().map(|argument| argument.name).collect::<Vec<_>>().join(", "),
                }
                .into());
            }
        }
        let mut values = Map::new();
        for argument in own() {
            let value = match entry.get(argument.name) {
                Some(value) => argument.documented(value, &path.key(argument.name))?,
                None => argument.default_value().ok_or_else(|| DocumentError::MissingKey {
                    path: path.to_string(),
                    key: argument.name,
                })?,
            };
            values.insert(argument.name.to_owned(), value);
        }
        for (name, value) in given {
            if declared.iter().any(|argument| argument.name == name) {
                values.insert(name, value);
            }
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
        assert_eq!(name(SQL), "some");
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
        let defaults: Vec<_> = found.iter().map(Declared::default_value).collect();
        assert_eq!(
            defaults,
            [
                None,
                Some(serde_json::json!(["a", "b"])),
                Some(serde_json::json!([])),
                Some(Value::Null),
                Some(serde_json::json!(32)),
                Some(Value::Bool(false))
            ]
        );
    }
}
