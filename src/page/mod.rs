//! The report as a page that people look at: what the audit found and what trying access found, side
//! by side. `audit` knows nothing of `access`; this module knows both.

mod audit_report;
mod cell;
mod door;
mod drawing;
mod finding;
mod grid;
mod html;
mod layout;
mod route;
