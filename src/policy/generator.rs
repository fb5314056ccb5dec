//! What all generators share: the options that follow a generator's own arguments, and the rows
//! that it returns.

/// Declares a generator to SQL: its declaration, its own arguments, and a body that gets the checked
/// options and returns the rows.
macro_rules! generator {
    ($sql:tt, fn $function:ident($($argument:ident: $type:ty),* $(,)?) |$options:ident| $body:block) => {
        #[pgrx::pg_extern(sql = $sql)]
        #[allow(clippy::too_many_arguments, reason = "the arguments of the SQL function")]
        fn $function(
            $($argument: $type,)*
            roles: Option<pgrx::AnyArray>,
            commands: Option<Vec<Option<String>>>,
            restrictive: Option<bool>,
            create_index: Option<bool>,
            force: Option<bool>,
            name: Option<&str>,
            dry_run: Option<bool>,
            overwrite: Option<bool>,
            index_concurrently: Option<&str>,
            standalone: Option<bool>,
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
            let $options = $crate::policy::options::Arguments {
                roles,
                commands,
                restrictive,
                create_index,
                force,
                name,
                dry_run,
                overwrite,
                index_concurrently,
                standalone,
            }
            .check()?;
            let steps: Result<Vec<$crate::policy::step::StepRow>, $crate::error::Error> =
                (|| $body)();
            Ok(pgrx::iter::TableIterator::new(steps?))
        }
    };
}
pub(super) use generator;
