//! How Postgres goes about what lists ask for: it tells the plan and the rows of each statement as it runs (`auto_explain`), and the
//! driver passes that on as an event of `tracing`.

use std::io::Write;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Executor as _};
use tracing_subscriber::fmt::MakeWriter;
use uuid::Uuid;
use xentri_query_api::graphql::GraphqlSettings;

use crate::support::World;

/// So many rows that an index pays.
const FILL: &str = "
    insert into read.leads_v1_g1 (org_id, id, version, created_at, updated_at, state, source, name, search, owner, forgotten, follow_ups)
    select $1, md5('lead' || n)::uuid, 1, now() + n * interval '1 s', now(), (array['new', 'contacted', 'won'])[1 + n % 3], 'form', 'x',
           'name ' || lpad(n::text, 5, '0'), md5('user' || n % 7)::uuid, false, '[]' from generate_series(1, 4000) n;
    insert into read.invoices_v1_g1 (org_id, id, version, created_at, updated_at, state, overdue, customer_id, lead_id, search, forgotten,
           currency, lines, subtotal, tax, total, paid, refunded, open, due_in_days, due_order, reminders, payments, months)
    select $1, md5('invoice' || n)::uuid, 1, now() + n * interval '1 s', now(), (array['draft', 'issued', 'paid'])[1 + n % 3], n % 3 = 1,
           md5('customer' || n % 100)::uuid, md5('lead' || n)::uuid, 'name ' || lpad(n::text, 5, '0'), false, 'EUR', '[]', 0, 0, 0, 0, 0,
           case when n % 3 = 1 then 5 else 0 end, 1, date '2020-01-01' + n, 0, '[]', '{}' from generate_series(1, 4000) n;
    insert into read.sites_v1_g1 (org_id, id, version, created_at, updated_at, name, slug, state)
    select $1, md5('site' || n)::uuid, 1, now() + n * interval '1 s', now(), 'x', 'name ' || lpad(n::text, 5, '0'), 'ready'
      from generate_series(1, 4000) n;
    insert into read.pages_v1_g1 (org_id, id, version, created_at, updated_at, site_id, state, path, title, blocks)
    select $1, md5('page' || n)::uuid, 1, now(), now(), md5('site' || n % 40)::uuid, (array['draft', 'live'])[1 + n % 2], '/' || n, 'x', '[]'
      from generate_series(1, 8000) n;
    insert into read.audit_v1_g1 (org_id, id, org_seq, stream_type, stream_id, version, event_type, context, actor_type, actor_id,
           correlation_id, occurred_at, recorded_at, source, command)
    select $1, md5('event' || n)::uuid, n, 'lead', md5('lead' || 3901 + n % 100)::uuid, 1, 'xentri.lead.' || n % 5, 'sales', 'job', 'job-' || n % 9,
           md5('request' || n % 50)::uuid, now(), now(), 'x', 'x' from generate_series(1, 8000) n;
    insert into read.pulse_items_v1_g1 (org_id, id, item_id, scope, source_event_id, about_type, about_id, importance, title_key, summary_key,
           arguments, action_required, expires_at, created_at, waiting, version, updated_at)
    select $1, md5('place' || n)::uuid, md5('item' || n)::uuid, 'module.leads', md5('event' || n)::uuid, 'lead', md5('lead' || n)::uuid, 1 + n % 5,
           'lead_created.title', 'lead_created.summary', '{}', true,
           made + (array[null, '7 days', '14 days', '14 days'])[1 + n % 4]::interval, made, '[]', 1, now()
      from generate_series(1, 8000) n, lateral (select now() - n * interval '10 minutes' as made) at;
    analyze";

const QUERIES: &[&str] = &[
    "leads { edges { cursor } }",
    "leads(last: 20) { edges { cursor } }",
    "leads(orderBy: { direction: ASC }) { edges { cursor } }",
    "leads(orderBy: { field: NAME, direction: ASC }) { edges { cursor } }",
    "leads(filter: { state: WON }) { edges { cursor } }",
    "leads(filter: { owner: \"$user\" }) { edges { cursor } }",
    "leads(filter: { search: \"name 01\" }, orderBy: { field: NAME }) { edges { cursor } }",
    "leads { edges { node { timeline(last: 5) { id } } } }",
    "invoices { edges { cursor } }",
    "invoices(filter: { state: PAID }) { edges { cursor } }",
    "invoices(filter: { customer: \"$customer\" }) { edges { cursor } }",
    "invoices(orderBy: { field: DUE_ON, direction: ASC }) { edges { cursor } }",
    "invoices(filter: { overdue: true }, orderBy: { field: DUE_ON, direction: ASC }) { edges { cursor } }",
    "invoices(filter: { dueFrom: \"2024-01-01\" }, orderBy: { field: DUE_ON, direction: ASC }) { edges { cursor } }",
    "invoices(orderBy: { field: CUSTOMER, direction: ASC }) { edges { cursor } }",
    "invoices { edges { node { lead { id } } } }",
    "sites { edges { cursor } }",
    "sites(orderBy: { field: SLUG }) { edges { cursor } }",
    "sites(orderBy: { direction: ASC }) { edges { node { pages(first: 3) { id } } } }",
    "pages(siteId: \"$site\") { edges { cursor } }",
    "pages(siteId: \"$site\", filter: { state: LIVE }, last: 20) { edges { cursor } }",
    "timeline(streamType: \"lead\", streamId: \"$lead\") { edges { cursor } }",
    "history { edges { cursor } }",
    "history(last: 20) { edges { cursor } }",
    "history(types: [\"xentri.lead.1\"]) { edges { cursor } }",
    "history(actor: { type: JOB, id: \"job-3\" }) { edges { cursor } }",
    "history(correlationId: \"$request\") { edges { cursor } }",
    "pulse(scope: MODULE_LEADS) { edges { cursor } }",
];

#[derive(Clone, Default)]
struct Told(Arc<Mutex<Vec<u8>>>);

impl Write for Told {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Told {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

impl Told {
    /// Of the statements on read models since the last time.
    fn plans(&self) -> Vec<Value> {
        let told = String::from_utf8(std::mem::take(&mut *self.0.lock().unwrap())).unwrap();
        let events = told.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let plan = |event: Value| {
            let message = event["fields"]["message"].as_str()?.to_owned();
            let (_, plan) = message.split_once("plan:\n")?;
            let plan: Value = serde_json::from_str(plan).unwrap();
            plan["Query Text"].as_str()?.contains("read.").then_some(plan)
        };
        events.filter_map(plan).collect()
    }
}

/// Every node of a plan.
fn nodes(plan: &Value) -> Vec<&Value> {
    let below = plan["Plans"].as_array().into_iter().flatten().flat_map(nodes);
    std::iter::once(plan).chain(below).collect()
}

/// Rows of tables that a node has looked at.
fn looked_at(node: &Value) -> f64 {
    let number = |name: &str| node[name].as_f64().unwrap_or_default();
    if node["Relation Name"].is_null() {
        return 0.0;
    }
    let each =
        number("Actual Rows") + number("Rows Removed by Filter") + number("Rows Removed by Index Recheck");
    each * number("Actual Loops")
}

/// On one thread, for events are told to the thread's own subscriber.
#[tokio::test]
async fn every_list_is_a_range_of_an_index_in_its_order() {
    let told = Told::default();
    let world = World::idle(GraphqlSettings::default()).await;
    let owner = world.owner().await;
    let mut admin = world.db.connect_as_admin().await;
    let org = format!("'{}'", owner.org());
    admin.execute(AssertSqlSafe(FILL.replace("$1", &org))).await.unwrap();
    let explain = "do $$ declare setting text; begin foreach setting in array array['session_preload_libraries = auto_explain',
        'auto_explain.log_min_duration = 0', 'auto_explain.log_analyze = on', 'auto_explain.log_timing = off',
        'auto_explain.log_format = json', 'auto_explain.log_level = notice']
        loop execute format('alter database %I set %s', current_database(), setting); end loop; end $$";
    admin.execute("load 'auto_explain'").await.unwrap();
    admin.execute(explain).await.unwrap();
    // Its connections are new ones, which have the settings.
    let world = world.afresh();
    let subscriber = tracing_subscriber::fmt().json().with_writer(told.clone()).finish();
    let _telling = tracing::subscriber::set_default(subscriber);
    for query in QUERIES {
        let mut asked = (*query).to_owned();
        for (word, seed) in [
            ("$user", "user3"),
            ("$customer", "customer7"),
            ("$site", "site7"),
            ("$lead", "lead3950"),
            ("$request", "request7"),
        ] {
            let id = sqlx::query_scalar("select md5($1)::uuid").bind(seed);
            let id: Uuid = id.fetch_one(&mut admin).await.unwrap();
            asked = asked.replace(word, &id.to_string());
        }
        told.plans();
        let answered = world.ask(&owner, &format!("{{ {asked} }}"), json!({})).await;
        assert!(answered.data().to_string().contains('"'), "{asked}");
        let plans = told.plans();
        assert!(!plans.is_empty(), "no plan was told of {asked}");
        for told in plans {
            is_a_range(&told["Plan"], &asked);
        }
    }
}

fn is_a_range(plan: &Value, asked: &str) {
    let read: f64 = nodes(plan).into_iter().map(looked_at).sum();
    let returned = plan["Actual Rows"].as_f64().unwrap();
    let text = serde_json::to_string_pretty(plan).unwrap();
    assert!(returned > 0.0 && read <= 3.0 * returned, "{read} rows for {returned}: {asked}\n{text}");
    assert!(!text.contains("Seq Scan"), "{asked}\n{text}");
    // Several types of events are put in order once they are found, as many as a page can show, and so are items of Pulse that
    // live for months, of which there are none here.
    let sorted = text.contains("Sort") && !["types:", "pulse("].iter().any(|put| asked.contains(put));
    assert!(!sorted, "{asked}\n{text}");
}
