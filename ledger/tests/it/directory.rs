//! The directory: an org is unknown until it is whole.

use xentri_domain::org::ExternalId;
use xentri_ledger::{Outcome, ReservationError};
use xentri_testkit::factory;

use crate::support::{World, org_created, settings};

#[tokio::test]
async fn an_org_is_unknown_until_it_is_active() {
    let world = World::new().await;
    let directory = world.ledger.directory();
    let org = factory::org();
    let external = ExternalId::parse("org_2abFqT").unwrap();
    let home = directory.reserve(org, Some(&external), &settings()).await.unwrap().home;
    assert_eq!(directory.find(org).await.unwrap(), None);
    assert_eq!(directory.find_external(&external).await.unwrap(), None);

    // Whoever did not get further comes back with the same id.
    assert_eq!(directory.reserve(org, Some(&external), &settings()).await.unwrap().home, home);
    assert!(matches!(world.append(org_created(home).await).await, Outcome::Appended(_)));
    assert!(directory.activate(org).await.unwrap());

    let entry = directory.find(org).await.unwrap().unwrap();
    assert_eq!(
        (entry.home, &entry.settings, entry.external_id.as_ref()),
        (home, &settings(), Some(&external))
    );
    assert_eq!(directory.find_external(&external).await.unwrap(), Some(entry));
    let again = directory.reserve(org, None, &settings()).await;
    assert!(matches!(again, Err(ReservationError::Exists(id)) if id == org));
    let taken = directory.reserve(factory::org(), Some(&external), &settings()).await;
    assert!(matches!(taken, Err(ReservationError::ExternalIdTaken)));
}

#[tokio::test]
async fn changed_settings_are_seen_at_once_where_they_were_changed() {
    let world = World::new().await;
    let org = world.org().await.org();
    let directory = world.ledger.directory();
    assert_eq!(directory.find(org).await.unwrap().unwrap().settings, settings());
    let changed = xentri_ledger::OrgSettings { currency: "USD".parse().unwrap(), ..settings() };
    assert!(directory.change_settings(org, &changed).await.unwrap());
    assert_eq!(directory.find(org).await.unwrap().unwrap().settings, changed);
    assert!(!directory.change_settings(factory::org(), &changed).await.unwrap());
}
