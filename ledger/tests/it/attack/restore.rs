//! A backup that is older than the ledger takes its place.

use sqlx::Executor;
use xentri_ledger::{Appended, Ledger, LedgerSettings, Outcome, ShardMap};
use xentri_testkit::TestDb;

use super::checks::assert_sound;
use crate::support::{Lead, World, created, keeper, noted};

/// Appends one event and says where it is.
async fn append(ledger: &Ledger, lead: &Lead, version: u32) -> (u64, u64) {
    let event = if version == 0 { created(lead) } else { noted(lead, version + 1) };
    let outcome = ledger.appenders().append(lead.chain(version, vec![event])).await;
    let Ok(Outcome::Appended(appended)) = outcome else { panic!("{outcome:?}") };
    let [Appended { epoch, events: Some(place), .. }] = appended[..] else { panic!("{appended:?}") };
    (epoch, place.last_position)
}

fn open(db: &TestDb) -> Ledger {
    Ledger::open(ShardMap::single(db.server_url()), keeper(), &LedgerSettings::default()).unwrap()
}

/// Nothing is raced: three events after the backup are lost, and the restored ledger gives their positions, sequences and
/// versions again. Only the epoch tells what it writes from what was lost, so that whoever has seen the lost ones can
/// drop them: no (epoch, position) stands for two events.
#[tokio::test]
async fn after_a_restore_a_new_epoch_continues_and_nothing_is_confused() {
    let world = World::new().await;
    let lead = Lead::new(world.org().await);
    let shard = lead.home.shard().number();
    assert_eq!(append(&world.ledger, &lead, 0).await, (1, 2));
    world.ledger.close().await;
    let backup = world.db.copy().await;

    let lost = open(&world.db);
    for version in 1..4 {
        assert_eq!(append(&lost, &lead, version).await, (1, u64::from(version) + 2));
    }
    let mut admin = backup.connect_as_admin().await;
    admin.execute("select app.new_epoch(array[0, 1, 2, 3, 4, 5, 6, 7])").await.unwrap();
    let restored = open(&backup);
    for version in 1..3 {
        assert_eq!(append(&restored, &lead, version).await, (2, u64::from(version) + 2));
    }
    assert_sound(&mut admin).await;

    let start: i64 = sqlx::query_scalar("select start from ledger_epoch where epoch = 2 and shard = $1")
        .bind(shard)
        .fetch_one(&mut admin)
        .await
        .unwrap();
    assert_eq!(start, 2);
    let rows = "select epoch, position, id::text from event where shard = $1 order by epoch, position";
    let of_backup: Vec<(i32, i64, String)> =
        sqlx::query_as(rows).bind(shard).fetch_all(&mut admin).await.unwrap();
    let mut original = world.db.connect_as_admin().await;
    let of_lost: Vec<(i32, i64, String)> =
        sqlx::query_as(rows).bind(shard).fetch_all(&mut original).await.unwrap();
    assert!(of_backup.is_sorted_by_key(|row| row.1), "by (epoch, position) is by position");
    for (epoch, position, id) in &of_lost {
        let same_place = of_backup.iter().find(|row| (row.0, row.1) == (*epoch, *position));
        // A consumer that has seen it drops what the old epoch has above the start of the new one.
        assert_eq!(same_place.is_some(), *position <= start, "{epoch}:{position}");
        assert!(same_place.is_none_or(|row| row.2 == *id), "{epoch}:{position} stands for two events");
    }
}
