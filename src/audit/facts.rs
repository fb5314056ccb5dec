//! What the questions asked of expressions need to know of the database.

use pgrx::pg_sys::{self, Oid};

use super::context::Context;
use crate::catalog::{Function, FunctionKind, Kind, Volatility};
use crate::expr::claims::{ClaimReader, Claims};
use crate::expr::depends::Identities;
use crate::expr::truth::{
    Anonymous, Arithmetic, Comparison, Facts, FunctionFacts, INTEGERS, OperatorFacts, Search,
    is_built_in,
};

/// current_setting(text) and current_setting(text, boolean).
const SETTING_READERS: [u32; 2] =
    [pg_sys::F_CURRENT_SETTING_TEXT, pg_sys::F_CURRENT_SETTING_TEXT_BOOL];

/// Built-in functions that are never NULL for arguments that are not. Casts are named by the type
/// they make. Those from json values, which hold a null of their own, are not among them, nor are the
/// bounds of ranges, which may have none.
const TOTAL: [&str; 36] = [
    "now",
    "transaction_timestamp",
    "statement_timestamp",
    "clock_timestamp",
    "random",
    "current_database",
    "version",
    "pg_backend_pid",
    "gen_random_uuid",
    "concat",
    "lower",
    "upper",
    "length",
    "char_length",
    "character_length",
    "octet_length",
    "bit_length",
    "cardinality",
    "strpos",
    "position",
    "md5",
    "btrim",
    "ltrim",
    "rtrim",
    "abs",
    "int2",
    "int4",
    "int8",
    "float4",
    "float8",
    "numeric",
    "text",
    "varchar",
    "bpchar",
    "timestamp",
    "timestamptz",
];

/// Types of arguments for which these functions can be NULL all the same.
const PARTLY_NULL: [Oid; 4] =
    [pg_sys::JSONOID, pg_sys::JSONBOID, pg_sys::ANYRANGEOID, pg_sys::ANYMULTIRANGEOID];

/// Built-in functions whose result, where it is an integer or numeric, is 0 or more.
const NEVER_NEGATIVE: [&str; 15] = [
    "length",
    "char_length",
    "character_length",
    "octet_length",
    "bit_length",
    "cardinality",
    "array_length",
    "json_array_length",
    "jsonb_array_length",
    "strpos",
    "position",
    "ascii",
    "bit_count",
    "pg_column_size",
    "abs",
];

/// Built-in aggregates besides count() that are not NULL over no rows: they count them too, or rank a
/// value among them.
const COUNTS_NOTHING: [&str; 5] = ["regr_count", "rank", "dense_rank", "percent_rank", "cume_dist"];

fn is_total(function: &Function) -> bool {
    if function.ours {
        return ["has_role", "is_authenticated", "claim_matches", "require_uid"]
            .contains(&function.name.as_str());
    }
    is_built_in(function.oid)
        && function.kind == FunctionKind::Function
        && !function.returns_set
        && TOTAL.contains(&function.name.as_str())
        && !function.arguments.iter().any(|argument| PARTLY_NULL.contains(argument))
}

/// What a function that says who is asking says of nobody.
fn anonymous(function: &Function) -> Anonymous {
    if SETTING_READERS.contains(&function.oid.to_u32()) {
        Anonymous::Setting
    } else if function.ours {
        // The other readers that return boolean are NULL where there is no claim.
        match function.name.as_str() {
            "has_role" | "is_authenticated" | "claim_matches" => Anonymous::False,
            _ => Anonymous::Null,
        }
    } else if function.result == pg_sys::BOOLOID {
        Anonymous::FalseOrNull
    } else {
        Anonymous::Null
    }
}

impl Facts for Context {
    fn not_null(&self, relation: Oid, attribute: i16) -> bool {
        self.relation(relation)
            // The server takes a foreign table's NOT NULL on trust.
            .filter(|table| table.kind != Kind::Foreign)
            .and_then(|table| table.column(attribute))
            .is_some_and(|column| column.not_null)
    }

    fn operator(&self, operator: Oid) -> OperatorFacts {
        // Asked for every operator, so that a large expression can be cancelled.
        pgrx::check_for_interrupts!();
        let Some(known) = self.operators.get(&operator) else {
            return OperatorFacts { volatile: true, opaque: true, ..OperatorFacts::default() };
        };
        let mut facts = OperatorFacts {
            built_in: is_built_in(operator),
            equals: known.name == "=",
            differs: known.name == "<>",
            negator: known.negator,
            strict: known.strict,
            volatile: known.volatile,
            // An operator of an index is a comparison or a search, whoever wrote it.
            opaque: !is_built_in(operator) && !self.families.is_searchable(operator),
            ..OperatorFacts::default()
        };
        if !is_built_in(operator) {
            return facts;
        }
        let integers = INTEGERS.contains(&known.left) && INTEGERS.contains(&known.right);
        let texts = known.left == pg_sys::TEXTOID && known.right == pg_sys::TEXTOID;
        facts.comparison = Comparison::of(known);
        facts.arithmetic = match known.name.as_str() {
            "+" if integers => Some(Arithmetic::Add),
            "-" if integers => Some(Arithmetic::Subtract),
            "*" if integers => Some(Arithmetic::Multiply),
            "/" if integers => Some(Arithmetic::Divide),
            "%" if integers => Some(Arithmetic::Remainder),
            "||" if texts => Some(Arithmetic::Concatenate),
            _ => None,
        };
        let arrays = known.left == pg_sys::ANYARRAYOID && known.right == pg_sys::ANYARRAYOID;
        facts.search = match known.name.as_str() {
            "~~" if texts => Some(Search::Like),
            "!~~" if texts => Some(Search::NotLike),
            "~~*" if texts => Some(Search::AnyCaseLike),
            "~" | "~*" if texts => Some(Search::Matches),
            "!~" | "!~*" if texts => Some(Search::NotMatches),
            "@>" | "<@" | "?" | "?|" | "?&" if known.left == pg_sys::JSONBOID => {
                Some(Search::Holds)
            }
            "@>" if arrays => Some(Search::Contains),
            "<@" if arrays => Some(Search::ContainedBy),
            "&&" if arrays => Some(Search::Overlaps),
            _ => None,
        };
        facts
    }

    fn function(&self, function: Oid) -> FunctionFacts {
        let Some(known) = Self::function(self, function) else {
            return FunctionFacts { volatile: true, opaque: true, ..FunctionFacts::default() };
        };
        let between_integers = matches!(known.arguments.as_slice(), [from] if INTEGERS.contains(from))
            && INTEGERS.contains(&known.result)
            && matches!(known.name.as_str(), "int2" | "int4" | "int8");
        FunctionFacts {
            strict: known.strict,
            volatile: known.volatility == Volatility::Volatile,
            opaque: self.routines.is_opaque(function),
            cast: is_built_in(function) && between_integers,
            total: is_total(known),
            returns_set: known.returns_set,
            never_negative: is_built_in(function)
                && (INTEGERS.contains(&known.result) || known.result == pg_sys::NUMERICOID)
                && !known.returns_set
                && NEVER_NEGATIVE.contains(&known.name.as_str()),
            length: is_built_in(function)
                && known.arguments == [pg_sys::TEXTOID]
                && ["length", "char_length", "character_length"].contains(&known.name.as_str()),
            counts: is_built_in(function)
                && known.kind == FunctionKind::Aggregate
                && known.name == "count",
            built_in_aggregate: is_built_in(function)
                && known.kind == FunctionKind::Aggregate
                && !COUNTS_NOTHING.contains(&known.name.as_str()),
            identity: self.is_identity(function).then(|| anonymous(known)),
        }
    }

    fn deterministic(&self, collation: Oid) -> bool {
        // The default collation of a database is always deterministic.
        collation == pg_sys::DEFAULT_COLLATION_OID
            || self.collations.get(&collation).is_some_and(|found| found.deterministic)
    }
}

impl Identities for Context {
    fn is_identity(&self, function: Oid) -> bool {
        self.routines.is_identity(function)
    }
}

impl Claims for Context {
    fn claim_reader(&self, function: Oid) -> ClaimReader {
        if SETTING_READERS.contains(&function.to_u32()) {
            return ClaimReader::Setting;
        }
        let Some(known) = Self::function(self, function) else {
            return ClaimReader::Opaque { suspect: false };
        };
        if known.ours {
            return match known.name.as_str() {
                "jwt" => ClaimReader::All,
                name if name.starts_with("claim") => ClaimReader::AtPath,
                _ => ClaimReader::None,
            };
        }
        if is_built_in(function) {
            return ClaimReader::None;
        }
        let json = [pg_sys::JSONOID, pg_sys::JSONBOID].contains(&known.result);
        if json && known.arguments.is_empty() && self.is_identity(function) {
            return ClaimReader::All;
        }
        ClaimReader::Opaque { suspect: known.source.contains("user_meta") }
    }

    fn built_in_function(&self, function: Oid) -> Option<&str> {
        Self::function(self, function)
            .filter(|_| is_built_in(function))
            .map(|known| known.name.as_str())
    }

    fn built_in_operator(&self, operator: Oid) -> Option<&str> {
        self.operators
            .get(&operator)
            .filter(|_| is_built_in(operator))
            .map(|known| known.name.as_str())
    }

    fn column_of_users(&self, relation: Oid, attribute: i16) -> Option<&str> {
        let table = self.relation(relation)?;
        if table.schema != "auth" || table.name != "users" {
            None
        } else if attribute == 0 {
            Some("")
        } else {
            table.column(attribute).map(|column| column.name.as_str())
        }
    }
}
