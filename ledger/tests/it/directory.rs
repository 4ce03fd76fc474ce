//! The directory: an org is unknown until it is whole.

use xentri_domain::org::ExternalId;
use xentri_ledger::{
    DatabaseShards, Ledger, LedgerSettings, Outcome, Refusal, ReservationError, Shard, ShardMap,
};
use xentri_testkit::factory;

use crate::support::{World, keeper, org_created, settings};

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

#[tokio::test]
async fn an_org_that_was_half_made_is_finished_where_it_began_although_there_are_more_shards_now() {
    let world = World::new().await;
    let home = world.ledger.directory().reserve(factory::org(), None, &settings()).await.unwrap().home;
    assert!(matches!(world.append(org_created(home).await).await, Outcome::Appended(_)));

    let moves = |count: &u16| Shard::of_new(home.org(), *count) != home.shard();
    let count = (9..100).find(moves).unwrap();
    let shards = (0..count).map(Shard::new).collect();
    let map = ShardMap::new(vec![DatabaseShards { url: world.db.server_url(), shards }]).unwrap();
    let larger = Ledger::open(map, keeper(), &LedgerSettings::default()).unwrap();
    let again = larger.directory().reserve(home.org(), None, &settings()).await.unwrap().home;
    assert_eq!(again, home);
    let outcome = larger.appenders().append(org_created(again).await).await.unwrap();
    assert_eq!(outcome, Outcome::Refused(Refusal::OrgExists));
    assert!(larger.directory().activate(home.org()).await.unwrap());
    assert_eq!(larger.directory().find(home.org()).await.unwrap().unwrap().home, home);
}
