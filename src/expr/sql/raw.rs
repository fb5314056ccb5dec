//! What the raw tree says by itself: names, and the name of a column without one.

use pgrx::pg_sys;

use crate::expr::convert::{members, string, tag};

/// The text of a String node.
///
/// # Safety
/// `node` is null or points to a node.
pub unsafe fn name_of(node: *mut pg_sys::Node) -> Option<String> {
    // SAFETY: by the contract above; the tag says that it is a String.
    unsafe {
        (tag(node) == Some(pg_sys::NodeTag::T_String))
            .then(|| string((*node.cast::<pg_sys::String>()).sval))
    }
}

/// The texts of a list of String nodes; nothing where another node is among them.
///
/// # Safety
/// `list` is null or a list of nodes.
pub unsafe fn names_of(list: *mut pg_sys::List) -> Option<Vec<String>> {
    // SAFETY: by the contract above.
    unsafe { members::<pg_sys::Node>(list).into_iter().map(|node| name_of(node)).collect() }
}

/// The name that the server gives to a column without one.
///
/// # Safety
/// `node` is null or a node of a raw tree.
pub unsafe fn figured(node: *mut pg_sys::Node) -> String {
    use pg_sys::NodeTag::*;
    // SAFETY: by the contract above; each cast is to the struct that the tag names.
    unsafe {
        let last =
            |list| members::<pg_sys::Node>(list).into_iter().rev().find_map(|node| name_of(node));
        match tag(node) {
            Some(T_ColumnRef) => last((*node.cast::<pg_sys::ColumnRef>()).fields),
            Some(T_A_Indirection) => {
                let node = &*node.cast::<pg_sys::A_Indirection>();
                last(node.indirection).or_else(|| Some(figured(node.arg)))
            }
            Some(T_FuncCall) => last((*node.cast::<pg_sys::FuncCall>()).funcname),
            Some(T_TypeCast) => {
                let node = &*node.cast::<pg_sys::TypeCast>();
                let inner = figured(node.arg);
                if inner == "?column?" { last((*node.typeName).names) } else { Some(inner) }
            }
            Some(T_CollateClause) => Some(figured((*node.cast::<pg_sys::CollateClause>()).arg)),
            Some(T_CaseExpr) => Some("case".to_owned()),
            Some(T_A_ArrayExpr) => Some("array".to_owned()),
            Some(T_RowExpr) => Some("row".to_owned()),
            Some(T_CoalesceExpr) => Some("coalesce".to_owned()),
            Some(T_SubLink) => match (*node.cast::<pg_sys::SubLink>()).subLinkType {
                pg_sys::SubLinkType::EXISTS_SUBLINK => Some("exists".to_owned()),
                pg_sys::SubLinkType::ARRAY_SUBLINK => Some("array".to_owned()),
                pg_sys::SubLinkType::EXPR_SUBLINK => {
                    let inner = (*node.cast::<pg_sys::SubLink>()).subselect;
                    if tag(inner) == Some(T_SelectStmt) {
                        let list = (*inner.cast::<pg_sys::SelectStmt>()).targetList;
                        members::<pg_sys::ResTarget>(list).first().map(|target| {
                            let target = &**target;
                            if target.name.is_null() {
                                figured(target.val)
                            } else {
                                string(target.name)
                            }
                        })
                    } else {
                        None
                    }
                }
                _ => None,
            },
            Some(T_SQLValueFunction) => {
                use pg_sys::SQLValueFunctionOp::*;
                let name = match (*node.cast::<pg_sys::SQLValueFunction>()).op {
                    SVFOP_CURRENT_USER => "current_user",
                    SVFOP_CURRENT_ROLE => "current_role",
                    SVFOP_SESSION_USER => "session_user",
                    SVFOP_USER => "user",
                    SVFOP_CURRENT_CATALOG => "current_catalog",
                    SVFOP_CURRENT_SCHEMA => "current_schema",
                    SVFOP_CURRENT_DATE => "current_date",
                    SVFOP_CURRENT_TIME | SVFOP_CURRENT_TIME_N => "current_time",
                    SVFOP_CURRENT_TIMESTAMP | SVFOP_CURRENT_TIMESTAMP_N => "current_timestamp",
                    SVFOP_LOCALTIME | SVFOP_LOCALTIME_N => "localtime",
                    _ => "localtimestamp",
                };
                Some(name.to_owned())
            }
            _ => None,
        }
        .unwrap_or_else(|| "?column?".to_owned())
    }
}
