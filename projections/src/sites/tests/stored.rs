//! Sites in Postgres, as readers and jobs read them.

use serde_json::{Value, json};
use sqlx::AssertSqlSafe;
use xentri_domain::kernel::{StreamId, Timestamp};
use xentri_ledger::Moment;

use super::{SITE, started};
use crate::given::{Given, id, moment, written};
use crate::kit::{Direction, Order as _, Part, Projection as _, Select, Wanted};
use crate::sites::{
    PublishOver, SiteOrder, SiteRow, Sites, publishes_over_in_tx, query, site_count_in_tx, site_in_tx,
    sites_in_tx,
};
use crate::stored::{Step, Stored, sums_hold};

/// Three sites, of which the second is publishing since `moment(4)` and the third is live.
fn three(sites: &mut Given<Sites>) {
    for (n, slug) in [(1, "pies"), (2, "bread"), (3, "cakes")] {
        sites.then(id(n), "xentri.site.created.v1", json!({ "name": slug.to_uppercase(), "slug": slug }));
    }
    sites.then(id(2), "xentri.website.publish_started.v1", started());
    sites.then(id(3), "xentri.website.publish_started.v1", started());
    let done = json!({ "publish_id": written(9), "page_ids": [], "url": "https://cakes.example", "build_id": "b-1" });
    sites.then(id(3), "xentri.website.published.v1", done);
}

fn wanted(order: SiteOrder, part: Part) -> Wanted<SiteOrder> {
    Wanted { order, direction: Direction::Ascending, part }
}

#[tokio::test]
async fn a_site_is_read_as_it_was_folded() {
    let stored = Stored::new().await;
    let (home, given) = stored.tell(three).await;
    let mut tx = stored.read(home).await;
    for n in 1..4 {
        assert_eq!(site_in_tx(&mut tx, id(n)).await.unwrap().as_ref(), Some(given.row(id(n))));
    }
}

#[tokio::test]
async fn sites_are_listed_by_age_or_slug_and_counted_by_state() {
    let stored = Stored::new().await;
    let (home, _) = stored.tell(three).await;
    let mut tx = stored.read(home).await;
    for (order, slugs) in
        [(SiteOrder::CreatedAt, ["pies", "bread", "cakes"]), (SiteOrder::Slug, ["bread", "cakes", "pies"])]
    {
        let page = sites_in_tx(&mut tx, &wanted(order, Part::First { limit: 2, after: None })).await.unwrap();
        assert!(page.has_more);
        let mut shown = page.rows;
        let after = shown.last().map(|row| order.place(row));
        let rest = sites_in_tx(&mut tx, &wanted(order, Part::First { limit: 2, after })).await.unwrap();
        assert!(!rest.has_more);
        shown.extend(rest.rows);
        assert_eq!(shown.iter().map(|row| &*row.slug).collect::<Vec<_>>(), slugs);
    }
    for (state, sites) in [(None, 3), (Some("ready"), 2), (Some("publishing"), 1)] {
        assert_eq!(site_count_in_tx(&mut tx, state).await.unwrap(), sites);
    }
}

#[tokio::test]
async fn a_publishing_is_over_at_the_moment_by_which_it_is_to_be_complete() {
    let stored = Stored::new().await;
    let (home, given) = stored.tell(three).await;
    assert_eq!(given.row(id(2)).publishing_since, Some(moment(4)));
    let mut tx = stored.work(home, &[home.org()]).await;
    let by: Timestamp = super::BY.parse().unwrap();
    let before = Timestamp::from_micros(by.as_micros() - 1).unwrap();
    assert_eq!(publishes_over_in_tx(&mut tx, &[(home.org(), before)], 10).await.unwrap(), []);
    let over = publishes_over_in_tx(&mut tx, &[(home.org(), by)], 10).await.unwrap();
    let [site, publish_id] = [2, 9].map(|n| StreamId::try_from(id(n)).unwrap());
    assert_eq!(over, [PublishOver { org: home.org(), site, publish_id }]);
}

#[tokio::test]
async fn what_is_over_is_read_for_many_orgs_at_once_and_bounded_in_each() {
    let stored = Stored::new().await;
    let (one, _) = stored.tell(three).await;
    let busy = |sites: &mut Given<Sites>| {
        for n in 1..6 {
            sites.then(id(n), "xentri.site.created.v1", json!({ "name": "Site", "slug": format!("s-{n}") }));
            let mut due = started();
            due["complete_by"] = format!("2026-03-02T12:1{}:00.000000Z", 6 - n).into();
            sites.then(id(n), "xentri.website.publish_started.v1", due);
        }
    };
    let (other, _) = stored.tell(busy).await;
    let (not_asked, _) = stored.tell(three).await;
    let orgs = [one.org(), other.org()];
    let mut tx = stored.work(one, &orgs).await;
    let asked = [one, other, not_asked].map(|home| (home.org(), Timestamp::MAX));
    let over = publishes_over_in_tx(&mut tx, &asked, 3).await.unwrap();
    let of =
        |org| over.iter().filter(|over| over.org == org).map(|over| over.site.uuid()).collect::<Vec<_>>();
    assert_eq!((of(one.org()), of(other.org())), (vec![id(2)], vec![id(5), id(4), id(3)]));
    assert!(of(not_asked.org()).is_empty(), "the transaction does not name it");
}

#[tokio::test]
async fn no_org_sees_the_sites_of_another() {
    let stored = Stored::new().await;
    let (one, _) = stored.tell(three).await;
    let other = stored.org().await;
    for (home, there) in [(one, 3), (other, 0)] {
        assert_eq!(stored.visible(home, "sites_v1").await, there);
    }
    let mut tx = stored.read(other).await;
    assert_eq!(site_in_tx(&mut tx, id(SITE)).await.unwrap(), None);
    let part = Part::First { limit: 50, after: None };
    assert_eq!(sites_in_tx(&mut tx, &wanted(SiteOrder::Slug, part)).await.unwrap().rows, []);
    assert_eq!(site_count_in_tx(&mut tx, None).await.unwrap(), 0);
}

#[tokio::test]
async fn what_is_asked_of_sites_is_a_range_of_an_index() {
    let stored = Stored::new().await;
    let home = stored.org().await;
    let org = home.org();
    let statement = format!(
        "insert into read.sites_v1_g1 (org_id, id, version, created_at, updated_at, name, slug, state, complete_by)
         select case n % 4 when 0 then '{org}' else lpad((n % 4)::text, 32, '0')::uuid end, gen_random_uuid(), 1,
                '2026-01-01'::timestamptz + n * interval '1 minute', now(), 'Site', 's-' || n, 'ready',
                case n % 40 when 0 then '2026-01-01'::timestamptz + n * interval '1 minute' end
         from generate_series(1, 8000) n"
    );
    stored.fill(&statement).await;
    let tx = stored.read(home).await;
    for (order, place, bound) in
        [(SiteOrder::CreatedAt, "'2026-01-03'", "created_at"), (SiteOrder::Slug, "'s-3'", "slug")]
    {
        let after = Some(order.place(super::bakery().row(id(SITE))));
        let sql = Select::<SiteRow>::of(&tx, Sites::VERSION)
            .page_sql(&wanted(order, Part::First { limit: 20, after }));
        stored
            .assert_range(home, &sql, &format!("'{org}', {place}, '{}', 21", id(1)), &[bound, "org_id"])
            .await;
    }
    let mut tx = stored.work(home, &[org]).await;
    let explain = format!("explain (costs off) {}", query::publishes_over());
    let plan: Vec<String> = sqlx::query_scalar(AssertSqlSafe(explain))
        .bind(vec![org.uuid()])
        .bind(vec![Moment(moment(1))])
        .bind(20_i64)
        .fetch_all(tx.connection())
        .await
        .unwrap();
    let plan = plan.join("\n");
    let range = plan.lines().find(|line| line.contains("Index Cond")).expect(&plan);
    assert!(range.contains("complete_by") && range.contains("org_id") && !plan.contains("Sort"), "{plan}");
}

fn happen(sites: &mut Given<Sites>, (site, kind, n): Step) {
    let site = id(site);
    let publish = json!({ "publish_id": written(9), "page_ids": [] });
    let with = |name: &str, value: Value| {
        let mut payload = publish.clone();
        payload[name] = value;
        payload
    };
    let mut done = with("url", "https://bakery.example".into());
    done["build_id"] = n.to_string().into();
    let kinds = [
        ("site.created", json!({ "name": "Bakery", "slug": format!("s-{n}") })),
        ("site.settings_changed", json!({ "name": format!("Bakery {n}") })),
        ("website.publish_started", with("complete_by", super::BY.into())),
        ("website.published", done),
        ("website.publish_failed", with("error", "No flour.".into())),
    ];
    let (name, payload) = if sites.rows.contains_key(&site) { &kinds[1 + kind % 4] } else { &kinds[0] };
    sites.then(site, &format!("xentri.{name}.v1"), payload.clone());
}

#[test]
fn the_counts_are_those_of_all_sites() {
    sums_hold::<Sites>(happen);
}
