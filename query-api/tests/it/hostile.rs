//! Queries that mean harm: refused before anything is done for them. Nothing answers where the database should be, so whatever
//! is answered at all was answered without one.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::http::Request;
use serde_json::{Value, json};
use tower::ServiceExt as _;
use xentri_domain::kernel::{Principal, Role};
use xentri_ledger::{Ledger, LedgerSettings, MasterKeys, ShardMap};
use xentri_query_api::graphql::{GraphqlSettings, Reads, router};
use xentri_testkit::{TestClock, factory};

use crate::support::{nothing, request};

const NOWHERE: &str = "postgres://nobody:x@127.0.0.1:1/none";

struct Alone {
    router: axum::Router,
    owner: Principal,
}

impl Alone {
    fn new(settings: GraphqlSettings) -> Self {
        let keeper = Arc::new(MasterKeys::from_text("AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=").unwrap());
        let patience = LedgerSettings::default().with_patience(Duration::from_millis(100));
        let ledger = Ledger::open(ShardMap::single(NOWHERE), keeper, &patience).unwrap();
        let router = router(Reads::new(ledger, Arc::new(TestClock::new()), settings));
        Self { router, owner: factory::principal(factory::org(), Role::Owner) }
    }

    async fn send(&self, request: Request<axum::body::Body>) -> (u16, Value) {
        let answer = self.router.clone().oneshot(request).await.unwrap();
        let status = answer.status().as_u16();
        let bytes = axum::body::to_bytes(answer.into_body(), usize::MAX).await.unwrap();
        (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }

    async fn code(&self, query: &str) -> String {
        self.code_with(query, &json!({})).await
    }

    async fn code_with(&self, query: &str, variables: &Value) -> String {
        let body = json!({ "query": query, "variables": variables });
        let (status, body) = self.send(request(&self.owner, body.to_string())).await;
        assert!(status == 200 && nothing(&body["data"]), "{body}");
        body["errors"][0]["extensions"]["code"].as_str().unwrap().to_owned()
    }
}

fn aliases(many: usize) -> String {
    (0..many).fold(String::new(), |mut all, n| {
        write!(all, " a{n}: pulseLanding").unwrap();
        all
    })
}

#[tokio::test]
async fn what_asks_for_too_much_is_refused_at_once() {
    let alone = Alone::new(GraphqlSettings::default());
    let deep = |levels: usize| format!("{} __typename {}", "{ a ".repeat(levels), "} ".repeat(levels));
    let bomb = (0..50).fold(String::new(), |mut all, n| {
        write!(all, " fragment F{n} on Query {{ {} }}", format!("...F{} ", n + 1).repeat(20)).unwrap();
        all
    });
    let hostile = [
        (deep(200), "QUERY_TOO_COSTLY"),
        (deep(20_000), "QUERY_TOO_COSTLY"),
        (deep(20), "QUERY_TOO_COSTLY"),
        (format!("{{ {} }}", aliases(10_000)), "QUERY_TOO_COSTLY"),
        (format!("{{ {} }}", aliases(101)), "QUERY_TOO_COSTLY"),
        (format!("{{ __typename # {} \n }}", "x".repeat(900_000)), "QUERY_TOO_COSTLY"),
        (format!("{{ {} }}", "__typename ".repeat(3000)), "QUERY_TOO_COSTLY"),
        (format!("{{ ...F0 }} {bomb} fragment F50 on Query {{ pulseLanding }}"), "QUERY_TOO_COSTLY"),
        ("{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }".to_owned(), "QUERY_INVALID"),
        ("{ leads(first: 1000000) { edges { node { id } } } }".to_owned(), "QUERY_TOO_COSTLY"),
        (
            "{ leads(first: 100) { edges { node { timeline(last: 100) { id } } } } }".to_owned(),
            "QUERY_TOO_COSTLY",
        ),
        ("{ leads".to_owned(), "QUERY_INVALID"),
        ("{ secrets }".to_owned(), "QUERY_INVALID"),
        ("mutation { leads { totalCount } }".to_owned(), "QUERY_INVALID"),
        ("subscription { leads { totalCount } }".to_owned(), "QUERY_INVALID"),
        (String::new(), "BAD_ARGUMENT"),
    ];
    for (query, code) in hostile {
        let asked = Instant::now();
        assert_eq!(alone.code(&query).await, code, "{}", &query[..query.len().min(100)]);
        assert!(asked.elapsed() < Duration::from_secs(2), "{}", &query[..query.len().min(100)]);
    }
    // The database is asked for what may be asked, and not there.
    assert_eq!(alone.code("{ leads { totalCount } }").await, "UNAVAILABLE");
}

/// Types have fields, which have types: as deep as a query may be, the answer would have a billion values.
#[tokio::test]
async fn what_asks_for_the_schema_over_and_over_is_refused_and_what_tools_ask_is_not() {
    let alone = Alone::new(GraphqlSettings::default());
    let deep = |levels: usize| format!("{}name{}", "fields { type { ".repeat(levels), " } }".repeat(levels));
    let wide = (0..99).fold(String::new(), |mut all, n| {
        write!(all, " a{n}: __schema {{ types {{ {} }} }}", deep(2)).unwrap();
        all
    });
    let by_fragments = "{ __schema { types { ...A } } } fragment A on __Type { fields { type { ...B } } }
        fragment B on __Type { fields { type { ...C } } } fragment C on __Type { interfaces { fields { type { possibleTypes {
        fields { name } } } } } }";
    for query in [
        format!("{{ __schema {{ types {{ {} }} }} }}", deep(6)),
        format!("{{ __schema {{ queryType {{ {} }} }} }}", deep(6)),
        format!("{{ __type(name: \"Query\") {{ {} }} }}", deep(6)),
        format!(
            "{{ __schema {{ types {{ {} }} }} }}",
            "possibleTypes { interfaces { ".repeat(6) + "name" + &" } }".repeat(6)
        ),
        format!("{{ {wide} }}"),
        by_fragments.to_owned(),
    ] {
        let asked = Instant::now();
        assert_eq!(alone.code(&query).await, "QUERY_TOO_COSTLY", "{query:.100}");
        assert!(asked.elapsed() < Duration::from_secs(2), "{query:.100}");
    }
    // As GraphiQL and code generators have it.
    let of_type = format!("{} kind name {}", "kind name ofType { ".repeat(9), "}".repeat(9));
    let tool = format!(
        "query IntrospectionQuery {{ __schema {{ description queryType {{ name kind }} mutationType {{ name kind }}
           subscriptionType {{ name kind }} types {{ ...FullType }}
           directives {{ name description isRepeatable locations args(includeDeprecated: true) {{ ...InputValue }} }} }} }}
         fragment FullType on __Type {{ kind name description specifiedByURL
           fields(includeDeprecated: true) {{ name description args(includeDeprecated: true) {{ ...InputValue }}
             type {{ ...TypeRef }} isDeprecated deprecationReason }}
           inputFields(includeDeprecated: true) {{ ...InputValue }} interfaces {{ ...TypeRef }}
           enumValues(includeDeprecated: true) {{ name description isDeprecated deprecationReason }}
           possibleTypes {{ ...TypeRef }} }}
         fragment InputValue on __InputValue {{ name description type {{ ...TypeRef }} defaultValue isDeprecated deprecationReason }}
         fragment TypeRef on __Type {{ {of_type} }}"
    );
    let (_, body) = alone.send(request(&alone.owner, json!({ "query": tool }).to_string())).await;
    assert!(body["errors"].is_null(), "{}", body["errors"]);
    assert!(body["data"]["__schema"]["types"].as_array().unwrap().len() > 40);
}

#[tokio::test]
async fn directives_variables_and_values_have_their_bounds_too() {
    let alone = Alone::new(GraphqlSettings::default());
    let many = "@include(if: true) ".repeat(3000);
    let variables = (0..3000).fold(String::new(), |mut all, n| {
        write!(all, " $v{n}: Int").unwrap();
        all
    });
    for query in [
        format!("{{ __typename {many} }}"),
        format!("{{ ... {many} {{ __typename }} }}"),
        format!("{{ ...F {many} }} fragment F on Query {{ __typename }}"),
        format!("query {many} {{ __typename }}"),
        format!("query($a: Int {many}) {{ __typename }}"),
        format!("query({variables}) {{ __typename }}"),
        format!("{{ history(types: {}{}) {{ edges {{ cursor }} }} }}", "[".repeat(70), "]".repeat(70)),
        format!("{{ leads(filter: {}{}) {{ totalCount }} }}", "{ a: ".repeat(70), "}".repeat(70)),
    ] {
        let asked = Instant::now();
        assert_eq!(alone.code(&query).await, "QUERY_TOO_COSTLY", "{query:.80}");
        assert!(asked.elapsed() < Duration::from_secs(2), "{query:.80}");
    }
    let nested = |levels: usize| (0..levels).fold(json!("x"), |inside, _| json!([inside]));
    let history = "query($types: [String!]) { history(types: $types) { totalCount: edges { cursor } } }";
    let leads = "query($filter: LeadFilter) { leads(filter: $filter) { totalCount } }";
    for (query, variables, code) in [
        (history, json!({ "types": nested(100) }), "QUERY_INVALID"),
        (history, json!({ "types": vec!["x"; 50_000] }), "BAD_ARGUMENT"),
        (leads, json!({ "filter": nested(100) }), "QUERY_INVALID"),
        (leads, json!({ "filter": { "search": "x".repeat(900_000) } }), "BAD_ARGUMENT"),
        (leads, json!({ "filter": { "search": "x".repeat(201) } }), "BAD_ARGUMENT"),
    ] {
        let asked = Instant::now();
        assert_eq!(alone.code_with(query, &variables).await, code, "{query}");
        assert!(asked.elapsed() < Duration::from_secs(2), "{query}");
    }
    // Deeper than that, it is no request at all.
    let body = format!(
        "{{\"query\":\"{{ __typename }}\",\"variables\":{{\"a\":{}{}}}}}",
        "[".repeat(10_000),
        "]".repeat(10_000)
    );
    assert_eq!(alone.send(request(&alone.owner, body)).await.0, 400);
}

/// A short query that is wrong in many places is not answered with much more than it said.
#[tokio::test]
async fn so_many_mistakes_are_told_and_no_more() {
    let alone = Alone::new(GraphqlSettings::default());
    let wrong = (0..1900).fold(String::new(), |mut all, n| {
        write!(all, " wrong{n}").unwrap();
        all
    });
    let asked = Instant::now();
    let (_, body) =
        alone.send(request(&alone.owner, json!({ "query": format!("{{ {wrong} }}") }).to_string())).await;
    assert_eq!(body["errors"].as_array().unwrap().len(), 100);
    assert!(asked.elapsed() < Duration::from_secs(2));
}

#[tokio::test]
async fn a_page_is_asked_for_within_its_bounds() {
    let alone = Alone::new(GraphqlSettings::default());
    for bad in [
        "first: 0",
        "first: -1",
        "first: 101",
        "last: 0",
        "first: 1, last: 1",
        "first: 1, before: \"x\"",
        "last: 1, after: \"x\"",
        "after: \"x\", before: \"x\"",
    ] {
        assert_eq!(
            alone.code(&format!("{{ leads({bad}) {{ totalCount }} }}")).await,
            "BAD_ARGUMENT",
            "{bad}"
        );
    }
    for bad in ["after: \"x\"", "last: 1, before: \"\"", "first: 2, after: \"AAAAAAAA\""] {
        assert_eq!(alone.code(&format!("{{ leads({bad}) {{ totalCount }} }}")).await, "BAD_CURSOR", "{bad}");
    }
}

#[tokio::test]
async fn introspection_can_be_turned_off() {
    let schema = "{ __schema { types { name } } }";
    let open = Alone::new(GraphqlSettings::default());
    let (status, body) = open.send(request(&open.owner, json!({ "query": schema }).to_string())).await;
    assert!(status == 200 && body["data"]["__schema"]["types"].as_array().unwrap().len() > 40, "{body}");
    let closed = Alone::new(GraphqlSettings { introspection: false, ..GraphqlSettings::default() });
    assert_eq!(closed.code(schema).await, "QUERY_INVALID");
    assert_eq!(
        closed.code("{ ...F } fragment F on Query { __type(name: \"Lead\") { name } }").await,
        "QUERY_INVALID"
    );
}

#[tokio::test]
async fn a_query_is_known_by_its_hash_once_it_was_sent() {
    let alone = Alone::new(GraphqlSettings::default());
    // Of `{ __typename }`.
    let hash = "7f56e67dd21ab3f30d1ff8b7bed08893f0a0db86449836189b361dd1e56ddb4b";
    let persisted = json!({ "persistedQuery": { "version": 1, "sha256Hash": hash } });
    let ask = async |body: Value| alone.send(request(&alone.owner, body.to_string())).await.1;
    let unknown = ask(json!({ "extensions": persisted })).await;
    assert_eq!(unknown["errors"][0]["message"], "PersistedQueryNotFound");
    assert_eq!(unknown["errors"][0]["extensions"]["code"], "PERSISTED_QUERY_NOT_FOUND");
    let wrong = ask(json!({ "query": "{ a: __typename }", "extensions": persisted })).await;
    assert_eq!(wrong["errors"][0]["extensions"]["code"], "QUERY_INVALID");
    for body in [
        json!({ "query": "{ __typename }", "extensions": persisted }),
        json!({ "extensions": persisted }),
        json!({ "query": "", "extensions": persisted }),
    ] {
        assert_eq!(ask(body).await["data"]["__typename"], "Query");
    }
}

#[tokio::test]
async fn what_is_no_request_is_a_problem() {
    let alone = Alone::new(GraphqlSettings::default());
    for bad in [
        "",
        "{",
        "[]",
        "{\"query\": 1}",
        "[{\"query\": \"{ __typename }\"}]",
        "{\"query\":\"{ __typename }\",\"query\":\"\"}",
    ] {
        let (status, _) = alone.send(request(&alone.owner, bad.to_owned())).await;
        assert_eq!(status, 400, "{bad}");
    }
    let query = json!({ "query": "{ __typename }" }).to_string();
    let mut text = request(&alone.owner, query.clone());
    text.headers_mut().insert("content-type", "text/plain".parse().unwrap());
    assert_eq!(alone.send(text).await.0, 415);
    let mut get = request(&alone.owner, "");
    *get.method_mut() = axum::http::Method::GET;
    *get.uri_mut() = "/graphql?query=%7B__typename%7D".parse().unwrap();
    assert_eq!(alone.send(get).await.0, 405);
    let (status, _) =
        alone.send(request(&alone.owner, format!("{{\"query\":\"{}\"}}", "x".repeat(2 << 20)))).await;
    assert_eq!(status, 413);
}
