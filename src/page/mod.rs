//! The report as a page that people look at: what the audit found and what trying access found, side
//! by side. `audit` and `access` know nothing of each other; this module knows both.

mod audit_report;
mod drawing;
mod finding;
mod grid;
mod html;
mod layout;
