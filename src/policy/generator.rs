//! What all generators share: how SQL declares them and calls them, and the rows that they return.
//!
//! A generator is its SQL declaration, a struct of its own arguments, and a template. The arguments
//! come by the names of the declaration, from a call or from an entry of a document, so both mean
//! the same; the options that the declaration has, too, are read by `Options`.

use pgrx::pg_sys::{FunctionCallInfo, Oid};
use serde::de::DeserializeOwned;

use super::call::Call;
use super::declaration::Arguments;
use super::options::Options;
use super::planner::{perform, plan, rows};
use super::step::StepRow;
use super::target::Target;
use super::template::Template;
use crate::error::Error;

/// A function of schema `rls` that takes its arguments by name.
pub trait Declared {
    /// `CREATE FUNCTION ...`, each argument on a line of its own.
    const DECLARATION: &'static str;

    /// Checks the arguments as far as that goes without the table.
    fn prepare(arguments: Arguments) -> Result<Call, Error>;
}

/// A generator for one relation, its first argument.
pub trait Generator: DeserializeOwned + 'static {
    /// The relation, checked: a table, unless a generator is for something else.
    fn target(relation: Oid) -> Result<Target, Error> {
        Target::read(relation)
    }

    /// What the relation shall have.
    fn template<'a>(&self, target: &'a Target, options: &'a Options)
    -> Result<Template<'a>, Error>;
}

/// Declares a generator to SQL: its declaration, and its own arguments, which are read as
/// `serde` reads them from JSON: a `name` or `text` as a string, an array as an array, `jsonb` as it
/// is. An argument that may be NULL is an `Option`. A generator for something else than one relation
/// says at the end what prepares its calls.
macro_rules! generator {
    (
        $sql:tt,
        fn $function:ident,
        $(#[$doc:meta])*
        struct $arguments:ident $fields:tt
    ) => {
        $crate::policy::generator::generator! {
            $sql,
            fn $function,
            $(#[$doc])*
            struct $arguments $fields,
            $crate::policy::generator::on_relation::<Self>
        }
    };
    (
        $sql:tt,
        fn $function:ident,
        $(#[$doc:meta])*
        struct $arguments:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty),* $(,)? },
        $prepare:expr
    ) => {
        #[pgrx::pg_extern(sql = $sql)]
        fn $function(
            call: pgrx::pg_sys::FunctionCallInfo,
        ) -> Result<
            pgrx::iter::TableIterator<
                'static,
                (
                    pgrx::name!(step, i32),
                    pgrx::name!(kind, String),
                    pgrx::name!(object, String),
                    pgrx::name!(action, String),
                    pgrx::name!(sql, Option<String>),
                ),
            >,
            pgrx::pg_sys::panic::ErrorReport,
        > {
            // SAFETY: the server calls the function that the declaration beside it declares.
            let rows = unsafe { $crate::policy::generator::run::<$arguments>(call) };
            Ok(pgrx::iter::TableIterator::new(rows?))
        }

        $(#[$doc])*
        #[derive(Debug, serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct $arguments {
            $($(#[$field_doc])* $field: $type,)*
        }

        impl $crate::policy::generator::Declared for $arguments {
            const DECLARATION: &'static str = $sql;

            fn prepare(
                arguments: $crate::policy::declaration::Arguments,
            ) -> Result<$crate::policy::call::Call, $crate::error::Error> {
                $prepare(arguments)
            }
        }
    };
}
pub(super) use generator;

/// Answers a call from SQL.
///
/// # Safety
///
/// `call` is that of the function that `G` declares.
pub unsafe fn run<G: Declared>(call: FunctionCallInfo) -> Result<Vec<StepRow>, Error> {
    // SAFETY: passed on.
    let arguments = unsafe { Arguments::from_sql(G::DECLARATION, call)? };
    Ok(rows(perform(&G::prepare(arguments)?)?))
}

/// Prepares a generator for one relation.
pub fn on_relation<G: Generator + Declared>(mut arguments: Arguments) -> Result<Call, Error> {
    let first = super::declaration::arguments(G::DECLARATION).first().map_or("", |one| one.name);
    let relation = arguments.take::<u32>(first)?.map_or(Oid::INVALID, Oid::from);
    let options = Options::take(&mut arguments)?;
    let generator: G = arguments.rest()?;
    Ok(Call {
        locks: vec![relation],
        schemas: Vec::new(),
        dry_run: options.dry_run,
        plan: Box::new(move |ground| {
            let target = G::target(relation)?;
            plan(&generator.template(&target, &options)?, ground)
        }),
    })
}
