//! Typed reads of `pg_catalog`, in bulk: never one query per object.
