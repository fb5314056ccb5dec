//! `text`: for a terminal. A finding is a line, with what it means and what mends it below.

use textwrap::{Options, fill};

use super::{Report, plural};

/// Columns of a terminal.
const WIDTH: usize = 80;

pub fn render(report: &Report) -> String {
    let mut text = String::new();
    for entry in &report.entries {
        text.push_str(&format!("{} {}: {}\n", entry.level.as_str(), entry.rule, entry.place()));
        text.push_str(&indented(&entry.said()));
        if let Some(reason) = &entry.suppressed_by {
            text.push_str(&indented(&format!("accepted: {reason}")));
        }
        for line in entry.fix.iter().flat_map(|fix| fix.lines()) {
            // SQL is for copying, so it is not wrapped.
            text.push_str(&format!("    {line}\n"));
        }
        text.push('\n');
    }
    let accepted = report.entries.len() - report.open().count();
    let rules = plural(report.rules.len(), "rule", "rules");
    text.push_str(&format!("{}; {rules}", report.counts()));
    if accepted > 0 {
        text.push_str(&format!("; {accepted} accepted with a reason"));
    }
    text.push('\n');
    text
}

fn indented(paragraph: &str) -> String {
    let options = Options::new(WIDTH).initial_indent("  ").subsequent_indent("  ");
    format!("{}\n", fill(paragraph, options))
}
