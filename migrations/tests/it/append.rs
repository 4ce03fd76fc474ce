//! `app.append`: what it numbers, what it refuses, and that a refusal stays with its chain.

mod broken;
mod call;
mod subjects;

use std::collections::BTreeMap;

use sqlx::Executor;
use sqlx::postgres::PgConnection;
use uuid::Uuid;
use xentri_testkit::TestDb;

use call::Verdict;
pub(crate) use call::{Call, words};

pub(crate) const ONE: Uuid = Uuid::from_u128(1 << 120);
pub(crate) const OTHER: Uuid = Uuid::from_u128(2 << 120);

/// A database with two orgs on one shard, and the server's connection to it.
pub(crate) async fn two_orgs() -> (TestDb, PgConnection) {
    let db = TestDb::new().await;
    let mut server = db.connect_as_server().await;
    let mut call = Call::default();
    call.new_org(ONE, 3);
    call.new_org(OTHER, 3);
    call.send(&mut server).await.unwrap();
    (db, server)
}

#[tokio::test]
async fn positions_org_sequences_and_versions_are_gapless_across_calls() {
    let (db, mut server) = two_orgs().await;
    let (lead, second) = (Uuid::from_u128(10), Uuid::from_u128(11));
    for version in 0..3 {
        let mut call = Call::default();
        let (one, other) = (call.org(ONE, 3), call.org(OTHER, 3));
        call.simple(one, lead, version, None);
        call.simple(other, lead, version, None);
        let chain = call.chain(one);
        let stream = call.stream(chain, second, version * 2);
        let command = call.command(chain, None);
        call.event(command, stream);
        let command = call.command(chain, None);
        call.event(command, stream);
        let verdicts = call.send(&mut server).await.unwrap();
        assert_eq!(words(&verdicts), ["appended"; 4]);
    }
    let rows: Vec<(i64, Uuid, i64, Uuid, i32)> =
        sqlx::query_as("select position, org_id, org_seq, stream_id, version from event order by position")
            .fetch_all(&mut db.connect_as_admin().await)
            .await
            .unwrap();
    let positions: Vec<i64> = rows.iter().map(|row| row.0).collect();
    assert_eq!(positions, (1..=12).collect::<Vec<_>>());
    let mut seqs: BTreeMap<Uuid, i64> = BTreeMap::new();
    let mut versions: BTreeMap<(Uuid, Uuid), i32> = BTreeMap::new();
    for (_, org, org_seq, stream, version) in rows {
        let last = seqs.insert(org, org_seq).unwrap_or(0);
        assert_eq!(org_seq, last + 1);
        let last = versions.insert((org, stream), version).unwrap_or(0);
        assert_eq!(version, last + 1);
    }
}

#[tokio::test]
async fn hashes_chain_each_orgs_events_from_thirty_two_zero_bytes() {
    let (db, mut server) = two_orgs().await;
    for version in 0..3 {
        let mut call = Call::default();
        let (one, other) = (call.org(ONE, 3), call.org(OTHER, 3));
        call.simple(one, Uuid::from_u128(10), version, None);
        call.simple(other, Uuid::from_u128(10), version, None);
        call.send(&mut server).await.unwrap();
    }
    let broken: i64 = sqlx::query_scalar(
        "select count(*) from event e left join event p on p.org_id = e.org_id and p.org_seq = e.org_seq - 1
         where e.hash is distinct from sha256(
           coalesce(p.hash, decode(repeat('00', 32), 'hex')) || int8send(e.epoch) || int8send(e.org_seq)
           || int8send((extract(epoch from e.recorded_at) * 1000000)::bigint) || sha256(e.body::bytea))",
    )
    .fetch_one(&mut db.connect_as_admin().await)
    .await
    .unwrap();
    assert_eq!(broken, 0);
}

#[tokio::test]
async fn a_stale_chain_is_refused_whole_and_its_neighbours_are_not() {
    let (db, mut server) = two_orgs().await;
    let mut call = Call::default();
    let one = call.org(ONE, 3);
    call.simple(one, Uuid::from_u128(10), 0, None);
    call.send(&mut server).await.unwrap();

    let mut call = Call::default();
    let one = call.org(ONE, 3);
    call.simple(one, Uuid::from_u128(20), 0, None);
    let chain = call.chain(one);
    let fresh = call.stream(chain, Uuid::from_u128(30), 0);
    let moved = call.stream(chain, Uuid::from_u128(10), 0);
    for stream in [fresh, moved] {
        let command = call.command(chain, None);
        call.event(command, stream);
    }
    call.simple(one, Uuid::from_u128(40), 0, None);
    let verdicts = call.send(&mut server).await.unwrap();
    assert_eq!(words(&verdicts), ["appended", "stale", "stale", "appended"]);
    assert_eq!((verdicts[0].first_org_seq, verdicts[3].first_org_seq), (Some(2), Some(3)));
    assert_eq!((verdicts[1].first_org_seq, verdicts[1].last_position), (None, None));
    let events: i64 = sqlx::query_scalar("select count(*) from event")
        .fetch_one(&mut db.connect_as_admin().await)
        .await
        .unwrap();
    assert_eq!(events, 3);
}

#[tokio::test]
async fn a_key_that_is_used_is_said_before_the_stale_version_that_comes_with_it() {
    let (_db, mut server) = two_orgs().await;
    for expected in ["appended", "key_used"] {
        let mut call = Call::default();
        let one = call.org(ONE, 3);
        call.simple(one, Uuid::from_u128(10), 0, Some("key-1"));
        assert_eq!(words(&call.send(&mut server).await.unwrap()), [expected]);
    }
    // Another org's key of the same name is another key.
    let mut call = Call::default();
    let other = call.org(OTHER, 3);
    call.simple(other, Uuid::from_u128(10), 0, Some("key-1"));
    assert_eq!(words(&call.send(&mut server).await.unwrap()), ["appended"]);
}

#[tokio::test]
async fn a_command_without_events_keeps_its_receipt() {
    let (db, mut server) = two_orgs().await;
    let mut call = Call::default();
    let one = call.org(ONE, 3);
    let chain = call.chain(one);
    call.command(chain, Some("key-1"));
    let verdicts = call.send(&mut server).await.unwrap();
    assert_eq!(verdicts, [Verdict { outcome: "appended".into(), first_org_seq: None, last_position: None }]);
    let receipts: i64 = sqlx::query_scalar("select count(*) from receipt")
        .fetch_one(&mut db.connect_as_admin().await)
        .await
        .unwrap();
    assert_eq!(receipts, 1);
}

#[tokio::test]
async fn an_org_that_was_never_made_or_is_on_another_shard_is_unknown() {
    let (_db, mut server) = two_orgs().await;
    let mut call = Call::default();
    let (stranger, moved) = (call.org(Uuid::from_u128(99), 3), call.org(ONE, 4));
    call.simple(stranger, Uuid::from_u128(10), 0, None);
    call.simple(moved, Uuid::from_u128(10), 0, None);
    assert_eq!(words(&call.send(&mut server).await.unwrap()), ["org_unknown"; 2]);
}

/// Sixteen connections append to one stream of one org, each trying again from the version it then reads. The lock makes
/// the calls of a shard go one after the other, so whoever read the last version wins, and all numbers come out gapless.
#[tokio::test]
async fn writers_side_by_side_leave_no_gap() {
    const WRITERS: usize = 16;
    const EACH: usize = 10;
    let (db, _server) = two_orgs().await;
    let stream = Uuid::from_u128(10);
    let db = std::sync::Arc::new(db);
    let writers: Vec<_> = (0..WRITERS)
        .map(|_| {
            let db = db.clone();
            tokio::spawn(async move {
                let mut server = db.connect_as_server().await;
                let mut done = 0;
                let mut version = 0;
                while done < EACH {
                    let mut call = Call::default();
                    let one = call.org(ONE, 3);
                    call.simple(one, stream, version, None);
                    match call.send(&mut server).await.unwrap()[0].outcome.as_str() {
                        "appended" => (done, version) = (done + 1, version + 1),
                        "stale" => version = current_version(&mut server, stream).await,
                        other => panic!("{other}"),
                    }
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    let gapless: bool = sqlx::query_scalar(
        "select array_agg(position order by position) = array_agg(n) and array_agg(version::bigint order by position) = array_agg(n)
                and array_agg(org_seq order by position) = array_agg(n) and bool_and(recorded_at >= before)
         from (select *, row_number() over (order by position) n,
                      coalesce(lag(recorded_at) over (order by position), '-infinity') before from event) e",
    )
    .fetch_one(&mut db.connect_as_admin().await)
    .await
    .unwrap();
    assert!(gapless);
}

async fn current_version(server: &mut PgConnection, stream: Uuid) -> i32 {
    server
        .execute(sqlx::AssertSqlSafe(format!(
            "begin read only; set local role xentri_app; set local app.current_org_id = '{ONE}'"
        )))
        .await
        .unwrap();
    let version = sqlx::query_scalar("select coalesce(max(version), 0) from event where shard = 3 and stream_type = 'lead' and stream_id = $1")
        .bind(stream)
        .fetch_one(&mut *server)
        .await
        .unwrap();
    server.execute("rollback").await.unwrap();
    version
}

pub(crate) async fn count_of(db: &TestDb, query: &'static str) -> i64 {
    sqlx::query_scalar(query).fetch_one(&mut db.connect_as_admin().await).await.unwrap()
}

pub(crate) fn code(error: &sqlx::Error) -> String {
    error.as_database_error().unwrap().code().unwrap().into_owned()
}

#[tokio::test]
async fn an_org_is_made_once_and_with_its_first_events() {
    let db = TestDb::new().await;
    let mut server = db.connect_as_server().await;
    for expected in ["appended", "org_exists"] {
        let mut call = Call::default();
        let chain = call.new_org(ONE, 3);
        let stream = call.stream(chain, Uuid::from_u128(10), 0);
        call.event(1, stream);
        assert_eq!(words(&call.send(&mut server).await.unwrap()), [expected]);
    }
    assert_eq!(count_of(&db, "select count(*) from event").await, 1);

    db.connect_as_admin().await.execute("update org_key set wrapped = null").await.unwrap();
    let mut call = Call::default();
    call.new_org(ONE, 3);
    assert_eq!(words(&call.send(&mut server).await.unwrap()), ["org_unknown"]);
    assert_eq!(count_of(&db, "select count(*) from org_key where wrapped is null").await, 1);
}

#[tokio::test]
async fn a_refused_creation_leaves_nothing() {
    let db = TestDb::new().await;
    let mut server = db.connect_as_server().await;
    let mut call = Call::default();
    let chain = call.new_org(ONE, 3);
    let stream = call.stream(chain, Uuid::from_u128(10), 7);
    call.event(1, stream);
    call.keys.push((chain, Uuid::from_u128(77), None));
    call.about.push((chain, Uuid::from_u128(77), stream));
    call.new_org(OTHER, 3);
    assert_eq!(words(&call.send(&mut server).await.unwrap()), ["stale", "appended"]);
    assert_eq!(
        count_of(
            &db,
            "select (select count(*) from org_key) * 1000 + (select count(*) from event) * 100
                  + (select count(*) from subject_key) * 10 + (select count(*) from subject_stream)"
        )
        .await,
        1000,
        "only the other org's key"
    );
}

#[tokio::test]
async fn a_call_gives_up_when_it_cannot_get_the_lock() {
    let (db, mut server) = two_orgs().await;
    let mut admin = db.connect_as_admin().await;
    let settings: Vec<String> =
        sqlx::query_scalar("select unnest(proconfig) from pg_proc where oid = 'app.append'::regproc")
            .fetch_all(&mut admin)
            .await
            .unwrap();
    assert!(settings.contains(&"lock_timeout=10s".to_owned()), "{settings:?}");
    // The same with less patience.
    admin
        .execute(
            "alter function app.append set lock_timeout = '50ms'; select pg_advisory_lock(1480937044, 3)",
        )
        .await
        .unwrap();
    let mut call = Call::default();
    let one = call.org(ONE, 3);
    call.simple(one, Uuid::from_u128(10), 0, None);
    assert_eq!(code(&call.send(&mut server).await.unwrap_err()), "55P03");
}
