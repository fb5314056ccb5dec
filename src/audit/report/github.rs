//! `github`: workflow commands, which a GitHub workflow shows as annotations.
//!
//! Source: docs.github.com, "Workflow commands for GitHub Actions"; the escapes are those of the
//! runner's toolkit: percent, line ends, and in properties colon and comma as well.

use super::Report;
use crate::audit::rule::Level;

pub fn render(report: &Report) -> String {
    let mut text = String::new();
    for entry in report.open() {
        let command = match entry.level {
            Level::Error => "error",
            Level::Warning => "warning",
            Level::Info => "notice",
        };
        let message = format!("{}: {}", entry.place(), entry.said());
        text.push_str(&format!(
            "::{command} title={}::{}\n",
            property(&entry.rule),
            data(&message)
        ));
    }
    text
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
