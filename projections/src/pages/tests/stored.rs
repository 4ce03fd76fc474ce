//! Pages in Postgres, as readers read them.

use serde_json::json;
use uuid::Uuid;

use super::{blocks, published, started};
use crate::given::{Given, id, written};
use crate::kit::{Direction, Order as _, Part, RowPage, Wanted};
use crate::pages::{
    PageFilter, PageOrder, PageRow, Pages, first_pages_in_tx, page_counts_in_tx, page_in_tx, pages_in_tx,
    query,
};
use crate::stored::{Step, Stored, sums_hold};

const SITES: [u64; 2] = [101, 102];

/// Seven pages of the first site, the even ones in preview; two of the second, one of them live.
fn nine(pages: &mut Given<Pages>) {
    for n in 1..10 {
        let site = if n < 8 { SITES[0] } else { SITES[1] };
        let created = json!({ "site_id": written(site), "path": format!("/{}", 10 - n), "title": "Bread",
                              "blocks": blocks("Rye") });
        pages.then(id(n), "xentri.page.created.v1", created);
        if n % 2 == 0 {
            pages.then(id(n), "xentri.page.preview_requested.v1", json!({ "site_id": written(site) }));
        }
    }
    for (name, mut payload) in [started(), published("/2", "Bread", "b-1")] {
        payload["site_id"] = written(SITES[1]).into();
        pages.then(id(8), &format!("xentri.{name}.v1"), payload);
    }
}

fn of(site: u64, state: Option<&str>) -> PageFilter {
    PageFilter { site_id: id(site), state: state.map(ToOwned::to_owned) }
}

fn by_path(part: Part) -> Wanted<PageOrder> {
    Wanted { order: PageOrder::Path, direction: Direction::Ascending, part }
}

fn paths(page: &RowPage<PageRow>) -> Vec<&str> {
    page.rows.iter().map(|row| &*row.path).collect()
}

#[tokio::test]
async fn a_page_is_read_as_it_was_folded_until_it_is_removed() {
    let stored = Stored::new().await;
    let (home, given) = stored.tell(nine).await;
    let mut tx = stored.read(home).await;
    for n in 1..10 {
        assert_eq!(page_in_tx(&mut tx, id(n)).await.unwrap().as_ref(), Some(given.row(id(n))));
    }
    let mut more = given;
    let told = more.events.len();
    let removed = json!({ "site_id": written(SITES[1]), "path": "/2", "was_live": true, "live_path": "/2" });
    more.then(id(8), "xentri.page.removed.v1", removed);
    stored.keep::<Pages>(home, &more.events[told..], 1).await;
    let mut tx = stored.read(home).await;
    assert_eq!(page_in_tx(&mut tx, id(8)).await.unwrap(), None);
    let counts = page_counts_in_tx(&mut tx, &[id(SITES[1])]).await.unwrap();
    assert_eq!(counts.iter().map(|count| (&*count.state, count.pages)).collect::<Vec<_>>(), [("draft", 1)]);
}

#[tokio::test]
async fn the_pages_of_a_site_are_listed_by_path() {
    let stored = Stored::new().await;
    let (home, _) = stored.tell(nine).await;
    let mut tx = stored.read(home).await;
    let first = by_path(Part::First { limit: 5, after: None });
    let page = pages_in_tx(&mut tx, &of(SITES[0], None), &first).await.unwrap();
    assert_eq!((paths(&page), page.has_more), (vec!["/3", "/4", "/5", "/6", "/7"], true));
    let after = page.rows.last().map(|row| PageOrder::Path.place(row));
    let rest = by_path(Part::First { limit: 5, after });
    let page = pages_in_tx(&mut tx, &of(SITES[0], None), &rest).await.unwrap();
    assert_eq!((paths(&page), page.has_more), (vec!["/8", "/9"], false));
    let before = page.rows.first().map(|row| PageOrder::Path.place(row));
    let page =
        pages_in_tx(&mut tx, &of(SITES[0], None), &by_path(Part::Last { limit: 2, before })).await.unwrap();
    assert_eq!((paths(&page), page.has_more), (vec!["/6", "/7"], true));
    let page = pages_in_tx(&mut tx, &of(SITES[0], Some("preview")), &first).await.unwrap();
    assert_eq!((paths(&page), page.has_more), (vec!["/4", "/6", "/8"], false));
}

#[tokio::test]
async fn the_pages_of_many_sites_come_at_once_and_so_do_their_counts() {
    let stored = Stored::new().await;
    let (home, _) = stored.tell(nine).await;
    let mut tx = stored.read(home).await;
    let sites = [id(SITES[0]), id(SITES[1]), id(103)];
    let pages = first_pages_in_tx(&mut tx, &sites, 2).await.unwrap();
    let shown = |site: u64| pages.get(&id(site)).map(|page| (paths(page), page.has_more));
    assert_eq!(shown(SITES[0]), Some((vec!["/3", "/4"], true)));
    assert_eq!(shown(SITES[1]), Some((vec!["/1", "/2"], false)));
    assert_eq!(shown(103), None);
    let mut counts: Vec<_> = page_counts_in_tx(&mut tx, &sites).await.unwrap();
    counts.sort_by(|one, other| (one.site_id, &one.state).cmp(&(other.site_id, &other.state)));
    let shown: Vec<_> = counts.iter().map(|count| (count.site_id, &*count.state, count.pages)).collect();
    let expected = [
        (id(SITES[0]), "draft", 4),
        (id(SITES[0]), "preview", 3),
        (id(SITES[1]), "draft", 1),
        (id(SITES[1]), "live", 1),
    ];
    assert_eq!(shown, expected);
}

#[tokio::test]
async fn no_org_sees_the_pages_of_another() {
    let stored = Stored::new().await;
    let (one, _) = stored.tell(nine).await;
    let other = stored.org().await;
    for (home, there) in [(one, 9), (other, 0)] {
        assert_eq!(stored.visible(home, "pages_v1").await, there);
    }
    let mut tx = stored.read(other).await;
    let sites: Vec<Uuid> = SITES.into_iter().map(id).collect();
    assert_eq!(page_in_tx(&mut tx, id(1)).await.unwrap(), None);
    let all = by_path(Part::First { limit: 50, after: None });
    assert_eq!(pages_in_tx(&mut tx, &of(SITES[0], None), &all).await.unwrap().rows, []);
    assert!(first_pages_in_tx(&mut tx, &sites, 50).await.unwrap().is_empty());
    assert_eq!(page_counts_in_tx(&mut tx, &sites).await.unwrap(), []);
}

#[tokio::test]
async fn what_is_asked_of_pages_is_a_range_of_an_index() {
    let stored = Stored::new().await;
    let home = stored.org().await;
    let org = home.org();
    let site = id(SITES[0]);
    let statement = format!(
        "insert into read.pages_v1_g1 (org_id, id, version, created_at, updated_at, site_id, state, path, title, blocks)
         select case n % 4 when 0 then '{org}' else lpad((n % 4)::text, 32, '0')::uuid end, gen_random_uuid(), 1, now(),
                now(), case n / 4 % 5 when 0 then '{site}' else lpad((n / 4 % 5)::text, 32, '0')::uuid end,
                (array['draft', 'preview', 'live'])[1 + n / 20 % 3], '/' || n, 'Bread', '[]'
         from generate_series(1, 20000) n"
    );
    stored.fill(&statement).await;
    let tx = stored.read(home).await;
    let page = super::after(&[]);
    let place = || Some(PageOrder::Path.place(&page));
    let (all, live) = (of(SITES[0], None), of(SITES[0], Some("live")));
    for (filter, state, bounds) in [
        (all, "", vec!["org_id", "site_id", "path"]),
        (live, "'live', ", vec!["org_id", "site_id", "state", "path"]),
    ] {
        for part in [Part::First { limit: 20, after: place() }, Part::Last { limit: 20, before: place() }] {
            let sql = query::filtered(&tx, &filter).page_sql(&by_path(part));
            let values = format!("'{org}', '{site}', {state}'/5', '{}', 21", id(1));
            stored.assert_range(home, &sql, &values, &bounds).await;
        }
    }
    let sql = query::first_of(&tx, &[site], 20).sql();
    stored
        .assert_range(home, &sql, &format!("array['{site}']::uuid[], '{org}', 21"), &["org_id", "site_id"])
        .await;
}

fn happen(pages: &mut Given<Pages>, (page, kind, n): Step) {
    let (page, site) = (id(page), SITES[usize::try_from(page % 2).unwrap()]);
    let kinds = [
        ("page.created", json!({ "path": format!("/{n}"), "title": "Bread", "blocks": blocks("Rye") })),
        ("page.updated", json!({ "title": format!("Bread {n}") })),
        ("page.updated", json!({ "blocks": blocks(&n.to_string()) })),
        ("page.preview_requested", json!({})),
        ("page.editing_resumed", json!({})),
        started(),
        published("/bread", "Bread", "b-1"),
        ("page.publish_failed", json!({ "publish_id": written(9), "error": "No flour." })),
        ("page.removed", json!({ "path": "/bread", "was_live": false })),
    ];
    let (name, mut payload) =
        if pages.rows.contains_key(&page) { kinds[1 + kind % 8].clone() } else { kinds[0].clone() };
    payload["site_id"] = written(site).into();
    pages.then(page, &format!("xentri.{name}.v1"), payload);
}

#[test]
fn the_counts_are_those_of_all_pages() {
    sums_hold::<Pages>(happen);
}
