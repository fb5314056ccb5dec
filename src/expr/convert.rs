//! From the server's node trees to [`Expr`].
//!
//! The text of a stored tree is read by the server's own reader, which runs nothing, into a memory
//! context of its own; the tree is copied into owned values and the context is freed. A node that
//! is not listed becomes [`Expr::Unknown`], so that a rule can say it has not been judged.

use std::ffi::{CStr, CString};
use std::panic::AssertUnwindSafe;

use pgrx::pg_sys::panic::CaughtError;
use pgrx::prelude::*;
use pgrx::{FromDatum, PgMemoryContexts, pg_sys};

use super::tree::{
    Bound, Cast, ColumnRef, Expr, From, JoinKind, Query, Source, SubLink, TruthTest, Value,
};
use crate::error::{CatalogError, Error};

/// Nesting beyond this is not looked into: every later walk recurses as deep as the tree, and
/// what people write stays far below.
pub const MAX_DEPTH: usize = 500;

/// One expression, such as `pg_policy.polqual` or `pg_index.indpred`.
pub fn expression(text: &str) -> Result<Expr, Error> {
    // SAFETY: stringToNode returns a tree of nodes whose tags tell their types, or NULL.
    with_nodes(text, |node| unsafe { Converter::default().expr(node) }, unknown)
}

/// A list of expressions, such as `pg_index.indexprs`.
pub fn expressions(text: &str) -> Result<Vec<Expr>, Error> {
    // SAFETY: as above; the column holds a list, and any other node is taken as its one member.
    with_nodes(
        text,
        |node| unsafe {
            let mut converter = Converter::default();
            if tag(node) == Some(pg_sys::NodeTag::T_List) {
                converter.exprs(node.cast())
            } else {
                vec![converter.expr(node)]
            }
        },
        || vec![unknown()],
    )
}

/// The statements of a function's SQL-standard body, `pg_proc.prosqlbody`, and whether the last one
/// is a SELECT.
pub fn body(text: &str) -> Result<(Vec<Query>, bool), Error> {
    // SAFETY: as above; the column holds a query, or a list of one list of queries.
    with_nodes(
        text,
        |node| unsafe {
            let mut queries = vec![node];
            while let Some(at) =
                queries.iter().position(|node| tag(*node) == Some(pg_sys::NodeTag::T_List))
            {
                let inner = members::<pg_sys::Node>(queries[at].cast());
                queries.splice(at..=at, inner);
            }
            let mut converter = Converter::default();
            let mut selects = false;
            let mut converted = Vec::new();
            for node in queries {
                if tag(node) == Some(pg_sys::NodeTag::T_Query) {
                    let query = &*node.cast::<pg_sys::Query>();
                    selects = query.commandType == pg_sys::CmdType::CMD_SELECT;
                    converted.push(converter.query(query));
                } else {
                    selects = false;
                    converted.push(unknown_query());
                }
            }
            (converted, selects)
        },
        || (vec![unknown_query()], false),
    )
}

/// A list of statements, such as `pg_rewrite.ev_action`; one that is no query is left out.
pub fn queries(text: &str) -> Result<Vec<Query>, Error> {
    // SAFETY: as above; a member that is no query is not looked into.
    with_nodes(
        text,
        |node| unsafe {
            let mut converter = Converter::default();
            let nodes = match tag(node) {
                Some(pg_sys::NodeTag::T_List) => members::<pg_sys::Node>(node.cast()),
                _ => vec![node],
            };
            nodes
                .into_iter()
                .filter(|node| tag(*node) == Some(pg_sys::NodeTag::T_Query))
                .map(|node| converter.query(&*node.cast()))
                .collect()
        },
        || vec![unknown_query()],
    )
}

fn unknown() -> Expr {
    Expr::Unknown { tag: 0 }
}

fn unknown_query() -> Query {
    let sources = vec![Source::Other { kind: u32::MAX }];
    Query { sources, ..Query::default() }
}

/// The text of a stored tree without the places of its parts in the statement that it was read from:
/// the same for conditions that are the same, however they were laid out.
pub fn without_locations(text: &str) -> String {
    const LABELS: [&str; 3] = ["location ", "stmt_location ", "stmt_len "];
    let mut kept = String::with_capacity(text.len());
    let mut parts = text.split(':');
    kept.extend(parts.next());
    for part in parts {
        kept.push(':');
        match LABELS.iter().find_map(|label| part.strip_prefix(label)) {
            // The number is left out, with what is before it.
            Some(rest) => kept.push_str(
                rest.trim_start_matches(|letter: char| letter == '-' || letter.is_ascii_digit()),
            ),
            None => kept.push_str(part),
        }
    }
    kept
}

/// Reads a tree and converts it; `too_deep` stands for one that the server's stack cannot hold.
/// XX001 for a text that is no tree of this server's version.
fn with_nodes<T>(
    text: &str,
    convert: impl FnOnce(*mut pg_sys::Node) -> T,
    too_deep: impl FnOnce() -> T,
) -> Result<T, Error> {
    let text = CString::new(text).map_err(|_| Error::NullByte)?;
    let mut context = PgMemoryContexts::new("rowguard expression");
    // SAFETY: the text comes from a pg_node_tree column, which users cannot write; the reader
    // raises an error for one it cannot read, and both it and the converter only allocate, so that
    // nothing is left behind but memory of this context, which goes. The converter keeps no pointer
    // into it.
    let read = unsafe {
        context.switch_to(|_| {
            PgTryBuilder::new(AssertUnwindSafe(|| {
                Ok(Some(convert(pg_sys::stringToNode(text.as_ptr()).cast::<pg_sys::Node>())))
            }))
            .catch_when(PgSqlErrorCode::ERRCODE_STATEMENT_TOO_COMPLEX, |_| Ok(None))
            .catch_when(PgSqlErrorCode::ERRCODE_INTERNAL_ERROR, |error| match error {
                CaughtError::PostgresError(report) => Err(CatalogError::UnreadableTree {
                    holder: "a stored expression".to_owned(),
                    problem: report.message().to_owned(),
                }),
                other => other.rethrow(),
            })
            .execute()
        })
    }?;
    Ok(read.unwrap_or_else(too_deep))
}

/// The tag of a node; nothing for a null pointer.
///
/// # Safety
/// `node` is null or points to a node.
pub unsafe fn tag(node: *mut pg_sys::Node) -> Option<pg_sys::NodeTag> {
    // SAFETY: by the contract above; every node begins with its tag.
    (!node.is_null()).then(|| unsafe { (*node).type_ })
}

/// The members of a pointer list.
///
/// # Safety
/// `list` is null or a list of pointers to `T`.
pub unsafe fn members<T>(list: *mut pg_sys::List) -> Vec<*mut T> {
    if list.is_null() {
        return Vec::new();
    }
    // SAFETY: `elements` holds `length` cells.
    unsafe {
        (0..(*list).length as usize)
            .map(|at| (*(*list).elements.add(at)).ptr_value.cast::<T>())
            .collect()
    }
}

/// The members of an OID list.
///
/// # Safety
/// `list` is null or a list of OIDs.
unsafe fn oids(list: *mut pg_sys::List) -> Vec<pg_sys::Oid> {
    if list.is_null() {
        return Vec::new();
    }
    // SAFETY: `elements` holds `length` cells.
    unsafe {
        (0..(*list).length as usize).map(|at| (*(*list).elements.add(at)).oid_value).collect()
    }
}

/// # Safety
/// `name` is null or a C string.
pub unsafe fn string(name: *const core::ffi::c_char) -> String {
    if name.is_null() {
        return String::new();
    }
    // SAFETY: by the contract above.
    unsafe { CStr::from_ptr(name) }.to_string_lossy().into_owned()
}

#[derive(Default)]
struct Converter {
    depth: usize,
}

/// Every method is unsafe for one reason: its pointer must be null or point to a node of a tree
/// that the server's reader has built; the fields are then what the node's tag says.
impl Converter {
    unsafe fn exprs(&mut self, list: *mut pg_sys::List) -> Vec<Expr> {
        // SAFETY: see the impl.
        unsafe { members::<pg_sys::Node>(list).into_iter().map(|node| self.expr(node)).collect() }
    }

    /// The arguments of a call in the order of the function's own. Those that it names may stand in
    /// any order, and leave others out.
    unsafe fn arguments(&mut self, list: *mut pg_sys::List) -> Vec<Expr> {
        let mut found = Vec::new();
        // SAFETY: see the impl.
        unsafe {
            for node in members::<pg_sys::Node>(list) {
                let argument = self.expr(node);
                let named = tag(node) == Some(pg_sys::NodeTag::T_NamedArgExpr);
                let at = named.then(|| (*node.cast::<pg_sys::NamedArgExpr>()).argnumber);
                match at.and_then(|at| usize::try_from(at).ok()) {
                    Some(at) if at < pg_sys::FUNC_MAX_ARGS as usize => {
                        if found.len() <= at {
                            found.resize(at + 1, Expr::Bound(Bound::Default));
                        }
                        found[at] = argument;
                    }
                    _ => found.push(argument),
                }
            }
        }
        found
    }

    unsafe fn optional(&mut self, node: *mut pg_sys::Node) -> Option<Expr> {
        // SAFETY: see the impl.
        (!node.is_null()).then(|| unsafe { self.expr(node) })
    }

    unsafe fn boxed<T>(&mut self, node: *mut T) -> Box<Expr> {
        // SAFETY: see the impl.
        Box::new(unsafe { self.expr(node.cast()) })
    }

    unsafe fn expr(&mut self, node: *mut pg_sys::Node) -> Expr {
        // SAFETY: see the impl.
        let Some(tag) = (unsafe { tag(node) }) else { return Expr::Unknown { tag: 0 } };
        // SAFETY: raises an error where the stack is nearly used up; no other condition.
        unsafe { pg_sys::check_stack_depth() };
        if self.depth == MAX_DEPTH {
            return Expr::Unknown { tag: tag as u32 };
        }
        self.depth += 1;
        // SAFETY: see the impl.
        let converted = unsafe { self.node(tag, node) };
        self.depth -= 1;
        converted
    }

    unsafe fn node(&mut self, tag: pg_sys::NodeTag, node: *mut pg_sys::Node) -> Expr {
        use pg_sys::NodeTag::*;
        // SAFETY: see the impl; each cast is to the struct that the tag names.
        unsafe {
            match tag {
                T_Const => constant(&*node.cast()),
                T_Var => {
                    let var = &*node.cast::<pg_sys::Var>();
                    Expr::Column(ColumnRef {
                        level: var.varlevelsup as usize,
                        source: usize::try_from(var.varno).unwrap_or(0),
                        attribute: var.varattno,
                    })
                }
                T_OpExpr => {
                    let op = &*node.cast::<pg_sys::OpExpr>();
                    Expr::Operator {
                        operator: op.opno,
                        collation: op.inputcollid,
                        arguments: self.exprs(op.args),
                    }
                }
                T_DistinctExpr => {
                    let op = &*node.cast::<pg_sys::OpExpr>();
                    Expr::Distinct {
                        operator: op.opno,
                        collation: op.inputcollid,
                        arguments: self.exprs(op.args),
                    }
                }
                T_NullIfExpr => {
                    let op = &*node.cast::<pg_sys::OpExpr>();
                    Expr::NullIf {
                        operator: op.opno,
                        collation: op.inputcollid,
                        arguments: self.exprs(op.args),
                    }
                }
                T_ScalarArrayOpExpr => self.over_array(&*node.cast()),
                T_FuncExpr => {
                    let call = &*node.cast::<pg_sys::FuncExpr>();
                    called(call.funcid, call.funcresulttype, self.arguments(call.args))
                }
                T_NamedArgExpr => self.expr((*node.cast::<pg_sys::NamedArgExpr>()).arg.cast()),
                T_Aggref => self.aggregate(&*node.cast()),
                T_WindowFunc => {
                    let call = &*node.cast::<pg_sys::WindowFunc>();
                    let mut arguments = self.exprs(call.args);
                    arguments.extend(self.optional(call.aggfilter.cast()));
                    Expr::Aggregate { function: call.winfnoid, window: true, arguments }
                }
                T_BoolExpr => self.boolean(&*node.cast()),
                T_NullTest => {
                    let test = &*node.cast::<pg_sys::NullTest>();
                    Expr::NullTest {
                        argument: self.boxed(test.arg),
                        is_null: test.nulltesttype == pg_sys::NullTestType::IS_NULL,
                        of_row: test.argisrow,
                    }
                }
                T_BooleanTest => self.boolean_test(&*node.cast()),
                T_CaseExpr => self.case(&*node.cast()),
                T_CaseTestExpr => Expr::CaseTest,
                T_CoalesceExpr => {
                    Expr::Coalesce(self.exprs((*node.cast::<pg_sys::CoalesceExpr>()).args))
                }
                T_MinMaxExpr => {
                    let node = &*node.cast::<pg_sys::MinMaxExpr>();
                    let greatest = node.op == pg_sys::MinMaxOp::IS_GREATEST;
                    Expr::MinMax { greatest, parts: self.exprs(node.args) }
                }
                T_RelabelType => {
                    let cast = &*node.cast::<pg_sys::RelabelType>();
                    self.cast(cast.arg, cast.resulttype, Cast::Relabel)
                }
                T_CollateExpr => {
                    // The collation is that of the operator around it; the value is the same.
                    let cast = &*node.cast::<pg_sys::CollateExpr>();
                    self.cast(cast.arg, pg_sys::InvalidOid, Cast::Relabel)
                }
                T_CoerceViaIO => {
                    let cast = &*node.cast::<pg_sys::CoerceViaIO>();
                    self.cast(cast.arg, cast.resulttype, Cast::Io)
                }
                T_ArrayCoerceExpr => {
                    let cast = &*node.cast::<pg_sys::ArrayCoerceExpr>();
                    match element_cast(cast.elemexpr.cast()) {
                        Some(function) => {
                            self.cast(cast.arg, cast.resulttype, Cast::Array(Some(function)))
                        }
                        None => self.relabelled_array(cast),
                    }
                }
                T_CoerceToDomain => {
                    let cast = &*node.cast::<pg_sys::CoerceToDomain>();
                    self.cast(cast.arg, cast.resulttype, Cast::Domain)
                }
                T_ConvertRowtypeExpr => {
                    let cast = &*node.cast::<pg_sys::ConvertRowtypeExpr>();
                    self.cast(cast.arg, cast.resulttype, Cast::Row)
                }
                T_ArrayExpr => self.array(&*node.cast()),
                T_RowExpr => Expr::Row(self.exprs((*node.cast::<pg_sys::RowExpr>()).args)),
                T_RowCompareExpr => {
                    let compare = &*node.cast::<pg_sys::RowCompareExpr>();
                    Expr::RowCompare {
                        operators: oids(compare.opnos),
                        left: self.exprs(compare.largs),
                        right: self.exprs(compare.rargs),
                    }
                }
                T_Param => Expr::Bound(bound(&*node.cast())),
                T_SQLValueFunction => {
                    Expr::SessionValue { which: (*node.cast::<pg_sys::SQLValueFunction>()).op }
                }
                T_SubscriptingRef => {
                    let access = &*node.cast::<pg_sys::SubscriptingRef>();
                    let mut subscripts = self.subscripts(access.refupperindexpr);
                    subscripts.extend(self.subscripts(access.reflowerindexpr));
                    Expr::Subscript { container: self.boxed(access.refexpr), subscripts }
                }
                T_FieldSelect => {
                    let field = &*node.cast::<pg_sys::FieldSelect>();
                    Expr::Field {
                        argument: self.boxed(field.arg),
                        number: field.fieldnum,
                        name: field_name(field),
                    }
                }
                T_SubLink => self.sub_link(&*node.cast()),
                other => Expr::Unknown { tag: other as u32 },
            }
        }
    }

    unsafe fn cast<T>(&mut self, argument: *mut T, type_oid: pg_sys::Oid, how: Cast) -> Expr {
        // SAFETY: see the impl.
        Expr::Cast { argument: unsafe { self.boxed(argument) }, type_oid, how }
    }

    unsafe fn over_array(&mut self, op: &pg_sys::ScalarArrayOpExpr) -> Expr {
        // SAFETY: see the impl.
        let mut arguments = unsafe { self.exprs(op.args) }.into_iter();
        match (arguments.next(), arguments.next()) {
            (Some(left), Some(array)) => Expr::OverArray {
                operator: op.opno,
                collation: op.inputcollid,
                any: op.useOr,
                left: Box::new(left),
                array: Box::new(array),
            },
            _ => Expr::Unknown { tag: pg_sys::NodeTag::T_ScalarArrayOpExpr as u32 },
        }
    }

    /// An array cast without a function: element by element where it is written out, and as a whole
    /// where its elements keep their bytes.
    unsafe fn relabelled_array(&mut self, node: &pg_sys::ArrayCoerceExpr) -> Expr {
        // SAFETY: see the impl.
        unsafe {
            let element = node.elemexpr.cast::<pg_sys::Node>();
            let plain = tag(element) == Some(pg_sys::NodeTag::T_RelabelType)
                && tag((*element.cast::<pg_sys::RelabelType>()).arg.cast())
                    == Some(pg_sys::NodeTag::T_CaseTestExpr);
            if !plain {
                return self.cast(node.arg, node.resulttype, Cast::Array(None));
            }
            let type_oid = (*element.cast::<pg_sys::RelabelType>()).resulttype;
            match self.expr(node.arg.cast()) {
                Expr::Array(parts) if !parts.iter().any(is_array) => {
                    let cast = |part| Expr::Cast {
                        argument: Box::new(part),
                        type_oid,
                        how: Cast::Relabel,
                    };
                    Expr::Array(parts.into_iter().map(cast).collect())
                }
                argument => Expr::Cast {
                    argument: Box::new(argument),
                    type_oid: node.resulttype,
                    how: Cast::Relabel,
                },
            }
        }
    }

    /// ARRAY[...]. One made of arrays that are not written out has elements that nothing is known of:
    /// it is read as a cast of an array.
    unsafe fn array(&mut self, node: &pg_sys::ArrayExpr) -> Expr {
        // SAFETY: see the impl.
        let parts = unsafe { self.exprs(node.elements) };
        let known = !node.multidims || parts.iter().all(is_array);
        let array = Expr::Array(parts);
        if known {
            return array;
        }
        let how = Cast::Array(None);
        Expr::Cast { argument: Box::new(array), type_oid: node.array_typeid, how }
    }

    unsafe fn aggregate(&mut self, call: &pg_sys::Aggref) -> Expr {
        // SAFETY: see the impl; `args` is a list of target entries.
        unsafe {
            let mut arguments = self.exprs(call.aggdirectargs);
            for target in members::<pg_sys::TargetEntry>(call.args) {
                arguments.push(self.expr((*target).expr.cast()));
            }
            arguments.extend(self.optional(call.aggfilter.cast()));
            Expr::Aggregate { function: call.aggfnoid, window: false, arguments }
        }
    }

    unsafe fn boolean(&mut self, node: &pg_sys::BoolExpr) -> Expr {
        // SAFETY: see the impl.
        let mut arguments = unsafe { self.exprs(node.args) };
        match node.boolop {
            pg_sys::BoolExprType::AND_EXPR => Expr::And(arguments),
            pg_sys::BoolExprType::OR_EXPR => Expr::Or(arguments),
            _ => match arguments.pop() {
                Some(argument) => Expr::Not(Box::new(argument)),
                None => Expr::Unknown { tag: pg_sys::NodeTag::T_BoolExpr as u32 },
            },
        }
    }

    unsafe fn boolean_test(&mut self, node: &pg_sys::BooleanTest) -> Expr {
        use pg_sys::BoolTestType::*;
        let (test, negated) = match node.booltesttype {
            IS_TRUE => (TruthTest::True, false),
            IS_NOT_TRUE => (TruthTest::True, true),
            IS_FALSE => (TruthTest::False, false),
            IS_NOT_FALSE => (TruthTest::False, true),
            IS_UNKNOWN => (TruthTest::Unknown, false),
            IS_NOT_UNKNOWN => (TruthTest::Unknown, true),
            _ => return Expr::Unknown { tag: pg_sys::NodeTag::T_BooleanTest as u32 },
        };
        // SAFETY: see the impl.
        Expr::BooleanTest { argument: unsafe { self.boxed(node.arg) }, test, negated }
    }

    unsafe fn case(&mut self, node: &pg_sys::CaseExpr) -> Expr {
        // SAFETY: see the impl; `args` is a list of CaseWhen.
        unsafe {
            Expr::Case {
                argument: self.optional(node.arg.cast()).map(Box::new),
                arms: members::<pg_sys::CaseWhen>(node.args)
                    .into_iter()
                    .map(|arm| (self.expr((*arm).expr.cast()), self.expr((*arm).result.cast())))
                    .collect(),
                default: self.optional(node.defresult.cast()).map(Box::new),
            }
        }
    }

    /// Subscripts; an omitted bound of a slice, which is a null pointer, is read as NULL.
    unsafe fn subscripts(&mut self, list: *mut pg_sys::List) -> Vec<Expr> {
        // SAFETY: see the impl.
        unsafe {
            members::<pg_sys::Node>(list)
                .into_iter()
                .map(|node| match node.is_null() {
                    true => Expr::Const { type_oid: pg_sys::InvalidOid, value: Value::Null },
                    false => self.expr(node),
                })
                .collect()
        }
    }

    unsafe fn sub_link(&mut self, node: &pg_sys::SubLink) -> Expr {
        use pg_sys::SubLinkType::*;
        let unknown = Expr::Unknown { tag: pg_sys::NodeTag::T_SubLink as u32 };
        let kind = match node.subLinkType {
            EXISTS_SUBLINK => SubLink::Exists,
            ANY_SUBLINK => SubLink::Any,
            ALL_SUBLINK => SubLink::All,
            EXPR_SUBLINK => SubLink::Scalar,
            ARRAY_SUBLINK => SubLink::Array,
            ROWCOMPARE_SUBLINK => SubLink::Row,
            _ => return unknown,
        };
        // SAFETY: see the impl.
        unsafe {
            if tag(node.subselect) != Some(pg_sys::NodeTag::T_Query) {
                return unknown;
            }
            Expr::SubLink {
                kind,
                test: self.optional(node.testexpr).map(Box::new),
                query: Box::new(self.query(&*node.subselect.cast())),
            }
        }
    }

    unsafe fn query(&mut self, node: &pg_sys::Query) -> Query {
        // SAFETY: see the impl; the lists hold the node types that the parser puts there.
        unsafe {
            let mut query = Query {
                grouped: !node.groupClause.is_null() || !node.groupingSets.is_null(),
                aggregated: node.hasAggs,
                reshaped: node.hasTargetSRFs
                    || !node.limitCount.is_null()
                    || !node.limitOffset.is_null()
                    || !node.setOperations.is_null()
                    || node.commandType != pg_sys::CmdType::CMD_SELECT,
                ..Query::default()
            };
            for cte in members::<pg_sys::CommonTableExpr>(node.cteList) {
                if tag((*cte).ctequery) == Some(pg_sys::NodeTag::T_Query) {
                    let inner = self.query(&*(*cte).ctequery.cast());
                    query.with.push((string((*cte).ctename), inner));
                }
            }
            for entry in members::<pg_sys::RangeTblEntry>(node.rtable) {
                query.sources.push(self.source(&*entry));
            }
            if !node.jointree.is_null() {
                for item in members::<pg_sys::Node>((*node.jointree).fromlist) {
                    query.from.push(self.from(item));
                }
                query.filter = self.optional((*node.jointree).quals);
            }
            for target in members::<pg_sys::TargetEntry>(node.targetList) {
                let expr = self.expr((*target).expr.cast());
                if (*target).resjunk {
                    query.hidden_targets.push(expr);
                } else {
                    query.targets.push(expr);
                }
            }
            query.having = self.optional(node.havingQual);
            query.extras.extend(self.optional(node.limitCount));
            query.extras.extend(self.optional(node.limitOffset));
            for window in members::<pg_sys::WindowClause>(node.windowClause) {
                query.extras.extend(self.optional((*window).startOffset));
                query.extras.extend(self.optional((*window).endOffset));
            }
            query
        }
    }

    unsafe fn source(&mut self, entry: &pg_sys::RangeTblEntry) -> Source {
        use pg_sys::RTEKind::*;
        // SAFETY: see the impl; the fields used are those that the kind of entry fills.
        unsafe {
            match entry.rtekind {
                RTE_RELATION => Source::Relation {
                    oid: entry.relid,
                    sample: if entry.tablesample.is_null() {
                        Vec::new()
                    } else {
                        let mut sample = self.exprs((*entry.tablesample).args);
                        sample.extend(self.optional((*entry.tablesample).repeatable.cast()));
                        sample
                    },
                },
                RTE_SUBQUERY if !entry.subquery.is_null() => {
                    Source::Query(Box::new(self.query(&*entry.subquery)))
                }
                RTE_JOIN => Source::Alias(self.exprs(entry.joinaliasvars)),
                RTE_FUNCTION => self.functions(entry),
                RTE_VALUES => Source::Values(
                    members::<pg_sys::List>(entry.values_lists)
                        .into_iter()
                        .map(|row| self.exprs(row))
                        .collect(),
                ),
                RTE_CTE => {
                    Source::With { name: string(entry.ctename), level: entry.ctelevelsup as usize }
                }
                #[cfg(feature = "pg18")]
                RTE_GROUP => Source::Alias(self.exprs(entry.groupexprs)),
                kind => Source::Other { kind },
            }
        }
    }

    unsafe fn functions(&mut self, entry: &pg_sys::RangeTblEntry) -> Source {
        // SAFETY: see the impl; the names of columns are lists of strings.
        unsafe {
            let functions = members::<pg_sys::RangeTblFunction>(entry.functions);
            let calls: Vec<Expr> =
                functions.iter().map(|function| self.expr((**function).funcexpr)).collect();
            let renamed = !entry.alias.is_null() && !(*entry.alias).colnames.is_null();
            let populates = matches!(calls.as_slice(), [Expr::Function { function, .. }]
                if [pg_sys::F_JSON_POPULATE_RECORD, pg_sys::F_JSONB_POPULATE_RECORD]
                    .contains(&function.to_u32()));
            let names = match functions.as_slice() {
                [only] if !(**only).funccolnames.is_null() => (**only).funccolnames,
                // Those of the type; they show as they are where they have no other names.
                [_] if populates && !renamed && !entry.eref.is_null() => (*entry.eref).colnames,
                _ => std::ptr::null_mut(),
            };
            let names = members::<pg_sys::String>(names);
            Source::Functions {
                calls,
                defined: names.into_iter().map(|name| string((*name).sval)).collect(),
            }
        }
    }

    unsafe fn from(&mut self, node: *mut pg_sys::Node) -> From {
        // SAFETY: raises an error where the stack is nearly used up; no other condition.
        unsafe { pg_sys::check_stack_depth() };
        // SAFETY: see the impl.
        unsafe {
            match tag(node) {
                Some(pg_sys::NodeTag::T_RangeTblRef) => {
                    let index = (*node.cast::<pg_sys::RangeTblRef>()).rtindex;
                    From::Source(usize::try_from(index).unwrap_or(0))
                }
                Some(pg_sys::NodeTag::T_JoinExpr) if self.depth < MAX_DEPTH => {
                    let join = &*node.cast::<pg_sys::JoinExpr>();
                    let kind = match join.jointype {
                        pg_sys::JoinType::JOIN_INNER => JoinKind::Inner,
                        pg_sys::JoinType::JOIN_LEFT => JoinKind::Left,
                        pg_sys::JoinType::JOIN_RIGHT => JoinKind::Right,
                        pg_sys::JoinType::JOIN_FULL => JoinKind::Full,
                        _ => return From::Unknown { tag: pg_sys::NodeTag::T_JoinExpr as u32 },
                    };
                    self.depth += 1;
                    let left = Box::new(self.from(join.larg));
                    let right = Box::new(self.from(join.rarg));
                    let on = self.optional(join.quals);
                    self.depth -= 1;
                    From::Join { kind, left, right, on }
                }
                other => From::Unknown { tag: other.map_or(0, |tag| tag as u32) },
            }
        }
    }
}

/// The name of the field, where the type of the row is one that has a name.
///
/// # Safety
/// `field` is of a tree that the server's reader has built.
unsafe fn field_name(field: &pg_sys::FieldSelect) -> String {
    // SAFETY: the argument is an expression, whose type the server tells; the rest are look-ups by id,
    // of which those that find nothing say so.
    unsafe {
        let row = pg_sys::getBaseType(pg_sys::exprType(field.arg.cast()));
        string(pg_sys::get_attname(pg_sys::get_typ_typrelid(row), field.fieldnum, true))
    }
}

/// It is an array that is written out.
fn is_array(expr: &Expr) -> bool {
    matches!(expr, Expr::Array(_) | Expr::Const { value: Value::Array(_), .. })
}

fn bound(param: &pg_sys::Param) -> Bound {
    match (param.paramkind, usize::try_from(param.paramid)) {
        (pg_sys::ParamKind::PARAM_SUBLINK, Ok(column)) => Bound::SubLink(column),
        (pg_sys::ParamKind::PARAM_EXTERN, Ok(argument)) => Bound::Argument(argument),
        _ => Bound::Other(param.paramid),
    }
}

/// # Safety
/// `node` is a constant of a tree that the server's reader has built.
unsafe fn constant(node: &pg_sys::Const) -> Expr {
    let type_oid = node.consttype;
    if node.constisnull {
        return Expr::Const { type_oid, value: Value::Null };
    }
    // SAFETY: the datum is of the type that stands beside it; each branch reads that type.
    let value = unsafe {
        scalar(type_oid, node.constvalue)
            .or_else(|| array(type_oid, node.constvalue))
            .unwrap_or_else(|| Value::Other(bytes(node)))
    };
    Expr::Const { type_oid, value }
}

/// A character(n).
fn padded(text: String) -> Value {
    Value::Text(text.trim_end_matches(' ').to_owned())
}

/// A function call; a number where one of another type is wanted is one of that type.
fn called(function: pg_sys::Oid, type_oid: pg_sys::Oid, arguments: Vec<Expr>) -> Expr {
    let value = match arguments.as_slice() {
        // Read from its digits, as the server does; one that does not fit is an error there.
        [Expr::Const { value: Value::Number(digits), .. }] => match function.to_u32() {
            pg_sys::F_FLOAT8_NUMERIC => digits.parse().ok(),
            pg_sys::F_FLOAT4_NUMERIC => digits.parse::<f32>().ok().map(f64::from),
            _ => None,
        }
        .filter(|number| number.is_finite())
        .map(Value::real),
        [Expr::Const { value: Value::Int(number), .. }] => match function.to_u32() {
            // Rounded once, as the server does.
            pg_sys::F_FLOAT8_INT2 | pg_sys::F_FLOAT8_INT4 | pg_sys::F_FLOAT8_INT8 => {
                Some(Value::real(*number as f64))
            }
            pg_sys::F_FLOAT4_INT2 | pg_sys::F_FLOAT4_INT4 | pg_sys::F_FLOAT4_INT8 => {
                Some(Value::real((*number as f32).into()))
            }
            pg_sys::F_NUMERIC_INT2 | pg_sys::F_NUMERIC_INT4 | pg_sys::F_NUMERIC_INT8 => {
                Some(Value::Number(number.to_string()))
            }
            pg_sys::F_INT4_INT2 | pg_sys::F_INT8_INT2 | pg_sys::F_INT8_INT4 => {
                Some(Value::Int(*number))
            }
            _ => None,
        },
        _ => None,
    };
    match value {
        Some(value) => Expr::Const { type_oid, value },
        None => Expr::Function { function, type_oid, arguments },
    }
}

/// # Safety
/// `datum` is a value of type `type_oid`.
unsafe fn scalar(type_oid: pg_sys::Oid, datum: pg_sys::Datum) -> Option<Value> {
    // SAFETY: by the contract above.
    unsafe {
        Some(match type_oid {
            pg_sys::BOOLOID => Value::Bool(bool::from_datum(datum, false)?),
            pg_sys::INT2OID => Value::Int(i16::from_datum(datum, false)?.into()),
            pg_sys::INT4OID => Value::Int(i32::from_datum(datum, false)?.into()),
            pg_sys::INT8OID => Value::Int(i64::from_datum(datum, false)?),
            pg_sys::TEXTOID | pg_sys::VARCHAROID => Value::Text(String::from_datum(datum, false)?),
            pg_sys::BPCHAROID => padded(String::from_datum(datum, false)?),
            pg_sys::NAMEOID => Value::Text(string(datum.cast_mut_ptr())),
            // A literal that no context gave a type.
            pg_sys::UNKNOWNOID => Value::Text(string(datum.cast_mut_ptr())),
            // As the server prints it: the bytes are a format of its own.
            pg_sys::JSONPATHOID => {
                let text = pg_sys::OidOutputFunctionCall(pg_sys::F_JSONPATH_OUT.into(), datum);
                Value::Text(string(text))
            }
            pg_sys::UUIDOID => Value::Uuid(*pgrx::Uuid::from_datum(datum, false)?.as_bytes()),
            pg_sys::NUMERICOID => {
                let text = pg_sys::OidOutputFunctionCall(pg_sys::F_NUMERIC_OUT.into(), datum);
                Value::Number(string(text))
            }
            pg_sys::FLOAT4OID => Value::real(f32::from_datum(datum, false)?.into()),
            pg_sys::FLOAT8OID => Value::real(f64::from_datum(datum, false)?),
            pg_sys::BYTEAOID => {
                let bytes = Vec::<u8>::from_datum(datum, false)?;
                let bits = i32::try_from(bytes.len()).ok()?.checked_mul(8)?;
                Value::Bits(bytes, bits)
            }
            // The number of bits, then the bits.
            pg_sys::BITOID | pg_sys::VARBITOID => {
                let mut bytes = Vec::<u8>::from_datum(datum, false)?;
                let bits = bytes.splice(..4.min(bytes.len()), []).collect::<Vec<u8>>();
                Value::Bits(bytes, i32::from_ne_bytes(bits.try_into().ok()?))
            }
            pg_sys::DATEOID => Value::Moment(match i32::from_datum(datum, false)? {
                // Without an end, as for timestamps.
                i32::MIN => i64::MIN,
                i32::MAX => i64::MAX,
                day => day.into(),
            }),
            pg_sys::TIMEOID | pg_sys::TIMESTAMPOID | pg_sys::TIMESTAMPTZOID => {
                Value::Moment(i64::from_datum(datum, false)?)
            }
            user if user.to_u32() >= pg_sys::FirstNormalObjectId
                && pg_sys::get_typtype(user) as u8 == pg_sys::TYPTYPE_ENUM =>
            {
                Value::Label(pg_sys::Oid::from_datum(datum, false)?.to_u32())
            }
            _ => return None,
        })
    }
}

/// # Safety
/// `datum` is a value of type `type_oid`.
unsafe fn array(type_oid: pg_sys::Oid, datum: pg_sys::Datum) -> Option<Value> {
    /// # Safety
    /// `datum` is an array of `T`.
    unsafe fn each<T: FromDatum>(datum: pg_sys::Datum, value: impl Fn(T) -> Value) -> Option<Value>
    where
        Vec<Option<T>>: FromDatum,
    {
        // SAFETY: by the contract above.
        let elements = unsafe { Vec::<Option<T>>::from_datum(datum, false) }?;
        Some(Value::Array(
            elements.into_iter().map(|element| element.map_or(Value::Null, &value)).collect(),
        ))
    }
    // SAFETY: by the contract above.
    unsafe {
        match type_oid {
            pg_sys::BOOLARRAYOID => each::<bool>(datum, Value::Bool),
            pg_sys::INT2ARRAYOID => each::<i16>(datum, |n| Value::Int(n.into())),
            pg_sys::INT4ARRAYOID => each::<i32>(datum, |n| Value::Int(n.into())),
            pg_sys::INT8ARRAYOID => each::<i64>(datum, Value::Int),
            pg_sys::TEXTARRAYOID | pg_sys::VARCHARARRAYOID => each::<String>(datum, Value::Text),
            pg_sys::BPCHARARRAYOID => each::<String>(datum, padded),
            pg_sys::FLOAT4ARRAYOID => each::<f32>(datum, |number| Value::real(number.into())),
            pg_sys::FLOAT8ARRAYOID => each::<f64>(datum, Value::real),
            pg_sys::UUIDARRAYOID => each::<pgrx::Uuid>(datum, |uuid| Value::Uuid(*uuid.as_bytes())),
            _ => None,
        }
    }
}

/// # Safety
/// `node` is a constant, not NULL, of a tree that the server's reader has built.
unsafe fn bytes(node: &pg_sys::Const) -> Vec<u8> {
    if node.constbyval {
        return node.constvalue.value().to_ne_bytes().to_vec();
    }
    // SAFETY: a value passed by reference lies at the datum: of fixed length, or with the length in
    // front (-1), or ended by a zero byte (-2).
    unsafe {
        let start = node.constvalue.cast_mut_ptr::<u8>();
        let length = match usize::try_from(node.constlen) {
            Ok(fixed) => fixed,
            Err(_) if node.constlen == -1 => pgrx::varsize_any(start.cast()),
            Err(_) => CStr::from_ptr(start.cast()).to_bytes().len(),
        };
        std::slice::from_raw_parts(start, length).to_vec()
    }
}

/// The function by which an array is cast element by element; none where it takes none.
///
/// # Safety
/// The expression for one element of an ArrayCoerceExpr, as the server made it.
unsafe fn element_cast(expr: *const pg_sys::Node) -> Option<pg_sys::Oid> {
    // SAFETY: as promised; each node is looked at as what its tag says.
    unsafe {
        match expr.as_ref()?.type_ {
            pg_sys::NodeTag::T_FuncExpr => Some((*expr.cast::<pg_sys::FuncExpr>()).funcid),
            pg_sys::NodeTag::T_RelabelType => {
                element_cast((*expr.cast::<pg_sys::RelabelType>()).arg.cast())
            }
            pg_sys::NodeTag::T_CoerceToDomain => {
                element_cast((*expr.cast::<pg_sys::CoerceToDomain>()).arg.cast())
            }
            _ => None,
        }
    }
}
