//! Another master key, while everybody works.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Notify;
use xentri_domain::kernel::OrgId;
use xentri_ledger::{
    DerivedKeys, Home, Keeping, KeyKeeper, LedgerSettings, MasterKeys, OrgKey, Rotation, RotationError,
    Wrapped,
};

use crate::support::{Lead, MASTER_KEY, World, ada, keeper, nobody_shows};

const NEW_KEY: &str = "AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=";

fn keys(keys: &[&str]) -> Arc<MasterKeys> {
    Arc::new(MasterKeys::from_text(&keys.join(",")).unwrap())
}

async fn orgs_with_a_lead(world: &World, number: usize) -> Vec<Home> {
    let mut homes = Vec::new();
    for _ in 0..number {
        let home = world.org().await;
        world.recorded(home, &[ada(&Lead::new(home))]).await;
        homes.push(home);
    }
    homes
}

/// Cut off while it wraps the fourth key of eight, then run to the end, while a process that starts anew for each command
/// appends to these orgs. The keeper never answers for the fourth, so three are done, whatever the timing.
#[tokio::test(flavor = "multi_thread")]
async fn a_rotation_that_was_cut_off_goes_on_while_commands_come_in() {
    let world = Arc::new(World::new().await);
    let homes = orgs_with_a_lead(&world, 8).await;
    let over = Arc::new(AtomicBool::new(false));
    let appending = tokio::spawn(append_until(over.clone(), world.clone(), homes.clone()));
    let warm = world.another_with(keys(&[MASTER_KEY, NEW_KEY]));
    for home in &homes {
        warm.history(*home).await;
    }
    let keeper = Arc::new(Slow::new(homes[3]));
    let cut_off = world.another_with(keeper.clone());
    tokio::select! {
        () = keeper.reached.notified() => {}
        rotated = cut_off.ledger.keys().rotate_master_key(|_| {}) => panic!("it was not cut off: {rotated:?}"),
    }
    let operator = world.another_with(keys(&[NEW_KEY, MASTER_KEY]));
    let mut seen = Vec::new();
    let rotated = operator.ledger.keys().rotate_master_key(|rotation| seen.push(rotation)).await.unwrap();
    over.store(true, Ordering::SeqCst);
    let appended = appending.await.unwrap();

    assert_eq!(rotated, Rotation { done: 5, total: 5 });
    assert_eq!(seen.iter().map(|rotation| rotation.done).collect::<Vec<_>>(), [0, 1, 2, 3, 4, 5]);
    assert_eq!(
        operator.ledger.keys().rotate_master_key(|_| {}).await.unwrap(),
        Rotation { done: 0, total: 0 }
    );
    // The old master key is needed no more, and nobody minds who had keys open from before.
    let after = world.another_with(keys(&[NEW_KEY]));
    let mut events = 0;
    for home in homes {
        let history = after.history(home).await;
        assert_eq!(history, warm.history(home).await);
        assert!(!nobody_shows(&history));
        events += history.len();
    }
    assert_eq!(events, 8 + appended);
}

/// Each command in a process of its own, which has nothing open, and at least one in each org.
async fn append_until(over: Arc<AtomicBool>, world: Arc<World>, homes: Vec<Home>) -> usize {
    let mut appended = 0;
    while !over.load(Ordering::SeqCst) || appended < homes.len() {
        let home = homes[appended % homes.len()];
        let process = world.another_with(keys(&[MASTER_KEY, NEW_KEY]));
        process.recorded(home, &[ada(&Lead::new(home))]).await;
        process.ledger.close().await;
        appended += 1;
    }
    appended
}

/// The key of an org that is erased between being read and being wrapped anew stays destroyed: the wrapping waits until
/// the erasure is committed, and then no longer finds what it read.
#[tokio::test]
async fn an_org_that_is_erased_under_the_rotation_stays_erased() {
    let world = World::new().await;
    let homes = orgs_with_a_lead(&world, 2).await;
    let keeper = Arc::new(Slow::new(homes[0]));
    let operator = world.another_with(keeper.clone());
    let erasing = async {
        keeper.reached.notified().await;
        assert!(world.ledger.keys().erase_org(homes[0].org()).await.unwrap());
        keeper.go.notify_one();
    };
    let (rotated, ()) = tokio::join!(operator.ledger.keys().rotate_master_key(|_| {}), erasing);
    assert_eq!(rotated.unwrap(), Rotation { done: 2, total: 2 });
    // What is destroyed is not to be wrapped any more.
    let again = operator.ledger.keys().rotate_master_key(|_| {}).await.unwrap();
    assert_eq!(again, Rotation { done: 0, total: 0 });
    assert!(nobody_shows(&world.another_with(keys(&[NEW_KEY])).history(homes[0]).await));
    assert!(!nobody_shows(&world.another_with(keys(&[NEW_KEY])).history(homes[1]).await));
}

#[tokio::test]
async fn a_missing_master_key_is_named() {
    let world = World::new().await;
    let home = world.org().await;
    world.recorded(home, &[ada(&Lead::new(home))]).await;
    let stranger = world.another_with(keys(&[NEW_KEY]));
    let (old, new) = (keeper(), keys(&[NEW_KEY]));
    let expected = format!(
        "the key of org {} is wrapped by master key {}, which is not here; there are: {}",
        home.org(),
        old.current(),
        new.current()
    );
    assert_eq!(stranger.ledger.keys().org_key(home).await.unwrap_err().to_string(), expected);
    let mut events = world.sealed_history(home).await;
    let mut tx = xentri_ledger::TenantTx::read(stranger.ledger.databases(), home).await.unwrap();
    let error = stranger.ledger.keys().open_in_tx(&mut tx, &mut events).await.unwrap_err();
    assert_eq!(error.to_string(), expected);
    let error = stranger.ledger.keys().rotate_master_key(|_| {}).await.unwrap_err();
    assert!(matches!(error, RotationError::Left { orgs: 1, .. }), "{error}");
    assert!(error.to_string().ends_with(&expected), "{error}");
}

#[tokio::test]
async fn a_key_that_does_not_open_keeps_no_other_from_being_wrapped_anew() {
    let world = World::with(&LedgerSettings::default()).await;
    let homes = orgs_with_a_lead(&world, 3).await;
    let mut admin = world.db.connect_as_admin().await;
    sqlx::query("update org_key set wrapped = '\\x00' where org_id = $1")
        .bind(homes[0].org().uuid())
        .execute(&mut admin)
        .await
        .unwrap();
    let operator = world.another_with(keys(&[NEW_KEY, MASTER_KEY]));
    let error = operator.ledger.keys().rotate_master_key(|_| {}).await.unwrap_err();
    assert!(matches!(error, RotationError::Left { orgs: 1, .. }), "{error}");
    let after = world.another_with(keys(&[NEW_KEY]));
    for home in &homes[1..] {
        assert!(!nobody_shows(&after.history(*home).await));
    }
}

/// Waits with the wrapping of one org's key until it is let go.
#[derive(Debug)]
struct Slow {
    keys: Arc<MasterKeys>,
    of: OrgId,
    reached: Notify,
    go: Notify,
}

impl Slow {
    fn new(home: Home) -> Self {
        let keys = keys(&[NEW_KEY, MASTER_KEY]);
        Self { keys, of: home.org(), reached: Notify::new(), go: Notify::new() }
    }
}

impl KeyKeeper for Slow {
    fn current(&self) -> &str {
        self.keys.current()
    }

    fn wrap<'a>(&'a self, org: OrgId, key: &'a OrgKey) -> Keeping<'a, Wrapped> {
        Box::pin(async move {
            if org == self.of {
                self.reached.notify_one();
                self.go.notified().await;
            }
            self.keys.wrap(org, key).await
        })
    }

    fn unwrap<'a>(&'a self, org: OrgId, wrapped: &'a Wrapped) -> Keeping<'a, OrgKey> {
        self.keys.unwrap(org, wrapped)
    }

    fn derive<'a>(&'a self, label: &'a str) -> Keeping<'a, DerivedKeys> {
        self.keys.derive(label)
    }
}
