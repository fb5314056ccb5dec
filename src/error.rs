//! Every error rowguard raises: one enum, and one conversion into the server's report.
//!
//! A variant's message is the primary message (one line, lower case, no period, no secret); the
//! SQLSTATE, the DETAIL (facts) and the HINT (what to do) stand in the three methods below it.

use pgrx::pg_sys::{Oid, panic::ErrorReport};
use pgrx::prelude::PgSqlErrorCode;
use thiserror::Error;

use crate::auth::{Declaration, Defect, FUNCTIONS, MAX_DEPTH, Reason};
use crate::quote;

/// What went wrong. Grouped by the part that raises it.
#[derive(Debug, Error)]
pub enum Error {
    // Identity.
    /// The claims cannot be read.
    #[error("request.jwt.claims cannot be read")]
    Claims(Defect),
    /// The claim `sub` is asked for as a uuid and is none.
    #[error("claim \"sub\" is not a uuid")]
    SubjectNoUuid,
    /// A claim is asked for as something that it is not.
    #[error("{claim} is not {wanted}")]
    ClaimShape {
        /// The claim, as `claim "path"`.
        claim: String,
        /// What it is asked for as.
        wanted: &'static str,
    },
    /// The claim `exp` is no time that the server can hold.
    #[error("claim \"exp\" is out of range")]
    ExpiryOutOfRange,
    /// A claim is asked for by a setting that cannot be read.
    #[error("invalid claim path in {0}")]
    InvalidClaimPath(String),
    /// There is no identity, and the caller needs one.
    #[error("not authenticated")]
    NotAuthenticated,
    /// There is no role of this name to act as.
    #[error("role \"{0}\" does not exist")]
    UnknownActor(String),
    /// The claims to act with are no object.
    #[error("claims must be a JSON object")]
    ClaimsNoObject,
    /// A login whose token does not count. The reason holds no part of the token.
    #[error("the token does not authenticate anybody")]
    LoginRefused(Reason),
    /// Something of verified mode is asked for in gateway mode.
    #[error("rowguard.identity_mode is gateway")]
    GatewayMode,
    /// An identity is to be set, and only a token can be one.
    #[error("rowguard.identity_mode is not gateway")]
    NotGatewayMode,

    // Policies.
    /// There is no relation of this id.
    #[error("relation with OID {0} does not exist")]
    UnknownRelation(Oid),
    /// A table is needed, and the relation is something else.
    #[error("\"{0}\" is not a table")]
    NotATable(String),
    /// Policies are not written for tables that end with the session.
    #[error("\"{0}\" is a temporary table")]
    TemporaryTable(String),
    /// Policies are not written for the server's own tables.
    #[error("permission denied: \"{0}\" is a system catalog")]
    SystemCatalog(String),
    /// The caller does not own the table.
    #[error("must be owner of table {0}")]
    NotOwner(String),
    /// The relation has no column of this name.
    #[error("column \"{column}\" of relation \"{relation}\" does not exist")]
    UnknownColumn {
        /// The relation, qualified.
        relation: String,
        /// The column.
        column: String,
    },
    /// The column cannot be compared with the caller's identity.
    #[error("column \"{column}\" of relation \"{relation}\" cannot hold the caller's identity")]
    NotAnIdentityColumn {
        /// The relation, qualified.
        relation: String,
        /// The column.
        column: String,
        /// The column's type.
        found: String,
    },
    /// Schema `auth` is somebody else's, and lacks a reader.
    #[error("function {0} does not exist")]
    ReaderMissing(String),
    /// There is no role of this name.
    #[error("role \"{0}\" does not exist")]
    UnknownRole(String),
    /// No command that a policy can be for.
    #[error("unknown command \"{0}\"")]
    UnknownCommand(String),
    /// A list that needs an element has none.
    #[error("argument \"{0}\" must not be empty")]
    EmptyList(&'static str),
    /// A name that needs a character has none.
    #[error("argument \"{0}\" must not be an empty name")]
    EmptyName(&'static str),
    /// A condition that is more than one expression.
    #[error("argument \"{0}\" must be one expression")]
    NotOneExpression(&'static str),
    /// The column holds no time.
    #[error("column \"{column}\" of relation \"{relation}\" cannot hold the time")]
    NotATimeColumn {
        /// The relation, qualified.
        relation: String,
        /// The column.
        column: String,
        /// The column's type.
        found: String,
    },
    /// No way to compare a claim with several values.
    #[error("unknown value \"{0}\" for match")]
    UnknownMatch(String),
    /// No level of the claim `aal`.
    #[error("unknown assurance level \"{0}\"")]
    UnknownAssuranceLevel(String),
    /// The table has no set of this name.
    #[error("table {table} has no generated set \"{name}\"")]
    NoSuchSet {
        /// The table, qualified.
        table: String,
        /// What was asked for.
        name: String,
    },
    /// No way to make an index.
    #[error("unknown value \"{0}\" for index_concurrently")]
    UnknownIndexMode(String),
    /// SQL for another server is to be run here.
    #[error("standalone SQL is not run here")]
    StandaloneRuns,
    /// A policy was edited since it was generated.
    #[error("policy {object} was edited since it was generated")]
    PolicyEdited {
        /// The policy.
        object: String,
        /// Its clauses as generated.
        generated: String,
        /// Its clauses as they are.
        found: String,
    },
    /// A function was edited since it was generated.
    #[error("function {0} was edited since it was generated")]
    FunctionEdited(String),
    /// A trigger was edited since it was generated.
    #[error("trigger {0} was edited since it was generated")]
    TriggerEdited(String),
    /// A function of the name that is wanted exists, and is somebody else's.
    #[error("function {0} exists and is not managed by this call")]
    FunctionNotOurs(String),
    /// A trigger of the name that is wanted exists, and is somebody else's.
    #[error("trigger {0} exists and is not managed by this call")]
    TriggerNotOurs(String),
    /// A policy of the name that is wanted exists, and is somebody else's.
    #[error("policy {0} exists and is not managed by this call")]
    PolicyNotOurs(String),

    // Policies, many at once.
    /// A value of a document is of another type.
    #[error("invalid value at {path}")]
    SpecShape {
        /// Where it stands.
        path: String,
        /// What it should be.
        wanted: &'static str,
    },
    /// A document has a key that means nothing.
    #[error("unknown key at {path}")]
    SpecKey {
        /// Where it stands.
        path: String,
        /// The keys that mean something.
        known: String,
    },
    /// A document lacks a key.
    #[error("key \"{key}\" is missing at {path}")]
    SpecMissing {
        /// Where it should stand.
        path: String,
        /// The key.
        key: &'static str,
    },
    /// Two entries of a document make the same set.
    #[error("table {table} gets two sets \"{name}\"")]
    SpecTwice {
        /// The table, qualified.
        table: String,
        /// What both go by.
        name: String,
    },
    /// There is no relation of this name.
    #[error("relation \"{0}\" does not exist")]
    UnknownRelationName(String),
    /// An error, and the place in a document that it comes from.
    #[error("{error}")]
    At {
        /// Where.
        path: String,
        /// What.
        error: Box<Error>,
    },
    /// What the server said, of something in a document or while something was tried.
    #[error("{message}")]
    FromServer {
        /// Its SQLSTATE.
        code: PgSqlErrorCode,
        /// Its message.
        message: String,
        /// Its DETAIL.
        detail: Option<String>,
        /// Its HINT.
        hint: Option<String>,
    },

    // Policies, of one's own and for other relations.
    /// A condition calls a function that a server without rowguard lacks.
    #[error("function {0} is rowguard's, and the other server has none")]
    NotPortable(String),
    /// A view is needed, and the relation is something else.
    #[error("\"{0}\" is not a view")]
    NotAView(String),
    /// No rule of a column guard.
    #[error("unknown rule \"{0}\" for columns")]
    UnknownGuardRule(String),
    /// The owner's column means nothing for this rule.
    #[error("rule {0} takes no owner_column")]
    OwnerColumnUnused(String),
    /// Other tables inherit from the table.
    #[error("table {table} has tables that inherit from it")]
    Inherited {
        /// The table, qualified.
        table: String,
        /// The first of them.
        inheritor: String,
    },

    // Rights.
    /// No part of the extension that rights are handed out for.
    #[error("unknown part \"{0}\"")]
    UnknownPart(String),
    /// Only the owner of the extension's objects hands out rights on them.
    #[error("permission denied to hand out rights on rowguard")]
    NotExtensionOwner,

    // Audit.
    /// There is no schema of this name.
    #[error("schema \"{0}\" does not exist")]
    UnknownSchema(String),
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

    // Shared.
    /// Text with a null byte, which the server cannot hold.
    #[error("text with a null byte")]
    NullByte,
    /// A value of ours cannot be written as JSON.
    #[error("cannot write JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// An argument that needs a value is NULL.
    #[error("argument \"{0}\" must not be null")]
    NullArgument(&'static str),
    /// An array argument holds a NULL.
    #[error("argument \"{0}\" must not hold a null")]
    NullElement(&'static str),
    /// A statement of ours failed inside the server interface.
    #[error("internal statement failed: {0}")]
    Spi(#[from] pgrx::spi::Error),

    // Catalog.
    /// A catalog column that is never NULL is NULL.
    #[error("unexpected null in column {column} of a catalog read")]
    CatalogNull { column: usize },
    /// The server knows a privilege that this library does not.
    #[error("unknown privilege \"{0}\" in an access list")]
    UnknownPrivilege(String),

    // Atomic operations: ledgers and their tables.
    /// There is no ledger of this name.
    #[error("ledger \"{0}\" does not exist")]
    LedgerMissing(String),
    /// No ledger is named, and there is none.
    #[error("no ledger is registered")]
    NoLedger,
    /// No ledger is named, and there are several.
    #[error("several ledgers are registered")]
    SeveralLedgers,
    /// The name is taken.
    #[error("ledger \"{0}\" already exists")]
    LedgerExists(String),
    /// The tables that a new ledger would take are another's.
    #[error("tables of schema \"{schema}\" belong to ledger \"{ledger}\"")]
    TablesOfLedger {
        /// The schema.
        schema: String,
        /// The ledger.
        ledger: String,
    },
    /// The name is empty.
    #[error("a ledger needs a name")]
    LedgerName,
    /// The caller may not detach the ledger.
    #[error("must be owner of the tables of ledger \"{0}\"")]
    NotLedgerOwner(String),
    /// A table of the ledger has been dropped.
    #[error("a table of ledger \"{0}\" no longer exists")]
    TableGone(String),
    /// Accounts and transfers are one table.
    #[error("accounts and transfers must be two tables")]
    OneTable,
    /// The relation cannot hold money.
    #[error("\"{table}\" is {kind}")]
    WrongKind {
        /// The relation, qualified.
        table: String,
        /// What it is.
        kind: &'static str,
    },
    /// Rules would rewrite our statements.
    #[error("table {0} has rules")]
    HasRules(String),
    /// The two tables belong to two roles.
    #[error("the tables of a ledger must have one owner")]
    TwoOwners {
        /// Whose the accounts are.
        accounts: String,
        /// Whose the transfers are.
        transfers: String,
    },
    /// The column's type does not fit its meaning.
    #[error("column \"{column}\" of table {table} has type {found}")]
    ColumnType {
        /// The table, qualified.
        table: String,
        /// The column.
        column: String,
        /// Its type.
        found: String,
        /// The types that fit.
        wanted: String,
    },
    /// The server computes the column.
    #[error("column \"{column}\" of table {table} is generated")]
    ColumnGenerated {
        /// The table, qualified.
        table: String,
        /// The column.
        column: String,
    },
    /// The ids in the column may repeat.
    #[error("column \"{column}\" of table {table} needs a unique index")]
    NotUnique {
        /// The table, qualified.
        table: String,
        /// The column.
        column: String,
    },
    /// The mapping is no object of column names.
    #[error("{0}")]
    MappingShape(String),
    /// The trigger path is no list of names.
    #[error("invalid trigger_path \"{0}\"")]
    TriggerPathSyntax(String),
    /// A schema of the trigger path does not exist.
    #[error("schema \"{0}\" does not exist")]
    SchemaMissing(String),
    /// Others may create objects in a schema of the trigger path.
    #[error("schema \"{schema}\" is not safe in trigger_path")]
    SchemaOpen {
        /// The schema.
        schema: String,
        /// Who may create there.
        role: String,
    },
    /// Attached tables cannot do this.
    #[error("attached tables do not support {0}")]
    NotBuilt(&'static str),

    // Atomic operations: calls.
    /// No way to report refusals.
    #[error("on_error \"{0}\" is not known")]
    UnknownErrorMode(String),
    /// A key of no use.
    #[error("idempotency_key must have 1 to 255 bytes")]
    IdempotencyKey,
    /// The same, of other work.
    #[error("argument \"{0}\" must have 1 to 255 bytes")]
    WorkKey(&'static str),
    /// What is kept with a key is no place for files.
    #[error("argument \"{0}\" is larger than 1 MB")]
    TooLarge(&'static str),
    /// Money that is no number.
    #[error("balance of account {0} is not a finite number")]
    BadBalance(String),
    /// What was written is not what was asked.
    #[error("the {0} was not written as asked")]
    WrittenOtherwise(&'static str),
    /// The statements found other tables under the old names.
    #[error("tables of ledger \"{0}\" were replaced during the operation")]
    TablesReplaced(String),
    /// A trigger of an operation begins another one, whose balances this one would overwrite.
    #[error("an operation on ledger \"{0}\" has not written its balances yet")]
    UnderWay(String),
    /// As the server says it of rows that a statement locks.
    #[error("could not serialize access due to concurrent update")]
    ConcurrentUpdate,
    /// A promise of the server or of our own tables does not hold.
    #[error("{0}")]
    Unexpected(&'static str),

    // Access, tried.
    /// The identities are no document of the form asked for.
    #[error("invalid identities")]
    InvalidIdentities(String),
    /// An argument that has to be an object.
    #[error("argument \"{0}\" must be a JSON object")]
    NoObject(&'static str),
    /// A value is none of its column's type.
    #[error("a value of argument \"key\" cannot be read")]
    UnreadableValue(String),
    /// Rows cannot be looked for by the column.
    #[error("column \"{column}\" of relation \"{relation}\" cannot be compared")]
    NotComparable {
        /// The relation, qualified.
        relation: String,
        /// The column.
        column: String,
    },
    /// A key that is none.
    #[error("several rows of {0} have this key")]
    SeveralRows(String),
    /// Neither a table nor a view.
    #[error("\"{0}\" is no table or view")]
    NotReadable(String),
    /// One identity is of another form.
    #[error("invalid {argument}")]
    InvalidIdentity {
        /// The argument.
        argument: &'static str,
        /// What is wrong with it.
        why: String,
    },
    /// The document of expected access is of another form.
    #[error("invalid document of expected access")]
    InvalidExpected(String),
    /// There is no format of this name for tests.
    #[error("unknown format \"{0}\" for tests")]
    UnknownTestFormat(String),
    /// What tries access would keep a lock, or lose one of the caller's.
    #[error("advisory locks of the session cannot be taken or given back while access is tried")]
    SessionLock,
    /// A set of rows does not fit into memory.
    #[error("out of memory for the rows that an identity reaches")]
    TooManyRows,
    /// What should be a condition is more, or less.
    #[error("argument \"{0}\" is not one expression")]
    NoExpression(&'static str),
    /// What should be an SQLSTATE is none, or one that no assertion catches.
    #[error("no assertion can ask for SQLSTATE \"{0}\"")]
    NoSqlstate(String),
    /// A statement cannot be run inside another.
    #[error("the statement cannot be tried")]
    NotTriable,
    /// What an assertion asserts is not so.
    #[error("{claim}")]
    AssertionFailed {
        /// What is so instead.
        claim: String,
        /// What shows it, a line each.
        evidence: Vec<String>,
        /// What to do.
        advice: &'static str,
    },
    /// The caller may not become the role.
    #[error("permission denied to become role \"{0}\"")]
    MayNotBecome(String),
    /// Claims without a token, in verified mode.
    #[error("permission denied to try claims that no token proves")]
    NotProven,
    /// A sample without a row.
    #[error("argument \"sample\" must be positive")]
    SampleSize,
    // Memberships.
    /// Rows are asked for without a word of their columns.
    #[error("a column definition list is needed")]
    NoColumnsHere,
    /// Nobody permitted to read these memberships in these words.
    #[error("memberships in {0} are not registered")]
    NotRegistered(String),
    /// The junction is another role's than it was.
    #[error("table {table} has another owner than when its memberships were registered")]
    MembersChangedHands {
        /// The junction, or the tree.
        table: String,
        /// Whose it was.
        registered: String,
        /// Whose it is.
        found: String,
    },
    /// The statement found another table under the junction's name.
    #[error("a table was replaced while memberships in {0} were read")]
    MembersReplaced(String),
    /// The columns that a call wants are not those that there are.
    #[error("memberships in {0} have columns of other types than asked for")]
    MembershipColumns(String),
    /// The column's values cannot be keys.
    #[error("column \"{column}\" of relation \"{relation}\" cannot hold a key")]
    NotAKeyColumn {
        /// The relation, qualified.
        relation: String,
        /// The column.
        column: String,
        /// The column's type.
        found: String,
    },
    /// The column's values cannot be roles.
    #[error("column \"{column}\" of relation \"{relation}\" cannot hold a role")]
    NotARoleColumn {
        /// The relation, qualified.
        relation: String,
        /// The column.
        column: String,
        /// The column's type.
        found: String,
    },
    /// Two columns that are to hold the same keys do not.
    #[error("columns {one} and {other} cannot be compared")]
    KeysDiffer {
        /// One, qualified.
        one: String,
        /// Its type.
        one_type: String,
        /// The other, qualified.
        other: String,
        /// Its type.
        other_type: String,
    },
    /// Two keys of different length.
    #[error("{columns} columns of the table stand against {members} of the members")]
    KeyLengths {
        /// Columns of the protected table.
        columns: usize,
        /// Columns of the junction.
        members: usize,
    },
    /// A tree's node is one column.
    #[error("a node of a tree is one column")]
    CompositeNode,
    /// Roles are named, and no column says them.
    #[error("roles need a column of roles")]
    RolesWithoutColumn,
    /// The column of roles cannot hold this one.
    #[error("\"{role}\" is no value of type {found}")]
    UnknownMemberRole {
        /// The role.
        role: String,
        /// The enum.
        found: String,
    },
    /// A depth out of range.
    #[error("max_depth {0} is out of range")]
    BadDepth(i32),
    /// Members and tree belong to two roles.
    #[error("tables {members} and {tree} must have one owner")]
    TwoOwnersOfTree {
        /// The junction.
        members: String,
        /// The tree.
        tree: String,
    },
    /// A function with its owner's rights would be bound by the junction's row security.
    #[error("row security of table {0} is forced")]
    ForcedJunction(String),
    /// A column argument is no name.
    #[error("argument \"{0}\" must be a name or an array of names")]
    NotNames(&'static str),
    /// A document of levels cannot be understood.
    #[error("invalid levels: {path} {problem}")]
    Levels {
        /// Where, as `levels[0].members`.
        path: String,
        /// What is wrong there.
        problem: String,
    },

    // Created ledgers.
    /// No schema can have this name.
    #[error("invalid schema name \"{0}\"")]
    SchemaName(String),
    /// Somebody else than an operation writes a table of a ledger.
    #[error("permission denied: table {0} is written by operations alone")]
    GuardedTable(String),
    /// A trigger function is called as something else.
    #[error("{0} is for statement triggers")]
    OnlyATrigger(&'static str),
    /// A set is returned where none is expected.
    #[error("function returns rows, which cannot be taken here")]
    NoRowsHere,
    /// An array of several dimensions.
    #[error("argument \"{0}\" must be a list")]
    NotOneList(&'static str),
    /// Nobody knows how many decimals the currency has.
    #[error("unknown currency \"{0}\"")]
    UnknownCurrency(String),
    /// No status of an account.
    #[error("unknown status \"{0}\"")]
    UnknownStatus(String),
    /// A limit of a balance that is no amount of the currency.
    #[error("invalid {argument} {value}")]
    InvalidLimit {
        /// The argument.
        argument: &'static str,
        /// Its value.
        value: String,
        /// The decimals of the currency.
        digits: i32,
    },
    /// No way to go on after a refused leg.
    #[error("unknown mode \"{0}\"")]
    UnknownBatchMode(String),
    /// Lists that belong together.
    #[error("lists of legs must have the same length")]
    UnequalLists,
    /// Fewer than none.
    #[error("argument \"{0}\" must not be negative")]
    NegativeCount(&'static str),
    /// A span of time that is over before it begins.
    #[error("{0} must be greater than zero")]
    NoSpan(&'static str),
    /// A new account holds nothing, and its limits do not allow that.
    #[error("limits of a new account must leave room for zero")]
    LimitsExcludeZero,
    // Rate limits.
    /// A key of no use.
    #[error("key must have 1 to 1024 bytes")]
    RateKey,
    /// A length of time that is none, or has no fixed length.
    #[error("per must be longer than zero, at most 366 days, and without months")]
    RatePeriod,
    /// Counters that are rows cannot be written.
    #[error("cannot count requests in a read-only transaction")]
    ReadOnlyCounters,
    // Audit: accepting findings.
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

    // Audit: reports.
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
    // Audit: stored expressions.
    #[error("{holder} cannot be read")]
    UnreadableTree { holder: String, problem: String },

    // Beside others.
    /// Another library reads the claims.
    #[error("setting request.jwt.claims belongs to another library")]
    ClaimsTaken {
        /// Its file.
        library: Option<String>,
    },
    /// A function for scripts is called elsewhere.
    #[error("rls.create_auth() is called by scripts of the extension alone")]
    NotInAScript,
    /// The caller is no superuser.
    #[error("must be superuser to call {0}")]
    NotSuperuser(&'static str),
    /// There is a way forth and a way back.
    #[error("replace and undo exclude each other")]
    ReplaceAndUndo,
    /// No function of schema auth has this name.
    #[error("rowguard has no function \"{0}\" for schema auth")]
    NoReader(String),
    /// There is no schema to put functions into.
    #[error("schema \"auth\" does not exist")]
    NoSchemaAuth,
    /// Others could put functions of their own in the place of ours.
    #[error("schema \"auth\" is in the hands of a role that is not trusted")]
    SchemaAuthUntrusted {
        /// Its owner; none: everybody may create objects in it.
        owner: Option<String>,
    },
    /// Calls that mean another function today would mean ours.
    #[error("function {function} would stand beside another of its name")]
    Overloaded {
        /// Ours.
        function: String,
        /// The other.
        other: String,
    },
    /// The extension's own schema lacks a function that this library has.
    #[error("function {0} belongs to a later version of the extension")]
    ReaderNotThereYet(String),
    /// A dump would not carry the function, and the extension's next upgrade take it back.
    #[error("function {function} belongs to extension \"{extension}\"")]
    ReaderOfExtension {
        /// The function.
        function: String,
        /// Whose it is.
        extension: String,
    },
    /// CREATE OR REPLACE cannot change what differs.
    #[error("function {function} cannot be replaced")]
    ReaderDiffers {
        /// The function.
        function: String,
        /// How it is declared.
        found: String,
        /// How ours is.
        wanted: String,
    },
    /// Something would go with the function.
    #[error("function {function} is in use")]
    ReaderInUse {
        /// The function.
        function: String,
        /// What uses it, the first of them.
        users: String,
    },
}

impl Error {
    /// The same error, where it is of a stored expression, said of what holds it.
    pub fn held_by(self, holder: impl FnOnce() -> String) -> Self {
        match self {
            Self::UnreadableTree { problem, .. } => {
                Self::UnreadableTree { holder: holder(), problem }
            }
            other => other,
        }
    }

    /// With the place in a document that it comes from.
    pub fn at(self, path: &impl std::fmt::Display) -> Self {
        Self::At { path: path.to_string(), error: Box::new(self) }
    }

    /// Its SQLSTATE.
    pub fn sqlstate(&self) -> PgSqlErrorCode {
        use PgSqlErrorCode::*;
        match self {
            Self::Claims(Defect::TooDeep) => ERRCODE_STATEMENT_TOO_COMPLEX,
            Self::Claims(Defect::NullCharacter | Defect::Encoding) => {
                ERRCODE_UNTRANSLATABLE_CHARACTER
            }
            Self::Claims(Defect::NotJson | Defect::NotAnObject)
            | Self::SubjectNoUuid
            | Self::ClaimShape { .. } => ERRCODE_INVALID_TEXT_REPRESENTATION,
            Self::ExpiryOutOfRange => ERRCODE_DATETIME_FIELD_OVERFLOW,
            Self::InvalidClaimPath(_) | Self::ClaimsNoObject => ERRCODE_INVALID_PARAMETER_VALUE,
            Self::NotAuthenticated => ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION,
            Self::UnknownActor(_) => ERRCODE_UNDEFINED_OBJECT,
            Self::LoginRefused(_) => ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION,
            Self::GatewayMode | Self::NotGatewayMode => ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE,
            Self::UnknownRelation(_) => ERRCODE_UNDEFINED_TABLE,
            Self::NotATable(_) | Self::TemporaryTable(_) | Self::NotReadable(_) => {
                ERRCODE_WRONG_OBJECT_TYPE
            }
            Self::SystemCatalog(_) | Self::NotOwner(_) | Self::NotExtensionOwner => {
                ERRCODE_INSUFFICIENT_PRIVILEGE
            }
            Self::UnknownColumn { .. } => ERRCODE_UNDEFINED_COLUMN,
            Self::NotAnIdentityColumn { .. } | Self::NotATimeColumn { .. } => {
                ERRCODE_DATATYPE_MISMATCH
            }
            Self::ReaderMissing(_) | Self::NotComparable { .. } => ERRCODE_UNDEFINED_FUNCTION,
            Self::UnknownRole(_) | Self::NoSuchSet { .. } => ERRCODE_UNDEFINED_OBJECT,
            Self::UnknownCommand(_)
            | Self::EmptyList(_)
            | Self::UnknownPart(_)
            | Self::UnknownIndexMode(_)
            | Self::UnknownMatch(_)
            | Self::UnknownAssuranceLevel(_)
            | Self::StandaloneRuns => ERRCODE_INVALID_PARAMETER_VALUE,
            Self::NotOneExpression(_) => ERRCODE_SYNTAX_ERROR,
            Self::EmptyName(_) => ERRCODE_INVALID_NAME,
            Self::PolicyNotOurs(_) | Self::FunctionNotOurs(_) | Self::TriggerNotOurs(_) => {
                ERRCODE_DUPLICATE_OBJECT
            }
            Self::PolicyEdited { .. } | Self::FunctionEdited(_) | Self::TriggerEdited(_) => {
                ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE
            }
            Self::NotPortable(_) | Self::Inherited { .. } => ERRCODE_FEATURE_NOT_SUPPORTED,
            Self::NotAView(_) => ERRCODE_WRONG_OBJECT_TYPE,
            Self::UnknownGuardRule(_) | Self::OwnerColumnUnused(_) => {
                ERRCODE_INVALID_PARAMETER_VALUE
            }
            Self::SpecShape { .. } | Self::SpecKey { .. } | Self::SpecMissing { .. } => {
                ERRCODE_INVALID_PARAMETER_VALUE
            }
            Self::SpecTwice { .. } => ERRCODE_DUPLICATE_OBJECT,
            Self::UnknownRelationName(_) => ERRCODE_UNDEFINED_TABLE,
            Self::At { error, .. } => error.sqlstate(),
            Self::FromServer { code, .. } => *code,
            Self::UnknownSchema(_) => ERRCODE_INVALID_SCHEMA_NAME,
            Self::UnknownRule(_) | Self::UnknownLevel(_) | Self::InvalidSetting { .. } => {
                ERRCODE_INVALID_PARAMETER_VALUE
            }
            Self::UnknownExposedRole(_) => ERRCODE_UNDEFINED_OBJECT,
            Self::UnknownIdentityFunction(_) => ERRCODE_UNDEFINED_FUNCTION,
            Self::NotClean { .. } => ERRCODE_ASSERT_FAILURE,
            Self::NullArgument(_) | Self::NullElement(_) => ERRCODE_NULL_VALUE_NOT_ALLOWED,
            Self::NullByte
            | Self::Json(_)
            | Self::Spi(_)
            | Self::CatalogNull { .. }
            | Self::UnknownPrivilege(_)
            | Self::Unexpected(_) => ERRCODE_INTERNAL_ERROR,
            Self::LedgerMissing(_) | Self::NoLedger => ERRCODE_UNDEFINED_OBJECT,
            Self::SeveralLedgers
            | Self::LedgerName
            | Self::OneTable
            | Self::MappingShape(_)
            | Self::UnknownErrorMode(_)
            | Self::IdempotencyKey
            | Self::WorkKey(_) => ERRCODE_INVALID_PARAMETER_VALUE,
            Self::TooLarge(_) => ERRCODE_PROGRAM_LIMIT_EXCEEDED,
            Self::LedgerExists(_) => ERRCODE_DUPLICATE_OBJECT,
            Self::TablesOfLedger { .. } => ERRCODE_DUPLICATE_TABLE,
            Self::NotLedgerOwner(_) | Self::SchemaOpen { .. } => ERRCODE_INSUFFICIENT_PRIVILEGE,
            Self::TableGone(_) => ERRCODE_UNDEFINED_TABLE,
            Self::WrongKind { .. } => ERRCODE_WRONG_OBJECT_TYPE,
            Self::HasRules(_) | Self::NotBuilt(_) => ERRCODE_FEATURE_NOT_SUPPORTED,
            Self::TwoOwners { .. } | Self::NotUnique { .. } => {
                ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE
            }
            Self::ColumnType { .. } => ERRCODE_DATATYPE_MISMATCH,
            Self::ColumnGenerated { .. } => ERRCODE_GENERATED_ALWAYS,
            Self::TriggerPathSyntax(_) => ERRCODE_INVALID_NAME,
            Self::SchemaMissing(_) => ERRCODE_INVALID_SCHEMA_NAME,
            Self::BadBalance(_) => ERRCODE_DATA_EXCEPTION,
            Self::WrittenOtherwise(_) => ERRCODE_TRIGGERED_DATA_CHANGE_VIOLATION,
            Self::TablesReplaced(_) | Self::ConcurrentUpdate => ERRCODE_T_R_SERIALIZATION_FAILURE,
            Self::UnderWay(_) => ERRCODE_OBJECT_IN_USE,
            Self::InvalidIdentities(_)
            | Self::NoObject(_)
            | Self::UnreadableValue(_)
            | Self::SeveralRows(_)
            | Self::InvalidIdentity { .. }
            | Self::InvalidExpected(_)
            | Self::UnknownTestFormat(_)
            | Self::NoExpression(_)
            | Self::NoSqlstate(_)
            | Self::SampleSize => ERRCODE_INVALID_PARAMETER_VALUE,
            Self::NotTriable | Self::SessionLock => ERRCODE_FEATURE_NOT_SUPPORTED,
            Self::TooManyRows => ERRCODE_OUT_OF_MEMORY,
            Self::AssertionFailed { .. } => ERRCODE_ASSERT_FAILURE,
            Self::MayNotBecome(_) | Self::NotProven => ERRCODE_INSUFFICIENT_PRIVILEGE,
            Self::NoColumnsHere | Self::ForcedJunction(_) => ERRCODE_FEATURE_NOT_SUPPORTED,
            Self::NotRegistered(_)
            | Self::MembersChangedHands { .. }
            | Self::TwoOwnersOfTree { .. } => ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE,
            Self::MembersReplaced(_) => ERRCODE_T_R_SERIALIZATION_FAILURE,
            Self::MembershipColumns(_)
            | Self::NotAKeyColumn { .. }
            | Self::NotARoleColumn { .. }
            | Self::KeysDiffer { .. }
            | Self::NotNames(_) => ERRCODE_DATATYPE_MISMATCH,
            Self::KeyLengths { .. }
            | Self::CompositeNode
            | Self::RolesWithoutColumn
            | Self::BadDepth(_)
            | Self::Levels { .. } => ERRCODE_INVALID_PARAMETER_VALUE,
            Self::UnknownMemberRole { .. } => ERRCODE_INVALID_TEXT_REPRESENTATION,
            Self::SchemaName(_) => ERRCODE_INVALID_NAME,
            Self::GuardedTable(_) => ERRCODE_INSUFFICIENT_PRIVILEGE,
            Self::OnlyATrigger(_) | Self::NoRowsHere => ERRCODE_FEATURE_NOT_SUPPORTED,
            Self::NotOneList(_)
            | Self::UnknownCurrency(_)
            | Self::UnknownStatus(_)
            | Self::InvalidLimit { .. }
            | Self::UnknownBatchMode(_)
            | Self::UnequalLists
            | Self::NegativeCount(_)
            | Self::NoSpan(_)
            | Self::LimitsExcludeZero => ERRCODE_INVALID_PARAMETER_VALUE,
            Self::RateKey | Self::RatePeriod => ERRCODE_INVALID_PARAMETER_VALUE,
            Self::ReadOnlyCounters => ERRCODE_READ_ONLY_SQL_TRANSACTION,
            Self::UnknownFingerprint(_) | Self::NotSuppressed(_) => ERRCODE_UNDEFINED_OBJECT,
            Self::NoReason | Self::ExpiryPassed => ERRCODE_INVALID_PARAMETER_VALUE,
            Self::UnknownFormat(_) | Self::NotTriedIn | Self::NoReport(_) => {
                ERRCODE_INVALID_PARAMETER_VALUE
            }
            Self::Report(_) => ERRCODE_INTERNAL_ERROR,
            Self::ClaimsTaken { .. } => ERRCODE_DUPLICATE_OBJECT,
            Self::NotInAScript | Self::ReaderOfExtension { .. } | Self::ReaderNotThereYet(_) => {
                ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE
            }
            Self::NotSuperuser(_) | Self::SchemaAuthUntrusted { .. } => {
                ERRCODE_INSUFFICIENT_PRIVILEGE
            }
            Self::ReplaceAndUndo | Self::NoReader(_) => ERRCODE_INVALID_PARAMETER_VALUE,
            Self::NoSchemaAuth => ERRCODE_INVALID_SCHEMA_NAME,
            Self::Overloaded { .. } => ERRCODE_DUPLICATE_FUNCTION,
            Self::ReaderDiffers { .. } => ERRCODE_INVALID_FUNCTION_DEFINITION,
            Self::ReaderInUse { .. } => ERRCODE_DEPENDENT_OBJECTS_STILL_EXIST,
            Self::UnreadableTree { .. } => ERRCODE_DATA_CORRUPTED,
        }
    }

    /// The facts, for DETAIL.
    pub fn detail(&self) -> Option<String> {
        match self {
            Self::Claims(defect) => Some(match defect {
                Defect::NotJson => "The text is not valid JSON.".to_owned(),
                Defect::NotAnObject => "The text is JSON, but not an object.".to_owned(),
                Defect::TooDeep => format!("The claims are nested deeper than {MAX_DEPTH} levels."),
                Defect::NullCharacter => "\\u0000 cannot be converted to text.".to_owned(),
                Defect::Encoding => {
                    "In a database that is not encoded in UTF8 claims are read in ASCII only."
                        .to_owned()
                }
            }),
            Self::UnreadableTree { problem, .. } => Some(format!("The server says: {problem}")),
            Self::Inherited { inheritor, .. } => {
                Some(format!("Triggers do not fire for the rows of {inheritor}."))
            }
            Self::SpecShape { wanted, .. } => Some(format!("It should be {wanted}.")),
            Self::FromServer { detail, .. } => detail.clone(),
            Self::At { path, error } => Some(match error.detail() {
                Some(detail) => format!("{detail}\nIn the document at {path}."),
                None => format!("In the document at {path}."),
            }),
            Self::InvalidSetting { value, .. } => Some(format!("It is: {value}")),
            Self::NotClean { findings, .. } => Some(findings.clone()),
            Self::LoginRefused(reason) => Some(format!("Reason: {reason}.")),
            Self::NotAnIdentityColumn { found, .. } | Self::NotATimeColumn { found, .. } => {
                Some(format!("Its type is {found}."))
            }
            Self::PolicyEdited { generated, found, .. } => {
                Some(format!("Generated: {generated}\nFound: {found}"))
            }
            Self::TwoOwners { accounts, transfers } => Some(format!("{accounts}, {transfers}.")),
            Self::ColumnType { wanted, .. } => Some(format!("Its meaning needs {wanted}.")),
            Self::SchemaOpen { role, .. } => Some(format!("{role} may create objects in it.")),
            Self::UnreadableValue(what) => Some(format!("The server says: {what}.")),
            Self::NotComparable { .. } => Some("Its type has no equality.".to_owned()),
            Self::NoReport(why)
            | Self::InvalidIdentities(why)
            | Self::InvalidExpected(why)
            | Self::InvalidIdentity { why, .. } => Some(format!("{why}.")),
            Self::AssertionFailed { evidence, .. } if !evidence.is_empty() => {
                Some(evidence.join("\n"))
            }
            Self::MembersChangedHands { registered, found, .. } => {
                Some(format!("It was {registered}'s, and is {found}'s."))
            }
            Self::NotAKeyColumn { found, .. } | Self::NotARoleColumn { found, .. } => {
                Some(format!("Its type is {found}."))
            }
            Self::KeysDiffer { one_type, other_type, .. } => {
                Some(format!("Their types are {one_type} and {other_type}."))
            }
            Self::InvalidLimit { digits, .. } => {
                Some(format!("Amounts of the currency have at most {digits} decimals."))
            }
            Self::ClaimsTaken { library } => {
                library.as_ref().map(|library| format!("It is defined by {library}."))
            }
            Self::SchemaAuthUntrusted { owner: Some(owner) } => Some(format!(
                "It is owned by {}, who can put other functions in the place of these and so be anybody in every policy.",
                quote::ident(owner)
            )),
            Self::SchemaAuthUntrusted { owner: None } => Some(
                "PUBLIC may create objects in it, and so functions that calls find before these."
                    .to_owned(),
            ),
            Self::Overloaded { other, .. } => {
                Some(format!("There is {other}: calls that mean it could come to mean rowguard's."))
            }
            Self::ReaderDiffers { found, wanted, .. } => {
                Some(format!("It is {found}; rowguard's is {wanted}."))
            }
            Self::ReaderInUse { users, .. } => Some(users.clone()),
            _ => None,
        }
    }

    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Claims(_) => {
                "The gateway sets request.jwt.claims to the JSON object of verified claims, for each transaction."
            }
            Self::SubjectNoUuid => {
                "Policies compare uuid columns with auth.uid(); the identity provider must issue a uuid as subject."
            }
            Self::InvalidClaimPath(_) => {
                "Keys are joined by dots, and a key with dots or spaces stands in double quotes: app_metadata.tenant_id."
            }
            Self::NotAuthenticated => "auth.explain() says why.",
            Self::UnknownActor(_) => "Act as a role that policies and grants name.",
            Self::ClaimsNoObject => {
                "Give what the gateway would set, such as '{\"sub\": \"...\"}', or null for nobody."
            }
            Self::NotGatewayMode => "An identity comes from a signed token here: auth.login().",
            Self::GatewayMode => {
                "Tokens count in verified mode, which an administrator chooses: ALTER DATABASE ... SET rowguard.identity_mode = 'verified'."
            }
            Self::NotATable(_) => {
                "Row security belongs to tables; views and foreign tables have their own means."
            }
            Self::NotAnIdentityColumn { .. } => {
                "Name the column that holds the user's id: uuid, text, bigint or integer."
            }
            Self::ReaderMissing(_) => {
                "Schema auth was there before this extension: rls.adopt_auth() adds what it lacks."
            }
            Self::UnknownRole(name) if name == "public" => {
                "PUBLIC is no role; name roles that exist."
            }
            Self::UnknownRole(name) => {
                return Some(format!(
                    "CREATE ROLE {} NOLOGIN; or name other roles.",
                    quote::ident(name)
                ));
            }
            Self::UnknownPart(_) => "Parts are app, migrate and ci.",
            Self::NotExtensionOwner => "Ask the role that created the extension.",
            Self::UnknownCommand(_) => "Commands are select, insert, update and delete.",
            Self::PolicyNotOurs(_) => {
                "Policies made by hand or by another generator are never touched: give another name, or drop or rename the policy."
            }
            Self::FunctionNotOurs(_) | Self::TriggerNotOurs(_) => {
                "What was made by hand or by another generator is never touched: give another name, or drop or rename the object."
            }
            Self::PolicyEdited { .. } | Self::FunctionEdited(_) | Self::TriggerEdited(_) => {
                "overwrite => true replaces it; rls.drift() lists everything that was edited."
            }
            Self::NotATimeColumn { .. } => "Name a column of type timestamptz or timestamp.",
            Self::NotAView(_) => {
                "Materialized views and foreign tables show everything to whoever may read them: REVOKE SELECT, and grant it on a view with conditions."
            }
            Self::UnknownGuardRule(_) => "Rules are immutable, set_once and owner_only.",
            Self::OwnerColumnUnused(_) => "It belongs to rule owner_only.",
            Self::Inherited { .. } => "Partition the table instead, or ALTER TABLE ... NO INHERIT.",
            Self::NotPortable(_) => {
                "Ask who is asking by auth.uid() and auth.jwt(), as in (SELECT auth.uid())."
            }
            Self::SpecKey { known, .. } => return Some(format!("Keys are {known}.")),
            Self::SpecTwice { .. } => "Give one of them another name.",
            Self::UnknownRelationName(_) => "Write names with their schema: app.posts.",
            Self::At { error, .. } => return error.hint(),
            Self::FromServer { hint, .. } => return hint.clone(),
            Self::UnknownMatch(_) => "Give 'any' or 'all'.",
            Self::UnknownAssuranceLevel(_) => "Levels are aal1, aal2 and aal3.",
            Self::NoSuchSet { .. } => "View rls.managed lists the sets.",
            Self::UnknownIndexMode(_) => "Give 'print', or leave it out.",
            Self::StandaloneRuns => "Add dry_run => true: it is SQL for another server.",
            Self::UnknownRule(_) => "View rls.rules lists the rules.",
            Self::UnknownLevel(_) => "Levels are error, warning and info.",
            Self::InvalidSetting { name: "rowguard.not_restored", .. } => {
                "It is for rowguard-audit to set: a JSON array of what could not be restored."
            }
            Self::InvalidSetting { name: "rowguard.identity_functions", .. } => {
                "Write schema.name or schema.name(argument types), with commas between them."
            }
            Self::InvalidSetting { .. } => "Write names as in SQL, with commas between them.",
            Self::UnknownExposedRole(_) => {
                "Correct the setting: a role misspelt would not be audited."
            }
            Self::UnknownIdentityFunction(_) => "Write schema.name or schema.name(argument types).",
            Self::NotClean { .. } => "SELECT * FROM rls.audit(); shows each finding and its fix.",
            Self::LedgerMissing(_) => "View atomic.ledgers lists the ledgers.",
            Self::NoLedger => {
                "Make one by atomic.create_ledger(), or of your own tables by atomic.attach_ledger()."
            }
            Self::SeveralLedgers => "Name one: ledger => '...'.",
            Self::TablesOfLedger { .. } => {
                "Use that ledger, or give another schema_name; atomic.detach_ledger() lets go of its tables."
            }
            Self::LedgerExists(_) => "Detach it first by atomic.detach_ledger(), or choose a name.",
            Self::NotLedgerOwner(_) => {
                "Where the tables are gone, members of the ledger's operator may detach it."
            }
            Self::TableGone(_) => "Detach the ledger by atomic.detach_ledger().",
            Self::WrongKind { .. } => "A ledger needs lasting tables, partitioned or not.",
            Self::HasRules(_) => "Rules rewrite statements; use triggers instead.",
            Self::TwoOwners { .. } => {
                "Operations run with that owner's rights: ALTER TABLE ... OWNER TO one role."
            }
            Self::ColumnType { .. } => "Map another column, or change its type.",
            Self::ColumnGenerated { .. } => "Name a column that can be written.",
            Self::NotUnique { .. } => {
                "A primary key or unique index on this column alone, not deferrable and not partial."
            }
            Self::MappingShape(_) => {
                "Keys are account_id, balance, owner, transfer_from, transfer_to, transfer_amount, transfer_id and idempotency_key; values are names of columns."
            }
            Self::TriggerPathSyntax(_) => "Write schemas as in search_path: a, \"B\", c.",
            Self::SchemaMissing(_) => "trigger_path needs existing, lasting schemas.",
            Self::SchemaOpen { .. } => {
                "Triggers would run what others put there with the owner's rights: REVOKE CREATE ON SCHEMA, or leave the schema out and qualify names in the triggers."
            }
            Self::NotBuilt(_) => "Leave it out, or use a ledger of atomic.create_ledger().",
            Self::UnknownErrorMode(_) => "Give 'raise' or 'return'.",
            Self::TooLarge(_) => "Keep a hash of a large request, and the place of a large answer.",
            Self::BadBalance(_) => {
                "Correct the row; a CHECK that balance < 'Infinity' keeps it so."
            }
            Self::WrittenOtherwise(_) => {
                "A trigger on the table changed or dropped the row, which would make or lose money."
            }
            Self::NoColumnsHere => "Call it after FROM: rls.memberships(...) AS m(team_id uuid).",
            Self::NotRegistered(_) => {
                "The owner of the table permits it by calling the generator again, or rls.register_memberships()."
            }
            Self::MembersChangedHands { .. } => {
                "Its new owner permits it by calling the generator again, as owner of the protected table, too."
            }
            Self::MembersReplaced(_) => "Run the statement again.",
            Self::NotAKeyColumn { .. } => {
                "Keys are of type uuid, text, varchar, bigint or integer."
            }
            Self::NotARoleColumn { .. } => "Roles are of type text or varchar, or of an enum.",
            Self::RolesWithoutColumn => "Name the column of the members that holds a user's role.",
            Self::BadDepth(_) => "Depths are 0 to 1000.",
            Self::TwoOwnersOfTree { .. } => {
                "Both are read with that owner's rights: ALTER TABLE ... OWNER TO one role."
            }
            Self::ForcedJunction(_) => {
                "A function could read it only for an owner with BYPASSRLS; here, without standalone, it can be read."
            }
            Self::Levels { .. } => {
                r#"Give an array of objects, outermost first: [{"column": "org_id", "members": "org_members", "members_column": "org_id", "members_user_column": "user_id"}]."#
            }
            Self::SchemaName(_) => "Give schema_name: 1 to 63 bytes.",
            Self::UnderWay(_) => {
                "Triggers on its table of holds cannot call operations that write accounts; those on accounts, transfers and entries can."
            }
            Self::GuardedTable(_) => {
                "Money moves by atomic.transfer_funds() and the like; what was written stays, and is undone by atomic.reverse_transfer()."
            }
            Self::NoRowsHere => "SELECT * FROM the function.",
            Self::UnknownCurrency(_) => {
                "Codes of ISO 4217 are known, in capitals; others are added to table atomic.currencies."
            }
            Self::UnknownBatchMode(_) => "Give 'all' or 'each'.",
            Self::RatePeriod => "Give a length in seconds, minutes, hours or days.",
            Self::ReadOnlyCounters => {
                "Put rowguard into shared_preload_libraries: counters then live in shared memory, and every transaction counts."
            }
            Self::UnknownStatus(_) => "Give 'open', 'frozen' or 'closed'.",
            Self::InvalidLimit { .. } => {
                "Limits are finite; '-Infinity' as min_balance and 'Infinity' as max_balance are none."
            }
            Self::LimitsExcludeZero => {
                "Give a min_balance of at most zero, and a max_balance of at least zero."
            }
            Self::UnknownFingerprint(_) => {
                "SELECT fingerprint, rule, object_name, policy FROM rls.audit(); lists what stands."
            }
            Self::NotSuppressed(_) => {
                "Table rls.suppressions lists what is accepted; a line in a policy's comment is taken back there."
            }
            Self::UnknownFormat(_) => {
                "Formats are text, json, sarif, junit, github, tap, markdown and html."
            }
            Self::NotTriedIn => "Leave them out, or use rls.access_matrix() for rows.",
            Self::NoReport(_) => "Give what rls.audit_report('json') returned.",
            Self::InvalidIdentities(_) => {
                "Write {\"alice\": {\"role\": \"authenticated\", \"claims\": {\"sub\": \"...\"}}}."
            }
            Self::NoObject(_) => "Write {\"column\": value, ...}.",
            Self::SeveralRows(_) => "Give the columns of a primary key or unique index.",
            Self::InvalidIdentity { .. } => {
                "Write {\"role\": \"authenticated\", \"claims\": {\"sub\": \"...\"}}."
            }
            Self::InvalidExpected(_) => {
                "rls.emit_tests(identities, format => 'json') writes such a document."
            }
            Self::UnknownTestFormat(_) => "Formats are pgtap, sql and json.",
            Self::SessionLock => "Use one of the transaction: pg_advisory_xact_lock().",
            Self::TooManyRows => {
                "Try a copy with fewer rows: policies do not know how many there are."
            }
            Self::NoExpression(_) => {
                "Write what could stand after WHERE, such as 'owner_id = auth.uid()'."
            }
            Self::NoSqlstate(_) => {
                "Give five digits and capital letters; 40001, 40P01, 55P03, 57014 and 57P.. always end the statement."
            }
            Self::NotTriable => {
                "COPY from or to the client and transaction control cannot run inside a statement."
            }
            Self::AssertionFailed { advice, .. } => advice,
            Self::MayNotBecome(_) => "Be a member of the role, or a superuser.",
            Self::NotProven => "In verified mode only superusers may.",
            Self::NoReason => "Say why the finding is accepted, for whoever reads it next year.",
            Self::ClaimsTaken { .. } => {
                "Only one of the two can be loaded: look for the other in shared_preload_libraries, session_preload_libraries and local_preload_libraries."
            }
            Self::NoReader(_) => {
                let names: Vec<&str> = FUNCTIONS.iter().map(Declaration::bare_name).collect();
                return Some(format!("Functions are {}.", names.join(", ")));
            }
            Self::NoSchemaAuth => {
                "CREATE SCHEMA auth; and call again, or drop and create the extension, which then makes it."
            }
            Self::SchemaAuthUntrusted { owner: Some(owner) } => {
                return Some(format!(
                    "ALTER SCHEMA auth OWNER TO a superuser or the database's owner; GRANT USAGE, CREATE ON SCHEMA auth TO {} if it still makes objects there.",
                    quote::ident(owner)
                ));
            }
            Self::SchemaAuthUntrusted { owner: None } => {
                "REVOKE CREATE ON SCHEMA auth FROM PUBLIC;"
            }
            Self::Overloaded { .. }
            | Self::ReaderDiffers { .. }
            | Self::ReaderOfExtension { .. } => {
                "Leave it out: functions => '{...}' names those to adopt."
            }
            Self::ReaderNotThereYet(_) => "ALTER EXTENSION rowguard UPDATE; creates it.",
            Self::ReaderInUse { .. } => {
                "Let that call something else first, or name those to undo: functions => '{...}'."
            }
            Self::UnreadableTree { .. } => {
                "The catalog is damaged, or its row was written by hand or by another version: drop the object and create it again."
            }
            _ => return None,
        };
        Some(hint.to_owned())
    }
}

impl From<Error> for ErrorReport {
    fn from(error: Error) -> Self {
        let mut report = ErrorReport::new(error.sqlstate(), error.to_string(), "rowguard");
        if let Some(detail) = error.detail() {
            report = report.set_detail(detail);
        }
        if let Some(hint) = error.hint() {
            report = report.set_hint(hint);
        }
        report
    }
}
