//! Leads in Postgres, as readers read them.

use serde_json::{Value, json};
use uuid::Uuid;
use xentri_domain::kernel::UserId;
use xentri_ledger::{Home, TenantTx};

use super::{ada, contacted, eur};
use crate::given::{Given, id, moment, written};
use crate::kit::{Direction, Order as _, Part, RowPage, Wanted};
use crate::leads::{
    LeadFilter, LeadOrder, LeadRow, Leads, lead_count_in_tx, lead_in_tx, leads_in_tx, pipeline_in_tx, query,
};
use crate::stored::{Step, Stored, sums_hold};

/// 23 leads, three captured at each moment, in the order of their ids; the odd ones contacted, every third one Ben's.
fn many(leads: &mut Given<Leads>) {
    let ben = UserId::of("test", "ben");
    leads.clock = |n| moment(n / 3);
    for n in 1..24 {
        let name = format!("{} {n:02}", if n % 2 == 0 { "Ada" } else { "Zoë" });
        leads.then(
            id(n),
            "xentri.lead.created.v1",
            json!({ "name": name, "source": "form", "value": eur(10) }),
        );
    }
    for n in 1..24 {
        if n % 2 == 1 {
            leads.then(id(n), "xentri.lead.contacted.v1", contacted().1);
        }
        if n % 3 == 0 {
            leads.then(id(n), "xentri.lead.assigned.v1", json!({ "owner": ben }));
        }
    }
}

/// Whether the nth lead is among those that a filter leaves.
type Fits = fn(u64) -> bool;

fn first(limit: u16, order: LeadOrder, direction: Direction) -> Wanted<LeadOrder> {
    Wanted { order, direction, part: Part::First { limit, after: None } }
}

fn ids(page: &RowPage<LeadRow>) -> Vec<Uuid> {
    page.rows.iter().map(|row| row.id).collect()
}

/// Every page from the start to the end, or from the end to the start, put together in the order that is wanted.
async fn all_pages(tx: &mut TenantTx, filter: &LeadFilter, mut wanted: Wanted<LeadOrder>) -> Vec<Uuid> {
    let mut all = Vec::new();
    loop {
        let page = leads_in_tx(tx, filter, &wanted).await.unwrap();
        match &mut wanted.part {
            Part::First { limit, after } => {
                assert!(page.rows.len() == usize::from(*limit) || !page.has_more);
                all.extend(ids(&page));
                *after = page.rows.last().map(|row| wanted.order.place(row));
            }
            Part::Last { before, .. } => {
                all.splice(0..0, ids(&page));
                *before = page.rows.first().map(|row| wanted.order.place(row));
            }
        }
        if !page.has_more {
            return all;
        }
    }
}

#[tokio::test]
async fn a_lead_is_read_as_it_was_folded() {
    let stored = Stored::new().await;
    let tell = |leads: &mut Given<Leads>| {
        leads.then(id(1), "xentri.lead.created.v1", ada());
        leads.then(id(2), "xentri.lead.created.v1", json!({ "name": "Zoë", "source": "import" }));
        for (name, payload) in
            [super::qualified(), super::offered(7), super::follow_up(8, "2026-03-09T09:00:00Z")]
        {
            leads.then(id(1), &format!("xentri.{name}.v1"), payload);
        }
    };
    let (home, given) = stored.tell(tell).await;
    let mut tx = stored.read(home).await;
    for n in [1, 2] {
        assert_eq!(lead_in_tx(&mut tx, id(n)).await.unwrap().as_ref(), Some(given.row(id(n))));
    }
    assert_eq!(lead_in_tx(&mut tx, id(3)).await.unwrap(), None);
}

#[tokio::test]
async fn pages_show_every_lead_once_in_order_from_either_end() {
    let stored = Stored::new().await;
    let (home, given) = stored.tell(many).await;
    let mut tx = stored.read(home).await;
    for order in [LeadOrder::CreatedAt, LeadOrder::Name] {
        let mut expected: Vec<&LeadRow> = given.rows.values().collect();
        expected.sort_by_key(|row| match order {
            LeadOrder::CreatedAt => (row.created_at, String::new(), row.id),
            LeadOrder::Name => (moment(0), row.search.to_string(), row.id),
        });
        let mut expected: Vec<_> = expected.iter().map(|row| row.id).collect();
        for direction in [Direction::Ascending, Direction::Descending] {
            for limit in [1, 5, 23, 50] {
                let parts = [Part::First { limit, after: None }, Part::Last { limit, before: None }];
                for part in parts {
                    let wanted = Wanted { order, direction, part };
                    let all = all_pages(&mut tx, &LeadFilter::default(), wanted.clone()).await;
                    assert_eq!(all, expected, "{wanted:?}");
                }
            }
            expected.reverse();
        }
    }
}

#[tokio::test]
async fn filters_leave_what_fits_them_all() {
    let stored = Stored::new().await;
    let (home, _) = stored.tell(many).await;
    let mut tx = stored.read(home).await;
    let (state, source) = (Some("contacted".to_owned()), Some("form".to_owned()));
    let owner = Some(UserId::of("test", "ben"));
    let search = |text: &str| LeadFilter { search: Some(text.into()), ..LeadFilter::default() };
    let cases: [(LeadFilter, Fits); 11] = [
        (LeadFilter::default(), |_| true),
        (LeadFilter { state: state.clone(), ..LeadFilter::default() }, |n| n % 2 == 1),
        (LeadFilter { owner, ..LeadFilter::default() }, |n| n % 3 == 0),
        (LeadFilter { state: state.clone(), owner, source, search: None }, |n| n % 6 == 3),
        (LeadFilter { source: Some("import".into()), ..LeadFilter::default() }, |_| false),
        (search("ada"), |n| n % 2 == 0),
        (search(" ZOË 0"), |n| n % 2 == 1 && n < 10),
        (search("zoë 23"), |n| n == 23),
        (search("da"), |_| false),
        (search("%"), |_| false),
        (LeadFilter { state, ..search("ada") }, |_| false),
    ];
    for (filter, fits) in cases {
        let expected: Vec<_> = (1..24).filter(|n| fits(*n)).map(id).collect();
        let wanted = first(4, LeadOrder::CreatedAt, Direction::Ascending);
        assert_eq!(all_pages(&mut tx, &filter, wanted).await, expected, "{filter:?}");
    }
}

#[tokio::test]
async fn the_pipeline_counts_leads_and_their_worth_by_state_and_currency() {
    let stored = Stored::new().await;
    let (home, _) = stored.tell(many).await;
    let mut tx = stored.read(home).await;
    let mut pipeline: Vec<_> = pipeline_in_tx(&mut tx).await.unwrap();
    pipeline.sort_by(|one, other| one.state.cmp(&other.state));
    let shown: Vec<_> =
        pipeline.iter().map(|sum| (&*sum.state, &*sum.currency, sum.leads, sum.amount)).collect();
    assert_eq!(shown, [("contacted", "EUR", 12, 120), ("new", "EUR", 11, 110)]);
    assert_eq!(lead_count_in_tx(&mut tx, None).await.unwrap(), 23);
    assert_eq!(lead_count_in_tx(&mut tx, Some("new")).await.unwrap(), 11);
    assert_eq!(lead_count_in_tx(&mut tx, Some("won")).await.unwrap(), 0);
}

#[tokio::test]
async fn no_org_sees_the_leads_of_another() {
    let stored = Stored::new().await;
    let (one, _) = stored.tell(many).await;
    let (other, _) = stored
        .tell::<Leads>(|leads| {
            leads.then(id(1), "xentri.lead.created.v1", json!({ "name": "Grace", "source": "form" }));
        })
        .await;
    let mut tx = stored.read(other).await;
    assert_eq!(lead_in_tx(&mut tx, id(2)).await.unwrap(), None);
    let all = first(50, LeadOrder::Name, Direction::Ascending);
    let page = leads_in_tx(&mut tx, &LeadFilter::default(), &all).await.unwrap();
    let names: Vec<_> = page.rows.into_iter().map(|row| row.name).collect();
    assert_eq!(names, [Some("Grace".into())]);
    assert_eq!(lead_count_in_tx(&mut tx, None).await.unwrap(), 1);
    let mut tx = stored.read(one).await;
    assert_eq!(lead_count_in_tx(&mut tx, None).await.unwrap(), 23);
    for (home, leads) in [(one, 23), (other, 1)] {
        assert_eq!(stored.visible(home, "leads_v1").await, leads);
    }
}

/// 20 000 leads of four orgs, 5 000 of them in `home`.
async fn fill(stored: &Stored, home: Home) {
    let statement = format!(
        "insert into read.leads_v1_g1 (org_id, id, version, created_at, updated_at, state, source, search, owner,
                                       forgotten, follow_ups)
         select case n % 4 when 0 then '{}' else lpad((n % 4)::text, 32, '0')::uuid end, gen_random_uuid(), 1,
                '2026-01-01'::timestamptz + n * interval '1 minute', now(),
                (array['new', 'contacted', 'qualified', 'won', 'lost'])[1 + n / 4 % 5], 'form', md5(n::text),
                lpad((n / 4 % 20)::text, 32, '0')::uuid, false, '[]'
         from generate_series(1, 20000) n",
        home.org()
    );
    stored.fill(&statement).await;
}

#[tokio::test]
async fn a_page_of_leads_is_a_range_of_an_index() {
    let stored = Stored::new().await;
    let home = stored.org().await;
    fill(&stored, home).await;
    let tx = stored.read(home).await;
    let owner = Some(UserId::of("test", "ben"));
    let state = Some("won".to_owned());
    let search = Some("a".to_owned());
    let (org, place) = (format!("'{}'", home.org()), format!("'2026-01-03', '{}'", id(1)));
    let name = format!("'abc', '{}'", id(1));
    let some_owner = "'00000000-0000-0000-0000-000000000007'";
    let none = LeadFilter::default();
    let cases = [
        (none.clone(), LeadOrder::CreatedAt, format!("{org}, {place}, 21"), vec!["created_at", "org_id"]),
        (none.clone(), LeadOrder::Name, format!("{org}, {name}, 21"), vec!["search", "org_id"]),
        (
            LeadFilter { state, ..none.clone() },
            LeadOrder::CreatedAt,
            format!("{org}, 'won', {place}, 21"),
            vec!["created_at", "state", "org_id"],
        ),
        (
            LeadFilter { owner, ..none.clone() },
            LeadOrder::CreatedAt,
            format!("{org}, {some_owner}, {place}, 21"),
            vec!["created_at", "owner", "org_id"],
        ),
        (
            LeadFilter { search, ..none },
            LeadOrder::Name,
            format!("{org}, 'a', 'a\u{10ffff}', {name}, 21"),
            vec!["search", "org_id"],
        ),
    ];
    for (filter, order, values, bounds) in cases {
        for direction in [Direction::Ascending, Direction::Descending] {
            let after = Some(order.place(&super::after(&[])));
            let wanted = Wanted { order, direction, part: Part::First { limit: 20, after } };
            let sql = query::filtered(&tx, &filter).page_sql(&wanted);
            stored.assert_range(home, &sql, &values, &bounds).await;
        }
    }
}

fn happen(leads: &mut Given<Leads>, (lead, kind, n): Step) {
    let lead = id(lead);
    let currency = if n % 3 == 0 { "USD" } else { "EUR" };
    let value = json!({ "amount": n, "currency": currency });
    let follow_up = json!({ "follow_up_id": written(n.unsigned_abs() % 4 + 1) });
    let mut due = follow_up.clone();
    due["due_at"] = "2026-03-09T09:00:00Z".into();
    let reason = json!({ "reason": "No budget." });
    let streams = json!({ "streams": [{ "type": "lead", "id": lead.to_string() }] });
    let kinds: [(&str, Value); 14] = [
        ("lead.created", json!({ "name": "Ada", "source": "form", "value": value })),
        ("lead.updated", json!({ "value": value })),
        ("lead.updated", json!({ "value": null })),
        ("lead.assigned", json!({ "owner": UserId::of("test", "ben") })),
        ("lead.note_added", json!({ "note": "Likes rye." })),
        contacted(),
        super::qualified(),
        ("lead.disqualified", reason.clone()),
        ("lead.proposal_sent", json!({ "amount": value, "valid_until": "2026-04-01" })),
        ("deal.won", json!({ "amount": value })),
        ("deal.lost", reason),
        ("followup.scheduled", due),
        ("followup.completed", follow_up),
        ("subject.forgotten", streams),
    ];
    // Nothing happens to a lead before it is captured, and it is captured once.
    let there = leads.rows.contains_key(&lead);
    let (name, payload) = if there { &kinds[1 + kind % 13] } else { &kinds[0] };
    leads.then(lead, &format!("xentri.{name}.v1"), payload.clone());
}

#[test]
fn the_pipeline_is_the_sum_of_all_leads() {
    sums_hold::<Leads>(happen);
}
