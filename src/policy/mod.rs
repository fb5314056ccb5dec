//! Policies written by the database: template, plan, SQL.
