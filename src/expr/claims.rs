//! Which claims a condition reads, as far as users can edit them themselves.
//!
//! A user of the usual identity services writes `user_metadata` as he likes; in the table of users
//! it is the column `raw_user_meta_data`. Only the top level of the claims counts: a claim of the
//! same name below another one is that one's.

use std::collections::HashSet;

use pgrx::pg_sys::Oid;

use super::scope::{Home, Scope};
use super::simplify::simplify;
use super::tree::{ColumnRef, Expr, Source, SubLink, Value};
use super::truth::{Facts, constant};
use super::visit::visit;

/// The names under which users' own data goes.
const EDITABLE: [&str; 2] = ["user_metadata", "raw_user_meta_data"];

/// The setting that holds all claims, and how those of single claims begin.
const ALL_CLAIMS: &str = "request.jwt.claims";
const ONE_CLAIM: &str = "request.jwt.claim.";

/// What a function has to do with claims.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClaimReader {
    /// It returns all claims.
    All,
    /// It reads the claim at the path of its first argument.
    AtPath,
    /// It reads the setting of its first argument.
    Setting,
    /// It cannot be read; its text, where it has one, names users' own data.
    Opaque {
        /// It does.
        suspect: bool,
    },
    /// Nothing.
    None,
}

/// What the question needs to know of the database.
pub trait Claims: Facts {
    /// What a function has to do with claims.
    fn claim_reader(&self, function: Oid) -> ClaimReader;
    /// The name of one of the server's own functions.
    fn built_in_function(&self, function: Oid) -> Option<&str>;
    /// The name of one of the server's own operators.
    fn built_in_operator(&self, operator: Oid) -> Option<&str>;
    /// The name of a column of the table of users; empty for its whole row.
    fn column_of_users(&self, relation: Oid, attribute: i16) -> Option<&str>;
}

/// What a condition reads of users' own data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Editable {
    /// Nothing.
    No,
    /// Whether it does cannot be seen.
    Unread,
    /// A claim, setting or column of it.
    Yes,
}

/// What `expr`, an expression over `relation`, reads of users' own data.
pub fn editable(claims: &dyn Claims, relation: Oid, expr: &Expr) -> Editable {
    let expr = simplify(claims, expr);
    let mut search =
        Search { claims, left: MAX_WORK, named: names(&expr), taken_apart: HashSet::new() };
    let mut found = Editable::No;
    visit(&expr, &Scope::new(relation), &mut |part, scope| {
        if found != Editable::Yes {
            found = found.max(search.part(part, scope));
        }
    });
    found
}

/// How many expressions are looked at for claims in them before the rest is not read.
const MAX_WORK: usize = 100_000;

/// What the text constants of an expression name.
fn names(expr: &Expr) -> Editable {
    let mut found = Editable::Unread;
    expr.walk(0, &mut |part, _| {
        if let Expr::Const { value: Value::Text(text), .. } = part
            && found != Editable::Yes
        {
            found = if EDITABLE.contains(&text.as_str()) { Editable::Yes } else { Editable::No };
        }
    });
    found
}

struct Search<'a> {
    claims: &'a dyn Claims,
    left: usize,
    /// What the constants of the whole condition name: for functions that take claims apart.
    named: Editable,
    /// The records of which one field is looked at, by their places.
    taken_apart: HashSet<*const Expr>,
}

impl Search<'_> {
    fn part(&mut self, part: &Expr, scope: &Scope<'_>) -> Editable {
        match part {
            Expr::Column(column) => match scope.home(*column) {
                Home::Relation { oid, attribute, .. } => {
                    named_of(self.claims.column_of_users(oid, attribute).unwrap_or_default())
                }
                Home::Computed => self.in_record(*column, scope),
            },
            Expr::Operator { operator, arguments, .. } => {
                let (Some(name), [left, right]) =
                    (self.claims.built_in_operator(*operator), arguments.as_slice())
                else {
                    return Editable::No;
                };
                match name {
                    "->" | "->>" | "?" => self.of(left, scope, |search| search.key(right)),
                    "#>" | "#>>" => self.of(left, scope, |search| search.path(right)),
                    "?|" | "?&" => self.of(left, scope, |search| search.any_key(right)),
                    "@>" => self.of(left, scope, |search| search.held(right)),
                    "<@" => self.of(right, scope, |search| search.held(left)),
                    "@?" | "@@" => self.of(left, scope, |search| search.json_path(right)),
                    // The claims as one text.
                    "~~" | "!~~" | "~~*" | "!~~*" | "~" | "~*" | "!~" | "!~*" => {
                        self.of(left, scope, |_| Editable::Unread)
                    }
                    _ => Editable::No,
                }
            }
            Expr::Subscript { container, subscripts } => match subscripts.first() {
                Some(first) => self.of(container, scope, |search| search.key(first)),
                None => Editable::No,
            },
            Expr::Field { argument, name, .. } => {
                let record = argument.uncast();
                let made_of = self.record_of(record);
                if made_of.is_some() && !name.is_empty() {
                    self.taken_apart.insert(std::ptr::from_ref(record));
                }
                if self.holds(made_of.unwrap_or(argument), scope) {
                    if name.is_empty() { Editable::Unread } else { named_of(name) }
                } else {
                    Editable::No
                }
            }
            // Which of its columns are looked at is seen where they are.
            Expr::Function { .. }
                if self.record_of(part).is_some()
                    && (is_named(part, scope)
                        || self.taken_apart.contains(&std::ptr::from_ref(part))) =>
            {
                Editable::No
            }
            Expr::Function { function, arguments, .. } => self.call(*function, arguments, scope),
            _ => Editable::No,
        }
    }

    /// What is read by a column of the record that a function in FROM makes of claims.
    fn in_record(&mut self, column: ColumnRef, scope: &Scope<'_>) -> Editable {
        let Some(query) = scope.query(column.level) else { return Editable::No };
        let within = scope.outside(column.level);
        let source = column.source.checked_sub(1).and_then(|source| query.sources.get(source));
        let Some(Source::Functions { calls, defined }) = source else { return Editable::No };
        let [call] = calls.as_slice() else { return Editable::No };
        let holds = self.record_of(call).is_some_and(|claims| self.holds(claims, &within));
        match usize::try_from(column.attribute).ok().map(|number| number.checked_sub(1)) {
            _ if !holds || defined.is_empty() => Editable::No,
            Some(Some(at)) => defined.get(at).map_or(Editable::No, |name| named_of(name)),
            // The whole row.
            _ => defined.iter().map(|name| named_of(name)).max().unwrap_or(Editable::No),
        }
    }

    /// What a call makes a record of.
    fn record_of<'e>(&self, call: &'e Expr) -> Option<&'e Expr> {
        let Expr::Function { function, arguments, .. } = call else { return None };
        match self.claims.built_in_function(*function)? {
            "jsonb_to_record" | "json_to_record" => arguments.first(),
            "jsonb_populate_record" | "json_populate_record" => arguments.get(1),
            _ => None,
        }
    }

    fn call(&mut self, function: Oid, arguments: &[Expr], scope: &Scope<'_>) -> Editable {
        let first = arguments.first();
        match self.claims.claim_reader(function) {
            ClaimReader::AtPath => return first.map_or(Editable::No, |path| self.path(path)),
            ClaimReader::Setting => {
                return match first.and_then(|name| constant(self.claims, name)) {
                    Some(Value::Text(name)) => {
                        match name.to_ascii_lowercase().strip_prefix(ONE_CLAIM) {
                            Some(claim) => named_of(claim),
                            None => Editable::No,
                        }
                    }
                    _ => Editable::No,
                };
            }
            ClaimReader::Opaque { suspect } => {
                let takes = arguments.iter().any(|argument| self.holds(argument, scope));
                return if takes || suspect { Editable::Unread } else { Editable::No };
            }
            ClaimReader::All | ClaimReader::None => {}
        }
        let (Some(name), Some(first)) = (self.claims.built_in_function(function), first) else {
            return Editable::No;
        };
        let second = arguments.get(1);
        match name {
            "jsonb_extract_path"
            | "jsonb_extract_path_text"
            | "json_extract_path"
            | "json_extract_path_text" => match second {
                Some(path) => self.of(first, scope, |search| search.path(path)),
                None => Editable::No,
            },
            "jsonb_object_field"
            | "jsonb_object_field_text"
            | "json_object_field"
            | "json_object_field_text"
            | "jsonb_exists" => match second {
                Some(key) => self.of(first, scope, |search| search.key(key)),
                None => Editable::No,
            },
            _ if name.starts_with("jsonb_path_") => match second {
                Some(path) => self.of(first, scope, |search| search.json_path(path)),
                None => Editable::No,
            },
            "jsonb_each" | "jsonb_each_text" | "json_each" | "json_each_text"
            | "jsonb_object_keys" | "json_object_keys" => {
                self.of(first, scope, |search| search.named)
            }
            "jsonb_to_record" | "json_to_record" | "strpos" | "position" | "regexp_match"
            | "regexp_like" | "starts_with" | "regexp_replace" | "substring" => {
                self.of(first, scope, |_| Editable::Unread)
            }
            "jsonb_populate_record" | "json_populate_record" => match second {
                Some(second) => self.of(second, scope, |_| Editable::Unread),
                None => Editable::No,
            },
            _ => Editable::No,
        }
    }

    /// What is read of `container`, where that is all claims.
    fn of(
        &mut self,
        container: &Expr,
        scope: &Scope<'_>,
        read: impl FnOnce(&mut Self) -> Editable,
    ) -> Editable {
        if self.holds(container, scope) { read(self) } else { Editable::No }
    }

    /// The expression is, or can be, all claims, or a row of the table of users.
    fn holds(&mut self, expr: &Expr, scope: &Scope<'_>) -> bool {
        let Some(left) = self.left.checked_sub(1) else { return true };
        self.left = left;
        match expr {
            Expr::Cast { argument, .. } => self.holds(argument, scope),
            Expr::Inlined { body, .. } => self.holds(body, scope),
            Expr::Coalesce(parts) | Expr::MinMax { parts, .. } => {
                parts.iter().any(|part| self.holds(part, scope))
            }
            Expr::NullIf { arguments, .. } => {
                arguments.first().is_some_and(|part| self.holds(part, scope))
            }
            Expr::Case { arms, default, .. } => {
                arms.iter().any(|(_, result)| self.holds(result, scope))
                    || default.as_ref().is_some_and(|result| self.holds(result, scope))
            }
            Expr::SubLink { kind: SubLink::Scalar, query, .. } => {
                let inside = scope.inside(query);
                query.targets.first().is_some_and(|target| self.holds(target, &inside))
            }
            Expr::Column(column) => self.column(*column, scope),
            Expr::Operator { operator, arguments, .. } => {
                matches!(self.claims.built_in_operator(*operator), Some("||" | "-" | "#-"))
                    && arguments.iter().any(|part| self.holds(part, scope))
            }
            Expr::Function { function, arguments, .. } => {
                match self.claims.claim_reader(*function) {
                    ClaimReader::All => return true,
                    ClaimReader::AtPath => {
                        return arguments.first().is_some_and(|path| {
                            constant(self.claims, path) == Some(Value::Array(Vec::new()))
                        });
                    }
                    ClaimReader::Setting => {
                        let name = arguments.first().and_then(|name| constant(self.claims, name));
                        return matches!(name, Some(Value::Text(name))
                            if name.eq_ignore_ascii_case(ALL_CLAIMS));
                    }
                    ClaimReader::Opaque { .. } => return false,
                    ClaimReader::None => {}
                }
                let keeps = matches!(
                    self.claims.built_in_function(*function),
                    Some(
                        "to_jsonb"
                            | "to_json"
                            | "row_to_json"
                            | "jsonb"
                            | "json"
                            | "text"
                            | "jsonb_strip_nulls"
                            | "json_strip_nulls"
                            | "jsonb_set"
                            | "jsonb_set_lax"
                            | "jsonb_insert"
                            | "jsonb_concat"
                            | "btrim"
                            | "replace"
                    )
                );
                keeps && arguments.first().is_some_and(|part| self.holds(part, scope))
            }
            _ => false,
        }
    }

    /// A column holds claims: one that a sub-query, function or join makes.
    fn column(&mut self, column: ColumnRef, scope: &Scope<'_>) -> bool {
        if let Home::Relation { oid, attribute, .. } = scope.home(column) {
            return self.claims.column_of_users(oid, attribute) == Some("");
        }
        let Some(query) = scope.query(column.level) else { return false };
        let within = scope.outside(column.level);
        let at = usize::try_from(column.attribute).ok().and_then(|number| number.checked_sub(1));
        match column.source.checked_sub(1).and_then(|source| query.sources.get(source)) {
            Some(Source::Query(inner)) => {
                let inside = within.inside(inner);
                at.and_then(|at| inner.targets.get(at))
                    .is_some_and(|target| self.holds(target, &inside))
            }
            Some(Source::With { name, level }) => {
                let holder = within.outside(*level);
                within
                    .query(*level)
                    .and_then(|query| query.with.iter().find(|(known, _)| known == name))
                    .and_then(|(_, inner)| Some((inner, inner.targets.get(at?)?)))
                    .is_some_and(|(inner, target)| self.holds(target, &holder.inside(inner)))
            }
            // The one value of a function that returns no row.
            Some(Source::Functions { calls, .. }) => {
                calls.iter().any(|call| self.holds(call, &within))
            }
            Some(Source::Values(rows)) => {
                rows.iter().filter_map(|row| row.get(at?)).any(|value| self.holds(value, &within))
            }
            Some(Source::Alias(_)) => {
                scope.alias(column).is_some_and(|alias| self.holds(alias, &within))
            }
            _ => false,
        }
    }

    /// What is read by one key.
    fn key(&self, key: &Expr) -> Editable {
        match constant(self.claims, key) {
            Some(value) => named(&value),
            None => Editable::Unread,
        }
    }

    /// What is read by a path of keys.
    fn path(&self, path: &Expr) -> Editable {
        match constant(self.claims, path) {
            Some(Value::Array(keys)) => keys.first().map_or(Editable::No, named),
            Some(_) => Editable::No,
            None => match path.uncast() {
                Expr::Array(keys) => keys.first().map_or(Editable::No, |key| self.key(key)),
                _ => Editable::Unread,
            },
        }
    }

    /// What is read by any of some keys.
    fn any_key(&self, keys: &Expr) -> Editable {
        match constant(self.claims, keys) {
            Some(Value::Array(keys)) => keys.iter().map(named).max().unwrap_or(Editable::No),
            Some(_) => Editable::No,
            None => Editable::Unread,
        }
    }

    /// What is read by asking whether claims hold a json value.
    fn held(&self, value: &Expr) -> Editable {
        match constant(self.claims, value) {
            Some(Value::Other(bytes)) => match json_keys(&bytes) {
                Some(keys) => keys.iter().map(|key| named_of(key)).max().unwrap_or(Editable::No),
                None => Editable::Unread,
            },
            Some(_) => Editable::No,
            None => match names(value) {
                Editable::Yes => Editable::Yes,
                // The keys of what is built are its constants.
                Editable::No if self.is_built(value) => Editable::No,
                _ => Editable::Unread,
            },
        }
    }

    fn is_built(&self, value: &Expr) -> bool {
        match value.uncast() {
            Expr::Function { function, arguments, .. } => {
                self.claims.built_in_function(*function).is_some_and(|name| {
                    matches!(name, "jsonb_build_object" | "json_build_object")
                        && keys_of_pairs(arguments)
                            .iter()
                            .all(|key| constant(self.claims, key).is_some())
                })
            }
            _ => false,
        }
    }

    /// What is read by a json path, as the server prints it.
    fn json_path(&self, path: &Expr) -> Editable {
        match constant(self.claims, path) {
            Some(Value::Text(path)) => in_json_path(&path),
            Some(Value::Null) => Editable::No,
            _ => Editable::Unread,
        }
    }
}

/// The call stands in FROM, and the names of its columns are known.
fn is_named(call: &Expr, scope: &Scope<'_>) -> bool {
    scope.query(0).into_iter().flat_map(|query| &query.sources).any(|source| match source {
        Source::Functions { calls, defined } => {
            !defined.is_empty() && matches!(calls.as_slice(), [only] if std::ptr::eq(only, call))
        }
        _ => false,
    })
}

/// The keys of jsonb_build_object(key, value, ...); its arguments come as one array, or one by one.
fn keys_of_pairs(arguments: &[Expr]) -> Vec<&Expr> {
    let pairs = match arguments {
        [Expr::Array(parts)] => parts.as_slice(),
        other => other,
    };
    pairs.iter().step_by(2).collect()
}

fn named(value: &Value) -> Editable {
    match value {
        Value::Text(name) => named_of(name),
        _ => Editable::No,
    }
}

fn named_of(name: &str) -> Editable {
    if EDITABLE.contains(&name) { Editable::Yes } else { Editable::No }
}

/// What a json path reads at the top: `$."key"`, or `@."key"` in a filter on the top itself.
fn in_json_path(path: &str) -> Editable {
    let mut found = Editable::No;
    for (at, _) in path.match_indices(['$', '@']) {
        let (before, rest) = path.split_at(at);
        let rest = &rest[1..];
        if rest.starts_with(".*") {
            found = found.max(Editable::Unread);
        }
        let Some(key) = rest.strip_prefix(".\"").and_then(|rest| rest.split('"').next()) else {
            continue;
        };
        // In a filter @ is what stands before the question mark.
        let top = path[at..].starts_with('$')
            || before.rfind("?(").is_some_and(|filter| before[..filter].trim_end().ends_with('$'));
        if top {
            found = found.max(named_of(key));
        }
    }
    found
}

/// The keys at the top of a jsonb value, from its bytes as the server stores them; nothing where it
/// is no object, or not as expected.
fn json_keys(bytes: &[u8]) -> Option<Vec<String>> {
    const OBJECT: u32 = 0x2000_0000;
    const COUNT: u32 = 0x0FFF_FFFF;
    const HAS_OFFSET: u32 = 0x8000_0000;
    const LENGTH: u32 = 0x0FFF_FFFF;
    let word = |at: usize| {
        let bytes = bytes.get(at..at.checked_add(4)?)?;
        Some(u32::from_ne_bytes(bytes.try_into().ok()?))
    };
    // After the length of the whole.
    let header = word(4)?;
    if header & OBJECT == 0 {
        return None;
    }
    let count = usize::try_from(header & COUNT).ok()?;
    let data = count.checked_mul(8)?.checked_add(8)?;
    let mut keys = Vec::new();
    let mut start = 0;
    for entry in 0..count {
        let entry = word(8 + entry * 4)?;
        let length = usize::try_from(entry & LENGTH).ok()?;
        let end = if entry & HAS_OFFSET == 0 { start + length } else { length };
        let key = bytes.get(data.checked_add(start)?..data.checked_add(end)?)?;
        keys.push(String::from_utf8_lossy(key).into_owned());
        start = end;
    }
    Some(keys)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_paths_are_read_at_the_top() {
        let is = |path, wanted| assert_eq!(in_json_path(path), wanted, "{path}");
        is("$.\"user_metadata\".\"role\"", Editable::Yes);
        is("strict $.\"raw_user_meta_data\"", Editable::Yes);
        is("($.\"user_metadata\".\"admin\" == true)", Editable::Yes);
        is("$?(@.\"user_metadata\".\"admin\" == true)", Editable::Yes);
        is("$.\"app_metadata\".\"user_metadata\"", Editable::No);
        is("$.\"app_metadata\"?(@.\"user_metadata\" == true)", Editable::No);
        is("$.\"role\"", Editable::No);
        is("$.**.\"role\"", Editable::Unread);
    }

    #[test]
    fn json_keys_are_those_at_the_top() {
        // {"b": {"user_metadata": 1}, "cd": true}, as the server stores its own level.
        let mut bytes = vec![0; 4];
        bytes.extend((0x2000_0000_u32 | 2).to_ne_bytes());
        for entry in [0x8000_0001_u32, 2, 0x5000_0000, 0x3000_0000] {
            bytes.extend(entry.to_ne_bytes());
        }
        bytes.extend(b"bcd");
        assert_eq!(json_keys(&bytes), Some(vec!["b".to_owned(), "cd".to_owned()]));
        assert_eq!(json_keys(&bytes[..bytes.len() - 1]), None);
        // An array, and nothing.
        assert_eq!(json_keys(&[0, 0, 0, 0, 1, 0, 0, 0x40]), None);
        assert_eq!(json_keys(&[]), None);
    }
}
