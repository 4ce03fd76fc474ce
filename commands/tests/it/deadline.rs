//! What is told of a command that is not answered in time.

use std::time::Duration;

use serde_json::json;
use sqlx::{Executor as _, PgConnection};
use xentri_commands::DispatchError;
use xentri_domain::kernel::OrgId;

use crate::support::World;

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
