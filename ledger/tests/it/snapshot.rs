//! Snapshots: written beside the append, for long streams, and never a step back.

use std::sync::Arc;

use serde_json::json;
use sqlx::{Executor, Row};
use xentri_domain::kernel::{Personal, StreamId};
use xentri_domain::lead::{Lead as LeadState, Status};
use xentri_ledger::{
    CommandRecord, EncodeError, EncodedState, EventRecord, FieldContext, Home, LedgerSettings,
    SnapshotSettings, Snapshots, SubjectKey, Until, fold_stream_in_tx, load_snapshot_in_tx,
    save_snapshot_in_tx, seal_fields,
};

use crate::support::{Lead, World, created, envelope, updated};

const CANARY: &str = "Ada Canary Lovelace";

fn every(every: u32) -> LedgerSettings {
    LedgerSettings { snapshots: SnapshotSettings { every, queue: 16 }, ..LedgerSettings::default() }
}

fn state(company: &str) -> LeadState {
    LeadState { status: Status::New, company: Some(company.parse().unwrap()), ..LeadState::default() }
}

impl World {
    async fn save(&self, lead: &Lead, version: u32, state: &LeadState) -> bool {
        let mut tx = self.write(lead.home).await;
        let encoded = EncodedState::of(lead.id.into(), version, state).unwrap();
        let saved = save_snapshot_in_tx(&mut tx, &encoded).await.unwrap();
        tx.commit().await.unwrap();
        saved
    }

    async fn snapshot(&self, home: Home, id: impl Into<StreamId>) -> Option<(u32, LeadState)> {
        let snapshot = load_snapshot_in_tx(&mut self.read(home).await, id.into()).await.unwrap();
        snapshot.map(|snapshot| (snapshot.version, snapshot.state))
    }
}

#[tokio::test]
async fn a_later_state_replaces_an_earlier_one_and_not_the_other_way_round() {
    let world = World::new().await;
    let lead = Lead::new(world.org().await);
    assert_eq!(world.snapshot(lead.home, lead.id).await, None);
    for (version, saved, after) in [(200, true, 200), (200, false, 200), (150, false, 200), (400, true, 400)]
    {
        assert_eq!(world.save(&lead, version, &state(&version.to_string())).await, saved, "{version}");
        assert_eq!(world.snapshot(lead.home, lead.id).await, Some((after, state(&after.to_string()))));
    }
    let other = world.org_on(lead.home.shard()).await;
    assert_eq!(world.snapshot(other, lead.id).await, None, "another org's");
}

#[tokio::test]
async fn a_snapshot_of_another_fold_or_that_cannot_be_read_is_none() {
    let world = World::new().await;
    let lead = Lead::new(world.org().await);
    let mut admin = world.db.connect_as_admin().await;
    assert!(world.save(&lead, 200, &state("old")).await);
    admin.execute("update snapshot set fold_version = 7").await.unwrap();
    assert_eq!(world.snapshot(lead.home, lead.id).await, None);
    assert!(!world.save(&lead, 400, &state("new")).await, "a newer program's fold stays");
    admin.execute("update snapshot set fold_version = 1, state = 'x'").await.unwrap();
    assert_eq!(world.snapshot(lead.home, lead.id).await, None);
    assert!(world.save(&lead, 400, &state("new")).await);
    assert_eq!(world.snapshot(lead.home, lead.id).await, Some((400, state("new"))));
}

#[tokio::test]
async fn only_a_long_stream_gets_one_and_whoever_has_no_room_for_it_drops_it() {
    let world = World::new().await;
    let lead = Lead::new(world.org().await);
    let settings = SnapshotSettings { every: 200, queue: 2 };
    let snapshots = Snapshots::start(world.ledger.databases().clone(), &settings);
    let offer = |before, version| {
        snapshots.offer(lead.home, lead.id.into(), before, version, &Arc::new(state("any")));
    };
    for (before, version) in [(0, 1), (0, 199), (200, 399), (398, 399), (400, 401)] {
        offer(before, version);
    }
    // The task has had no moment to take one of them: this test does not wait in between.
    for n in 1..=5 {
        offer(200 * n - 1, 200 * n + 1);
    }
    snapshots.settle().await;
    let stats = snapshots.stats();
    assert_eq!((stats.written, stats.dropped, stats.failed), (2, 3, 0));
    assert_eq!(world.snapshot(lead.home, lead.id).await, Some((401, state("any"))));
}

#[tokio::test]
async fn a_long_stream_is_loaded_from_its_snapshot_and_what_is_newer() {
    let world = World::with(&every(5)).await;
    let lead = Lead::new(world.org().await);
    world.appended(lead.chain(0, vec![created(&lead)])).await;
    // Longer than what is read before anybody looks for a snapshot.
    let more = (2..=80).map(|version| updated(&lead, version, &format!("Company {version}"))).collect();
    world.appended(lead.chain(1, more)).await;

    let first = world.ledger.states().load::<LeadState>(lead.home, lead.id.into()).await.unwrap();
    world.ledger.snapshots().settle().await;
    assert_eq!(world.snapshot(lead.home, lead.id).await, Some((80, (*first.state).clone())));

    world.appended(lead.chain(80, vec![updated(&lead, 81, "Company 81")])).await;
    let other = world.another_set(&every(5));
    let loaded = other.ledger.states().load::<LeadState>(lead.home, lead.id.into()).await.unwrap();
    assert_eq!(loaded.version, 81);
    assert_eq!(loaded.state.company.as_ref().unwrap().as_str(), "Company 81");
    assert_eq!(loaded.state.name, first.state.name);
    assert_eq!(other.ledger.states().stats().await.events, 64 + 1);

    let earlier = Until::Version(7);
    let mut tx = other.read(lead.home).await;
    let then = fold_stream_in_tx::<LeadState>(&mut tx, lead.id.into(), earlier).await.unwrap();
    assert_eq!((then.version, then.state.company.as_ref().unwrap().as_str()), (7, "Company 7"));
}

#[tokio::test]
async fn a_state_with_something_personal_open_is_never_written() {
    let world = World::new().await;
    let lead = Lead::new(world.org().await);
    let open = LeadState { name: Some(Personal::Open(CANARY.parse().unwrap())), ..state("any") };
    let refused = EncodedState::of(lead.id.into(), 200, &open);
    assert!(matches!(refused, Err(EncodeError::Open { pointer, .. }) if pointer == "/name"));
    let snapshots = world.ledger.snapshots();
    snapshots.offer(lead.home, lead.id.into(), 0, 200, &Arc::new(open));
    snapshots.settle().await;
    assert_eq!(snapshots.stats().failed, 1);
    assert_eq!(world.snapshot(lead.home, lead.id).await, None);
}

#[tokio::test]
async fn what_is_personal_is_sealed_in_events_snapshots_and_cache() {
    let world = World::with(&every(1)).await;
    let lead = Lead::new(world.org().await);
    let payload = json!({ "name": CANARY, "source": "form" });
    let id = StreamId::from(lead.id);
    let mut event = envelope(lead.home.org(), id, 1, "lead.capture", payload, "xentri.lead.created.v1");
    let context = FieldContext { org: lead.home.org(), subject: lead.id.into(), event: event.id };
    seal_fields(&mut event.payload, &context, &SubjectKey::random().unwrap()).unwrap();
    let record = CommandRecord { events: vec![EventRecord::of(&event).unwrap()], ..CommandRecord::default() };
    world.appended(lead.chain_of(0, record)).await;

    let loaded = world.ledger.states().load::<LeadState>(lead.home, id).await.unwrap();
    assert!(loaded.state.name.as_ref().unwrap().sealed().is_some());
    world.ledger.snapshots().settle().await;
    let mut admin = world.db.connect_as_admin().await;
    let row = admin
        .fetch_one(
            "select convert_from(s.state, 'utf8'), e.body from snapshot s join event e using (stream_id)",
        )
        .await
        .unwrap();
    for column in 0..2 {
        let stored: String = row.get(column);
        assert!(
            stored.contains("$p") && !stored.contains("Canary") && !stored.contains("Lovelace"),
            "{stored}"
        );
    }
}
