//! States: read once, kept while there is room, and brought up to date when it matters.

use sqlx::AssertSqlSafe;
use sqlx::Executor;
use xentri_domain::kernel::StreamId;
use xentri_domain::lead::{Lead as LeadState, Status};
use xentri_ledger::{LedgerSettings, LoadError, Loaded, StateSettings, Until, fold_stream_in_tx};

use crate::support::{Lead, World, created, noted, updated};

impl World {
    async fn load(&self, lead: &Lead) -> Result<Loaded<LeadState>, LoadError> {
        self.ledger.states().load(lead.home, lead.id.into()).await
    }

    async fn reload(&self, lead: &Lead) -> Loaded<LeadState> {
        self.ledger.states().reload(lead.home, lead.id.into()).await.unwrap()
    }

    async fn reads(&self) -> u64 {
        self.ledger.states().stats().await.reads
    }
}

fn company(loaded: &Loaded<LeadState>) -> &str {
    loaded.state.company.as_ref().unwrap().as_str()
}

#[tokio::test]
async fn a_state_is_read_once_and_then_kept() {
    let world = World::new().await;
    let lead = Lead::new(world.org().await);
    world.appended(lead.chain(0, vec![created(&lead), updated(&lead, 2, "Engines")])).await;
    let loaded = world.load(&lead).await.unwrap();
    assert_eq!((loaded.version, company(&loaded), loaded.state.status), (2, "Engines", Status::New));
    assert_eq!(world.load(&lead).await.unwrap(), loaded);
    assert_eq!(world.reads().await, 1);
    let states = world.ledger.states();
    states.forget_stream::<LeadState>(lead.home, lead.id.into()).await;
    assert_eq!(world.load(&lead).await.unwrap(), loaded);
    assert_eq!(world.reads().await, 2);
    states.clear();
    assert_eq!(world.load(&lead).await.unwrap(), loaded);
    assert_eq!(world.reads().await, 3);
}

#[tokio::test]
async fn what_was_appended_is_put_and_what_others_appended_is_read_when_asked() {
    let world = World::new().await;
    let other = world.another();
    let lead = Lead::new(world.org().await);
    world.appended(lead.chain(0, vec![created(&lead)])).await;
    let before = world.load(&lead).await.unwrap();
    world.appended(lead.chain(1, vec![updated(&lead, 2, "Ours")])).await;
    let mut newer = before.state.clone();
    std::sync::Arc::make_mut(&mut newer).company = Some("Ours".parse().unwrap());
    let after = Loaded { state: newer, version: 2 };
    let id = StreamId::from(lead.id);
    world.ledger.states().put(lead.home, id, 1, after.clone(), 700).await;
    assert_eq!((world.load(&lead).await.unwrap(), world.reads().await), (after.clone(), 1));

    other.appended(lead.chain(2, vec![updated(&lead, 3, "Theirs")])).await;
    assert_eq!(world.load(&lead).await.unwrap().version, 2);
    let now = world.reload(&lead).await;
    assert_eq!((now.version, company(&now)), (3, "Theirs"));
    assert_eq!(world.load(&lead).await.unwrap(), now);
    // A put that comes late does not take it back.
    world.ledger.states().put(lead.home, id, 1, after, 700).await;
    assert_eq!(world.load(&lead).await.unwrap(), now);
    let stats = world.ledger.states().stats().await;
    assert_eq!((stats.reads, stats.events), (2, 2), "the reload read one event");
}

#[tokio::test]
async fn a_stream_without_events_is_a_state_like_any_other() {
    let world = World::new().await;
    let lead = Lead::new(world.org().await);
    let empty = world.load(&lead).await.unwrap();
    assert_eq!((empty.version, (*empty.state).clone()), (0, LeadState::default()));
    world.appended(lead.chain(0, vec![created(&lead)])).await;
    assert_eq!(world.reload(&lead).await.version, 1);
}

/// Sixteen tasks ask for one stream that nobody has. All of them ask before any is answered, for they run on one thread and
/// none of them waits for anything but the read; the cache lets one read and the others wait for it.
#[tokio::test]
async fn all_who_load_a_stream_at_once_wait_for_one_read() {
    let world = World::new().await;
    let lead = Lead::new(world.org().await);
    world.appended(lead.chain(0, vec![created(&lead)])).await;
    let (states, home, id) = (world.ledger.states(), lead.home, StreamId::from(lead.id));
    let tasks: Vec<_> = (0..16)
        .map(|_| {
            let states = states.clone();
            tokio::spawn(async move { states.load::<LeadState>(home, id).await.unwrap().version })
        })
        .collect();
    for task in tasks {
        assert_eq!(task.await.unwrap(), 1);
    }
    assert_eq!(world.reads().await, 1);
}

#[tokio::test]
async fn the_cache_stays_within_its_bytes() {
    let little = StateSettings { bytes: 20_000 };
    let world = World::with(&LedgerSettings { states: little, ..LedgerSettings::default() }).await;
    let home = world.org().await;
    for _ in 0..50 {
        let lead = Lead::new(home);
        world.appended(lead.chain(0, vec![created(&lead)])).await;
        world.load(&lead).await.unwrap();
    }
    let stats = world.ledger.states().stats().await;
    assert!(stats.bytes <= 20_000 && stats.kept > 5 && stats.kept < 50, "{stats:?}");
}

#[tokio::test]
async fn the_state_as_of_a_version_or_a_moment() {
    let world = World::new().await;
    let lead = Lead::new(world.org().await);
    let id = StreamId::from(lead.id);
    world.appended(lead.chain(0, vec![created(&lead), updated(&lead, 2, "Two")])).await;
    let then = world.appended(lead.chain(2, vec![updated(&lead, 3, "Three")])).await.recorded_at;
    world.appended(lead.chain(3, vec![updated(&lead, 4, "Four")])).await;
    let mut tx = world.read(lead.home).await;
    for (until, expected) in [
        (Until::Version(2), "Two"),
        (Until::Moment(then), "Three"),
        (Until::Head, "Four"),
        (Until::Version(9), "Four"),
    ] {
        let loaded = fold_stream_in_tx::<LeadState>(&mut tx, id, until).await.unwrap();
        assert_eq!(company(&loaded), expected, "{until:?}");
    }
}

/// Changes the type of the stream's second event to one that this program does not have, as if a newer one had written it.
async fn written_by_a_newer_program(type_name: &str) -> (World, Lead) {
    let world = World::new().await;
    let lead = Lead::new(world.org().await);
    world.appended(lead.chain(0, vec![created(&lead), noted(&lead, 2), updated(&lead, 3, "Three")])).await;
    let rewrite = format!(
        "alter table event disable trigger event_never_changes; \
         update event set type = '{type_name}', body = replace(body, type, '{type_name}') where version = 2"
    );
    world.db.connect_as_admin().await.execute(AssertSqlSafe(rewrite)).await.unwrap();
    (world, lead)
}

#[tokio::test]
async fn an_event_of_an_unknown_type_is_passed_over() {
    let (world, lead) = written_by_a_newer_program("xentri.lead.sung_to.v1").await;
    let loaded = world.load(&lead).await.unwrap();
    assert_eq!((loaded.version, company(&loaded)), (3, "Three"));
}

#[tokio::test]
async fn an_event_in_an_unknown_major_version_stops_the_load_and_says_so() {
    let (world, lead) = written_by_a_newer_program("xentri.lead.note_added.v9").await;
    let error = world.load(&lead).await.unwrap_err();
    assert!(matches!(error, LoadError::TooNew { version: 2, .. }), "{error:?}");
    let said = error.to_string();
    assert!(said.contains("xentri.lead.note_added.v9") && said.contains("newer than this program"), "{said}");
}
