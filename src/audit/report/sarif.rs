//! `sarif`: the Static Analysis Results Interchange Format, 2.1.0, for code scanning services.
//!
//! Source: OASIS, "SARIF Version 2.1.0". An object of a database is a logical location; services
//! that show files alone get an address made of its names as well.

use std::collections::BTreeMap;

use serde_json::Value;
use serde_sarif::sarif::{
    self, ArtifactLocation, Location, LogicalLocation, MultiformatMessageString, PhysicalLocation,
    PropertyBag, Region, ReportingConfiguration, ReportingConfigurationLevel, ReportingDescriptor,
    ResultLevel, Run, Sarif, Suppression, ToolComponent,
};

use super::{Entry, Report};
use crate::audit::rule::{Level, Rule};
use crate::error::Error;

/// Names the way in which fingerprints are made; a new way needs a new name.
const FINGERPRINT: &str = "rowguard/v1";

pub fn render(report: &Report) -> Result<String, Error> {
    let driver = ToolComponent::builder()
        .name("rowguard")
        .version(env!("CARGO_PKG_VERSION"))
        .rules(report.rules.iter().map(|rule| descriptor(rule)).collect::<Vec<_>>())
        .build();
    let results: Vec<sarif::Result> =
        report.entries.iter().map(|entry| result(report, entry)).collect();
    let document = Sarif::builder()
        .schema(serde_sarif::sarif::SCHEMA_URL)
        .version(sarif::Version::V2_1_0.to_string())
        .runs(vec![Run::builder().tool(driver).results(results).build()])
        .build();
    Ok(serde_json::to_string_pretty(&document)? + "\n")
}

fn descriptor(rule: &Rule) -> ReportingDescriptor {
    let doc = rule.doc();
    let level = match rule.level {
        Level::Error => ReportingConfigurationLevel::Error,
        Level::Warning => ReportingConfigurationLevel::Warning,
        Level::Info => ReportingConfigurationLevel::Note,
    };
    ReportingDescriptor::builder()
        .id(rule.id)
        .short_description(message(&doc.title))
        .full_description(message(&doc.why))
        .help(message(&doc.fix))
        .default_configuration(ReportingConfiguration::builder().level(level.to_string()).build())
        .build()
}

fn message(text: &str) -> MultiformatMessageString {
    MultiformatMessageString::builder().text(text).build()
}

fn result(report: &Report, entry: &Entry) -> sarif::Result {
    let level = match entry.level {
        Level::Error => ResultLevel::Error,
        Level::Warning => ResultLevel::Warning,
        Level::Info => ResultLevel::Note,
    };
    let index = report.rules.iter().position(|rule| rule.id == entry.applied());
    let mut facts: BTreeMap<String, Value> =
        entry.detail.iter().map(|(key, value)| (key.clone(), value.clone())).collect();
    if let Some(fix) = &entry.fix {
        facts.insert("fix".to_owned(), Value::from(fix.as_str()));
    }
    let suppressions: Vec<Suppression> = entry
        .suppressed_by
        .iter()
        .map(|reason| {
            Suppression::builder().kind("external").justification(reason.as_str()).build()
        })
        .collect();
    sarif::Result::builder()
        .rule_id(entry.applied())
        .rule_index(index.and_then(|index| i64::try_from(index).ok()).unwrap_or(-1))
        .level(level)
        .message(format!("{}: {}", entry.place(), entry.said()).as_str())
        .locations(vec![location(entry)])
        .partial_fingerprints(BTreeMap::from([(FINGERPRINT.to_owned(), entry.fingerprint.clone())]))
        .suppressions(suppressions)
        .properties(PropertyBag::builder().additional_properties(facts).build())
        .build()
}

fn location(entry: &Entry) -> Location {
    let path: Vec<String> =
        [entry.schema_name.as_deref().unwrap_or_default(), entry.object_name.as_str()]
            .into_iter()
            .filter(|part| !part.is_empty())
            .map(segment)
            .collect();
    Location::builder()
        .physical_location(
            PhysicalLocation::builder()
                .artifact_location(
                    ArtifactLocation::builder().uri(format!("database/{}", path.join("/"))).build(),
                )
                .region(Region::builder().start_line(1).build())
                .build(),
        )
        .logical_locations(vec![
            LogicalLocation::builder()
                .name(entry.object_name.as_str())
                .fully_qualified_name(entry.place())
                .kind(entry.object_kind.as_str())
                .build(),
        ])
        .build()
}

/// One segment of a path in a URI (RFC 3986, 2.1 and 2.3).
fn segment(name: &str) -> String {
    name.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                char::from(byte).to_string()
            }
            other => format!("%{other:02X}"),
        })
        .collect()
}
