//! An org that is erased: nobody in it is known any more, and nothing more is taken from it.

use xentri_ledger::{KeyRingError, Outcome, Refusal, SealingError, WorkerTx};
use xentri_testkit::factory;

use crate::support::{Lead, World, ada, nobody_shows, note};

#[tokio::test]
async fn an_erased_org_shows_nobody_and_takes_nothing_more() {
    let world = World::new().await;
    let other = world.another();
    let (home, neighbour) = (world.org().await, world.org().await);
    let lead = Lead::new(home);
    world.recorded(home, &[ada(&lead)]).await;
    world.recorded(neighbour, &[ada(&Lead::new(neighbour))]).await;
    assert!(!nobody_shows(&other.history(home).await));

    assert!(world.ledger.keys().erase_org(home.org()).await.unwrap());
    assert_eq!(world.ledger.directory().find(home.org()).await.unwrap(), None);
    for process in [&world, &other] {
        assert!(nobody_shows(&process.history(home).await));
        let mut batch = process.sealed_history(home).await;
        let mut tx = WorkerTx::begin(process.ledger.databases(), home.shard(), &[]).await.unwrap();
        process.ledger.keys().open_shard_in_tx(&mut tx, home.shard(), &mut batch).await.unwrap();
        assert!(nobody_shows(&batch));
        assert!(!nobody_shows(&process.history(neighbour).await));
    }

    for process in [&world, &other] {
        let error = process.ledger.keys().org_key(home).await.unwrap_err();
        assert!(matches!(error, KeyRingError::OrgErased(org) if org == home.org()), "{error}");
    }
}

#[tokio::test]
async fn who_seals_for_an_org_that_was_erased_elsewhere_is_refused_and_learns_of_it() {
    let world = World::new().await;
    let home = world.org().await;
    let lead = Lead::new(home);
    world.recorded(home, &[ada(&lead)]).await;
    assert!(world.another().ledger.keys().erase_org(home.org()).await.unwrap());

    let mut sealer = world.ledger.keys().sealer(home);
    let event = [note(&lead, 2, "Ada likes rye.")];
    assert_eq!(world.record(&mut sealer, home, &event).await, Outcome::Refused(Refusal::OrgUnknown));
    let error = sealer.seal(&event).await.unwrap_err();
    assert!(matches!(error, SealingError::Key(KeyRingError::OrgErased(_))), "{error}");
}

#[tokio::test]
async fn whoever_was_interrupted_erases_again() {
    let world = World::new().await;
    let home = world.org().await;
    world.recorded(home, &[ada(&Lead::new(home))]).await;
    let mut admin = world.db.connect_as_admin().await;
    // As far as a first try may have got.
    sqlx::query("select app.mark_org_erased($1)").bind(home.org().uuid()).execute(&mut admin).await.unwrap();
    for _ in 0..2 {
        assert!(world.another().ledger.keys().erase_org(home.org()).await.unwrap());
        assert!(nobody_shows(&world.history(home).await));
    }
    assert!(!world.ledger.keys().erase_org(factory::org()).await.unwrap());
}
