//! No room for what is rebuilt: what readers see is not touched by it, and whoever asked is told.

use xentri_testkit::SmallDisk;
use xentri_workers::rebuild::{Phase, ProgressSender, RebuildError};

use super::support::{Sales, rebuilds, request, sell};
use crate::process::Gate;
use crate::runtime::fragile::fragile;
use crate::runtime::support::World;

/// The disk is full from the moment in which its tables were made.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_is_named_and_waited_for_while_all_read_on_and_a_cancel_gives_the_room_back() {
    let disk = SmallDisk::start().await;
    let world = World::on(&disk.postgres().server_url(), &disk.postgres().admin_url());
    let sales = Sales::of(world, 20).await;
    for cancelled in [true, false] {
        let mut gate = Gate::close(&sales.world, "rebuild", "new.phase = 'loading'").await;
        let rebuilds = rebuilds(&sales.world, &fragile());
        let progress = ProgressSender::new();
        let (asked, mut seen) = (request(&["leads"]), progress.subscribe());
        let (ended, ()) = tokio::join!(rebuilds.run(&asked, &progress), async {
            gate.until_reached().await;
            disk.fill().await;
            gate.let_go().await;
            let why = seen.wait_for(|now| now.waits.is_some()).await.unwrap().waits.clone().unwrap();
            assert!(why.starts_with("the database's disk is full (could not extend file"), "{why}");
            assert!(why.contains("xentri rebuild --cancel"), "{why}");
            sell(&sales.world, &sales.owner, 5).await;
            sales.follow().await;
            assert_eq!((sales.live().await, sales.entry().await.phase), (1, Phase::Loading));
            if cancelled {
                assert_eq!(rebuilds.cancel("leads").await.unwrap().len(), 1);
            }
            disk.make_room().await;
        });
        Gate::remove(&sales.world).await;
        if cancelled {
            assert!(matches!(ended, Err(RebuildError::Cancelled(_))), "{ended:?}");
            assert_eq!(sales.litter().await, Vec::<String>::new());
        } else {
            assert_eq!(ended.unwrap()[0].id.generation, 3);
            sales.assert_replaced(1, 3, 30).await;
        }
    }
    sales.world.ledger.close().await;
}
