//! What lies open in memory: it spares work, and answers for nothing that the database says otherwise.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use xentri_domain::kernel::OrgId;
use xentri_ledger::{
    DerivedKeys, KeeperError, Keeping, KeyKeeper, KeyRingError, MasterKeys, OpeningError, OrgKey, TenantTx,
    Wrapped,
};

use crate::support::{Lead, World, ada, keeper, note};

#[tokio::test]
async fn sixteen_who_need_one_orgs_key_unwrap_it_once() {
    let world = World::new().await;
    let home = world.org().await;
    world.recorded(home, &[ada(&Lead::new(home))]).await;
    let counting = Arc::new(Counting::default());
    let process = world.another_with(counting.clone());
    let mut readers = tokio::task::JoinSet::new();
    for _ in 0..16 {
        let keys = process.ledger.keys().clone();
        readers.spawn(async move { keys.org_key(home).await.unwrap().receipt_mac(b"capture") });
    }
    let macs = readers.join_all().await;
    assert!(macs.iter().all(|mac| *mac == macs[0]));
    process.history(home).await;
    process.recorded(home, &[ada(&Lead::new(home))]).await;
    assert_eq!(counting.unwrapped.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_keeper_that_does_not_answer_may_be_asked_again() {
    let world = World::new().await;
    let home = world.org().await;
    let away = Arc::new(Counting { away: AtomicUsize::new(1), ..Counting::default() });
    let process = world.another_with(away.clone());
    let error = process.ledger.keys().org_key(home).await.unwrap_err();
    assert!(matches!(error, KeyRingError::Keeper(_)) && error.is_transient(), "{error}");
    assert!(process.ledger.keys().org_key(home).await.is_ok());
}

#[tokio::test]
async fn a_key_that_lies_open_answers_for_no_other_in_its_place() {
    let world = World::new().await;
    let home = world.org().await;
    let (lead, other) = (Lead::new(home), Lead::new(home));
    world.recorded(home, &[ada(&lead)]).await;
    world.recorded(home, &[ada(&other), note(&other, 2, "Ada likes rye.")]).await;
    world.history(home).await;
    let mut admin = world.db.connect_as_admin().await;
    sqlx::query(
        "update subject_key k set wrapped = o.wrapped from subject_key o where k.subject_id = $1 and o.subject_id = $2",
    )
    .bind(lead.id.uuid())
    .bind(other.id.uuid())
    .execute(&mut admin)
    .await
    .unwrap();
    let mut events = world.sealed_history(home).await;
    let mut tx = TenantTx::read(world.ledger.databases(), home).await.unwrap();
    let error = world.ledger.keys().open_in_tx(&mut tx, &mut events).await.unwrap_err();
    assert!(matches!(error, OpeningError::Key(KeyRingError::Subject(_))), "{error}");
}

/// Counts what it unwraps, and is away for the first few times.
#[derive(Debug)]
struct Counting {
    keys: Arc<MasterKeys>,
    unwrapped: AtomicUsize,
    away: AtomicUsize,
}

impl Default for Counting {
    fn default() -> Self {
        Self { keys: keeper(), unwrapped: AtomicUsize::new(0), away: AtomicUsize::new(0) }
    }
}

impl KeyKeeper for Counting {
    fn current(&self) -> &str {
        self.keys.current()
    }

    fn wrap<'a>(&'a self, org: OrgId, key: &'a OrgKey) -> Keeping<'a, Wrapped> {
        self.keys.wrap(org, key)
    }

    fn unwrap<'a>(&'a self, org: OrgId, wrapped: &'a Wrapped) -> Keeping<'a, OrgKey> {
        Box::pin(async move {
            if self.away.load(Ordering::SeqCst) > 0 {
                self.away.fetch_sub(1, Ordering::SeqCst);
                return Err(KeeperError::Unavailable("away".into()));
            }
            self.unwrapped.fetch_add(1, Ordering::SeqCst);
            tokio::task::yield_now().await;
            self.keys.unwrap(org, wrapped).await
        })
    }

    fn derive<'a>(&'a self, label: &'a str) -> Keeping<'a, DerivedKeys> {
        self.keys.derive(label)
    }
}
