//! What is sealed comes back as it was, to whoever has the keys.

use uuid::Uuid;
use xentri_domain::kernel::SubjectId;
use xentri_ledger::{KeyRingError, OpeningError, Outcome, TenantTx, WorkerTx};
use xentri_testkit::factory;

use crate::support::{Lead, World, ada, chain, chain_that_makes, invoice, keeper, note, read, settings};

#[tokio::test]
async fn a_lead_comes_back_as_it_was_and_its_body_shows_nothing() {
    let world = World::new().await;
    let home = world.org().await;
    let lead = Lead::new(home);
    let events = [ada(&lead), note(&lead, 2, "Ada likes rye.")];
    world.recorded(home, &events[..1]).await;
    world.recorded(home, &events[1..]).await;

    let bodies = world.bodies(home).await;
    assert_eq!(bodies.len(), 3);
    // Nothing so short that ciphertext could spell it by chance.
    for word in ["Lovelace", "ada@example.com", "likes rye"] {
        assert!(!bodies.iter().any(|body| body.contains(word)), "{word}");
    }
    assert_eq!(world.history(home).await, events);
    assert_eq!(world.another().history(home).await, events, "in a process that has nothing open yet");
    assert_eq!(world.streams_about(home, lead.id.into()).await, [lead.stream()]);
}

#[tokio::test]
async fn in_a_chain_a_persons_key_is_made_once() {
    let world = World::new().await;
    let home = world.org().await;
    let lead = Lead::new(home);
    let (first, second) =
        ([ada(&lead)], [note(&lead, 2, "Ada likes rye."), invoice(home, lead.id.into(), "Ada")]);
    let mut sealer = world.ledger.keys().sealer(home);
    let records = (sealer.seal(&first).await.unwrap(), sealer.seal(&second).await.unwrap());
    assert_eq!((records.0.new_subjects.len(), records.1.new_subjects.len()), (1, 0));
    assert_eq!((records.0.about.len(), records.1.about.len()), (1, 2));
    let outcome = world.append(chain(home, vec![(&first, records.0), (&second, records.1)])).await;
    assert!(matches!(outcome, Outcome::Appended(_)), "{outcome:?}");
    assert_eq!(world.another().history(home).await, [first.as_slice(), &second].concat());
}

#[tokio::test]
async fn an_event_without_personal_fields_needs_no_key_and_is_about_nobody() {
    let world = World::new().await;
    let home = world.org().await;
    let lead = Lead::new(home);
    let mut won = ada(&lead);
    won.payload = xentri_domain::registry::Event::read_payload(
        "xentri.deal.won.v1",
        serde_json::json!({ "amount": { "amount": 100, "currency": "EUR" } }),
    )
    .unwrap()
    .unwrap();
    let record = world.ledger.keys().sealer(home).seal(&[won]).await.unwrap();
    assert_eq!((record.events.len(), record.new_subjects.len(), record.about.len()), (1, 0, 0));
}

#[tokio::test]
async fn an_org_that_a_sealer_makes_has_one_key_for_everybody() {
    let world = World::new().await;
    let org = factory::org();
    let home = world.ledger.directory().reserve(org, None, &settings()).await.unwrap().home;
    assert!(matches!(world.ledger.keys().org_key(home).await, Err(KeyRingError::NoOrgKey(id)) if id == org));

    let mut sealer = world.ledger.keys().sealer(home);
    let new_org = sealer.make_org().await.unwrap();
    let outcome = world.append(chain_that_makes(home, new_org)).await;
    sealer.settle(&Ok(outcome.clone())).await;
    assert!(matches!(outcome, Outcome::Appended(_)), "{outcome:?}");

    let mac = world.ledger.keys().org_key(home).await.unwrap().receipt_mac(b"capture");
    let other = world.another().ledger.keys().org_key(home).await.unwrap().receipt_mac(b"capture");
    assert_eq!(mac, other);
}

/// The loser's key stays where it was made: in its sealer, until that is told.
#[tokio::test]
async fn who_comes_second_with_an_orgs_key_takes_the_first() {
    let world = World::new().await;
    let home = world.org().await;
    let mut sealer = world.ledger.keys().sealer(home);
    let new_org = sealer.make_org().await.unwrap();
    let outcome = world.append(chain_that_makes(home, new_org)).await;
    assert!(matches!(outcome, Outcome::Refused(_)), "{outcome:?}");
    sealer.settle(&Ok(outcome.clone())).await;

    let lead = Lead::new(home);
    assert!(matches!(world.record(&mut sealer, home, &[ada(&lead)]).await, Outcome::Appended(_)));
    assert_eq!(world.another().history(home).await.len(), 1);
}

#[tokio::test]
async fn a_worker_opens_a_batch_of_several_orgs() {
    let world = World::new().await;
    let mut homes = vec![world.org().await];
    while homes.len() < 3 {
        let home = world.org().await;
        if home.shard() == homes[0].shard() {
            homes.push(home);
        }
    }
    let (mut expected, mut batch) = (Vec::new(), Vec::new());
    for home in &homes {
        let event = ada(&Lead::new(*home));
        world.recorded(*home, std::slice::from_ref(&event)).await;
        batch.push(read(&world.bodies(*home).await[1]));
        expected.push(event);
    }
    let worker = world.another();
    let shard = homes[0].shard();
    let mut tx = WorkerTx::begin(worker.ledger.databases(), shard, &[]).await.unwrap();
    worker.ledger.keys().open_shard_in_tx(&mut tx, shard, &mut batch).await.unwrap();
    assert_eq!(batch, expected);
}

#[tokio::test]
async fn another_orgs_events_do_not_open() {
    let world = World::new().await;
    let (home, other) = (world.org().await, world.org().await);
    world.recorded(home, &[ada(&Lead::new(home))]).await;
    let mut events = world.sealed_history(home).await;
    let mut tx = TenantTx::read(world.ledger.databases(), other).await.unwrap();
    let error = world.ledger.keys().open_in_tx(&mut tx, &mut events).await.unwrap_err();
    assert!(matches!(error, OpeningError::Key(KeyRingError::NoOrgKey(org)) if org == home.org()), "{error}");
}

#[tokio::test]
async fn what_has_lost_its_key_is_an_error_and_not_forgotten() {
    let world = World::new().await;
    let home = world.org().await;
    world.recorded(home, &[ada(&Lead::new(home))]).await;
    let mut events = world.sealed_history(home).await;
    let subject = SubjectId::try_from(Uuid::now_v7()).unwrap();
    events.push(invoice(home, subject, "Ada"));
    let mut tx = TenantTx::read(world.ledger.databases(), home).await.unwrap();
    let error = world.ledger.keys().open_in_tx(&mut tx, &mut events).await.unwrap_err();
    let expected = format!("something is sealed for subject {subject} of org {}, who has no key", home.org());
    assert_eq!(error.to_string(), expected);
}

#[tokio::test]
async fn tokens_of_one_process_open_in_another() {
    let world = World::new().await;
    let sealed = world.ledger.keys().token_keys("cursor").await.unwrap().seal(b"feed", b"17").unwrap();
    let other = world.another_with(keeper());
    let opened = other.ledger.keys().token_keys("cursor").await.unwrap().open(b"feed", &sealed).unwrap();
    assert_eq!(*opened, b"17");
}
