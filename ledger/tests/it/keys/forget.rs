//! A person who is forgotten shows nowhere, whatever lies open in whose memory.

use xentri_ledger::{Outcome, Refusal, SealingError, ShardOpener, TenantTx, WorkerTx};

use crate::support::{Lead, World, ada, invoice, nobody_shows, note};

#[tokio::test]
async fn nobody_sees_a_forgotten_person_although_their_key_lay_open_everywhere() {
    let world = World::new().await;
    let other = world.another();
    let home = world.org().await;
    let lead = Lead::new(home);
    world.recorded(home, &[ada(&lead)]).await;
    for process in [&world, &other] {
        assert!(!nobody_shows(&process.history(home).await));
    }
    let streams = world.streams_about(home, lead.id.into()).await;
    assert!(matches!(world.forget(home, lead.id.into(), &streams).await, Outcome::Appended(_)));

    for process in [&world, &other, &world.another()] {
        assert!(nobody_shows(&process.history(home).await[..1]));
        let mut batch = process.sealed_history(home).await;
        let mut tx = WorkerTx::begin(process.ledger.databases(), home.shard(), &[]).await.unwrap();
        process.ledger.keys().open_shard_in_tx(&mut tx, home.shard(), &mut batch).await.unwrap();
        assert!(nobody_shows(&batch[..1]));
    }
    // Forgotten is what the stored bytes say to nobody: they are as they were.
    assert!(world.sealed_history(home).await[0].write_body().unwrap().contains(r#"{"$p":"A"#));
}

#[tokio::test]
async fn a_transaction_sees_a_person_as_of_its_own_moment() {
    let world = World::new().await;
    let home = world.org().await;
    let lead = Lead::new(home);
    world.recorded(home, &[ada(&lead)]).await;
    let mut events = world.sealed_history(home).await;
    let mut tx = TenantTx::read(world.ledger.databases(), home).await.unwrap();
    let mut before = events.clone();
    world.ledger.keys().open_in_tx(&mut tx, &mut before).await.unwrap();

    assert!(matches!(world.forget(home, lead.id.into(), &[lead.stream()]).await, Outcome::Appended(_)));
    // What came before in the transaction agrees with what comes after, and leaves nothing behind.
    let mut after = events.clone();
    world.ledger.keys().open_in_tx(&mut tx, &mut after).await.unwrap();
    assert_eq!(after, before);
    let mut tx = TenantTx::read(world.ledger.databases(), home).await.unwrap();
    world.ledger.keys().open_in_tx(&mut tx, &mut events).await.unwrap();
    assert!(nobody_shows(&events));
}

#[tokio::test]
async fn a_scan_shows_a_person_as_it_met_them_and_the_next_one_forgotten() {
    let world = World::new().await;
    let home = world.org().await;
    let lead = Lead::new(home);
    world.recorded(home, &[ada(&lead)]).await;
    let sealed = world.sealed_history(home).await;
    let open = async |opener: &mut ShardOpener| {
        let mut events = sealed.clone();
        let mut tx = WorkerTx::begin(world.ledger.databases(), home.shard(), &[]).await.unwrap();
        opener.open_in_tx(&mut tx, &mut events).await.unwrap();
        events
    };
    let mut scan = ShardOpener::new(world.ledger.keys(), home.shard());
    let met = open(&mut scan).await;
    assert_eq!(met, world.history(home).await);

    assert!(matches!(world.forget(home, lead.id.into(), &[lead.stream()]).await, Outcome::Appended(_)));
    assert_eq!(open(&mut scan).await, met);
    assert!(nobody_shows(&open(&mut ShardOpener::new(world.ledger.keys(), home.shard())).await));
}

#[tokio::test]
async fn a_stream_that_another_process_added_a_moment_before_is_forgotten_too() {
    let world = World::new().await;
    let home = world.org().await;
    let lead = Lead::new(home);
    world.recorded(home, &[ada(&lead)]).await;
    let streams = world.streams_about(home, lead.id.into()).await;
    let bill = invoice(home, lead.id.into(), "Ada");
    world.another().recorded(home, std::slice::from_ref(&bill)).await;

    let stale = world.forget(home, lead.id.into(), &streams).await;
    assert_eq!(stale, Outcome::Refused(Refusal::Stale));
    let streams = world.streams_about(home, lead.id.into()).await;
    assert_eq!(streams.len(), 2);
    assert!(matches!(world.forget(home, lead.id.into(), &streams).await, Outcome::Appended(_)));
    assert!(nobody_shows(&world.history(home).await[..2]));
}

#[tokio::test]
async fn who_seals_with_a_key_that_was_destroyed_elsewhere_is_refused_and_learns_of_it() {
    let world = World::new().await;
    let home = world.org().await;
    let lead = Lead::new(home);
    world.recorded(home, &[ada(&lead)]).await;
    assert!(matches!(
        world.another().forget(home, lead.id.into(), &[lead.stream()]).await,
        Outcome::Appended(_)
    ));

    let mut sealer = world.ledger.keys().sealer(home);
    let event = [note(&lead, 2, "Ada likes rye.")];
    let refused = world.record(&mut sealer, home, &event).await;
    assert_eq!(refused, Outcome::Refused(Refusal::SubjectForgotten));
    let error = sealer.seal(&event).await.unwrap_err();
    assert!(matches!(error, SealingError::SubjectForgotten { subject, .. } if subject == lead.id.into()));
    // Nor does a sealer that comes later find anything that is kept.
    let error = world.ledger.keys().sealer(home).seal(&event).await.unwrap_err();
    assert!(matches!(error, SealingError::SubjectForgotten { .. }), "{error}");
}

#[tokio::test]
async fn nobody_who_was_forgotten_before_their_first_event_gets_a_key() {
    let world = World::new().await;
    let home = world.org().await;
    let lead = Lead::new(home);
    assert!(matches!(world.forget(home, lead.id.into(), &[]).await, Outcome::Appended(_)));
    let mut sealer = world.another().ledger.keys().sealer(home);
    let refused = world.record(&mut sealer, home, &[ada(&lead)]).await;
    assert_eq!(refused, Outcome::Refused(Refusal::SubjectForgotten));
}
