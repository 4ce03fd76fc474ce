use serde_json::json;

use super::{OrgRow, Orgs, org_in_tx};
use crate::given::{Given, every_kind_counts, id, moment};
use crate::stored::Stored;

const ORG: u64 = 0xa;

fn bakery() -> Given<Orgs> {
    let mut org = Given::new();
    let created = json!({ "name": "Bakery", "external_id": "org_2abFqT", "time_zone": "Europe/Madrid", "currency": "EUR",
                          "language": "es", "invoice_prefix": "INV" });
    org.then(id(ORG), "xentri.org.created.v1", created);
    org
}

#[test]
fn an_org_shows_what_it_was_created_with() {
    let org = bakery();
    let expected = OrgRow {
        org_id: org.org,
        id: id(ORG),
        version: 1,
        created_at: moment(1),
        updated_at: moment(1),
        name: "Bakery".into(),
        external_id: Some("org_2abFqT".into()),
        time_zone: "Europe/Madrid".into(),
        currency: "EUR".into(),
        language: "es".into(),
        invoice_prefix: "INV".into(),
    };
    assert_eq!(*org.row(id(ORG)), expected);
}

#[test]
fn a_change_leaves_the_settings_that_it_does_not_name() {
    let mut org = bakery();
    org.then(id(ORG), "xentri.org.settings_changed.v1", json!({ "currency": "USD", "language": "en" }));
    let expected = OrgRow {
        version: 2,
        updated_at: moment(2),
        currency: "USD".into(),
        language: "en".into(),
        ..bakery().row(id(ORG)).clone()
    };
    assert_eq!(*org.row(id(ORG)), expected);
    let rest = json!({ "name": "Bakeries", "time_zone": "UTC", "invoice_prefix": "B-2" });
    org.then(id(ORG), "xentri.org.settings_changed.v1", rest);
    let expected = OrgRow {
        version: 3,
        updated_at: moment(3),
        name: "Bakeries".into(),
        time_zone: "UTC".into(),
        invoice_prefix: "B-2".into(),
        ..expected
    };
    assert_eq!(*org.row(id(ORG)), expected);
}

#[test]
fn every_kind_of_event_counts() {
    every_kind_counts::<Orgs>("org", "xentri.org.created.v1", &[], |row| (row.version, row.updated_at));
}

#[tokio::test]
async fn an_org_reads_itself_and_no_other() {
    let stored = Stored::new().await;
    let mut orgs = Vec::new();
    for name in ["Bakery", "Brewery"] {
        let home = stored.org().await;
        let mut given = Given::<Orgs>::of(home.org());
        let created = json!({ "name": name, "time_zone": "Europe/Madrid", "currency": "EUR", "language": "en",
                              "invoice_prefix": "INV" });
        given.then(home.org().uuid(), "xentri.org.created.v1", created);
        assert_eq!(org_in_tx(&mut stored.read(home).await).await.unwrap(), None);
        stored.keep::<Orgs>(home, &given.events, 1).await;
        orgs.push((home, given));
    }
    for (home, given) in orgs {
        let read = org_in_tx(&mut stored.read(home).await).await.unwrap();
        assert_eq!(read.as_ref(), Some(given.row(home.org().uuid())));
    }
}
