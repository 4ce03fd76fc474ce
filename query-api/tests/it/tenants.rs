//! Another org's things look like things that are not there, whatever is asked for and brought along.

use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{TypeKind, TypeSystemDefinition};
use serde_json::{Value, json};
use xentri_query_api::graphql::sdl;

use crate::support::{Company, World, code};

/// Each query, with the ids of the other org where it takes any; and what somebody gets whose own org has nothing.
fn attacks(theirs: &Company) -> Vec<(&'static str, String, Value)> {
    let Company { lead, invoice, site, page, .. } = theirs;
    let none = json!({ "edges": [], "totalCount": 0 });
    let empty = json!({ "edges": [], "totalCount": null });
    let list = "{ edges { node { id } } totalCount }";
    vec![
        ("brief", "{ id }".to_owned(), Value::Null),
        ("lead", format!("(id: \"{lead}\") {{ id }}"), Value::Null),
        ("leads", list.to_owned(), none.clone()),
        ("pipeline", "{ leads }".to_owned(), json!([])),
        ("invoice", format!("(id: \"{invoice}\") {{ id }}"), Value::Null),
        ("invoice", "(number: \"INV-2026-000001\") { id }".to_owned(), Value::Null),
        ("invoices", format!("(filter: {{ lead: \"{lead}\" }}) {list}"), empty.clone()),
        ("invoices", list.to_owned(), none.clone()),
        ("receivables", "{ currency }".to_owned(), json!([])),
        ("revenue", "{ currency }".to_owned(), json!([])),
        ("site", format!("(id: \"{site}\") {{ id }}"), Value::Null),
        ("sites", list.to_owned(), none.clone()),
        ("page", format!("(id: \"{page}\") {{ id }}"), Value::Null),
        ("pages", format!("(siteId: \"{site}\") {list}"), none),
        ("pulse", format!("(scope: STRATEGY) {list}"), empty.clone()),
        ("pulseLanding", String::new(), json!("STRATEGY")),
        ("timeline", format!("(streamType: \"lead\", streamId: \"{lead}\") {list}"), empty.clone()),
        ("aggregateAt", format!("(streamType: \"lead\", streamId: \"{lead}\") {{ version }}"), Value::Null),
        (
            "aggregateDiff",
            format!("(streamType: \"lead\", streamId: \"{lead}\", from: 0, to: 1) {{ pointer }}"),
            Value::Null,
        ),
        ("node", format!("(type: LEAD, id: \"{lead}\") {{ id }}"), Value::Null),
        ("node", format!("(type: INVOICE, id: \"{invoice}\") {{ id }}"), Value::Null),
        ("node", format!("(type: SITE, id: \"{site}\") {{ id }}"), Value::Null),
        ("node", format!("(type: PAGE, id: \"{page}\") {{ id }}"), Value::Null),
    ]
}

/// Of these everybody has some of their own.
const OWN: [&str; 3] = ["org", "history", "projections"];

#[tokio::test(flavor = "multi_thread")]
async fn another_org_looks_like_nothing_in_every_query() {
    let world = World::new().await;
    let theirs = world.company().await;
    let stranger = world.owner().await;
    let everything =
        world.ask_after(&theirs.owner, &theirs.token, "{ leads { totalCount } }", json!({})).await;
    assert_eq!(everything.data()["leads"]["totalCount"], 1);
    let attacks = attacks(&theirs);
    for (field, rest, expected) in &attacks {
        let answered = world.ask(&stranger, &format!("{{ {field}{rest} }}"), json!({})).await;
        assert_eq!(&answered.data()[field], expected, "{field}{rest}");
    }
    let tried: Vec<_> = attacks.iter().map(|(field, ..)| *field).chain(OWN).collect();
    let untried: Vec<_> = queries().into_iter().filter(|query| !tried.contains(&query.as_str())).collect();
    assert!(untried.is_empty(), "queries without an attack: {untried:?}");
    let query = "{ org { id } history(first: 100) { edges { node { id streamId } } } }";
    let own = world.ask(&stranger, query, json!({})).await.data().to_string();
    let Company { owner, lead, invoice, site, page, .. } = &theirs;
    for id in
        [owner.org().to_string(), lead.to_string(), invoice.to_string(), site.to_string(), page.to_string()]
    {
        assert!(!own.contains(&id), "{own}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_orgs_cursors_and_tokens_are_refused() {
    let world = World::new().await;
    let theirs = world.company().await;
    let stranger = world.owner().await;
    let page = "query($after: String) { leads(first: 1, after: $after) { edges { cursor } } }";
    let first = world.ask_after(&theirs.owner, &theirs.token, page, json!({})).await;
    let cursor = first.data()["leads"]["edges"][0]["cursor"].clone();
    assert!(cursor.is_string());
    let with = json!({ "after": cursor });
    assert_eq!(world.ask(&theirs.owner, page, with.clone()).await.data()["leads"]["edges"], json!([]));
    assert_eq!(code(&world.ask(&stranger, page, with).await), "BAD_CURSOR");
    let answered = world.ask_after(&stranger, &theirs.token, page, json!({})).await;
    assert_eq!(code(&answered), "BAD_CONSISTENCY_TOKEN");
}

fn queries() -> Vec<String> {
    let definitions = parse_schema(sdl()).unwrap().definitions.into_iter();
    let query = definitions.filter_map(|definition| match definition {
        TypeSystemDefinition::Type(definition) if definition.node.name.node == "Query" => {
            Some(definition.node.kind)
        }
        _ => None,
    });
    let fields = query.filter_map(|kind| match kind {
        TypeKind::Object(object) => Some(object.fields),
        _ => None,
    });
    fields.flatten().map(|field| field.node.name.node.to_string()).collect()
}
