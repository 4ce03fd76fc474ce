//! The audit in Postgres, as readers read it.

use serde_json::json;
use uuid::Uuid;
use xentri_domain::kernel::{Actor, CorrelationId, UserId};
use xentri_ledger::{Home, TenantTx};

use crate::audit::{Audit, AuditRow, HistoryFilter, HistoryPart, history_in_tx, query, timeline_in_tx};
use crate::given::{Given, id};
use crate::kit::RowPage;
use crate::stored::Stored;

const QUALIFIED: &str = "xentri.lead.qualified.v1";
const VOIDED: &str = "xentri.invoice.voided.v1";
const WON: &str = "xentri.deal.won.v1";

/// Thirty events on three leads and three invoices that have the same ids.
fn many(audit: &mut Given<Audit>) {
    for n in 0..10 {
        let stream = id(1 + n % 3);
        audit.then(stream, QUALIFIED, json!({ "score": 7, "reason": "r" }));
        audit.then(stream, VOIDED, json!({ "reason": "r" }));
        audit.then(stream, WON, json!({ "amount": { "amount": 1, "currency": "EUR" } }));
    }
}

/// Whether a number is among those that are wanted.
type Fits = Box<dyn Fn(i64) -> bool>;

fn ada() -> Actor {
    Actor::User(UserId::of("test", "ada"))
}

fn request() -> CorrelationId {
    id(77).try_into().unwrap()
}

fn seqs(page: &RowPage<AuditRow>) -> Vec<i64> {
    page.rows.iter().map(|row| row.org_seq).collect()
}

/// Every page from the start to the end, and again from the end to the start.
async fn from_both_ends(tx: &mut TenantTx, filter: &HistoryFilter, limit: u16) -> [Vec<i64>; 2] {
    let (mut forwards, mut backwards) = (Vec::new(), Vec::new());
    let mut part = HistoryPart::First { limit, after: 0 };
    loop {
        let page = history_in_tx(tx, filter, part).await.unwrap();
        assert!(page.rows.len() == usize::from(limit) || !page.has_more);
        forwards.extend(seqs(&page));
        if !page.has_more {
            break;
        }
        part = HistoryPart::First { limit, after: page.rows.last().unwrap().org_seq.unsigned_abs() };
    }
    let mut part = HistoryPart::Last { limit, before: None };
    loop {
        let page = history_in_tx(tx, filter, part).await.unwrap();
        backwards.splice(0..0, seqs(&page));
        if !page.has_more {
            return [forwards, backwards];
        }
        part = HistoryPart::Last { limit, before: Some(page.rows[0].org_seq.unsigned_abs()) };
    }
}

fn types(names: &[&str]) -> HistoryFilter {
    let types = names.iter().map(ToString::to_string).collect();
    HistoryFilter { types, ..HistoryFilter::default() }
}

/// Filters of a history, each with the numbers of the events that it leaves.
fn cases() -> Vec<(HistoryFilter, Fits)> {
    let all = HistoryFilter::default;
    let actor = || Some(ada());
    let correlation = || Some(request());
    let stream = |of: &str, n: u64| Some((of.to_owned(), id(n)));
    vec![
        (all(), Box::new(|_| true)),
        (types(&[WON]), Box::new(|n| n % 3 == 0)),
        (types(&[WON, VOIDED]), Box::new(|n| n % 3 != 1)),
        (types(&["xentri.lead.created.v1"]), Box::new(|_| false)),
        (HistoryFilter { actor: actor(), ..all() }, Box::new(|n| n % 5 == 0)),
        (
            HistoryFilter { actor: actor(), ..types(&[WON, QUALIFIED]) },
            Box::new(|n| n % 5 == 0 && n % 3 != 2),
        ),
        (HistoryFilter { correlation: correlation(), ..all() }, Box::new(|n| n % 7 == 0)),
        (HistoryFilter { correlation: correlation(), ..types(&[WON]) }, Box::new(|n| n % 21 == 0)),
        (HistoryFilter { stream: stream("invoice", 1), ..all() }, Box::new(|n| n % 9 == 2)),
        (HistoryFilter { stream: stream("lead", 1), ..all() }, Box::new(|n| n % 9 == 1 || n % 9 == 3)),
        (HistoryFilter { stream: stream("site", 1), ..all() }, Box::new(|_| false)),
        (
            HistoryFilter { stream: stream("lead", 1), actor: actor(), correlation: None, ..types(&[WON]) },
            Box::new(|n| n % 9 == 3 && n % 5 == 0),
        ),
    ]
}

#[tokio::test]
async fn a_history_shows_every_event_once_in_order_from_either_end() {
    let stored = Stored::new().await;
    let home = stored.org().await;
    let mut given = Given::of(home.org());
    many(&mut given);
    // Every fifth one is Ada's, every seventh belongs to one request.
    for event in &mut given.events {
        if event.org_seq % 5 == 0 {
            event.envelope.actor = ada();
        }
        event.envelope.correlation_id = (event.org_seq % 7 == 0).then_some(request());
    }
    stored.keep::<Audit>(home, &given.events, 7).await;
    let mut tx = stored.read(home).await;
    for (filter, fits) in cases() {
        let expected: Vec<_> = (1..31).filter(|n| fits(*n)).collect();
        for limit in [1, 4, 30, 50] {
            let found = from_both_ends(&mut tx, &filter, limit).await;
            assert_eq!(found, [expected.clone(), expected.clone()], "{filter:?} {limit}");
        }
    }
    let from = HistoryPart::First { limit: 2, after: 28 };
    assert_eq!(seqs(&history_in_tx(&mut tx, &HistoryFilter::default(), from).await.unwrap()), [29, 30]);
}

#[tokio::test]
async fn a_timeline_is_that_of_one_stream_and_rows_are_as_they_were_folded() {
    let stored = Stored::new().await;
    let (home, given) = stored.tell(many).await;
    let mut tx = stored.read(home).await;
    let part = HistoryPart::First { limit: 50, after: 0 };
    let page = timeline_in_tx(&mut tx, "lead", id(2), part).await.unwrap();
    assert_eq!(page.rows.iter().map(|row| row.version).collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6]);
    for row in &page.rows {
        assert_eq!(row, given.row(row.id));
        assert_eq!((row.stream_type.as_str(), row.stream_id), ("lead", id(2)));
    }
    assert_eq!(timeline_in_tx(&mut tx, "page", id(2), part).await.unwrap().rows, []);
}

#[tokio::test]
async fn no_org_sees_the_history_of_another() {
    let stored = Stored::new().await;
    let (one, _) = stored.tell(many).await;
    let tell = |audit: &mut Given<Audit>| {
        audit.then(id(1), VOIDED, json!({ "reason": "r" }));
    };
    let (other, _) = stored.tell(tell).await;
    for (home, expected) in [(one, 30), (other, 1)] {
        let mut tx = stored.read(home).await;
        let part = HistoryPart::First { limit: 50, after: 0 };
        let page = history_in_tx(&mut tx, &HistoryFilter::default(), part).await.unwrap();
        assert_eq!(
            (page.rows.len(), stored.visible(home, "audit_v1").await),
            (expected, i64::try_from(expected).unwrap())
        );
        assert!(page.rows.iter().all(|row| row.org_id == home.org()));
    }
    let mut tx = stored.read(other).await;
    let part = HistoryPart::First { limit: 50, after: 0 };
    assert_eq!(timeline_in_tx(&mut tx, "lead", id(1), part).await.unwrap().rows, []);
}

/// 40 000 events of four orgs, 10 000 of them in `home`.
async fn fill(stored: &Stored, home: Home) {
    let statement = format!(
        "insert into read.audit_v1_g1 (org_id, id, org_seq, stream_type, stream_id, version, event_type, context, actor_type,
                                       actor_id, correlation_id, occurred_at, recorded_at, source, command)
         select case n % 4 when 0 then '{}' else lpad((n % 4)::text, 32, '0')::uuid end, gen_random_uuid(), n / 4, 'lead',
                lpad((n / 4 % 100)::text, 32, '0')::uuid, n / 400,
                (array['{QUALIFIED}', '{VOIDED}', '{WON}'])[1 + n / 4 % 3], 'sales', 'user', 'u' || (n / 4 % 20),
                lpad((n / 12)::text, 32, '0')::uuid, now(), now(), 'api', 'lead.capture'
         from generate_series(4, 40003) n",
        home.org()
    );
    stored.fill(&statement).await;
}

#[tokio::test]
async fn a_stretch_of_history_is_a_range_of_an_index() {
    let stored = Stored::new().await;
    let home = stored.org().await;
    fill(&stored, home).await;
    let tx = stored.read(home).await;
    let all = HistoryFilter::default;
    let some: Uuid = id(8);
    let cases = [
        (all(), String::new(), vec!["org_seq"]),
        (
            HistoryFilter { actor: Some(ada()), ..all() },
            "'u7', 'user', ".to_owned(),
            vec!["actor_id", "actor_type", "org_seq"],
        ),
        (
            HistoryFilter { correlation: Some(request()), ..all() },
            format!("'{some}', "),
            vec!["correlation_id", "org_seq"],
        ),
        (
            HistoryFilter { stream: Some(("lead".to_owned(), some)), ..all() },
            "'00000000-0000-0000-0000-000000000008', 'lead', ".to_owned(),
            vec!["stream_id", "stream_type", "org_seq"],
        ),
    ];
    for (filter, values, bounds) in cases {
        for (part, bound) in [
            (HistoryPart::First { limit: 20, after: 1 }, 1),
            (HistoryPart::Last { limit: 20, before: None }, i64::MAX),
        ] {
            let sql = query::stretch(&tx, &filter, part).into_string();
            let values = format!("'{}', {values}{bound}, 21, 21", home.org());
            stored.assert_range(home, &sql, &values, &bounds).await;
        }
    }
}

/// Of some types, a stretch of each is read and put in order: never more of a type than a page shows.
#[tokio::test]
async fn a_stretch_of_some_types_is_a_range_for_each_of_them() {
    let stored = Stored::new().await;
    let home = stored.org().await;
    fill(&stored, home).await;
    let tx = stored.read(home).await;
    let sql =
        query::stretch(&tx, &types(&[WON, VOIDED]), HistoryPart::First { limit: 20, after: 1 }).into_string();
    let values = format!("'{{{WON},{VOIDED}}}', '{}', 5000, 21, 21", home.org());
    for plan in stored.plans(home, &sql, &values).await {
        let range = plan.lines().find(|line| line.contains("Index Cond")).expect(&plan);
        assert!(["event_type", "org_seq", "org_id"].iter().all(|bound| range.contains(bound)), "{plan}");
        let within = plan.split("Limit").nth(2).expect(&plan);
        assert!(!within.contains("Sort") && !plan.contains("Seq Scan"), "{plan}");
    }
}
