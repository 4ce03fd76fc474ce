//! Bodies that are no JSON, or not that of the command.

use serde_json::{Value, json};

use super::support::{Answer, Server};

/// As it would be with one value in it.
fn with(name: &str, value: &Value) -> Value {
    let mut body = json!({ "name": "Ada Lovelace", "source": "form" });
    body[name] = value.clone();
    body
}

#[tokio::test]
async fn what_is_no_json_is_400_at_the_place_where_it_ends() {
    let server = Server::shared().await;
    let owner = server.owner().await;
    let deep = |open: &str, close: &str| format!("{{\"name\": {}{}}}", open.repeat(200), close.repeat(200));
    for body in [
        "{",
        "{\"name\": \"Ada\",}",
        "{\"name\": \"Ada\"} {}",
        "{\"name\": 'Ada'}",
        "{name: 1}",
        "nul",
        "\u{feff}{}",
        "{\"name\": \"\\ud800\"}",
        "{\"name\": \"a\nb\"}",
        "{\"score\": NaN}",
        "{\"score\": 1e999}",
        "{\"score\": 01}",
        &deep("[", "]"),
        &deep("{\"a\":", "}"),
        &"[".repeat(200),
        &"[".repeat(1 << 20),
    ] {
        let answer = Answer::to(owner.post_raw("/sales/leads", body)).await;
        answer.blames(400, "MALFORMED", &[("", "malformed_json")]);
    }
}

#[tokio::test]
async fn bytes_that_are_no_utf_8_are_400() {
    let server = Server::shared().await;
    let owner = server.owner().await;
    for body in [
        &b"{\"name\": \"caf\xe9\", \"source\": \"form\"}"[..],
        b"{\"name\": \"\xc0\xaf\", \"source\": \"form\"}",
        b"{\"name\": \"\xed\xa0\x80\", \"source\": \"form\"}",
        b"\xff\xfe{\0}\0",
        b"{\"\xff\": 1, \"name\": \"Ada\", \"source\": \"form\"}",
    ] {
        let answer = Answer::to(owner.post_raw("/sales/leads", body)).await;
        answer.problem(400, "MALFORMED");
    }
}

#[tokio::test]
async fn a_name_that_is_there_twice_is_400_at_any_depth() {
    let server = Server::shared().await;
    let owner = server.owner().await;
    let twice = r#"{"name": "Ada", "name": "Ada", "source": "form"}"#;
    Answer::to(owner.post_raw("/sales/leads", twice)).await.blames(
        400,
        "MALFORMED",
        &[("/name", "duplicate_field")],
    );
    let deep = r#"{"name": "Ada", "source": "form", "value": {"amount": 1, "currency": "EUR", "amount": 2}}"#;
    let answer = Answer::to(owner.post_raw("/sales/leads", deep)).await;
    answer.blames(400, "MALFORMED", &[("/value/amount", "duplicate_field")]);
}

#[tokio::test]
async fn a_bad_field_is_422_at_its_pointer() {
    let server = Server::shared().await;
    let owner = server.owner().await;
    let huge = serde_json::from_str::<Value>("99999999999999999999999999").unwrap();
    for (name, value, pointer, code) in [
        ("nmae", json!("Ada"), "/nmae", "unknown_field"),
        ("a/b~c", json!(1), "/a~1b~0c", "unknown_field"),
        ("name", json!(7), "/name", "wrong_type"),
        ("name", json!(["Ada"]), "/name", "wrong_type"),
        ("name", Value::Null, "/name", "wrong_type"),
        ("source", json!("telepathy"), "/source", "not_one_of"),
        ("value", json!({ "amount": 1.5, "currency": "EUR" }), "/value/amount", "wrong_type"),
        ("value", json!({ "amount": "1", "currency": "EUR" }), "/value/amount", "wrong_type"),
        ("value", json!({ "amount": 1, "currency": "EUR", "x": 1 }), "/value/x", "unknown_field"),
        ("value", json!({ "amount": 1 }), "/value/currency", "missing"),
    ] {
        let answer = owner.give("/sales/leads", &with(name, &value)).await;
        answer.blames(422, "INVALID", &[(pointer, code)]);
    }
    for value in [huge, json!(u64::MAX), json!(i64::MIN), json!(1e300), json!(9_007_199_254_740_993_u64)] {
        let answer =
            owner.give("/sales/leads", &with("value", &json!({ "amount": value, "currency": "EUR" }))).await;
        assert_eq!(answer.problem(422, "INVALID")["errors"][0]["pointer"], "/value/amount", "{value}");
    }
    for body in [json!([]), json!(["Ada", "form"]), json!("Ada"), json!(7), Value::Null, json!(true)] {
        owner.give("/sales/leads", &body).await.blames(422, "INVALID", &[("", "wrong_type")]);
    }
}

#[tokio::test]
async fn all_bad_fields_are_told_at_once_and_none_is_quoted() {
    let server = Server::shared().await;
    let owner = server.owner().await;
    let body = json!({ "name": "", "email": "jane.doe", "phone": "call jane.doe", "owner": "jane.doe" });
    let answer = owner.give("/sales/leads", &body).await;
    let problem = answer.problem(422, "INVALID");
    let pointers: Vec<_> =
        problem["errors"].as_array().unwrap().iter().map(|error| error["pointer"].clone()).collect();
    assert_eq!(pointers, ["/email", "/name", "/owner", "/phone", "/source"]);
    assert!(!answer.body.to_string().contains("jane"), "{}", answer.body);
    // A thousand mistakes are not a thousand answers.
    let many: serde_json::Map<_, _> = (0..1000).map(|n| (format!("f{n}"), json!(1))).collect();
    let answer = owner.give("/sales/leads", &Value::Object(many)).await;
    assert_eq!(answer.problem(422, "INVALID")["errors"].as_array().unwrap().len(), 50);
}

#[tokio::test]
async fn nesting_that_can_be_read_is_refused_as_any_wrong_type() {
    let server = Server::shared().await;
    let owner = server.owner().await;
    let deep = (0..100).fold(json!(1), |inner, _| json!([inner]));
    owner.give("/sales/leads", &with("name", &deep)).await.blames(422, "INVALID", &[("/name", "wrong_type")]);
    let answer = owner.give("/sales/leads", &with("x", &deep)).await;
    answer.blames(422, "INVALID", &[("/x", "unknown_field")]);
}
