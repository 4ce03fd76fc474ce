//! What readers see of rows in a real Postgres.

use compact_str::format_compact;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};
use uuid::Uuid;
use xentri_domain::kernel::{Grant, Grants, PulseItemId, Role, Scope, Timestamp, UserId};
use xentri_ledger::{Home, TenantTx, set_last_scope_in_tx};
use xentri_testkit::factory;

use super::properties::history;
use super::{Items, folded, title};
use crate::given::{Given, id, moment};
use crate::kit::{Projection as _, Select};
use crate::pulse::{ItemPlace, Look, PulseItems, items_in_tx, landing_in_tx};
use crate::pulse_dismissals::PulseDismissals;
use crate::stored::Stored;

fn look(scope: &str) -> Look {
    let scope = Scope::parse(scope).unwrap();
    Look { scope, reader: None, now: moment(100), first: 50, after: None }
}

async fn titles(tx: &mut TenantTx, look: &Look) -> Vec<String> {
    let page = items_in_tx(tx, look).await.unwrap();
    page.rows.iter().map(|row| title(row, &[])).collect()
}

fn raise(items: &mut Items, n: u64, title: &str, importance: i32, more: &Value) {
    let mut raised = json!({ "scope": "module.leads", "importance": importance, "title": title,
                             "action_required": true });
    raised.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    items.then(id(n), "xentri.pulse.raised.v1", raised);
}

fn promote(items: &mut Items, item: Uuid, from: &str, scope: &str) -> Uuid {
    let item = PulseItemId::try_from(item).unwrap();
    let promoted = PulseItemId::promoted(item, Scope::parse(scope).unwrap());
    let payload = json!({ "item_id": promoted, "from": from, "scope": scope, "importance": 1 });
    items.then(item.uuid(), "xentri.pulse.promoted.v1", payload);
    promoted.uuid()
}

async fn dismiss(stored: &Stored, home: Home, user: UserId, item: Uuid) -> Given<PulseDismissals> {
    let mut inbox = Given::<PulseDismissals>::of(home.org());
    let dismissed = json!({ "item_id": item.to_string(), "scope": "module.leads" });
    inbox.then(user.uuid(), "xentri.pulse.dismissed.v1", dismissed);
    stored.keep::<PulseDismissals>(home, &inbox.events, 1).await;
    inbox
}

#[tokio::test]
async fn the_more_important_comes_first_then_the_newer_page_by_page() {
    let stored = Stored::new().await;
    let (home, _) = stored
        .tell::<PulseItems>(|items| {
            for (n, title, importance) in
                [(1, "old 2", 2), (2, "old 1", 1), (3, "5", 5), (4, "new 2", 2), (5, "new 1", 1)]
            {
                // Some expire, which is another range of the table.
                let more =
                    if n % 2 == 0 { json!({}) } else { json!({ "expires_at": "2026-04-01T00:00:00Z" }) };
                raise(items, n, title, importance, &more);
            }
        })
        .await;
    let mut tx = stored.read(home).await;
    let expected = ["new 1", "old 1", "new 2", "old 2", "5"];
    assert_eq!(titles(&mut tx, &look("module.leads")).await, expected);
    for first in 1..=5 {
        let mut look = Look { first, ..look("module.leads") };
        let mut seen = Vec::new();
        loop {
            let page = items_in_tx(&mut tx, &look).await.unwrap();
            assert!(page.rows.len() <= usize::from(first));
            seen.extend(page.rows.iter().map(|row| title(row, &[])));
            look.after = page.rows.last().map(ItemPlace::of);
            if !page.has_more {
                break;
            }
        }
        assert_eq!(seen, expected, "{first} at a time");
    }
    assert_eq!(titles(&mut tx, &look("module.brief")).await, Vec::<String>::new());
}

#[tokio::test]
async fn an_item_is_seen_from_the_moment_on_and_until_it_expires() {
    let stored = Stored::new().await;
    let from = "2026-03-03T00:00:00Z";
    let (home, _) = stored
        .tell::<PulseItems>(|items| {
            let more = json!({ "visible_from": from, "expires_at": "2026-03-05T00:00:00Z" });
            raise(items, 1, "both", 1, &more);
            raise(items, 2, "from", 2, &json!({ "visible_from": from }));
        })
        .await;
    let mut tx = stored.read(home).await;
    for (now, seen) in [
        ("2026-03-02T23:59:59.999999Z", &[][..]),
        (from, &["both", "from"]),
        ("2026-03-04T23:59:59.999999Z", &["both", "from"]),
        ("2026-03-05T00:00:00Z", &["from"]),
    ] {
        let look = Look { now: now.parse().unwrap(), ..look("module.leads") };
        assert_eq!(titles(&mut tx, &look).await, seen, "{now}");
    }
}

#[tokio::test]
async fn what_a_user_dismissed_stays_away_from_them_alone_also_when_all_is_folded_anew() {
    let stored = Stored::new().await;
    let (home, items) = stored
        .tell::<PulseItems>(|items| {
            let created = json!({ "name": "Ada Lovelace", "source": "form" });
            items.then(id(1), "xentri.lead.created.v1", created);
            raise(items, 2, "Call the bank", 1, &json!({}));
        })
        .await;
    let (ada, bob) = (factory::user(), factory::user());
    let new_lead = items.rows.values().find(|row| row.about_type == "lead").unwrap().item_id;
    let inbox = dismiss(&stored, home, ada, new_lead).await;
    let seen = async || {
        let mut tx = stored.read(home).await;
        let by = |reader| Look { reader, ..look("module.leads") };
        let all = ["Call the bank", "New lead"];
        assert_eq!(titles(&mut tx, &by(Some(ada))).await, all[..1]);
        assert_eq!(titles(&mut tx, &by(Some(bob))).await, all);
        assert_eq!(titles(&mut tx, &by(None)).await, all);
    };
    seen().await;
    stored.fill("truncate read.pulse_items_v1_g1, read.pulse_dismissals_v1_g1").await;
    // The dismissals first: nothing may depend on which read model is ahead.
    stored.keep::<PulseDismissals>(home, &inbox.events, 1).await;
    stored.keep::<PulseItems>(home, &items.events, 1).await;
    seen().await;
}

#[tokio::test]
async fn a_promoted_item_says_what_the_one_says_that_it_was_made_of_and_goes_with_it() {
    let stored = Stored::new().await;
    let home = stored.org().await;
    let mut items = Items::of(home.org());
    let created = json!({ "name": "Ada Lovelace", "source": "form" });
    items.then(id(1), "xentri.lead.created.v1", created);
    let item = items.at("module.leads").item_id;
    let first = promote(&mut items, item, "module.leads", "category.sales");
    promote(&mut items, first, "category.sales", "strategy");
    stored.keep::<PulseItems>(home, &items.events, 2).await;
    let mut tx = stored.read(home).await;
    for scope in ["category.sales", "strategy"] {
        let page = items_in_tx(&mut tx, &look(scope)).await.unwrap();
        let [item] = page.rows.as_slice() else { panic!("{page:?}") };
        assert_eq!((title(item, &[]).as_str(), item.importance), ("New lead", 1));
        assert_eq!((item.about_type.as_str(), item.about_id, item.action_required), ("lead", id(1), true));
        assert_eq!(item.action_url, Some(format_compact!("/sales/leads/{}", id(1))));
    }
    drop(tx);
    let told = items.events.len();
    items.then(id(1), "xentri.lead.contacted.v1", json!({ "channel": "phone", "at": moment(2) }));
    stored.keep::<PulseItems>(home, &items.events[told..], 1).await;
    let mut tx = stored.read(home).await;
    for scope in ["module.leads", "category.sales", "strategy"] {
        assert_eq!(titles(&mut tx, &look(scope)).await, Vec::<String>::new(), "{scope}");
    }
}

#[tokio::test]
async fn a_promoted_item_expires_with_the_one_that_it_was_made_of() {
    let stored = Stored::new().await;
    let (home, _) = stored
        .tell::<PulseItems>(|items| {
            raise(
                items,
                1,
                "For a while",
                3,
                &json!({ "visible_from": moment(50), "expires_at": moment(200) }),
            );
            promote(items, id(1), "module.leads", "strategy");
        })
        .await;
    let mut tx = stored.read(home).await;
    for (second, seen) in [(49, 0), (50, 1), (199, 1), (200, 0)] {
        let look = Look { now: moment(second), ..look("strategy") };
        assert_eq!(titles(&mut tx, &look).await.len(), seen, "{second}");
    }
}

#[tokio::test]
async fn nobody_sees_the_items_of_another_org() {
    let stored = Stored::new().await;
    let raised = |items: &mut Items| raise(items, 1, "Ours", 1, &json!({}));
    let (ours, _) = stored.tell::<PulseItems>(raised).await;
    let theirs = stored.org().await;
    assert_eq!(titles(&mut stored.read(ours).await, &look("module.leads")).await, ["Ours"]);
    assert!(titles(&mut stored.read(theirs).await, &look("module.leads")).await.is_empty());
}

#[tokio::test]
async fn somebody_lands_at_the_highest_scope_and_of_several_where_they_were_last() {
    let stored = Stored::new().await;
    let home = stored.org().await;
    let user = factory::user();
    let scope = |word: &str| Some(Scope::parse(word).unwrap());
    let grants =
        |words: &[&str]| -> Grants { words.iter().map(|word| Grant::parse(word).unwrap()).collect() };
    let two = grants(&["pulse:category.sales", "pulse:module.website"]);
    let mut tx = stored.write(home).await;
    assert_eq!(landing_in_tx(&mut tx, Some(user), &Role::Owner.into()).await.unwrap(), scope("strategy"));
    assert_eq!(landing_in_tx(&mut tx, Some(user), &Role::Integrator.into()).await.unwrap(), None);
    assert_eq!(landing_in_tx(&mut tx, Some(user), &two).await.unwrap(), scope("category.sales"));
    for (last, landing, of_member) in [
        ("module.website", "module.website", "module.website"),
        ("module.leads", "category.sales", "module.leads"),
        // What one may no longer look at.
        ("module.brief", "category.sales", "module.brief"),
    ] {
        set_last_scope_in_tx(&mut tx, user, Scope::parse(last).unwrap()).await.unwrap();
        assert_eq!(landing_in_tx(&mut tx, Some(user), &two).await.unwrap(), scope(landing), "{last}");
        let member = Role::Member.into();
        assert_eq!(landing_in_tx(&mut tx, Some(user), &member).await.unwrap(), scope(of_member), "{last}");
        assert_eq!(landing_in_tx(&mut tx, Some(user), &Role::Owner.into()).await.unwrap(), scope("strategy"));
    }
    assert_eq!(landing_in_tx(&mut tx, None, &two).await.unwrap(), scope("category.sales"));
}

#[tokio::test]
async fn rows_are_those_of_the_fold_whatever_the_batches() {
    let stored = Stored::new().await;
    let mut runner = TestRunner::deterministic();
    let picks = prop::collection::vec((any::<usize>(), any::<u64>()), 150..200);
    for batch in [1, 7, 40, 200] {
        let home = stored.org().await;
        let mut events = history(&picks.new_tree(&mut runner).unwrap().current());
        for event in &mut events {
            event.envelope.org_id = home.org();
        }
        stored.keep::<PulseItems>(home, &events, batch).await;
        let mut tx = stored.read(home).await;
        let mut rows = Select::of(&tx, PulseItems::VERSION).all_in_tx(&mut tx).await.unwrap();
        rows.sort_by_key(|row: &crate::pulse::PulseItemRow| row.id);
        let folded: Vec<_> = folded(&events).into_values().collect();
        assert!(folded.len() > 20, "a history that leaves little shows little");
        assert_eq!(rows, folded, "{batch} in a batch");
    }
}

/// An org that has been busy for years: most of what there was has expired, and much is open.
#[tokio::test]
async fn a_page_is_read_from_the_ends_of_indexes_however_many_items_there_are() {
    let stored = Stored::new().await;
    let home = stored.org().await;
    let fill = format!(
        "insert into read.pulse_items_v1_g1 select case when n % 10 = 0 then '{}' else others[n % 10] end, gen_random_uuid(), gen_random_uuid(), 'module.leads', \
         gen_random_uuid(), 'lead', gen_random_uuid(), 1 + n % 5, 'lead_created.title', 'lead_created.summary', '{{}}', \
         true, null, null, timestamptz '2026-01-01' + n * interval '1 minute' + (array[null, '100 hours', '500 hours'])[1 + n % 3]::interval, \
         timestamptz '2026-01-01' + n * interval '1 minute', null, '[]', 1, now() from generate_series(1, 60000) n, \
         (select array_agg(gen_random_uuid()) others from generate_series(1, 9)) other",
        home.org()
    );
    stored.fill(&fill).await;
    let values = format!(
        "'{}', 'module.leads', '2026-02-10', '{}', 2, '2026-01-20', '{}', 21",
        home.org(),
        factory::user(),
        id(1)
    );
    for plan in stored.plans(home, &crate::pulse::query::statement(), &values).await {
        let bounds: Vec<_> = plan.lines().filter(|line| line.contains("Index Cond")).collect();
        for bound in ["importance = level", "created_at > ", "ROW(created_at, item_id) < ", "expires_at > "] {
            assert!(bounds.iter().any(|cond| cond.contains(bound)), "{plan}");
        }
        assert!(!plan.contains("Seq Scan on pulse_items"), "{plan}");
    }
    let now: Timestamp = "2026-02-10T00:00:00Z".parse().unwrap();
    let mut tx = stored.read(home).await;
    let look = Look { now, first: 20, reader: Some(factory::user()), ..look("module.leads") };
    let page = items_in_tx(&mut tx, &look).await.unwrap();
    assert!(page.has_more && page.rows.len() == 20);
}
