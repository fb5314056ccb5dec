//! The audit: its rules, settings, reports, and findings that are accepted.

use pgrx::prelude::PgSqlErrorCode;
use thiserror::Error;

use super::Facts;

/// What an audit cannot do, or has found.
#[derive(Debug, Error)]
pub enum AuditError {
    /// There is no rule of this id.
    #[error("unknown rule \"{0}\"")]
    UnknownRule(String),
    /// There is no level of this name.
    #[error("unknown level \"{0}\"")]
    UnknownLevel(String),
    /// A setting that should list names does not.
    #[error("invalid value for setting \"{name}\"")]
    InvalidSetting {
        /// The setting.
        name: &'static str,
        /// Its value.
        value: String,
    },
    /// `rowguard.exposed_roles` names a role that does not exist.
    #[error("role \"{0}\" of rowguard.exposed_roles does not exist")]
    UnknownExposedRole(String),
    /// `rowguard.identity_functions` names a function that does not exist.
    #[error("function {0} of rowguard.identity_functions does not exist")]
    UnknownIdentityFunction(String),
    /// The audit has found something.
    #[error("audit found {counts}")]
    NotClean {
        /// How many findings, by level.
        counts: String,
        /// The first of them.
        findings: String,
    },
    /// Nothing is found under this fingerprint.
    #[error("no finding has the fingerprint \"{0}\"")]
    UnknownFingerprint(String),
    /// The finding is not accepted.
    #[error("finding \"{0}\" is not suppressed")]
    NotSuppressed(String),
    /// A reason that says nothing.
    #[error("a reason is required")]
    NoReason,
    /// An expiry that lies behind.
    #[error("argument \"expires\" must lie in the future")]
    ExpiryPassed,
    /// No format of a report.
    #[error("unknown format \"{0}\"")]
    UnknownFormat(String),
    /// A document that no report was kept in.
    #[error("argument \"since\" is no report of the audit")]
    NoReport(String),
    /// Identities for a report that shows no access.
    #[error("identities are shown by format \"html\" alone")]
    NotTriedIn,
    /// A report could not be written in its format.
    #[error("the report could not be written: {0}")]
    Report(String),
}

impl AuditError {
    /// What its report says besides the message.
    pub(super) fn facts(&self) -> Facts {
        use PgSqlErrorCode::*;
        match self {
            Self::UnknownRule(_) => {
                Facts::of(ERRCODE_INVALID_PARAMETER_VALUE).hint("View rls.rules lists the rules.")
            }
            Self::UnknownLevel(_) => Facts::of(ERRCODE_INVALID_PARAMETER_VALUE)
                .hint("Levels are error, warning and info."),
            Self::InvalidSetting { name, value } => Facts::of(ERRCODE_INVALID_PARAMETER_VALUE)
                .detail(format!("It is: {value}"))
                .hint(match *name {
                    "rowguard.not_restored" => {
                        "It is for rowguard-audit to set: a JSON array of what could not be \
                         restored."
                    }

                    "rowguard.identity_functions" => {
                        "Write schema.name or schema.name(argument types), with commas between \
                         them."
                    }
                    _ => "Write names as in SQL, with commas between them.",
                }),
            Self::UnknownExposedRole(_) => Facts::of(ERRCODE_UNDEFINED_OBJECT)
                .hint("Correct the setting: a role misspelt would not be audited."),
            Self::UnknownIdentityFunction(_) => Facts::of(ERRCODE_UNDEFINED_FUNCTION)
                .hint("Write schema.name or schema.name(argument types)."),
            Self::NotClean { findings, .. } => Facts::of(ERRCODE_ASSERT_FAILURE)
                .detail(findings)
                .hint("SELECT * FROM rls.audit(); shows each finding and its fix."),
            Self::UnknownFingerprint(_) => Facts::of(ERRCODE_UNDEFINED_OBJECT).hint(
                "SELECT fingerprint, rule, object_name, policy FROM rls.audit(); lists what \
                 stands.",
            ),
            Self::NotSuppressed(_) => Facts::of(ERRCODE_UNDEFINED_OBJECT).hint(
                "Table rls.suppressions lists what is accepted; a line in a policy's comment is \
                 taken back there.",
            ),
            Self::NoReason => Facts::of(ERRCODE_INVALID_PARAMETER_VALUE)
                .hint("Say why the finding is accepted, for whoever reads it next year."),
            Self::ExpiryPassed => Facts::of(ERRCODE_INVALID_PARAMETER_VALUE),
            Self::UnknownFormat(_) => Facts::of(ERRCODE_INVALID_PARAMETER_VALUE)
                .hint("Formats are text, json, sarif, junit, github, tap, markdown and html."),
            Self::NoReport(why) => Facts::of(ERRCODE_INVALID_PARAMETER_VALUE)
                .detail(format!("{why}."))
                .hint("Give what rls.audit_report('json') returned."),
            Self::NotTriedIn => Facts::of(ERRCODE_INVALID_PARAMETER_VALUE)
                .hint("Leave them out, or use rls.access_matrix() for rows."),
            Self::Report(_) => Facts::of(ERRCODE_INTERNAL_ERROR),
        }
    }
}
