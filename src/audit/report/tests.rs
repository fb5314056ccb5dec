use serde_json::{Map, Value, json};

use super::{Entry, Report, sarif};
use crate::audit::rule::{Level, Rule};

const RULE: Rule = Rule {
    id: "some_rule",
    level: Level::Error,
    source: "//! A title.\n//!\n//! Why: because.\n//!\n//! Fix: do.\n",
    check: |_, _| Ok(()),
};
const QUIET: Rule = Rule { id: "quiet_rule", ..RULE };

fn entry(object: &str) -> Entry {
    Entry {
        rule: "some_rule".to_owned(),
        level: Level::Error,
        schema_name: Some("app".to_owned()),
        object_name: object.to_owned(),
        object_kind: "table".to_owned(),
        policy: None,
        columns: None,
        message: "is wrong".to_owned(),
        detail: Map::new(),
        fix: Some("ALTER TABLE app.t\nENABLE ROW LEVEL SECURITY;".to_owned()),
        fingerprint: "0123456789abcdef".to_owned(),
        suppressed_by: None,
        evidence: "fedcba9876543210".to_owned(),
    }
}

/// One open finding, one accepted, one that could not be judged, one that no rule was applied to, and
/// a name that means something to every format.
fn hostile() -> Report {
    let mut accepted = entry("accepted");
    accepted.suppressed_by = Some("it is\nfine # really".to_owned());
    let mut opaque = entry("opaque");
    opaque.rule = "not_evaluated".to_owned();
    opaque.detail = Map::from_iter([("rule".to_owned(), json!("some_rule"))]);
    let mut evil = entry("<script>`]]>%0A\n::error::|*@all \u{1}\"#\\ é/..");
    evil.policy = Some("--> & |".to_owned());
    evil.level = Level::Warning;
    evil.message = "line one\r\n::error::line two".to_owned();
    let mut lost = entry("lost");
    lost.rule = "not_evaluated".to_owned();
    Report {
        rules: vec![&QUIET, &RULE],
        entries: vec![entry("plain"), accepted, opaque, lost, evil],
    }
}

#[test]
fn every_format_of_nothing() {
    let report = Report { rules: vec![&QUIET], entries: Vec::new() };
    for format in ["text", "json", "sarif", "junit", "github", "tap", "markdown"] {
        assert!(report.render(format).is_ok(), "{format}");
    }
    assert!(report.render("pdf").is_err());
}

#[test]
fn json_comes_back_as_it_was() {
    let report = hostile();
    let document: super::json::Document =
        serde_json::from_str(&report.render("json").unwrap()).unwrap();
    assert_eq!(document.findings, report.entries);
}

#[test]
fn github_has_one_line_per_open_finding() {
    let text = hostile().render("github").unwrap();
    assert_eq!(text.lines().count(), 4);
    assert!(
        text.lines()
            .all(|line| line.starts_with("::error title=") || line.starts_with("::warning title=")),
        "{text}"
    );
    assert!(text.contains("line one%0D%0A::error::line two"));
}

#[test]
fn tap_counts_what_it_announces() {
    let text = hostile().render("tap").unwrap();
    let points: Vec<&str> = text
        .lines()
        .filter(|line| line.starts_with("ok ") || line.starts_with("not ok "))
        .collect();
    assert!(text.starts_with(&format!("TAP version 14\n1..{}\n", points.len())));
    assert_eq!(points[0], "ok 1 - quiet_rule");
    assert!(points.iter().any(|point| point.ends_with(" # TODO it is fine # really")));
    // Nobody else begins a directive.
    assert_eq!(points.iter().filter(|point| point.contains(" # ")).count(), 1);
}

#[test]
fn markdown_keeps_its_table() {
    let text = hostile().render("markdown").unwrap();
    let rows: Vec<&str> = text.lines().filter(|line| line.starts_with("| ")).collect();
    assert_eq!(rows.len(), 6, "{text}");
    assert!(!text.contains("<script>"));
    for row in rows {
        assert_eq!(row.replace("\\|", "").matches('|').count(), 5, "{row}");
    }
}

#[test]
fn junit_is_xml_that_counts() {
    let text = hostile().render("junit").unwrap();
    let parsed = quick_junit::Report::deserialize_from_str(&text).unwrap();
    assert_eq!((parsed.tests, parsed.failures), (6, 4));
    assert_eq!(parsed.test_suites.len(), 3);
    assert!(!text.contains("<script>") && !text.contains('\u{1}'));
}

/// By the official schema, which the crate ships beside its types.
#[test]
fn sarif_is_valid() {
    let schema = std::fs::read_to_string(serde_sarif_schema()).unwrap();
    let mut schema: Value = serde_json::from_str(&schema).unwrap();
    // Its pattern for languages, which we do not write, is no regular expression.
    for owner in ["run", "toolComponent"] {
        let language = format!("/definitions/{owner}/properties/language");
        schema.pointer_mut(&language).unwrap().as_object_mut().unwrap().remove("pattern").unwrap();
    }
    let validator = jsonschema::validator_for(&schema).unwrap();
    for report in [hostile(), Report { rules: Vec::new(), entries: Vec::new() }] {
        let document: Value = serde_json::from_str(&sarif::render(&report).unwrap()).unwrap();
        let errors: Vec<String> =
            validator.iter_errors(&document).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{errors:?}");
    }
    // The schema does refuse.
    assert!(!validator.is_valid(&json!({"version": "2.1.0", "runs": [{"results": 1}]})));
}

fn serde_sarif_schema() -> std::path::PathBuf {
    let metadata = std::process::Command::new(env!("CARGO"))
        .args(["metadata", "--format-version=1", "--locked", "--offline"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let metadata: Value = serde_json::from_slice(&metadata.stdout).unwrap();
    let package = metadata["packages"]
        .as_array()
        .unwrap()
        .iter()
        .find(|package| package["name"] == "serde-sarif")
        .unwrap();
    let manifest = std::path::PathBuf::from(package["manifest_path"].as_str().unwrap());
    manifest.with_file_name("src").join("schema.json")
}
