//! Which function or operator a call means, and how a value becomes one of another type: the
//! server's own rules, over [`Names`]. Where they leave a doubt there is no answer.

use pgrx::pg_sys::{self, Oid};

use super::names::{Callable, Names, OperatorOf, is_polymorphic};
use crate::expr::tree::{Cast, Expr, Value};

/// A value with its type; type 0 where it could not be found out.
#[derive(Debug, Clone)]
pub struct Typed {
    /// The value.
    pub expr: Expr,
    /// Its type; `unknown` for a literal that has none yet.
    pub type_oid: Oid,
    /// The collation it brings; 0 where it has none, or two that conflict.
    pub collation: Oid,
    /// A COLLATE clause says so.
    pub explicit: bool,
}

impl Typed {
    /// A value that could not be made out.
    pub fn unknown(tag: u32) -> Self {
        Self {
            expr: Expr::Unknown { tag },
            type_oid: Oid::INVALID,
            collation: Oid::INVALID,
            explicit: false,
        }
    }

    /// A value of this type, with the type's own collation.
    pub fn of(names: &Names, expr: Expr, type_oid: Oid) -> Self {
        Self { expr, type_oid, collation: names.type_collation(type_oid), explicit: false }
    }

    /// A literal without a type.
    pub fn is_untyped(&self) -> bool {
        self.type_oid == pg_sys::UNKNOWNOID
    }
}

/// How much a cast may take upon itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Context {
    /// Done without being asked for.
    Implicit,
    /// Done to store a value, or to return it.
    Assignment,
    /// Asked for.
    Explicit,
}

/// The ways from one type to another.
enum Path {
    Same,
    Relabel,
    Function(Oid),
    Io,
    Array,
}

impl Names {
    /// `find_coercion_pathway()` of the server.
    fn path(&self, from: Oid, to: Oid, context: Context) -> Option<Path> {
        let (source, target) = (self.base(from), self.base(to));
        if source == target {
            return Some(if from == to { Path::Same } else { Path::Relabel });
        }
        if let Some(cast) = self.casts.get(&(source, target)) {
            let needed = match cast.context {
                b'i' => Context::Implicit,
                b'a' => Context::Assignment,
                _ => Context::Explicit,
            };
            return (context >= needed).then_some(match cast.method {
                b'f' => Path::Function(cast.function),
                b'i' => Path::Io,
                _ => Path::Relabel,
            });
        }
        let (element, wanted) = (self.element(source), self.element(target));
        if element != Oid::INVALID && wanted != Oid::INVALID {
            return match self.path(element, wanted, context)? {
                Path::Same | Path::Relabel => Some(Path::Relabel),
                Path::Function(_) | Path::Io | Path::Array => Some(Path::Array),
            };
        }
        let is_text = |oid| self.category(oid).0 == b'S';
        let by_text = (context >= Context::Assignment && is_text(target))
            || (context == Context::Explicit && is_text(source));
        by_text.then_some(Path::Io)
    }

    /// `can_coerce_type()` of the server, implicitly.
    pub fn can_coerce(&self, from: Oid, to: Oid) -> bool {
        if from == to || to == pg_sys::ANYOID || from == pg_sys::UNKNOWNOID {
            return true;
        }
        if is_polymorphic(to) {
            let is_array = self.element(from) != Oid::INVALID;
            return match to {
                pg_sys::ANYARRAYOID | pg_sys::ANYCOMPATIBLEARRAYOID => is_array,
                pg_sys::ANYNONARRAYOID | pg_sys::ANYCOMPATIBLENONARRAYOID => !is_array,
                pg_sys::ANYENUMOID => self.type_of(self.base(from)).is_some_and(|t| t.kind == b'e'),
                pg_sys::ANYRANGEOID | pg_sys::ANYCOMPATIBLERANGEOID => {
                    self.type_of(self.base(from)).is_some_and(|t| t.kind == b'r')
                }
                pg_sys::ANYMULTIRANGEOID | pg_sys::ANYCOMPATIBLEMULTIRANGEOID => {
                    self.type_of(self.base(from)).is_some_and(|t| t.kind == b'm')
                }
                _ => true,
            };
        }
        if to == pg_sys::RECORDOID {
            return self.type_of(from).is_some_and(|known| known.kind == b'c');
        }
        if to == pg_sys::RECORDARRAYOID {
            return self.type_of(self.element(from)).is_some_and(|known| known.kind == b'c');
        }
        self.path(from, to, Context::Implicit).is_some()
    }

    /// The value as one of another type; nothing where the server would refuse, or where it is not
    /// certain what it would do.
    pub fn coerce(&self, value: &Typed, to: Oid, context: Context) -> Option<Typed> {
        let collation = if value.explicit { value.collation } else { self.type_collation(to) };
        let done = |expr| Some(Typed { expr, type_oid: to, collation, explicit: value.explicit });
        if to == pg_sys::ANYOID || is_polymorphic(to) || value.type_oid == to {
            return Some(value.clone());
        }
        if value.type_oid == Oid::INVALID || to == Oid::INVALID {
            return None;
        }
        let domain = self.type_of(to)?.kind == b'd';
        if value.is_untyped() {
            let base = self.base(to);
            let plain = literal(&value.expr, base)?;
            return done(if domain {
                Expr::Cast { argument: Box::new(plain), type_oid: to, how: Cast::Domain }
            } else {
                plain
            });
        }
        if to == pg_sys::RECORDOID {
            return self.can_coerce(value.type_oid, to).then(|| value.clone());
        }
        let argument = Box::new(value.expr.clone());
        let target = self.base(to);
        let cast = |how| Expr::Cast { argument: argument.clone(), type_oid: target, how };
        let plain = match self.path(value.type_oid, to, context)? {
            Path::Same => value.expr.clone(),
            // Between a domain and its base nothing happens to the bytes.
            Path::Relabel => cast(Cast::Relabel),
            Path::Io => cast(Cast::Io),
            Path::Array => {
                let (from, to) = (self.element(self.base(value.type_oid)), self.element(target));
                cast(Cast::Array(match self.path(from, to, context) {
                    Some(Path::Function(function)) => Some(function),
                    _ => None,
                }))
            }
            Path::Function(function) => {
                Expr::Function { function, type_oid: target, arguments: vec![value.expr.clone()] }
            }
        };
        // The same bytes keep the collation that came with them.
        let kept =
            matches!(self.path(value.type_oid, to, context), Some(Path::Same | Path::Relabel))
                && collation != Oid::INVALID;
        let expr = if domain {
            Expr::Cast { argument: Box::new(plain), type_oid: to, how: Cast::Domain }
        } else {
            plain
        };
        if kept && value.collation != Oid::INVALID {
            return Some(Typed {
                expr,
                type_oid: to,
                collation: value.collation,
                explicit: value.explicit,
            });
        }
        done(expr)
    }

    /// `select_common_type()` of the server; nothing where there is none.
    pub fn common(&self, types: &[Oid]) -> Option<Oid> {
        if types.contains(&Oid::INVALID) {
            return None;
        }
        let mut known = types.iter().copied().filter(|oid| *oid != pg_sys::UNKNOWNOID);
        let Some(first) = known.next() else { return Some(pg_sys::TEXTOID) };
        if known.clone().all(|oid| oid == first) {
            return Some(first);
        }
        let mut chosen = self.base(first);
        let (mut category, mut preferred) = self.category(chosen);
        for other in known.map(|oid| self.base(oid)) {
            let (its, is_preferred) = self.category(other);
            if other == chosen {
                continue;
            }
            if its != category {
                return None;
            }
            if !preferred && self.can_coerce(chosen, other) && !self.can_coerce(other, chosen) {
                (chosen, category, preferred) = (other, its, is_preferred);
            }
        }
        types.iter().all(|oid| self.can_coerce(*oid, chosen)).then_some(chosen)
    }

    /// `func_select_candidate()` of the server: the best of several that all could be meant.
    fn select(&self, inputs: &[Oid], candidates: &[&[Oid]]) -> Option<usize> {
        let unknown = pg_sys::UNKNOWNOID;
        let inputs: Vec<Oid> = inputs.iter().map(|oid| self.base(*oid)).collect();
        let categories: Vec<u8> = inputs.iter().map(|oid| self.category(*oid).0).collect();
        let mut left: Vec<usize> = (0..candidates.len()).collect();
        let best = |left: &[usize], matches: &dyn Fn(usize, Oid) -> bool| -> Vec<usize> {
            let score = |at: &usize| {
                (0..inputs.len())
                    .filter(|slot| {
                        inputs[*slot] != unknown && matches(*slot, candidates[*at][*slot])
                    })
                    .count()
            };
            let top = left.iter().map(score).max().unwrap_or(0);
            left.iter().copied().filter(|at| score(at) == top).collect()
        };
        left = best(&left, &|slot, to| inputs[slot] == to);
        if let [one] = left.as_slice() {
            return Some(*one);
        }
        left = best(&left, &|slot, to| {
            let (category, preferred) = self.category(to);
            inputs[slot] == to || (preferred && category == categories[slot])
        });
        if let [one] = left.as_slice() {
            return Some(*one);
        }
        let unknowns: Vec<usize> =
            (0..inputs.len()).filter(|slot| inputs[*slot] == unknown).collect();
        if unknowns.is_empty() {
            return None;
        }
        let mut kept = left.clone();
        let mut resolved = true;
        for slot in &unknowns {
            let mut chosen: Option<u8> = None;
            let (mut has_preferred, mut conflict) = (false, false);
            for at in &left {
                let (category, preferred) = self.category(candidates[*at][*slot]);
                match chosen {
                    None => (chosen, has_preferred) = (Some(category), preferred),
                    Some(same) if same == category => has_preferred |= preferred,
                    Some(_) if category == b'S' => {
                        (chosen, has_preferred) = (Some(b'S'), preferred)
                    }
                    Some(_) => conflict = true,
                }
            }
            if conflict && chosen != Some(b'S') {
                resolved = false;
                break;
            }
            kept.retain(|at| {
                let (category, preferred) = self.category(candidates[*at][*slot]);
                Some(category) == chosen && (preferred || !has_preferred)
            });
        }
        if resolved && !kept.is_empty() {
            left = kept;
        }
        if let [one] = left.as_slice() {
            return Some(*one);
        }
        let mut known = inputs.iter().filter(|oid| **oid != unknown);
        let first = *known.next()?;
        if !known.all(|oid| *oid == first) {
            return None;
        }
        left.retain(|at| candidates[*at].iter().all(|to| self.can_coerce(first, *to)));
        match left.as_slice() {
            [one] => Some(*one),
            _ => None,
        }
    }

    /// The operator that is meant; `left` is 0 for a prefix operator.
    pub fn operator<'a>(
        &self,
        found: &[&'a OperatorOf],
        left: Oid,
        right: Oid,
    ) -> Option<&'a OperatorOf> {
        let prefix = left == Oid::INVALID;
        let exact = |left: Oid, right: Oid| {
            found.iter().find(|operator| operator.left == left && operator.right == right).copied()
        };
        let (mut one, mut two) = (left, right);
        let untyped = |oid| oid == pg_sys::UNKNOWNOID;
        let guessed = !prefix && (untyped(left) != untyped(right));
        if guessed {
            if untyped(left) { one = right } else { two = left }
        }
        if let Some(operator) = exact(one, two) {
            return Some(operator);
        }
        if guessed {
            let base = self.base(one);
            if base != one
                && let Some(operator) = exact(base, base)
            {
                return Some(operator);
            }
        }
        let inputs: Vec<Oid> = if prefix { vec![right] } else { vec![left, right] };
        let mut candidates: Vec<(&OperatorOf, Vec<Oid>)> = Vec::new();
        for operator in found.iter().filter(|operator| (operator.left == Oid::INVALID) == prefix) {
            let types =
                if prefix { vec![operator.right] } else { vec![operator.left, operator.right] };
            // An operator of an earlier schema hides one that is called alike.
            if !candidates.iter().any(|(_, known)| *known == types)
                && inputs.iter().zip(&types).all(|(from, to)| self.can_coerce(*from, *to))
            {
                candidates.push((operator, types));
            }
        }
        self.pick(&inputs, candidates)
    }

    fn pick<'a, T: ?Sized>(
        &self,
        inputs: &[Oid],
        candidates: Vec<(&'a T, Vec<Oid>)>,
    ) -> Option<&'a T> {
        let at = match candidates.len() {
            0 => return None,
            1 => 0,
            _ => {
                let types: Vec<&[Oid]> =
                    candidates.iter().map(|(_, types)| types.as_slice()).collect();
                self.select(inputs, &types)?
            }
        };
        candidates.get(at).map(|(found, _)| *found)
    }

    /// The function that is meant by a call with arguments of these types, with the types that its
    /// arguments become. `spread` says that the last argument is marked VARIADIC.
    pub fn function<'a>(
        &self,
        found: &[&'a Callable],
        inputs: &[Oid],
        spread: bool,
    ) -> Option<(&'a Callable, Vec<Oid>)> {
        let mut candidates: Vec<(&Callable, Vec<Oid>, bool)> = Vec::new();
        for callable in found {
            let Some((types, expanded)) = fitted(callable, inputs.len(), spread) else { continue };
            match candidates.iter().position(|(_, known, _)| *known == types) {
                // One that takes the arguments as they are goes before one that collects them.
                Some(at) if candidates[at].2 && !expanded => {
                    candidates[at] = (callable, types, expanded);
                }
                Some(_) => {}
                None => candidates.push((callable, types, expanded)),
            }
        }
        if let Some((callable, types, _)) =
            candidates.iter().find(|(_, types, _)| types.as_slice() == inputs)
        {
            return Some((callable, types.clone()));
        }
        candidates.retain(|(_, types, _)| {
            inputs.iter().zip(types).all(|(from, to)| self.can_coerce(*from, *to))
        });
        let pairs: Vec<(&Callable, Vec<Oid>)> =
            candidates.into_iter().map(|(callable, types, _)| (callable, types)).collect();
        let chosen = self.pick(inputs, pairs.clone())?;
        pairs.into_iter().find(|(callable, _)| std::ptr::eq(*callable, chosen))
    }

    /// The type that a polymorphic result stands for; 0 where the arguments do not tell.
    pub fn result(&self, declared: &[Oid], actual: &[Oid], result: Oid) -> Oid {
        if !is_polymorphic(result) {
            return result;
        }
        let mut element = Oid::INVALID;
        for (declared, actual) in declared.iter().zip(actual) {
            if !is_polymorphic(*declared) || *actual == pg_sys::UNKNOWNOID {
                continue;
            }
            let is_array = matches!(*declared, pg_sys::ANYARRAYOID | pg_sys::ANYCOMPATIBLEARRAYOID);
            let here = if is_array { self.element(*actual) } else { self.base(*actual) };
            if matches!(
                *declared,
                pg_sys::ANYRANGEOID
                    | pg_sys::ANYMULTIRANGEOID
                    | pg_sys::ANYCOMPATIBLERANGEOID
                    | pg_sys::ANYCOMPATIBLEMULTIRANGEOID
            ) || (element != Oid::INVALID && element != here)
            {
                return Oid::INVALID;
            }
            element = here;
        }
        match result {
            pg_sys::ANYARRAYOID | pg_sys::ANYCOMPATIBLEARRAYOID => self.array(element),
            pg_sys::ANYRANGEOID
            | pg_sys::ANYMULTIRANGEOID
            | pg_sys::ANYCOMPATIBLERANGEOID
            | pg_sys::ANYCOMPATIBLEMULTIRANGEOID => Oid::INVALID,
            _ => element,
        }
    }
}

/// The types of a function's arguments for a call with so many, and whether its last one collects;
/// nothing where it cannot be called so.
fn fitted(callable: &Callable, count: usize, spread: bool) -> Option<(Vec<Oid>, bool)> {
    let declared = &callable.arguments;
    if declared.len() == count && (callable.variadic == Oid::INVALID || spread) {
        return Some((declared.clone(), false));
    }
    if callable.variadic != Oid::INVALID && !spread && count + 1 > declared.len() && count > 0 {
        let fixed = declared.len() - 1;
        let mut types = declared[..fixed].to_vec();
        types.resize(count, callable.variadic);
        return Some((types, true));
    }
    let enough = declared.len() - callable.defaults.min(declared.len());
    (callable.variadic == Oid::INVALID && count < declared.len() && count >= enough)
        .then(|| (declared[..count].to_vec(), false))
}

/// An untyped literal as a value of a type: understood for a few, and else said to be read from its
/// text, which is not done here.
fn literal(expr: &Expr, to: Oid) -> Option<Expr> {
    let text = match expr {
        Expr::Const { value: Value::Null, .. } => {
            return Some(Expr::Const { type_oid: to, value: Value::Null });
        }
        Expr::Const { value: Value::Text(text), .. } => text,
        _ => return None,
    };
    let value = match to {
        pg_sys::TEXTOID | pg_sys::VARCHAROID => Some(Value::Text(text.clone())),
        // Names are cut to a length that a literal seldom has.
        pg_sys::NAMEOID if text.len() < 64 => Some(Value::Text(text.clone())),
        pg_sys::BOOLOID => match text.trim().to_ascii_lowercase().as_str() {
            "t" | "true" | "y" | "yes" | "on" | "1" => Some(Value::Bool(true)),
            "f" | "false" | "n" | "no" | "off" | "0" => Some(Value::Bool(false)),
            _ => None,
        },
        pg_sys::INT2OID => text.trim().parse::<i16>().ok().map(|n| Value::Int(n.into())),
        pg_sys::INT4OID => text.trim().parse::<i32>().ok().map(|n| Value::Int(n.into())),
        pg_sys::INT8OID => text.trim().parse::<i64>().ok().map(Value::Int),
        pg_sys::NUMERICOID
            if text.split('.').count() <= 2
                && !text.starts_with('.')
                && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') =>
        {
            Some(Value::Number(text.clone()))
        }
        pg_sys::UUIDOID => {
            uuid::Uuid::parse_str(text).ok().map(|uuid| Value::Uuid(*uuid.as_bytes()))
        }
        _ => None,
    };
    Some(match value {
        Some(value) => Expr::Const { type_oid: to, value },
        None => Expr::Cast {
            argument: Box::new(Expr::Const {
                type_oid: pg_sys::TEXTOID,
                value: Value::Text(text.clone()),
            }),
            type_oid: to,
            how: Cast::Io,
        },
    })
}
