//! What names mean: relations, functions, operators and types as the catalogs hold them.
//!
//! Nothing is read here. A name that is asked for and not yet known is noted, and the answer is
//! "nothing" for the time being; whoever reads bodies then loads all that were noted, in bulk, and
//! reads them again.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap, HashSet};

use pgrx::pg_sys::{self, Oid};

/// A type.
#[derive(Debug, Clone)]
pub struct Type {
    /// `pg_type.oid`.
    pub oid: Oid,
    /// Its schema.
    pub schema: Oid,
    /// `pg_type.typtype`: `b`, `c`, `d`, `e`, `p`, `r`, `m`.
    pub kind: u8,
    /// `pg_type.typcategory`.
    pub category: u8,
    /// Preferred in its category.
    pub preferred: bool,
    /// What a domain is over; 0 for others.
    pub base: Oid,
    /// The type of an array's elements; 0 where it is no array.
    pub element: Oid,
    /// The array type over it; 0 where there is none.
    pub array: Oid,
    /// The relation whose rows it describes; 0 where it is no row type.
    pub relation: Oid,
    /// Its collation; 0 where it has none.
    pub collation: Oid,
}

/// A function that a name may mean.
#[derive(Debug, Clone)]
pub struct Callable {
    /// `pg_proc.oid`.
    pub oid: Oid,
    /// Its schema.
    pub schema: Oid,
    /// `pg_proc.prokind`.
    pub kind: u8,
    /// Types of its input arguments.
    pub arguments: Vec<Oid>,
    /// Names of its input arguments, empty where they have none.
    pub argument_names: Vec<String>,
    /// How many of the last arguments have defaults.
    pub defaults: usize,
    /// The type that the last argument collects; 0 where the function is not VARIADIC.
    pub variadic: Oid,
    /// Type of its result.
    pub result: Oid,
    /// It returns a set.
    pub returns_set: bool,
    /// Its output columns, where it has any.
    pub columns: Vec<(String, Oid)>,
}

/// An operator that a name may mean.
#[derive(Debug, Clone)]
pub struct OperatorOf {
    /// `pg_operator.oid`.
    pub oid: Oid,
    /// Its schema.
    pub schema: Oid,
    /// Type of its left side; 0 for a prefix operator.
    pub left: Oid,
    /// Type of its right side.
    pub right: Oid,
    /// Type of its result.
    pub result: Oid,
}

/// A relation that a name may mean.
#[derive(Debug, Clone)]
pub struct Relation {
    /// `pg_class.oid`.
    pub oid: Oid,
    /// Its schema.
    pub schema: Oid,
    /// The type of its rows.
    pub row_type: Oid,
    /// Its columns, in order.
    pub columns: Vec<RelationColumn>,
}

/// A column of a relation.
#[derive(Debug, Clone)]
pub struct RelationColumn {
    /// `pg_attribute.attnum`.
    pub number: i16,
    /// Unquoted name.
    pub name: String,
    /// Its type.
    pub type_oid: Oid,
    /// Its collation; 0 where the type has none.
    pub collation: Oid,
}

/// A cast between two types, `pg_cast`.
#[derive(Debug, Clone, Copy)]
pub struct CastOf {
    /// `i`, `a` or `e`: implicit, in assignments, explicit.
    pub context: u8,
    /// `f`, `i` or `b`: by function, by text, the same bytes.
    pub method: u8,
    /// The function of method `f`.
    pub function: Oid,
}

/// Names that were asked for and are not known yet.
#[derive(Debug, Default, Clone)]
pub struct Wanted {
    /// Types by id.
    pub types: HashSet<Oid>,
    /// Types by name.
    pub type_names: BTreeSet<String>,
    /// Functions by name.
    pub functions: BTreeSet<String>,
    /// Operators by name.
    pub operators: BTreeSet<String>,
    /// Relations by name.
    pub relations: BTreeSet<String>,
    /// Relations by id, for the columns of row types.
    pub rows: HashSet<Oid>,
    /// Collations by name.
    pub collations: BTreeSet<String>,
}

impl Wanted {
    /// Adds what another wants.
    pub fn add(&mut self, other: Self) {
        self.types.extend(other.types);
        self.type_names.extend(other.type_names);
        self.functions.extend(other.functions);
        self.operators.extend(other.operators);
        self.relations.extend(other.relations);
        self.rows.extend(other.rows);
        self.collations.extend(other.collations);
    }

    /// Nothing was asked for in vain.
    pub fn is_empty(&self) -> bool {
        self.types.is_empty()
            && self.type_names.is_empty()
            && self.functions.is_empty()
            && self.operators.is_empty()
            && self.relations.is_empty()
            && self.rows.is_empty()
            && self.collations.is_empty()
    }
}

/// All that is known of names.
#[derive(Debug, Default)]
pub struct Names {
    /// Schemas by name.
    pub schemas: HashMap<String, Oid>,
    /// Types by id.
    pub types: HashMap<Oid, Type>,
    /// Types by name.
    pub type_names: HashMap<String, Vec<Oid>>,
    /// Functions by name.
    pub functions: HashMap<String, Vec<Callable>>,
    /// Operators by name.
    pub operators: HashMap<String, Vec<OperatorOf>>,
    /// Relations by name.
    pub relations: HashMap<String, Vec<Relation>>,
    /// Relations by id.
    pub rows: HashMap<Oid, Relation>,
    /// Collations by name, each with its schema.
    pub collations: HashMap<String, Vec<(Oid, Oid)>>,
    /// All casts.
    pub casts: HashMap<(Oid, Oid), CastOf>,
    wanted: RefCell<Wanted>,
}

impl Names {
    /// What was asked for in vain since the last time.
    pub fn take_wanted(&self) -> Wanted {
        std::mem::take(&mut self.wanted.borrow_mut())
    }

    /// Whether anything was asked for in vain since [`Self::take_wanted`].
    pub fn is_wanting(&self) -> bool {
        !self.wanted.borrow().is_empty()
    }

    /// A type.
    pub fn type_of(&self, oid: Oid) -> Option<&Type> {
        let found = self.types.get(&oid);
        if found.is_none() && oid != Oid::INVALID {
            self.wanted.borrow_mut().types.insert(oid);
        }
        found
    }

    /// A relation's columns.
    pub fn row(&self, relation: Oid) -> Option<&Relation> {
        let found = self.rows.get(&relation);
        if found.is_none() && relation != Oid::INVALID {
            self.wanted.borrow_mut().rows.insert(relation);
        }
        found
    }

    /// The type of this name: in `schema`, or in the first schema of `path` that has one.
    pub fn named_type(&self, schema: Option<Oid>, name: &str, path: &[Oid]) -> Option<Oid> {
        let Some(found) = self.type_names.get(name) else {
            self.wanted.borrow_mut().type_names.insert(name.to_owned());
            return None;
        };
        first(found, schema, path, |oid| self.types.get(oid).map(|known| known.schema)).copied()
    }

    /// The relation of this name: in `schema`, or in the first schema of `path` that has one.
    pub fn relation(&self, schema: Option<Oid>, name: &str, path: &[Oid]) -> Option<&Relation> {
        let Some(found) = self.relations.get(name) else {
            self.wanted.borrow_mut().relations.insert(name.to_owned());
            return None;
        };
        first(found, schema, path, |relation| Some(relation.schema))
    }

    /// The collation of this name.
    pub fn collation(&self, schema: Option<Oid>, name: &str, path: &[Oid]) -> Option<Oid> {
        let Some(found) = self.collations.get(name) else {
            self.wanted.borrow_mut().collations.insert(name.to_owned());
            return None;
        };
        first(found, schema, path, |(_, schema)| Some(*schema)).map(|(oid, _)| *oid)
    }

    /// The functions that a name may mean, those of earlier schemas first.
    pub fn callables(&self, schema: Option<Oid>, name: &str, path: &[Oid]) -> Vec<&Callable> {
        let Some(found) = self.functions.get(name) else {
            self.wanted.borrow_mut().functions.insert(name.to_owned());
            return Vec::new();
        };
        along(found, schema, path, |function| function.schema)
    }

    /// The operators that a name may mean, those of earlier schemas first.
    pub fn operators(&self, schema: Option<Oid>, name: &str, path: &[Oid]) -> Vec<&OperatorOf> {
        let Some(found) = self.operators.get(name) else {
            self.wanted.borrow_mut().operators.insert(name.to_owned());
            return Vec::new();
        };
        along(found, schema, path, |operator| operator.schema)
    }

    /// The type below domains.
    pub fn base(&self, oid: Oid) -> Oid {
        let mut at = oid;
        // A domain over itself cannot be made; the bound is for corrupt catalogs.
        for _ in 0..32 {
            match self.type_of(at) {
                Some(known) if known.kind == b'd' => at = known.base,
                _ => break,
            }
        }
        at
    }

    /// The collation of a type's values; 0 where it has none.
    pub fn type_collation(&self, oid: Oid) -> Oid {
        self.type_of(oid).map_or(Oid::INVALID, |known| known.collation)
    }

    /// The element type of an array; 0 where it is none.
    pub fn element(&self, oid: Oid) -> Oid {
        self.type_of(self.base(oid)).map_or(Oid::INVALID, |known| known.element)
    }

    /// The array type over a type; 0 where there is none.
    pub fn array(&self, oid: Oid) -> Oid {
        self.type_of(oid).map_or(Oid::INVALID, |known| known.array)
    }

    /// Category of a type, and whether it is preferred there.
    pub fn category(&self, oid: Oid) -> (u8, bool) {
        match self.type_of(oid) {
            Some(known) => (known.category, known.preferred),
            // Of the unknown type, and of one that is not known here.
            None => (b'X', false),
        }
    }
}

fn first<'a, T>(
    found: &'a [T],
    schema: Option<Oid>,
    path: &[Oid],
    schema_of: impl Fn(&T) -> Option<Oid>,
) -> Option<&'a T> {
    let in_schema = |wanted: Oid| found.iter().find(|one| schema_of(one) == Some(wanted));
    match schema {
        Some(schema) => in_schema(schema),
        None => path.iter().find_map(|schema| in_schema(*schema)),
    }
}

fn along<'a, T>(
    found: &'a [T],
    schema: Option<Oid>,
    path: &[Oid],
    schema_of: impl Fn(&T) -> Oid,
) -> Vec<&'a T> {
    let schemas = schema.as_ref().map_or(path, std::slice::from_ref);
    schemas.iter().flat_map(|schema| found.iter().filter(|one| schema_of(one) == *schema)).collect()
}

/// A type that stands for another, to be found out from the arguments.
pub fn is_polymorphic(oid: Oid) -> bool {
    [
        pg_sys::ANYELEMENTOID,
        pg_sys::ANYARRAYOID,
        pg_sys::ANYNONARRAYOID,
        pg_sys::ANYENUMOID,
        pg_sys::ANYRANGEOID,
        pg_sys::ANYMULTIRANGEOID,
        pg_sys::ANYCOMPATIBLEOID,
        pg_sys::ANYCOMPATIBLEARRAYOID,
        pg_sys::ANYCOMPATIBLENONARRAYOID,
        pg_sys::ANYCOMPATIBLERANGEOID,
        pg_sys::ANYCOMPATIBLEMULTIRANGEOID,
    ]
    .contains(&oid)
}
