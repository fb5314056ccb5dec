//! Who may call what: the parts of the extension that are handed out together.

mod grant_to;

/// A part of the extension, for one kind of role.
struct Part {
    /// Its name in SQL.
    name: &'static str,
    /// Functions and views, qualified; a function with its arguments where there are two of its name.
    functions: &'static [&'static str],
    views: &'static [&'static str],
}

/// Every function that PUBLIC may not call stands in exactly one part, or is named in the test as
/// one that is never handed out.
const PARTS: [Part; 3] = [
    Part {
        name: "app",
        functions: &[
            "atomic.transfer_funds",
            "atomic.open_account",
            "atomic.set_account",
            "atomic.balance",
            "atomic.available_balance",
            "atomic.statement",
            "atomic.transfer_batch",
            "atomic.hold_funds",
            "atomic.capture_hold",
            "atomic.void_hold",
            "atomic.expire_holds",
            "atomic.reverse_transfer",
            "atomic.verify_ledger",
            "atomic.rate_limit",
            "atomic.check_request",
            "atomic.idempotent_begin",
            "atomic.idempotent_finish",
        ],
        views: &[],
    },
    Part {
        name: "migrate",
        functions: &[
            "rls.owner_access",
            "rls.claim_access",
            "rls.hierarchy_access",
            "rls.column_guard",
            "rls.custom",
            "rls.enable",
            "rls.enable_all",
            "rls.secure_view",
            "rls.mfa_required",
            "rls.public_read",
            "rls.soft_delete",
            "rls.team_access",
            "rls.tenant_isolation",
            "rls.time_window",
            "rls.tree_access",
            "rls.register_memberships",
            "rls.forget_memberships",
            "rls.list_managed",
            "rls.apply",
            "rls.plan",
            "rls.spec_schema",
            "rls.drift",
            "rls.revert",
            "atomic.create_ledger",
            "atomic.guard_ledger",
            "atomic.attach_ledger",
            "atomic.detach_ledger",
            "atomic.seed_rate_limits",
            "atomic.idempotent_sweep",
        ],
        views: &["atomic.ledgers", "atomic.currencies", "rls.managed"],
    },
    Part {
        name: "ci",
        functions: &[
            "rls.audit",
            "rls.assert_clean",
            "rls.explain_rule",
            "rls.list_rules",
            "rls.access_matrix",
            "rls.explain_access",
            "rls.coverage",
            "rls.assert_denied",
            "rls.assert_hidden",
            "rls.assert_isolated",
            "rls.assert_matrix",
            "rls.emit_tests",
            "rls.matrix_diff",
            "rls.assert_visible(jsonb, regclass, text)",
            "rls.assert_visible(jsonb, regclass, bigint, text)",
            "rls.audit_diff",
            "rls.checklist",
            "rls.health",
            "rls.audit_report",
            "rls.suppress",
            "rls.unsuppress",
            "rls.accept_baseline",
            "rls.act_as",
        ],
        views: &["rls.rules", "rls.suppressions"],
    },
];
