//! The audit: rules over resolved policies, findings, reports.
