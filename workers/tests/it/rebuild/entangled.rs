//! An event that is held and touches rows of several parts: the passes that make the others can't know of it.

use std::sync::Arc;

use uuid::Uuid;
use xentri_domain::lead::LeadEvent;
use xentri_domain::registry::Event;
use xentri_projections::kit::{FoldError, LedgerEvent, Model, NoSum, Projection, ReadModel};
use xentri_workers::rebuild::{ProgressSender, RebuildSettings};

use super::support::{hurried, rebuilds, request, sell};
use crate::runtime::support::World;
use crate::runtime::tally::{Tallies, TallyRow, install};

/// Counts every event twice, in a row of its stream and in that row's twin. The row takes no lead that is qualified; the twin
/// would.
struct Twins;

impl Projection for Twins {
    const NAME: &'static str = Tallies::NAME;
    const VERSION: i32 = 1;
    type Row = TallyRow;
    type Sum = NoSum;

    fn keys(event: &LedgerEvent) -> Vec<Uuid> {
        let id = event.stream_id();
        vec![id, Uuid::from_u128(!id.as_u128())]
    }

    fn fold(id: Uuid, row: Option<TallyRow>, event: &LedgerEvent) -> Result<Option<TallyRow>, FoldError> {
        match event.payload() {
            Event::Lead(LeadEvent::Qualified(_)) if id == event.stream_id() => {
                Err(FoldError::OutOfRange("events"))
            }
            _ => Tallies::fold(id, row, event),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_held_in_one_part_is_held_in_all() {
    let world = World::new().await;
    install(&world).await;
    let owner = world.owner().await;
    sell(&world, &owner, 15).await;
    let twins: Arc<dyn ReadModel> = Arc::new(Model::<Twins>::new());
    let working = world.work(std::slice::from_ref(&twins));
    let live = working.until_at("tallies", world.head().await).await;
    assert!(live.parked > 0);
    let small = RebuildSettings { memory: 1500, shards: 1, ..hurried() };
    let rebuilds = rebuilds(&world, &[twins]).with_settings(small);
    let rebuilt = rebuilds.run(&request(&["tallies"]), &ProgressSender::new()).await.unwrap();
    assert_eq!((rebuilt[0].id.generation, rebuilt[0].parked), (2, live.parked as u64));
    assert_eq!(rebuilt[0].events, 0, "all of it was left to the workers");
    assert_eq!(world.rows::<TallyRow>(1, 2).await, world.rows::<TallyRow>(1, 1).await);
}
