//! What `app.append` keeps about persons: their keys, where data about them is, and that a forgotten one stays forgotten.

use sqlx::Executor;
use sqlx::postgres::PgConnection;
use uuid::Uuid;

use super::call::{Call, count, words};
use super::{ONE, OTHER, count_of, two_orgs};

const ADA: Uuid = Uuid::from_u128(77);
const BOB: Uuid = Uuid::from_u128(78);

/// An event on a fresh stream that holds data about a person; with the person's key when it is the first.
fn write_about(call: &mut Call, org: i32, person: Uuid, stream: u128, first: bool) {
    let chain = call.simple(org, Uuid::from_u128(stream), 0, None);
    let stream = count(&call.streams);
    if first {
        call.keys.push((chain, person, Some(stream)));
    } else {
        call.about.push((chain, person, stream));
    }
}

/// A chain that forgets a person whom its caller saw in so many streams.
fn forget(call: &mut Call, org: i32, person: Uuid, streams: i32) {
    let chain = call.simple(org, Uuid::new_v4(), 0, None);
    call.forgotten.push((chain, person, streams));
}

/// Ada has a key and is in two streams of the first org, Bob has one and is in one, and Ada is in the other org too.
async fn persons(server: &mut PgConnection) {
    let mut call = Call::default();
    let (one, other) = (call.org(ONE, 3), call.org(OTHER, 3));
    let chain = call.simple(one, Uuid::from_u128(10), 0, None);
    let second = call.stream(chain, Uuid::from_u128(11), 0);
    call.keys.push((chain, ADA, Some(second - 1)));
    call.about.extend([(chain, ADA, second - 1), (chain, ADA, second)]);
    write_about(&mut call, one, BOB, 12, true);
    write_about(&mut call, other, ADA, 10, true);
    assert_eq!(words(&call.send(server).await.unwrap()), ["appended"; 3]);
}

#[tokio::test]
async fn a_subject_gets_one_key_and_none_once_it_is_forgotten() {
    let (db, mut server) = two_orgs().await;
    let person = Uuid::from_u128(77);
    for (version, expected) in [(0, "appended"), (1, "subject_key_exists"), (1, "subject_forgotten")] {
        let mut call = Call::default();
        let one = call.org(ONE, 3);
        let chain = call.simple(one, Uuid::from_u128(10), version, None);
        call.keys.push((chain, person, None));
        call.about.push((chain, person, 1));
        assert_eq!(words(&call.send(&mut server).await.unwrap()), [expected]);
        if expected == "subject_key_exists" {
            db.connect_as_admin().await.execute("update subject_key set wrapped = null").await.unwrap();
        }
    }
    let streams: Vec<(Uuid, String)> = sqlx::query_as("select stream_id, stream_type from subject_stream")
        .fetch_all(&mut db.connect_as_admin().await)
        .await
        .unwrap();
    assert_eq!(streams, [(Uuid::from_u128(10), "lead".to_owned())]);
}

#[tokio::test]
async fn forgetting_destroys_the_key_of_that_person_in_that_org_alone() {
    let (db, mut server) = two_orgs().await;
    persons(&mut server).await;
    let mut call = Call::default();
    let one = call.org(ONE, 3);
    forget(&mut call, one, ADA, 2);
    assert_eq!(words(&call.send(&mut server).await.unwrap()), ["appended"]);
    let keys: Vec<(Uuid, Uuid, bool)> = sqlx::query_as(
        "select org_id, subject_id, wrapped is null from subject_key order by org_id, subject_id",
    )
    .fetch_all(&mut db.connect_as_admin().await)
    .await
    .unwrap();
    assert_eq!(keys, [(ONE, ADA, true), (ONE, BOB, false), (OTHER, ADA, false)]);
}

#[tokio::test]
async fn forgetting_somebody_without_a_key_leaves_a_tombstone() {
    let (_db, mut server) = two_orgs().await;
    for (first, expected) in [(true, "appended"), (false, "subject_forgotten")] {
        let mut call = Call::default();
        let one = call.org(ONE, 3);
        if first {
            forget(&mut call, one, ADA, 0);
        } else {
            write_about(&mut call, one, ADA, 10, true);
        }
        assert_eq!(words(&call.send(&mut server).await.unwrap()), [expected]);
    }
}

#[tokio::test]
async fn forgetting_is_stale_when_other_streams_were_seen_than_there_are() {
    let (db, mut server) = two_orgs().await;
    persons(&mut server).await;
    for (seen, expected) in [(0, "stale"), (1, "stale"), (3, "stale"), (2, "appended")] {
        let mut call = Call::default();
        let one = call.org(ONE, 3);
        forget(&mut call, one, ADA, seen);
        assert_eq!(words(&call.send(&mut server).await.unwrap()), [expected], "{seen} streams seen");
        let destroyed = count_of(&db, "select count(*) from subject_key where wrapped is null").await;
        assert_eq!(destroyed, i64::from(expected == "appended"));
    }
}

#[tokio::test]
async fn a_refused_chain_forgets_nobody() {
    let (db, mut server) = two_orgs().await;
    persons(&mut server).await;
    let mut call = Call::default();
    let one = call.org(ONE, 3);
    let chain = call.simple(one, Uuid::from_u128(10), 7, None);
    call.forgotten.push((chain, ADA, 2));
    assert_eq!(words(&call.send(&mut server).await.unwrap()), ["stale"]);
    assert_eq!(count_of(&db, "select count(*) from subject_key where wrapped is null").await, 0);
}

#[tokio::test]
async fn whoever_is_forgotten_is_neither_forgotten_again_nor_written_about() {
    let (db, mut server) = two_orgs().await;
    persons(&mut server).await;
    let mut call = Call::default();
    let one = call.org(ONE, 3);
    forget(&mut call, one, ADA, 2);
    assert_eq!(words(&call.send(&mut server).await.unwrap()), ["appended"]);

    let mut call = Call::default();
    let (one, other) = (call.org(ONE, 3), call.org(OTHER, 3));
    write_about(&mut call, one, ADA, 20, false);
    forget(&mut call, one, BOB, 1);
    write_about(&mut call, other, ADA, 20, false);
    assert_eq!(words(&call.send(&mut server).await.unwrap()), ["subject_forgotten", "appended", "appended"]);

    let mut call = Call::default();
    let one = call.org(ONE, 3);
    forget(&mut call, one, ADA, 2);
    assert_eq!(words(&call.send(&mut server).await.unwrap()), ["subject_forgotten"]);
    let pairs = "select count(*) from subject_stream where org_id = '01000000-0000-0000-0000-000000000000'";
    assert_eq!(
        count_of(&db, pairs).await,
        1,
        "none is added to the second of Ada's, and Bob's stands with his key"
    );
}

#[tokio::test]
async fn one_call_may_forget_a_person_and_write_about_the_same_person_of_another_org() {
    let (_db, mut server) = two_orgs().await;
    persons(&mut server).await;
    let mut call = Call::default();
    let (one, other) = (call.org(ONE, 3), call.org(OTHER, 3));
    forget(&mut call, one, ADA, 2);
    write_about(&mut call, other, ADA, 20, false);
    write_about(&mut call, one, BOB, 20, false);
    assert_eq!(words(&call.send(&mut server).await.unwrap()), ["appended"; 3]);
}

#[tokio::test]
async fn the_first_stream_about_a_person_stands_with_the_key_and_nowhere_else() {
    let (db, mut server) = two_orgs().await;
    persons(&mut server).await;
    // Two more events on the streams that are known already.
    for (stream, version) in [(10, 1), (11, 0)] {
        let mut call = Call::default();
        let one = call.org(ONE, 3);
        let chain = call.simple(one, Uuid::from_u128(stream), version, None);
        call.about.push((chain, ADA, 1));
        assert_eq!(words(&call.send(&mut server).await.unwrap()), ["appended"]);
    }
    let (beside, elsewhere): (Uuid, Uuid) = sqlx::query_as(
        "select k.stream_id, s.stream_id from subject_key k join subject_stream s using (org_id, subject_id) where k.org_id = $1",
    )
    .bind(ONE)
    .fetch_one(&mut db.connect_as_admin().await)
    .await
    .unwrap();
    assert_eq!((beside, elsewhere), (Uuid::from_u128(10), Uuid::from_u128(11)));
}
