//! `junit`: XML as test runners write it. A suite per rule; a rule that found nothing is a test that
//! passes, a finding one that fails, an accepted one is skipped.

use quick_junit::{NonSuccessKind, Report as Document, TestCase, TestCaseStatus, TestSuite};

use super::{Entry, Report};
use crate::error::{AuditError, Error};

pub fn render(report: &Report) -> Result<String, Error> {
    let mut document = Document::new("rowguard");
    for (rule, entries) in report.groups() {
        let mut suite = TestSuite::new(rule);
        if entries.is_empty() {
            suite.add_test_case(classed(rule, TestCase::new(rule, TestCaseStatus::success())));
        }
        suite.add_test_cases(entries.into_iter().map(|entry| case(rule, entry)));
        document.add_test_suite(suite);
    }
    document.to_string().map_err(|error| AuditError::Report(error.to_string()).into())
}

fn case(rule: &str, entry: &Entry) -> TestCase {
    let status = match &entry.suppressed_by {
        Some(reason) => {
            let mut skipped = TestCaseStatus::skipped();
            skipped.set_message(reason.as_str());
            skipped
        }
        None => {
            let mut failed = TestCaseStatus::non_success(NonSuccessKind::Failure);
            failed.set_message(entry.said()).set_type(entry.level.as_str());
            if let Some(fix) = &entry.fix {
                failed.set_description(fix.as_str());
            }
            failed
        }
    };
    let name = if entry.rule == rule {
        entry.place()
    } else {
        format!("{} ({})", entry.place(), entry.rule)
    };
    classed(rule, TestCase::new(name, status))
}

fn classed(rule: &str, mut case: TestCase) -> TestCase {
    case.set_classname(rule);
    case
}
