//! A new epoch: where it begins, and what is appended in it.

use sqlx::Row;
use sqlx::postgres::PgConnection;
use uuid::Uuid;

use crate::append::{Call, ONE, OTHER, code, two_orgs, words};
use crate::as_role::rows;

/// Shard, epoch and start of what began.
async fn new_epoch(admin: &mut PgConnection, arguments: &str) -> Vec<(i32, i32, i64)> {
    rows(admin, "xentri_owner", &format!("select shard, epoch, start from app.new_epoch({arguments})"))
        .await
        .unwrap()
        .iter()
        .map(|row| (row.get(0), row.get(1), row.get(2)))
        .collect()
}

async fn append(server: &mut PgConnection, version: i32) {
    let mut call = Call::default();
    for org in [ONE, OTHER] {
        let place = call.org(org, 3);
        call.simple(place, Uuid::from_u128(10), version, None);
    }
    assert_eq!(words(&call.send(server).await.unwrap()), ["appended"; 2]);
}

#[tokio::test]
async fn after_a_restore_positions_go_on_in_the_new_epoch_and_the_chain_is_hashed_with_it() {
    let (db, mut server) = two_orgs().await;
    let mut admin = db.connect_as_admin().await;
    append(&mut server, 0).await;
    assert_eq!(new_epoch(&mut admin, "'{3}'").await, [(3, 2, 2)]);
    append(&mut server, 1).await;
    append(&mut server, 2).await;

    let events: Vec<(i64, i32)> = sqlx::query_as("select position, epoch from event order by position")
        .fetch_all(&mut admin)
        .await
        .unwrap();
    assert_eq!(events, [(1, 1), (2, 1), (3, 2), (4, 2), (5, 2), (6, 2)]);
    let sound: bool = sqlx::query_scalar(
        "select bool_and(e.hash = sha256(coalesce(p.hash, decode(repeat('00', 32), 'hex')) || int8send(e.epoch) || int8send(e.org_seq)
                || int8send((extract(epoch from e.recorded_at) * 1000000)::bigint) || sha256(e.body::bytea)))
           from event e left join event p on p.org_id = e.org_id and p.org_seq = e.org_seq - 1",
    )
    .fetch_one(&mut admin)
    .await
    .unwrap();
    assert!(sound);
}

#[tokio::test]
async fn an_epoch_is_above_all_that_are_known() {
    let (db, mut server) = two_orgs().await;
    let mut admin = db.connect_as_admin().await;
    append(&mut server, 0).await;
    assert_eq!(
        new_epoch(&mut admin, "'{5, 3, 5}'").await,
        [(3, 2, 2), (5, 2, 0)],
        "a shard without events too"
    );
    assert_eq!(new_epoch(&mut admin, "'{4}'").await, [(4, 3, 0)], "above those of other shards");
    assert_eq!(new_epoch(&mut admin, "'{3}', 7").await, [(3, 8, 2)], "above one that is known elsewhere");
    assert_eq!(new_epoch(&mut admin, "'{}'").await, []);
}

#[tokio::test]
async fn no_role_of_the_server_may_begin_an_epoch() {
    let (_db, mut server) = two_orgs().await;
    for role in xentri_migrations::SERVER_ROLES {
        let error = rows(&mut server, role, "select * from app.new_epoch('{3}')").await.unwrap_err();
        assert_eq!(code(&error), "42501", "{role}: {error}");
    }
}
