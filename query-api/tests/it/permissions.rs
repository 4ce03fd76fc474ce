//! Who may read what.

use serde_json::{Value, json};
use xentri_domain::kernel::{Grant, Grants, Permission, Principal, Role};
use xentri_testkit::factory;

use crate::support::{Company, World};

/// Owner, admin, member, auditor, analyst, integrator: `x` may, `.` may not.
const TABLE: &[(&str, &str)] = &[
    ("org { name }", "xxxxx."),
    ("brief { state }", "xxxxx."),
    ("lead(id: $lead) { id }", "xxxxx."),
    ("leads { totalCount }", "xxxxx."),
    ("leads(filter: { search: \"a\" }) { totalCount }", "xxxx.."),
    ("leads(orderBy: { field: NAME }) { totalCount }", "xxxx.."),
    ("pipeline { leads }", "xxxxx."),
    ("invoice(id: $invoice) { id }", "xxxxx."),
    ("invoice(number: \"INV-2026-000001\") { id }", "xxxxx."),
    ("invoices { totalCount }", "xxxxx."),
    ("invoices(filter: { search: \"a\" }) { totalCount }", "xxxx.."),
    ("invoices(orderBy: { field: CUSTOMER }) { totalCount }", "xxxx.."),
    ("receivables { currency }", "xxxxx."),
    ("revenue { currency }", "xxxxx."),
    ("site(id: $site) { id }", "xxxxx."),
    ("sites { totalCount }", "xxxxx."),
    ("page(id: $page) { id }", "xxxxx."),
    ("pages(siteId: $site) { totalCount }", "xxxxx."),
    ("pulse(scope: STRATEGY) { edges { cursor } }", "xx.xx."),
    ("pulse(scope: CATEGORY_FINANCE) { edges { cursor } }", "xx.xx."),
    ("pulse(scope: MODULE_LEADS) { edges { cursor } }", "xxxxx."),
    ("pulseLanding", "xxxxxx"),
    ("timeline(streamType: \"lead\", streamId: $lead) { edges { cursor } }", "xxxxx."),
    ("timeline(streamType: \"pulse_item\", streamId: $lead) { edges { cursor } }", "x..x.."),
    ("history { edges { cursor } }", "x..x.."),
    ("aggregateAt(streamType: \"lead\", streamId: $lead) { version }", "x..x.."),
    ("aggregateDiff(streamType: \"lead\", streamId: $lead, from: 0, to: 1) { pointer }", "x..x.."),
    ("projections { name }", "x..xx."),
    ("node(type: LEAD, id: $lead) { id }", "xxxxx."),
    ("node(type: INVOICE, id: $invoice) { id }", "xxxxx."),
    ("node(type: SITE, id: $site) { id }", "xxxxx."),
    ("node(type: PAGE, id: $page) { id }", "xxxxx."),
];

/// Every way to what is personal.
const PERSONAL: &str = r#"query($lead: UUID!, $invoice: UUID!) {
  lead(id: $lead) { name email phone forgotten timeline { reason } }
  leads { edges { node { name email phone } } }
  invoice(id: $invoice) { customer { name email phone address forgotten } lead { name } timeline { reason } }
  invoices { edges { node { customer { name email } } } }
  pulse(scope: MODULE_LEADS) { edges { node { title summary } } }
  strategy: pulse(scope: STRATEGY) { edges { node { title summary } } }
  timeline(streamType: "lead", streamId: $lead) { edges { node { reason command } } }
  history(first: 100) { edges { node { reason command actor { id } payload } } }
  aggregateAt(streamType: "lead", streamId: $lead) { state }
  aggregateDiff(streamType: "lead", streamId: $lead, from: 0, to: 4) { before after }
  node(type: LEAD, id: $lead) { ... on Lead { name } }
}"#;

async fn ask(world: &World, who: &Principal, company: &Company, field: &str) -> Value {
    let all = [
        ("lead", company.lead),
        ("invoice", company.invoice),
        ("site", company.site),
        ("page", company.page),
    ];
    let used: Vec<_> = all.iter().filter(|(name, _)| field.contains(&format!("${name}"))).collect();
    let declared: Vec<_> = used.iter().map(|(name, _)| format!("${name}: UUID!")).collect();
    let declared = if used.is_empty() { String::new() } else { format!("({})", declared.join(", ")) };
    let variables: Value = used.iter().map(|(name, id)| ((*name).to_owned(), json!(id))).collect();
    let query = format!("query{declared} {{ asked: {field} }}");
    world.ask_after(who, &company.token, &query, variables).await.body
}

#[tokio::test(flavor = "multi_thread")]
async fn every_role_reads_what_the_table_says() {
    let world = World::new().await;
    let company = world.company().await;
    for (field, row) in TABLE {
        for (role, may) in Role::ALL.iter().zip(row.chars()) {
            let who = factory::principal(company.owner.org(), *role);
            let body = ask(&world, &who, &company, field).await;
            let refused =
                body["errors"][0]["extensions"]["code"] == "FORBIDDEN" && body["data"]["asked"].is_null();
            assert!(if may == 'x' { body["errors"].is_null() } else { refused }, "{role} {field}: {body}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_is_shown_to_those_alone_who_may_read_persons() {
    let world = World::new().await;
    let company = world.company().await;
    let variables = json!({ "lead": company.lead, "invoice": company.invoice });
    for role in Role::ALL {
        let who = factory::principal(company.owner.org(), *role);
        let answered = world.ask_after(&who, &company.token, PERSONAL, variables.clone()).await;
        let shows = answered.body.to_string().to_lowercase().contains("canary");
        let may = !matches!(role, Role::Analyst | Role::Integrator);
        assert_eq!(shows, may, "{role}: {}", answered.body);
        let lead = &answered.body["data"]["lead"];
        if *role == Role::Analyst {
            let hidden = (&lead["name"], &lead["email"], &lead["phone"], &lead["forgotten"]);
            assert_eq!(hidden, (&Value::Null, &Value::Null, &Value::Null, &json!(false)));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_reads_who_a_forgotten_person_was() {
    let world = World::new().await;
    let company = world.company().await;
    let forgotten = world.give(&company.owner, Some(company.lead), "subject.forget", &json!({})).await;
    let variables = json!({ "lead": company.lead, "invoice": company.invoice });
    let token = &forgotten.consistency_token;
    let answered = world.ask_after(&company.owner, token, PERSONAL, variables).await;
    let data = answered.data();
    assert!(!data.to_string().to_lowercase().contains("canary"), "{data}");
    assert_eq!((&data["lead"]["name"], &data["lead"]["forgotten"]), (&Value::Null, &json!(true)));
    assert_eq!(data["invoice"]["customer"]["forgotten"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_refusal_leaves_the_other_answers() {
    let world = World::new().await;
    let company = world.company().await;
    let member = factory::principal(company.owner.org(), Role::Member);
    let query = "{ leads { totalCount } history { edges { cursor } } }";
    let answered = world.ask_after(&member, &company.token, query, json!({})).await;
    assert_eq!(answered.body["data"], json!({ "leads": { "totalCount": 1 }, "history": null }));
    assert_eq!(answered.codes(), ["FORBIDDEN"]);
    assert_eq!(answered.body["errors"][0]["message"], "missing the permission ledger:read");
    assert_eq!(answered.body["errors"][0]["path"], json!(["history"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_past_of_a_person_stays_sealed_for_those_who_may_read_the_ledger_alone() {
    let world = World::new().await;
    let company = world.company().await;
    let grants: Grants = [Grant::One(Permission::LEDGER_READ)].into_iter().collect();
    let reader = Principal::new(company.owner.org(), company.owner.actor().clone(), grants);
    let variables = json!({ "lead": company.lead, "invoice": company.invoice });
    let body = world.ask_after(&reader, &company.token, PERSONAL, variables).await.body;
    assert!(!body.to_string().to_lowercase().contains("canary"), "{body}");
    let history = body["data"]["history"]["edges"].as_array().unwrap();
    let sealed = history.iter().filter(|edge| edge["node"]["payload"]["name"]["$p"].is_string()).count();
    assert_eq!(sealed, 1, "{body}");
    assert!(body["data"]["aggregateAt"]["state"]["name"]["$p"].is_string(), "{body}");
}
