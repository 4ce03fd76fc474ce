//! A process that ends between a reactor's command and its checkpoint.

use xentri_testkit::TestDb;

use super::support::{FOLLOW_UP, bill, react, reactions, scheduled, until_past, worker};
use crate::process::{Gate, Process};
use crate::runtime::support::World;

async fn checkpoints(world: &World) -> i64 {
    let query = "select count(*) from projection_checkpoint where projection = $1";
    sqlx::query_scalar(query).bind(FOLLOW_UP).fetch_one(&mut world.admin().await).await.unwrap()
}

/// The checkpoint waits at a gate, so the process ends when its command is in the ledger and nothing else says so.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_dies_before_its_checkpoint_has_given_its_command_once() {
    let db = TestDb::new().await;
    let world = World::on(&db.server_url(), &db.admin_url());
    let owner = world.owner().await;
    let lead = world.lead(&owner).await;
    bill(&world, &owner, Some(lead)).await;
    let condition = format!("new.projection = '{FOLLOW_UP}'");
    let mut gate = Gate::close(&world, "projection_checkpoint", &condition).await;
    let (server_url, admin_url) = (db.server_url(), db.admin_url());
    let process = Process::start(async move {
        let world = World::on(&server_url, &admin_url);
        worker(&world, &reactions(&world)).run().await;
    });
    gate.until_reached().await;
    assert_eq!((scheduled(&world).await.len(), checkpoints(&world).await), (1, 0));
    process.kill();
    gate.open().await;
    assert_eq!(checkpoints(&world).await, 0, "it died with its process");

    let _reacting = react(&world);
    until_past(&world, world.head().await).await;
    assert_eq!(scheduled(&world).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_checkpoint_that_is_refused_once_makes_a_reactor_repeat_nothing() {
    let world = World::new().await;
    let owner = world.owner().await;
    for _ in 0..3 {
        let lead = world.lead(&owner).await;
        bill(&world, &owner, Some(lead)).await;
    }
    world
        .execute(&format!(
            "create sequence saves;
             create function refuse_once() returns trigger language plpgsql security definer as $$ begin
               if nextval('saves') = 1 then raise exception 'not now'; end if;
               return new;
             end $$;
             create trigger refuse_once before insert on projection_checkpoint for each row
               when (new.projection = '{FOLLOW_UP}') execute function refuse_once()"
        ))
        .await;
    let issued = world.head().await;
    let _reacting = react(&world);
    until_past(&world, issued).await;
    let saves: i64 =
        sqlx::query_scalar("select last_value from saves").fetch_one(&mut world.admin().await).await.unwrap();
    assert!(saves > 1, "the first was refused");
    assert_eq!(scheduled(&world).await.len(), 3);
}
