//! Whether all is well: one file per check, and `rls.health()`, which asks them. It may look at
//! every other part; none looks at it.

mod audit;
mod check;
mod database;
mod health;
mod identity;
mod ledgers;
mod rate_limits;
mod version;
