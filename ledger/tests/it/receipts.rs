//! Receipts are found by actor and key, and cleared when they are old.

use sqlx::Executor;
use xentri_domain::kernel::Timestamp;
use xentri_ledger::{CommandRecord, Receipt, ReceiptRecord, Shard, clear_receipts, find_receipt_in_tx};

use crate::support::{Lead, World, created};

/// The lead's first command, with a key.
fn with_key(lead: &Lead, key: &str) -> CommandRecord {
    let receipt = ReceiptRecord::new(key.parse().unwrap(), [9; 32], r#"{"version":1}"#.to_owned()).unwrap();
    CommandRecord { events: vec![created(lead)], receipt: Some(receipt), ..CommandRecord::default() }
}

#[tokio::test]
async fn a_receipt_is_found_by_its_actor_and_key_in_its_org() {
    let world = World::new().await;
    let lead = Lead::new(world.org().await);
    let appended = world.appended(lead.chain_of(0, with_key(&lead, "order-1"))).await;
    let mut tx = world.read(lead.home).await;
    let receipt = find_receipt_in_tx(&mut tx, lead.by.actor(), &"order-1".parse().unwrap()).await.unwrap();
    let expected = Receipt {
        mac: [9; 32],
        answer: r#"{"version":1}"#.to_owned(),
        epoch: appended.epoch,
        events: appended.events,
        recorded_at: appended.recorded_at,
    };
    assert_eq!(receipt, Some(expected));
    let other = find_receipt_in_tx(&mut tx, lead.by.actor(), &"order-2".parse().unwrap()).await.unwrap();
    assert_eq!(other, None);
    let stranger = crate::support::owner(lead.home);
    let other = find_receipt_in_tx(&mut tx, stranger.actor(), &"order-1".parse().unwrap()).await.unwrap();
    assert_eq!(other, None);
    let mut tx = world.read(world.org_on(lead.home.shard()).await).await;
    let other = find_receipt_in_tx(&mut tx, lead.by.actor(), &"order-1".parse().unwrap()).await.unwrap();
    assert_eq!(other, None);
}

/// Of two weeks, one a minute.
const OLD: &str = "
    insert into receipt (shard, org_id, actor, key, mac, answer, epoch, recorded_at)
    select 0, gen_random_uuid(), 'user:ada', n, sha256('mac'), repeat('x', 200), 1,
           timestamptz '2026-01-01' + n * interval '1 minute'
    from generate_series(0, 20159) n";

#[tokio::test]
async fn old_receipts_are_cleared_in_small_steps_and_events_stay() {
    let world = World::over_two().await;
    let databases = world.ledger.databases();
    let home = world.org().await;
    let mut first = world.db.connect_as_admin().await;
    let mut second = world.second.as_ref().unwrap().connect_as_admin().await;
    first.execute(OLD).await.unwrap();
    second.execute(OLD).await.unwrap();

    let before: Timestamp = "2026-01-08T00:00:00Z".parse().unwrap();
    for (shard, admin) in [(1, &mut first), (2, &mut second)] {
        let shard = Shard::new(shard);
        let mut steps = Vec::new();
        let cleared = clear_receipts(databases, shard, before, |step| steps.push(step)).await.unwrap();
        assert_eq!((cleared.removed, cleared.done), (7 * 24 * 60, cleared.blocks));
        assert_eq!(steps.last(), Some(&cleared));
        assert!(steps.len() > 2 && steps.windows(2).all(|pair| pair[0].done < pair[1].done), "{steps:?}");
        let left: (i64, bool) =
            sqlx::query_as("select count(*), min(recorded_at) = '2026-01-08' from receipt")
                .fetch_one(&mut *admin)
                .await
                .unwrap();
        assert_eq!(left, (7 * 24 * 60, true));
        let again = clear_receipts(databases, shard, before, |_| {}).await.unwrap();
        assert_eq!((again.removed, again.done), (0, again.blocks));
    }
    let head = xentri_ledger::org_head_in_tx(&mut world.read(home).await).await.unwrap().unwrap();
    assert_eq!(head.org_seq, 1);
}
