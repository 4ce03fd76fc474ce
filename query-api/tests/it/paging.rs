//! Every row that was there throughout appears once, in order, from either end, whatever others write meanwhile.

use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, Executor as _};
use tokio::task::JoinHandle;
use uuid::Uuid;
use xentri_domain::kernel::Principal;
use xentri_query_api::graphql::GraphqlSettings;

use crate::support::World;

/// A list, its type of filter left out, and the column that it is in the order of.
struct List {
    name: &'static str,
    arguments: &'static str,
    table: &'static str,
    column: &'static str,
}

const LISTS: [List; 8] = [
    List {
        name: "leads",
        arguments: "orderBy: { field: CREATED_AT, direction: $direction }",
        table: "leads",
        column: "created_at",
    },
    List {
        name: "leads",
        arguments: "orderBy: { field: NAME, direction: $direction }",
        table: "leads",
        column: "search",
    },
    List {
        name: "leads",
        arguments: "filter: { state: NEW }, orderBy: { field: CREATED_AT, direction: $direction }",
        table: "leads",
        column: "created_at",
    },
    List {
        name: "invoices",
        arguments: "orderBy: { field: CREATED_AT, direction: $direction }",
        table: "invoices",
        column: "created_at",
    },
    List {
        name: "invoices",
        arguments: "orderBy: { field: DUE_ON, direction: $direction }",
        table: "invoices",
        column: "due_order",
    },
    List {
        name: "invoices",
        arguments: "orderBy: { field: CUSTOMER, direction: $direction }",
        table: "invoices",
        column: "search",
    },
    List {
        name: "sites",
        arguments: "orderBy: { field: CREATED_AT, direction: $direction }",
        table: "sites",
        column: "created_at",
    },
    List {
        name: "sites",
        arguments: "orderBy: { field: SLUG, direction: $direction }",
        table: "sites",
        column: "slug",
    },
];

/// Their order is fixed; that of Pulse is read forwards alone.
const PAGES: List = List {
    name: "pages",
    arguments: "siteId: \"00000000-0000-0000-0000-000000000007\"",
    table: "pages",
    column: "path",
};
const PULSE: List =
    List { name: "pulse", arguments: "scope: MODULE_LEADS", table: "pulse_items", column: "importance" };

/// Rows of five tables: in each column that a list is ordered by, five rows have the same value. Their ids are out of order.
const FILL: &str = "
    insert into read.leads_v1_g1 (org_id, id, version, created_at, updated_at, state, source, name, search, forgotten, follow_ups)
    select $1, md5($2 || n)::uuid, 1, now() + n / 5 * interval '1 s', now(), 'new', 'form', 'x', 'name ' || lpad((n / 5)::text, 4, '0'),
           false, '[]' from generate_series(1, $3) n;
    insert into read.invoices_v1_g1 (org_id, id, version, created_at, updated_at, state, overdue, customer_id, search, forgotten,
           currency, lines, subtotal, tax, total, paid, refunded, open, due_in_days, due_order, reminders, payments, months)
    select $1, md5($2 || n)::uuid, 1, now() + n / 5 * interval '1 s', now(), 'draft', false, md5($2 || n)::uuid,
           'name ' || lpad((n / 5)::text, 4, '0'), false, 'EUR', '[]', 0, 0, 0, 0, 0, 0, 1, date '2026-01-01' + n / 5, 0, '[]', '{}'
      from generate_series(1, $3) n;
    insert into read.pages_v1_g1 (org_id, id, version, created_at, updated_at, site_id, state, path, title, blocks)
    select $1, md5($2 || n)::uuid, 1, now(), now(), '00000000-0000-0000-0000-000000000007', 'draft',
           '/name' || lpad((n / 5)::text, 4, '0'), 'x', '[]' from generate_series(1, $3) n;
    insert into read.pulse_items_v1_g1 (org_id, id, item_id, scope, source_event_id, about_type, about_id, importance, title_key, arguments,
           action_required, created_at, waiting, version, updated_at)
    select $1, md5($2 || n)::uuid, md5($2 || n || 'i')::uuid, 'module.leads', md5($2 || n)::uuid, 'lead', md5($2 || n)::uuid,
           n % 3 + 1, 'x', '{}', false, date_trunc('day', now()) + n / 15 * interval '1 s', '[]', 1, now() from generate_series(1, $3) n;
    insert into read.sites_v1_g1 (org_id, id, version, created_at, updated_at, name, slug, state)
    select $1, md5($2 || n)::uuid, 1, now() + n / 5 * interval '1 s', now(), 'x', 'name ' || lpad((n / 5)::text, 4, '0'), 'ready'
      from generate_series(1, $3) n";

fn fill(org: Uuid, seed: &str, rows: u32) -> String {
    FILL.replace("$1", &format!("'{org}'"))
        .replace("$2", &format!("'{seed}'"))
        .replace("$3", &rows.to_string())
}

/// Rows that come and go between those that stay, until it is aborted.
async fn disturb(world: &World, org: Uuid) -> JoinHandle<()> {
    let mut admin = world.db.connect_as_admin().await;
    tokio::spawn(async move {
        for n in 0_u64.. {
            admin.execute(AssertSqlSafe(fill(org, &format!("passing {n} "), 40))).await.unwrap();
            for table in ["leads", "invoices", "sites", "pages", "pulse_items"] {
                let gone = format!(
                    "delete from read.{table}_v1_g1 where org_id = '{org}' and version = 1 and updated_at > \
                    (select min(updated_at) from read.{table}_v1_g1 where org_id = '{org}')"
                );
                admin.execute(AssertSqlSafe(gone)).await.unwrap();
            }
        }
    })
}

async fn expected(world: &World, org: Uuid, list: &List, descending: bool) -> Vec<Uuid> {
    let List { table, column, .. } = list;
    let towards = if descending { "desc" } else { "asc" };
    let query = format!(
        "select id from read.{table}_v1_g1 where org_id = '{org}' order by {column} {towards}, id {towards}"
    );
    sqlx::query_scalar(AssertSqlSafe(query)).fetch_all(&mut world.db.connect_as_admin().await).await.unwrap()
}

async fn all_pages(
    world: &World,
    owner: &Principal,
    list: &List,
    descending: bool,
    backwards: bool,
) -> Vec<Uuid> {
    let List { name, arguments, .. } = list;
    let arguments = arguments.replace("$direction", if descending { "DESC" } else { "ASC" });
    let part = if backwards { "last: 7, before: $at" } else { "first: 7, after: $at" };
    let query = format!(
        "query($at: String) {{ {name}({arguments}, {part}) {{ edges {{ cursor node {{ id }} }}
           pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }} }} }}"
    );
    let (mut at, mut all) = (Value::Null, Vec::new());
    loop {
        let answered = world.ask(owner, &query, json!({ "at": at })).await;
        let page = &answered.data()[name];
        let edges = page["edges"].as_array().unwrap();
        let ids = edges.iter().map(|edge| edge["node"]["id"].as_str().unwrap().parse::<Uuid>().unwrap());
        let (more, cursor, edge) = if backwards {
            all.splice(0..0, ids);
            ("hasPreviousPage", "startCursor", edges.first())
        } else {
            all.extend(ids);
            ("hasNextPage", "endCursor", edges.last())
        };
        assert_eq!(page["pageInfo"][cursor], edge.map_or(Value::Null, |edge| edge["cursor"].clone()));
        if page["pageInfo"][more] == false {
            return all;
        }
        assert_eq!(edges.len(), 7, "there is more, and the page is not full");
        at = page["pageInfo"][cursor].clone();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_there_throughout_appears_once_in_both_directions() {
    let world = World::idle(GraphqlSettings::default()).await;
    let owner = world.owner().await;
    let org = owner.org().uuid();
    let mut admin = world.db.connect_as_admin().await;
    admin.execute(AssertSqlSafe(fill(org, "stays ", 50))).await.unwrap();
    let mut wanted = Vec::new();
    for list in &LISTS {
        wanted.push((expected(&world, org, list, false).await, expected(&world, org, list, true).await));
    }
    let disturbing = disturb(&world, org).await;
    for (list, (ascending, descending)) in LISTS.iter().zip(&wanted) {
        assert_eq!(ascending.len(), 50);
        for backwards in [false, true] {
            for (is_descending, wanted) in [(false, ascending), (true, descending)] {
                let mut found = all_pages(&world, &owner, list, is_descending, backwards).await;
                found.retain(|id| wanted.contains(id));
                let List { name, column, .. } = list;
                assert_eq!(&found, wanted, "{name} by {column}, backwards: {backwards}");
            }
        }
    }
    assert!(!disturbing.is_finished(), "nothing was written meanwhile");
    disturbing.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn items_and_pages_that_are_there_throughout_appear_once() {
    let world = World::idle(GraphqlSettings::default()).await;
    let owner = world.owner().await;
    let org = owner.org().uuid();
    let mut admin = world.db.connect_as_admin().await;
    admin.execute(AssertSqlSafe(fill(org, "stays ", 50))).await.unwrap();
    let pages = expected(&world, org, &PAGES, false).await;
    let items = format!(
        "select item_id from read.pulse_items_v1_g1 where org_id = '{org}' order by importance, created_at desc, item_id desc"
    );
    let items: Vec<Uuid> = sqlx::query_scalar(AssertSqlSafe(items)).fetch_all(&mut admin).await.unwrap();
    assert_eq!((pages.len(), items.len()), (50, 50));
    let disturbing = disturb(&world, org).await;
    for (list, wanted, backwards) in
        [(&PAGES, &pages, false), (&PAGES, &pages, true), (&PULSE, &items, false)]
    {
        let mut found = all_pages(&world, &owner, list, false, backwards).await;
        found.retain(|id| wanted.contains(id));
        assert_eq!(&found, wanted, "{}, backwards: {backwards}", list.name);
    }
    assert!(!disturbing.is_finished(), "nothing was written meanwhile");
    disturbing.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_history_is_read_from_both_ends() {
    let world = World::new().await;
    let company = world.company().await;
    let query = "query($after: OrgSeq, $before: OrgSeq, $first: Int, $last: Int) {
        history(after: $after, before: $before, first: $first, last: $last) {
          edges { cursor node { orgSeq } } pageInfo { hasNextPage hasPreviousPage } } }";
    let numbers = |data: &Value| -> Vec<u64> {
        let edges = data["history"]["edges"].as_array().unwrap();
        edges.iter().map(|edge| edge["node"]["orgSeq"].as_u64().unwrap()).collect()
    };
    let all = world.ask_after(&company.owner, &company.token, query, json!({ "first": 100 })).await;
    let all = numbers(all.data());
    assert_eq!(all, (1..=u64::try_from(all.len()).unwrap()).collect::<Vec<_>>());
    let (mut forwards, mut after) = (Vec::new(), Value::Null);
    loop {
        let answered = world.ask(&company.owner, query, json!({ "first": 4, "after": after })).await;
        forwards.extend(numbers(answered.data()));
        // A cursor is the number as text, and either will do.
        after = answered.data()["history"]["edges"].as_array().unwrap().last().unwrap()["cursor"].clone();
        if answered.data()["history"]["pageInfo"]["hasNextPage"] == false {
            break;
        }
    }
    let (mut backwards, mut before) = (Vec::new(), Value::Null);
    loop {
        let answered = world.ask(&company.owner, query, json!({ "last": 4, "before": before })).await;
        let page = numbers(answered.data());
        before = json!(page[0]);
        backwards.splice(0..0, page);
        if answered.data()["history"]["pageInfo"]["hasPreviousPage"] == false {
            break;
        }
    }
    assert_eq!((&forwards, &backwards), (&all, &all));
}
