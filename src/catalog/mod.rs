//! Typed reads of `pg_catalog`, in bulk: never one query per object.
//!
//! Every read takes the object ids it is wanted for as one array, runs one statement in the
//! caller's snapshot and returns owned values. `pg_catalog` is readable by everybody, so the reads
//! work for any caller. Names and operators are written out in full: a caller's `search_path`
//! changes nothing.

pub mod collation;
pub mod data_type;
pub mod default_acl;
pub mod foreign_key;
pub mod function;
pub mod grant;
pub mod index;
pub mod inheritance;
pub mod names;
pub mod operator;
pub mod policy;
pub mod publication;
pub mod rewrite;
pub mod role;
pub mod row;
pub mod schema;
pub mod table;
pub mod trigger;
pub mod unique;
pub mod view;

pub use collation::Collation;
pub use data_type::{DataType, TypeKind};
pub use foreign_key::ForeignKey;
pub use function::{Function, FunctionKind, Volatility};
pub use grant::{Grant, Privilege};
pub use index::Index;
pub use inheritance::Inheritance;
pub use operator::{Operator, OperatorClass, OperatorFamilies};
pub use policy::{Command, Policy};
pub use publication::Publication;
pub use rewrite::{Event, Rewrite};
pub use role::{Membership, Role};
pub use schema::Schema;
pub use table::{Column, Kind, Table};
pub use view::View;

use row::Row;
pub use row::select;
