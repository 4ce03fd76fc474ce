//! What users chose for themselves is theirs, in one org.

use sqlx::Executor;
use xentri_domain::kernel::{Scope, UserId};
use xentri_ledger::{Home, last_scope_in_tx, set_last_scope_in_tx};
use xentri_testkit::factory;

use crate::support::World;

impl World {
    async fn last_scope(&self, home: Home, user: UserId) -> Option<Scope> {
        last_scope_in_tx(&mut self.read(home).await, user).await.unwrap()
    }

    async fn set_last_scope(&self, home: Home, user: UserId, scope: Scope) -> bool {
        let mut tx = self.write(home).await;
        let changed = set_last_scope_in_tx(&mut tx, user, scope).await.unwrap();
        tx.commit().await.unwrap();
        changed
    }
}

#[tokio::test]
async fn the_last_scope_is_the_users_own_in_that_org() {
    let world = World::over_two().await;
    let home = world.org().await;
    let (ada, bob) = (factory::user(), factory::user());
    assert_eq!(world.last_scope(home, ada).await, None);
    for (scope, changed) in [(Scope::LEADS, true), (Scope::LEADS, false), (Scope::STRATEGY, true)] {
        assert_eq!(world.set_last_scope(home, ada, scope).await, changed, "{scope}");
        assert_eq!(world.last_scope(home, ada).await, Some(scope));
    }
    assert_eq!(world.last_scope(home, bob).await, None);
    let other = world.org_on(home.shard()).await;
    assert_eq!(world.last_scope(other, ada).await, None);
    assert!(world.set_last_scope(other, ada, Scope::BRIEF).await);
    assert_eq!(world.last_scope(home, ada).await, Some(Scope::STRATEGY));
}

#[tokio::test]
async fn what_is_not_committed_was_never_chosen() {
    let world = World::new().await;
    let (home, user) = (world.org().await, factory::user());
    let mut tx = world.write(home).await;
    assert!(set_last_scope_in_tx(&mut tx, user, Scope::LEADS).await.unwrap());
    drop(tx);
    assert_eq!(world.last_scope(home, user).await, None);
}

#[tokio::test]
async fn a_scope_of_another_release_is_none() {
    let world = World::new().await;
    let (home, user) = (world.org().await, factory::user());
    assert!(world.set_last_scope(home, user, Scope::LEADS).await);
    let mut admin = world.db.connect_as_admin().await;
    admin.execute("update user_preference set last_scope = 'module.of_tomorrow'").await.unwrap();
    assert_eq!(world.last_scope(home, user).await, None);
    assert!(world.set_last_scope(home, user, Scope::LEADS).await);
    assert_eq!(world.last_scope(home, user).await, Some(Scope::LEADS));
}
