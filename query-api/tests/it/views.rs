//! Every view, after real commands.

use serde_json::{Value, json};

use crate::support::Company;
use crate::support::World;

const ALL: &str = r#"query All($lead: UUID!, $invoice: UUID!, $site: UUID!, $page: UUID!) {
  org { name timeZone currency language invoicePrefix version }
  brief { state version sections { section } approved { version } proposals { id } answers { question answer } answerCount }
  lead(id: $lead) {
    id version state source name email phone company forgotten value { amount currency formatted } owner score
    proposalUntil followUps { dueAt } timeline(last: 2) { type version actor { type } }
  }
  leads { totalCount nodes: edges { cursor node { id state } } pageInfo { hasNextPage hasPreviousPage } }
  pipeline { state currency leads value { amount } }
  invoice(id: $invoice) {
    id version state status number customer { name email phone address forgotten } lead { id name } currency
    lines { description quantity unitPrice { amount } taxRateBp } subtotal { amount } tax { amount } total { formatted }
    paid { amount } refunded { amount } open { amount } issuedOn dueOn payments { amount { amount } method reference receivedAt }
    timeline { type }
  }
  byNumber: invoice(number: "INV-2026-000001") { id }
  invoices(filter: { state: PARTIALLY_PAID }) { totalCount edges { node { id } } }
  receivables { currency open { invoices amount { amount } } overdue { invoices } upTo30Days { invoices } }
  revenue(by: MONTH) { month currency invoices net { amount } gross { amount } received { amount } }
  site(id: $site) { id state slug name pages { id path } pageCounts { state pages } }
  sites(orderBy: { field: SLUG, direction: ASC }) { totalCount edges { node { id } } }
  page(id: $page) { id state path title blocks live { path } site { name } }
  pages(siteId: $site) { totalCount edges { node { id } } }
  pulse(scope: STRATEGY) { edges { node { title scope importance aboutType } } }
  modules: pulse(scope: MODULE_LEADS) { edges { node { title summary aboutId actionRequired } } }
  pulseLanding
  timeline(streamType: "lead", streamId: $lead) { edges { cursor node { orgSeq type reason payload } } }
  history(last: 3) { edges { node { orgSeq type streamType actor { type id } recordedAt } } pageInfo { hasPreviousPage } }
  first: aggregateAt(streamType: "lead", streamId: $lead, version: 1) { type id version state }
  now: aggregateAt(streamType: "lead", streamId: $lead) { version recordedAt state }
  before: aggregateAt(streamType: "lead", streamId: $lead, time: "2020-01-01T00:00:00Z") { version }
  aggregateDiff(streamType: "lead", streamId: $lead, from: 1, to: 2) { pointer before after }
  projections { name state lag parked }
  node(type: LEAD, id: $lead) { __typename id version ... on Lead { state } }
}"#;

fn ids(company: &Company) -> Value {
    json!({ "lead": company.lead, "invoice": company.invoice, "site": company.site, "page": company.page })
}

#[tokio::test(flavor = "multi_thread")]
async fn every_view_shows_what_has_happened() {
    let world = World::new().await;
    let company = world.company().await;
    let answered = world.ask_after(&company.owner, &company.token, ALL, ids(&company)).await;
    let data = answered.data();
    sales(data, &company);
    finance(data, &company);
    website(data, &company);
    ledger(data, &company);
    assert_eq!(data["org"]["name"], "Bakery");
    assert_eq!(data["org"]["timeZone"], "Europe/Madrid");
    assert_eq!(data["brief"]["state"], "CONVERSING");
    assert_eq!(data["brief"]["answers"], json!([{ "question": "What for?", "answer": "Bread." }]));
}

fn sales(data: &Value, company: &Company) {
    let lead = &data["lead"];
    let expected = json!({ "amount": 120_000, "currency": "EUR", "formatted": "1,200.00 EUR" });
    assert_eq!((&lead["id"], &lead["value"]), (&json!(company.lead), &expected));
    assert_eq!(
        (&lead["state"], &lead["score"], &lead["version"]),
        (&json!("QUALIFIED"), &json!(80), &json!(4))
    );
    assert_eq!((&lead["name"], &lead["forgotten"]), (&json!("Ada Canary Lovelace"), &json!(false)));
    assert_eq!(lead["followUps"][0]["dueAt"], "2026-03-05T09:00:00.000000Z");
    let types: Vec<_> = lead["timeline"].as_array().unwrap().iter().map(|event| &event["type"]).collect();
    assert_eq!(types, ["xentri.followup.scheduled.v1", "xentri.lead.qualified.v1"]);
    assert_eq!(
        (&data["leads"]["totalCount"], &data["leads"]["nodes"][0]["node"]["id"]),
        (&json!(1), &json!(company.lead))
    );
    let stage =
        json!([{ "state": "QUALIFIED", "currency": "EUR", "leads": 1, "value": { "amount": 120_000 } }]);
    assert_eq!(data["pipeline"], stage);
    assert_eq!(
        data["node"],
        json!({ "__typename": "Lead", "id": company.lead, "version": 4, "state": "QUALIFIED" })
    );
    assert_eq!(data["modules"]["edges"][0]["node"]["title"], "Ready for a proposal: Ada Canary Lovelace");
    assert_eq!(data["pulseLanding"], "STRATEGY");
}

fn finance(data: &Value, company: &Company) {
    let invoice = &data["invoice"];
    assert_eq!(
        (&invoice["number"], &invoice["status"]),
        (&json!("INV-2026-000001"), &json!("PARTIALLY_PAID"))
    );
    assert_eq!(data["byNumber"]["id"], json!(company.invoice));
    assert_eq!(
        (&invoice["total"]["formatted"], &invoice["open"]["amount"]),
        (&json!("3.30 EUR"), &json!(230))
    );
    assert_eq!((&invoice["issuedOn"], &invoice["dueOn"]), (&json!("2026-03-02"), &json!("2026-03-16")));
    assert_eq!(invoice["customer"]["address"], "Canary Street 1");
    assert_eq!(invoice["lead"]["id"], json!(company.lead));
    let line = json!([{ "description": "Bread", "quantity": "2", "unitPrice": { "amount": 150 }, "taxRateBp": 1000 }]);
    assert_eq!(invoice["lines"], line);
    assert_eq!(invoice["payments"][0]["reference"], "A1");
    assert_eq!(data["invoices"]["totalCount"], 1);
    let owed = &data["receivables"][0];
    assert_eq!((&owed["open"]["amount"]["amount"], &owed["overdue"]["invoices"]), (&json!(230), &json!(0)));
    let month = json!([{ "month": "2026-03-01", "currency": "EUR", "invoices": 1, "net": { "amount": 300 },
        "gross": { "amount": 330 }, "received": { "amount": 100 } }]);
    assert_eq!(data["revenue"], month);
}

fn website(data: &Value, company: &Company) {
    assert_eq!((&data["site"]["slug"], &data["site"]["state"]), (&json!("bakery"), &json!("PUBLISHING")));
    assert_eq!(data["site"]["pages"], json!([{ "id": company.page, "path": "/" }]));
    assert_eq!(data["site"]["pageCounts"], json!([{ "state": "PUBLISHING", "pages": 1 }]));
    assert_eq!(data["page"]["blocks"], json!([{ "type": "divider" }]));
    assert_eq!((&data["page"]["site"]["name"], &data["page"]["live"]), (&json!("Bakery"), &Value::Null));
    for list in ["sites", "pages"] {
        assert_eq!(
            (&data[list]["totalCount"], data[list]["edges"].as_array().unwrap().len()),
            (&json!(1), 1)
        );
    }
}

fn ledger(data: &Value, company: &Company) {
    let timeline = data["timeline"]["edges"].as_array().unwrap();
    assert_eq!(timeline.len(), 4);
    assert_eq!(timeline[0]["cursor"], timeline[0]["node"]["orgSeq"].to_string());
    assert_eq!(timeline[0]["node"]["payload"]["name"], "Ada Canary Lovelace");
    assert_eq!(timeline[3]["node"]["payload"]["score"], 80);
    let history = data["history"]["edges"].as_array().unwrap();
    assert_eq!(history.len(), 3);
    let last: Vec<_> = history.iter().map(|edge| edge["node"]["orgSeq"].as_u64().unwrap()).collect();
    assert!(last[0] + 2 == last[2], "without gaps: {last:?}");
    assert_eq!(data["history"]["pageInfo"]["hasPreviousPage"], true);
    past(data, company);
    for projection in data["projections"].as_array().unwrap() {
        let expected = json!({ "name": projection["name"], "state": "LIVE", "lag": 0, "parked": 0 });
        assert_eq!(projection, &expected, "{}", company.owner.org());
    }
    assert_eq!(data["projections"].as_array().unwrap().len(), 9);
}

fn past(data: &Value, company: &Company) {
    let (first, now) = (&data["first"], &data["now"]);
    assert_eq!(
        (&first["type"], &first["id"], &first["version"]),
        (&json!("lead"), &json!(company.lead), &json!(1))
    );
    assert_eq!((&first["state"]["status"], &now["state"]["status"]), (&json!("new"), &json!("qualified")));
    assert_eq!((&now["version"], &data["before"]), (&json!(4), &Value::Null));
    let change = json!({ "pointer": "/status", "before": "new", "after": "contacted" });
    assert!(data["aggregateDiff"].as_array().unwrap().contains(&change), "{}", data["aggregateDiff"]);
}
