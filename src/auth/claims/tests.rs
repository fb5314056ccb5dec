//! Claims as texts, sound and not.

use std::borrow::Cow;

use uuid::Uuid;

use super::*;

const ID: &str = "00000000-0000-4000-8000-000000000001";

fn subject(json: &str) -> Subject {
    Claims::parse(json.as_bytes()).unwrap().subject
}

/// The claim at a path, written as JSON.
fn at(json: &str, path: &[&str]) -> Option<String> {
    Claims::parse(json.as_bytes()).unwrap();
    lookup(json, path).unwrap().to_json().map(Cow::into_owned)
}

fn role(json: &str) -> Option<String> {
    at(json, &["role"])
}

fn defect(json: &str) -> Defect {
    Claims::parse(json.as_bytes()).unwrap_err()
}

#[test]
fn reads_the_subject_in_every_form_of_the_servers_uuid() {
    let id = Subject::Uuid(Uuid::try_parse(ID).unwrap());
    for form in [
        ID.to_owned(),
        ID.replace('-', ""),
        format!("{{{ID}}}"),
        "0000-0000-0000-4000-8000-0000-0000-0001".to_owned(),
    ] {
        assert_eq!(subject(&format!(r#"{{"sub":"{form}"}}"#)), id, "{form}");
    }
}

#[test]
fn refuses_subjects_that_the_server_would_refuse() {
    for form in [
        "",
        "alice",
        " 00000000-0000-4000-8000-000000000001",
        "urn:uuid:00000000-0000-4000-8000-000000000001",
        "{00000000-0000-4000-8000-000000000001",
        "00000000--0000-4000-8000-000000000001",
        "-00000000000040008000000000000001",
        "00000000000040008000000000000001-",
        "000000000000400080000000000000011",
        "0-0000000000040008000000000000001",
        "0000000000004000800000000000000g",
    ] {
        assert_eq!(subject(&format!(r#"{{"sub":"{form}"}}"#)), Subject::NoUuid, "{form}");
    }
    for value in ["1", "true", "{}", "[]", "00"] {
        let json = format!(r#"{{"sub":{value}}}"#);
        match Claims::parse(json.as_bytes()) {
            Ok(claims) => assert_eq!(claims.subject, Subject::NoUuid, "{json}"),
            Err(defect) => assert_eq!(defect, Defect::NotJson, "{json}"),
        }
    }
}

#[test]
fn missing_and_null_claims_are_absent() {
    for json in ["{}", r#"{"sub":null,"role":null}"#, " {\n} "] {
        assert_eq!(subject(json), Subject::Absent, "{json}");
        assert_eq!(role(json), None, "{json}");
    }
}

#[test]
fn a_claim_comes_back_as_it_was_sent() {
    let shape = |json| Value::of(Some(serde_json::from_str(json).unwrap())).unwrap();
    assert!(matches!(shape(r#""a\u0062\n""#), Value::Text(text) if text == "ab\n"));
    assert!(matches!(shape("true"), Value::Boolean(true)));
    assert!(matches!(shape("false"), Value::Boolean(false)));
    assert!(matches!(shape("1.50"), Value::Number("1.50")));
    assert!(matches!(shape("-0"), Value::Number("-0")));
    assert!(matches!(shape("null"), Value::Absent));
    assert!(matches!(shape("[1]"), Value::Array(json) if json.get() == "[1]"));
    // A number's private form is an object like any other.
    let private = r#"{"$serde_json::private::Number":"1"}"#;
    assert!(matches!(shape(private), Value::Object(json) if json.get() == private));
    assert_eq!(role(r#"{"role":"a\u0022\\"}"#), Some(r#""a\"\\""#.to_owned()));
    assert_eq!(role(r#"{"role": { "a" : 1 } }"#), Some(r#"{ "a" : 1 }"#.to_owned()));
}

#[test]
fn the_last_of_duplicate_keys_counts_at_every_level_also_when_escaped() {
    assert_eq!(role(r#"{"role":"a","r\u006fle":"b"}"#), Some(r#""b""#.to_owned()));
    assert_eq!(role(r#"{"role":"a","role":null}"#), None);
    assert_eq!(at(r#"{"a":{"b":1,"b":2}}"#, &["a", "b"]), Some("2".to_owned()));
    assert_eq!(at(r#"{"a":{"b":1},"a":{"c":2}}"#, &["a", "b"]), None);
}

#[test]
fn paths_lead_through_objects_and_arrays_as_the_servers_operator_does() {
    let json = r#" {"a": {"b": [10, [11], {"c": 12}], "1": 13}, "": {"": 14}} "#;
    for (path, expected) in [
        (&["a", "b", "0"][..], Some("10")),
        (&["a", "b", "1", "0"], Some("11")),
        (&["a", "b", "2", "c"], Some("12")),
        (&["a", "b", "-1", "c"], Some("12")),
        (&["a", "b", "-3"], Some("10")),
        (&["a", "b", "+1"], Some("[11]")),
        (&["a", "b", " 0"], Some("10")),
        (&["a", "b", "00"], Some("10")),
        (&["a", "1"], Some("13")),
        (&["", ""], Some("14")),
        (&["a", "b", "3"], None),
        (&["a", "b", "-4"], None),
        (&["a", "b", "-2147483648"], None),
        (&["a", "b", "2147483648"], None),
        (&["a", "b", ""], None),
        (&["a", "b", "0 "], None),
        (&["a", "b", "x"], None),
        (&["a", "b", "0", "0"], None),
        (&["A"], None),
    ] {
        assert_eq!(at(json, path).as_deref(), expected, "{path:?}");
    }
    assert_eq!(at(json, &[]).as_deref(), Some(json.trim()));
}

#[test]
fn elements_keep_their_order_and_nulls() {
    let array = serde_json::from_str(r#"["a", null, 1]"#).unwrap();
    let elements = elements(array).unwrap();
    assert!(matches!(&elements[0], Value::Text(text) if text == "a"));
    assert!(matches!(elements[1], Value::Absent));
    assert!(matches!(elements[2], Value::Number("1")));
}

#[test]
fn names_the_defect() {
    for json in ["", "x", "{", r#"{"sub":}"#, r#"{"sub":"a"} x"#, "{\"a\":\"\n\"}", "[1"] {
        assert_eq!(defect(json), Defect::NotJson, "{json}");
    }
    for json in ["null", "[]", "1", "\"a\"", " true "] {
        assert_eq!(defect(json), Defect::NotAnObject, "{json}");
    }
    assert_eq!(Claims::parse(b"{\"a\":\"\xff\"}").unwrap_err(), Defect::NotJson);
}

#[test]
fn refuses_what_jsonb_refuses_in_claims_that_nobody_reads() {
    assert_eq!(defect(r#"{"x":"\u0000"}"#), Defect::NullCharacter);
    assert_eq!(defect(r#"{"\u0000":1}"#), Defect::NullCharacter);
    assert_eq!(subject(r#"{"x":"\\u0000"}"#), Subject::Absent);
    for lone in [r"\ud800", r"\udc00", r"\ud800x\udc00", r"\ud800\ud800\udc00", r"\udc00\ud800"] {
        assert_eq!(defect(&format!(r#"{{"x":"{lone}"}}"#)), Defect::NotJson, "{lone}");
    }
    assert_eq!(role(r#"{"role":"\ud83d\ude00"}"#), Some("\"😀\"".to_owned()));
}

#[test]
fn depth_is_bounded() {
    let nested = |n: usize| format!(r#"{{"x":{}{}}}"#, "[".repeat(n), "]".repeat(n));
    assert_eq!(subject(&nested(MAX_DEPTH - 1)), Subject::Absent);
    assert_eq!(defect(&nested(MAX_DEPTH)), Defect::TooDeep);
    assert_eq!(defect(&nested(1_000_000)), Defect::TooDeep);
    assert_eq!(subject(r#"{"x":"[[[[","y":"\"[["}"#), Subject::Absent);
}
