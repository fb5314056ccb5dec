//! `markdown`: for a pull request or a wiki. GitHub's dialect: a table, then the SQL that mends.

use super::Report;

pub fn render(report: &Report) -> String {
    let mut text = format!("**{}**\n", report.counts());
    if !report.entries.is_empty() {
        text.push_str("\n| level | rule | object | message |\n|---|---|---|---|\n");
    }
    for entry in &report.entries {
        let accepted = entry
            .suppressed_by
            .as_ref()
            .map(|reason| format!(" Accepted: {}", plain(reason)))
            .unwrap_or_default();
        text.push_str(&format!(
            "| {} | {} | {} | {}{accepted} |\n",
            entry.level.as_str(),
            plain(&entry.rule),
            plain(&entry.place()),
            plain(&entry.said())
        ));
    }
    let fixes: Vec<&str> = report.open().filter_map(|entry| entry.fix.as_deref()).collect();
    if !fixes.is_empty() {
        let sql = fixes.join("\n");
        let fence = fence(&sql);
        text.push_str(&format!("\n{fence}sql\n{sql}\n{fence}\n"));
    }
    text
}

/// Text that means nothing to Markdown or HTML.
fn plain(text: &str) -> String {
    let mut plain = String::new();
    for character in text.chars() {
        match character {
            '\r' | '\n' => plain.push(' '),
            '&' => plain.push_str("&amp;"),
            '<' => plain.push_str("&lt;"),
            '>' => plain.push_str("&gt;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '@' | '#' | '!' => {
                plain.push('\\');
                plain.push(character);
            }
            other => plain.push(other),
        }
    }
    plain
}

/// More backticks than stand in a row anywhere in the text.
fn fence(text: &str) -> String {
    let longest = text.split(|character| character != '`').map(str::len).max().unwrap_or_default();
    "`".repeat(longest.max(2) + 1)
}
