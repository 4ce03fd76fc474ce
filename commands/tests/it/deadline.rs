//! What is told of a command that is not answered in time, or whose answer can't be made.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use sqlx::{Executor as _, PgConnection};
use xentri_commands::DispatchError;
use xentri_domain::kernel::{OrgId, Role};
use xentri_testkit::factory;

use crate::support::{World, bakery, keyed};

async fn events(admin: &mut PgConnection, org: OrgId) -> i64 {
    let query = sqlx::query_scalar("select count(*) from event where org_id = $1").bind(org.uuid());
    query.fetch_one(admin).await.unwrap()
}

/// The lane of a process that does not know the lead's key asks for it, and finds the table locked until the caller has
/// given up. What the lane does then must go with what the caller was told.
#[tokio::test(flavor = "multi_thread")]
async fn who_is_told_that_nothing_was_appended_can_rely_on_it() {
    let world = World::new().await;
    let owner = world.owner().await;
    let lead = world.lead(&owner).await;
    let db = world.db.as_ref().unwrap();
    let mut admin = db.connect_as_admin().await;
    let mut locker = db.connect_as_admin().await;
    locker.execute("begin; lock table subject_key in access exclusive mode").await.unwrap();
    let hasty = World::on(&db.server_url());
    let note = json!({ "note": "she called" });
    let told = hasty.give_to(&owner, lead, "lead.add-note", &note).await.unwrap_err();
    locker.execute("rollback").await.unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    let appended = events(&mut admin, owner.org()).await > 2;
    let nothing = matches!(told, DispatchError::Unavailable | DispatchError::Contended);
    assert!(!(appended && nothing), "{told:?}, and it was appended");
}

/// What waits for the call before it has been decided already, but it is not on its way: who gives it up is told that nothing was
/// appended, and so it is.
#[tokio::test(flavor = "multi_thread")]
async fn what_waits_for_another_s_append_is_given_up_for_good() {
    let world = World::new().await;
    let owner = world.owner().await;
    let lead = world.lead(&owner).await;
    let db = world.db.as_ref().unwrap();
    let mut locker = db.connect_as_admin().await;
    let hasty = Arc::new(World::on(&db.server_url()));
    let note = json!({ "note": "she called" });
    // It knows the lead and its key from now on.
    hasty.give_to(&owner, lead, "lead.add-note", &note).await.unwrap();
    locker.execute("begin; lock table event in share mode").await.unwrap();
    let add = || {
        let (hasty, owner, note) = (hasty.clone(), owner.clone(), note.clone());
        tokio::spawn(async move { hasty.give_to(&owner, lead, "lead.add-note", &note).await })
    };
    let sent = add();
    let waits = "select exists (select from pg_locks where not granted and locktype = 'relation' \
         and relation = 'event'::regclass)";
    while !sqlx::query_scalar::<_, bool>(waits).fetch_one(&mut locker).await.unwrap() {}
    let waiting = add();

    let (sent, waiting) = (sent.await.unwrap().unwrap_err(), waiting.await.unwrap().unwrap_err());
    assert!(matches!(sent, DispatchError::OutcomeUnknown), "{sent:?}");
    assert!(matches!(waiting, DispatchError::Unavailable), "{waiting:?}");
    locker.execute("rollback").await.unwrap();
    let answer = loop {
        match hasty.give_to(&owner, lead, "lead.add-note", &note).await {
            Err(DispatchError::Unavailable | DispatchError::OutcomeUnknown) => {}
            answer => break answer.unwrap(),
        }
    };
    // The lead, a note before and one after, and at most the one that was sent.
    assert!((3..=4).contains(&answer.version), "{answer:?}");
}

/// Whatever has to be done after the append fails as if the directory's database were away.
#[tokio::test]
async fn a_failure_after_the_append_does_not_say_that_nothing_was_appended() {
    let world = World::new().await;
    let owner = world.owner().await;
    let mut admin = world.db.as_ref().unwrap().connect_as_admin().await;
    let break_off = "create function away() returns trigger language plpgsql as \
         $$ begin raise exception 'no room' using errcode = '53300'; end $$; \
         create trigger away before update on org for each row execute function away()";
    admin.execute(break_off).await.unwrap();

    let org = owner.org();
    let settings =
        || keyed("s", "org.change-settings", Some(org.into()), &json!({ "invoice_prefix": "ACME" }));
    let told = world.dispatcher.dispatch(&owner, settings()).await.unwrap_err();
    assert_eq!(events(&mut admin, org).await, 2);
    assert!(matches!(told, DispatchError::OutcomeUnknown), "{told:?}");

    let other = factory::org();
    let create = || keyed("c", "org.create", None, &bakery(other));
    let told = world.dispatcher.dispatch(&factory::system(other), create()).await.unwrap_err();
    assert_eq!(events(&mut admin, other).await, 1);
    assert!(matches!(told, DispatchError::OutcomeUnknown), "{told:?}");

    // A retry with the same key tells, and finishes what was left.
    admin.execute("drop trigger away on org").await.unwrap();
    assert!(world.dispatcher.dispatch(&owner, settings()).await.unwrap().replayed);
    assert!(world.dispatcher.dispatch(&factory::system(other), create()).await.unwrap().replayed);
    let directory = world.dispatcher.ledger().directory();
    assert_eq!(directory.find(org).await.unwrap().unwrap().settings.invoice_prefix.as_str(), "ACME");
    world.lead(&factory::principal(other, Role::Owner)).await;
}
