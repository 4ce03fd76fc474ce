//! What is read back: streams, orgs, shards and where they end.

use sqlx::Executor;
use xentri_domain::aggregate::StreamRef;
use xentri_domain::kernel::Timestamp;
use xentri_ledger::{
    AuditorTx, DatabaseShards, Ledger, LedgerSettings, PageLimit, RelayTx, Shard, ShardMap, StoredEvent,
    TenantTx, Until, WorkerTx, epochs_in_tx, org_head_in_tx, read_org_in_tx, read_org_mentions_in_tx,
    read_org_types_in_tx, read_shard_in_tx, read_shards_in_tx, read_stream_in_tx, shard_heads,
    shard_heads_in_tx, subject_streams_in_tx,
};
use xentri_schemas::{Digest, Reading, Recorded};
use xentri_testkit::factory;

use crate::support::{Lead, World, created, keeper, noted};

const PAGE: PageLimit = PageLimit { events: 3, bytes: 1 << 20 };

impl World {
    /// A lead with so many events, each appended by itself.
    async fn lead(&self, events: u32) -> (Lead, Vec<Timestamp>) {
        let lead = Lead::new(self.org().await);
        let mut moments = Vec::new();
        for version in 1..=events {
            let event = if version == 1 { created(&lead) } else { noted(&lead, version) };
            moments.push(self.appended(lead.chain(version - 1, vec![event])).await.recorded_at);
        }
        (lead, moments)
    }
}

fn versions(events: &[StoredEvent]) -> Vec<u32> {
    events.iter().map(|event| event.version).collect()
}

#[tokio::test]
async fn a_stream_is_read_page_by_page_up_to_a_version_or_a_moment() {
    let world = World::new().await;
    let (lead, moments) = world.lead(5).await;
    let mut tx = world.read(lead.home).await;
    let mut read = async |after, until| {
        let page = read_stream_in_tx(&mut tx, lead.stream(), after, until, PAGE).await.unwrap();
        (versions(&page.events), page.more)
    };
    assert_eq!(read(0, Until::Head).await, (vec![1, 2, 3], true));
    assert_eq!(read(3, Until::Head).await, (vec![4, 5], false));
    assert_eq!(read(5, Until::Head).await, (vec![], false));
    assert_eq!(read(1, Until::Version(2)).await, (vec![2], false));
    assert_eq!(read(2, Until::Moment(moments[3])).await, (vec![3, 4], false));
    assert_eq!(read(0, Until::Moment(moments[1])).await, (vec![1, 2], false));
    assert_eq!(read(0, Until::Moment(Timestamp::MIN)).await, (vec![], false));
}

#[tokio::test]
async fn another_orgs_stream_and_an_unknown_one_look_the_same() {
    let world = World::new().await;
    let (lead, _) = world.lead(1).await;
    let other = world.org_on(lead.home.shard()).await;
    let mut tx = world.read(other).await;
    let page = read_stream_in_tx(&mut tx, lead.stream(), 0, Until::Head, PAGE).await.unwrap();
    assert_eq!((page.events, page.more), (vec![], false));
}

#[tokio::test]
async fn a_stored_event_is_what_was_appended_and_fits_the_chain() {
    let world = World::new().await;
    let (lead, moments) = world.lead(2).await;
    let mut tx = world.read(lead.home).await;
    let page = read_org_in_tx(&mut tx, 0, PAGE).await.unwrap();
    let mut hash = Digest::GENESIS;
    for event in &page.events {
        hash = hash.next(event.epoch, event.org_seq, event.recorded_at, Digest::of(&event.body));
        assert_eq!(event.hash, hash);
        assert_eq!(Recorded::split(&event.wire()).unwrap(), (event.body.clone(), event.recorded()));
    }
    let last = &page.events[2];
    assert_eq!((last.org, last.shard, last.org_seq), (lead.home.org(), lead.home.shard(), 3));
    assert_eq!(last.stream(), Some(lead.stream()));
    assert_eq!((last.type_name.as_ref(), last.recorded_at), ("xentri.lead.note_added.v1", moments[1]));
    let Reading::Event(envelope) = last.decode().unwrap() else { panic!("{last:?}") };
    assert_eq!((envelope.id, envelope.version), (last.id, 2));
    assert!(!format!("{last:?}").contains("$p"));

    let head = org_head_in_tx(&mut tx).await.unwrap().unwrap();
    assert_eq!((head.org_seq, head.hash, head.recorded_at, head.epoch), (3, hash, moments[1], 1));
}

#[tokio::test]
async fn a_page_ends_when_it_is_long_enough_in_bytes_but_holds_one_event() {
    let world = World::new().await;
    let (lead, _) = world.lead(4).await;
    let mut tx = world.read(lead.home).await;
    let whole = read_org_in_tx(&mut tx, 0, PageLimit::default()).await.unwrap();
    let bytes: Vec<usize> = whole.events.iter().map(|event| event.body.len()).collect();
    let limit_of = |bytes: usize| PageLimit { events: 100, bytes: u32::try_from(bytes).unwrap() };
    for (limit, expected) in [(1, 1), (bytes[0] + 1, 2), (bytes[0] + bytes[1], 2), (1 << 20, 5)] {
        let page = read_org_in_tx(&mut tx, 0, limit_of(limit)).await.unwrap();
        assert_eq!((page.events.len(), page.more), (expected, expected < 5), "{limit}");
    }
}

#[tokio::test]
async fn a_reader_of_some_types_moves_on_where_nothing_matches() {
    let world = World::new().await;
    // The org's first event, the lead's first, and eight notes.
    let (lead, _) = world.lead(9).await;
    let mut tx = world.read(lead.home).await;
    let mut read = async |after, types: &[&str], scan| {
        let page = read_org_types_in_tx(&mut tx, after, types, PAGE, scan).await.unwrap();
        let found: Vec<u64> = page.events.iter().map(|event| event.org_seq).collect();
        (found, page.next_after, page.more)
    };
    let made = &["xentri.org.created.v1", "xentri.lead.created.v1"];
    let note = &["xentri.lead.note_added.v1"];
    assert_eq!(read(0, made, 100).await, (vec![1, 2], 10, false));
    assert_eq!(read(0, note, 2).await, (vec![], 2, true));
    assert_eq!(read(2, note, 100).await, (vec![3, 4, 5], 5, true));
    assert_eq!(read(2, note, 2).await, (vec![3, 4], 4, true));
    assert_eq!(read(8, note, 2).await, (vec![9, 10], 10, false));
    assert_eq!(read(10, note, 2).await, (vec![], 10, false));
    assert_eq!(read(70, note, 2).await, (vec![], 70, false), "beyond the head");
}

#[tokio::test]
async fn whoever_works_across_orgs_reads_a_shard_in_commit_order() {
    let world = World::new().await;
    let shard = Shard::new(5);
    for _ in 0..5 {
        world.org_on(shard).await;
    }
    let databases = world.ledger.databases();
    let positions =
        |page: &xentri_ledger::Page| -> Vec<u64> { page.events.iter().map(|e| e.position).collect() };
    let mut relay = RelayTx::begin(databases, shard).await.unwrap();
    let page = read_shard_in_tx(&mut relay, shard, 0, None, PAGE).await.unwrap();
    assert_eq!((positions(&page), page.more), (vec![1, 2, 3], true));
    let mut worker = WorkerTx::begin(databases, shard, &[]).await.unwrap();
    let page = read_shard_in_tx(&mut worker, shard, 3, Some(4), PAGE).await.unwrap();
    assert_eq!((positions(&page), page.more), (vec![4], false));
    let mut auditor = AuditorTx::begin(databases, shard).await.unwrap();
    let page = read_shard_in_tx(&mut auditor, shard, 3, None, PAGE).await.unwrap();
    assert_eq!((positions(&page), page.more), (vec![4, 5], false));
    let heads = shard_heads_in_tx(&mut auditor, &[shard, Shard::new(6)]).await.unwrap();
    assert_eq!(heads.keys().collect::<Vec<_>>(), [&shard]);
    assert_eq!((heads[&shard].position, heads[&shard].epoch), (5, 1));
}

#[tokio::test]
async fn the_next_events_of_several_shards_are_read_together() {
    let world = World::new().await;
    for number in [1, 1, 1, 2, 4] {
        world.org_on(Shard::new(number)).await;
    }
    let mut relay = RelayTx::begin(world.ledger.databases(), Shard::new(1)).await.unwrap();
    let wanted = [(1, 1), (2, 0), (3, 0), (4, 1)].map(|(shard, after)| (Shard::new(shard), after));
    let mut read = async |limit| {
        let found = read_shards_in_tx(&mut relay, &wanted, limit).await.unwrap();
        let places = |(shard, events): (&Shard, &Vec<StoredEvent>)| {
            assert!(events.iter().all(|event| event.shard == *shard));
            (shard.number(), events.iter().map(|event| event.position).collect::<Vec<_>>())
        };
        found.iter().map(places).collect::<Vec<_>>()
    };
    assert_eq!(read(PAGE).await, [(1, vec![2, 3]), (2, vec![1])]);
    let narrow = [(1, vec![2]), (2, vec![1])];
    assert_eq!(read(PageLimit { events: 1, ..PAGE }).await, narrow, "of each shard");
    assert_eq!(read(PageLimit { bytes: 1, ..PAGE }).await, narrow, "one event always fits");
}

#[tokio::test]
async fn an_event_that_was_sent_comes_back_as_it_was() {
    let world = World::new().await;
    let (lead, _) = world.lead(2).await;
    let page = read_org_in_tx(&mut world.read(lead.home).await, 0, PAGE).await.unwrap();
    for event in page.events {
        let wire = event.wire();
        assert_eq!(StoredEvent::from_wire(event.shard, event.position, &wire), Ok(event.clone()));
        for broken in [&event.body, &wire[1..], &wire[..wire.len() - 1], "", "{}"] {
            assert!(StoredEvent::from_wire(event.shard, event.position, broken).is_err(), "{broken}");
        }
        let elsewhere = wire.replace(r#""version":"#, r#""version":99"#);
        assert_ne!(StoredEvent::from_wire(event.shard, event.position, &elsewhere), Ok(event));
        let beyond = elsewhere.replace(r#""version":99"#, r#""version":9999999999"#);
        assert!(StoredEvent::from_wire(lead.home.shard(), 1, &beyond).is_err());
    }
}

#[tokio::test]
async fn epochs_are_read_in_order() {
    let world = World::new().await;
    let mut admin = world.db.connect_as_admin().await;
    admin
        .execute("insert into ledger_epoch (epoch, shard, start) values (3, 0, 9), (2, 1, 4), (2, 0, 7)")
        .await
        .unwrap();
    let mut relay = RelayTx::begin(world.ledger.databases(), Shard::new(0)).await.unwrap();
    let epochs = epochs_in_tx(&mut relay).await.unwrap();
    let read: Vec<_> = epochs.iter().map(|epoch| (epoch.epoch, epoch.shard.number(), epoch.start)).collect();
    assert_eq!(read, [(2, 0, 7), (2, 1, 4), (3, 0, 9)]);
}

/// An empty page that says there is more would keep its reader for ever.
#[tokio::test]
async fn a_limit_of_nothing_is_one_of_one_event() {
    let world = World::new().await;
    let lead = Lead::new(world.org().await);
    world.appended(lead.chain(0, vec![created(&lead), noted(&lead, 2)])).await;
    let nothing = PageLimit { events: 0, bytes: 0 };
    let mut tx = world.read(lead.home).await;
    let page = read_stream_in_tx(&mut tx, lead.stream(), 0, Until::Head, nothing).await.unwrap();
    assert_eq!((versions(&page.events), page.more), (vec![1], true));
    let types = ["xentri.lead.created.v1", "xentri.lead.note_added.v1"];
    let mut found = Vec::new();
    let mut after = 0;
    loop {
        let page = read_org_types_in_tx(&mut tx, after, &types, nothing, 0).await.unwrap();
        found.extend(versions(&page.events));
        after = page.next_after;
        if !page.more {
            break;
        }
    }
    assert_eq!((found, after), (vec![1, 2], 3));
}

#[tokio::test]
async fn a_ledger_in_two_databases_appends_and_reads_in_both() {
    let world = World::over_two().await;
    for shard in [Shard::new(1), Shard::new(3)] {
        let home = world.org_on(shard).await;
        let lead = Lead::new(home);
        let appended = world.appended(lead.chain(0, vec![created(&lead)])).await;
        let mut tx = world.read(home).await;
        let page = read_stream_in_tx(&mut tx, lead.stream(), 0, Until::Head, PAGE).await.unwrap();
        assert_eq!(versions(&page.events), [1]);
        assert_eq!(page.events[0].shard, shard);
        assert_eq!(page.events[0].recorded_at, appended.recorded_at);
        let entry = world.ledger.directory().find(home.org()).await.unwrap().unwrap();
        assert_eq!(entry.home, home);
    }
    let heads = shard_heads(world.ledger.databases()).await;
    let positions: Vec<_> =
        heads.by_shard.iter().map(|(shard, head)| (shard.number(), head.position)).collect();
    assert_eq!(positions, [(1, 2), (3, 2)]);
    assert!(heads.unknown.is_empty());
    for (db, shard) in [(&world.db, 1), (world.second.as_ref().unwrap(), 3)] {
        let mut admin = db.connect_as_admin().await;
        let found: Vec<i32> =
            sqlx::query_scalar("select distinct shard from event").fetch_all(&mut admin).await.unwrap();
        assert_eq!(found, [shard]);
    }
}

#[tokio::test]
async fn a_database_that_is_away_keeps_nobody_from_the_heads_of_the_others() {
    let world = World::new().await;
    world.org_on(Shard::new(0)).await;
    let half =
        |url: String, shards: [u16; 4]| DatabaseShards { url, shards: shards.map(Shard::new).to_vec() };
    let nowhere = "postgres://nobody:x@127.0.0.1:1/none".to_owned();
    let map =
        ShardMap::new(vec![half(world.db.server_url(), [0, 1, 2, 3]), half(nowhere, [4, 5, 6, 7])]).unwrap();
    let mut settings = LedgerSettings::default();
    settings.databases.patience = std::time::Duration::from_millis(300);
    let ledger = Ledger::open(map, keeper(), &settings).unwrap();
    let heads = shard_heads(ledger.databases()).await;
    assert_eq!(heads.by_shard.keys().copied().collect::<Vec<_>>(), [Shard::new(0)]);
    let [(shards, error)] = &heads.unknown[..] else { panic!("{heads:?}") };
    assert_eq!(shards.len(), 4);
    assert!(error.is_transient(), "{error}");
}

#[tokio::test]
async fn an_org_without_events_has_no_head() {
    let world = World::new().await;
    let home = world
        .ledger
        .directory()
        .reserve(factory::org(), None, &crate::support::settings())
        .await
        .unwrap()
        .home;
    let mut tx = world.read(home).await;
    assert_eq!(org_head_in_tx(&mut tx).await.unwrap(), None);
    let nothing = StreamRef { stream_type: "lead", id: home.org().into() };
    let page = read_stream_in_tx(&mut tx, nothing, 0, Until::Head, PAGE).await.unwrap();
    assert_eq!(page.events, []);
}

#[tokio::test]
async fn an_id_is_found_wherever_it_stands_in_an_org_and_in_no_other() {
    let world = World::new().await;
    let (lead, _) = world.lead(6).await;
    let other = world.org_on(lead.home.shard()).await;
    let id = lead.stream().id.uuid();
    for home in [lead.home, other] {
        let of_app = TenantTx::read(world.ledger.databases(), home).await.unwrap();
        let of_auditor = TenantTx::audit(world.ledger.databases(), home).await.unwrap();
        for mut tx in [of_app, of_auditor] {
            let mut read = async |after, scan| {
                let page = read_org_mentions_in_tx(&mut tx, after, id, PAGE, scan).await.unwrap();
                let found: Vec<u64> = page.events.iter().map(|event| event.org_seq).collect();
                (found, page.next_after, page.more)
            };
            if home == other {
                assert_eq!(read(0, 100).await, (vec![], 1, false));
                continue;
            }
            // The org's own event, then the lead's.
            assert_eq!(read(0, 100).await, (vec![2, 3, 4], 4, true));
            assert_eq!(read(4, 100).await, (vec![5, 6, 7], 7, false));
            assert_eq!(read(0, 1).await, (vec![], 1, true));
            assert_eq!(read(7, 100).await, (vec![], 7, false));
        }
    }
}

#[tokio::test]
async fn an_auditor_finds_orgs_and_reads_their_events_but_sees_no_key() {
    let world = World::new().await;
    let (lead, _) = world.lead(2).await;
    let directory = world.ledger.directory();
    assert_eq!(directory.home_of(lead.home.org()).await.unwrap(), Some(lead.home));
    assert_eq!(directory.home_of(factory::org()).await.unwrap(), None);
    let mut tx = TenantTx::audit(world.ledger.databases(), lead.home).await.unwrap();
    let page = read_stream_in_tx(&mut tx, lead.stream(), 0, Until::Head, PAGE).await.unwrap();
    assert_eq!(versions(&page.events), [1, 2]);
    let keys = subject_streams_in_tx(&mut tx, lead.stream().id.into()).await;
    assert!(format!("{keys:?}").contains("permission denied"), "{keys:?}");
}
