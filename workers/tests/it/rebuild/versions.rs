//! A new version is built beside the old one, and shown once somebody has accepted how it differs.

use std::sync::Arc;

use uuid::Uuid;
use xentri_projections::kit::{FoldError, LedgerEvent, Model, NoSum, Projection, ReadModel};
use xentri_workers::rebuild::{Phase, ProgressSender, RebuildError, Request};

use super::support::{rebuilds, request, sell};
use crate::runtime::support::World;
use crate::runtime::tally::{Tallies, TallyRow, install, tallies};

/// Counts every event twice.
struct Doubled;

impl Projection for Doubled {
    const NAME: &'static str = Tallies::NAME;
    const VERSION: i32 = 2;
    type Row = TallyRow;
    type Sum = NoSum;

    fn keys(event: &LedgerEvent) -> Vec<Uuid> {
        Tallies::keys(event)
    }

    fn fold(id: Uuid, row: Option<TallyRow>, event: &LedgerEvent) -> Result<Option<TallyRow>, FoldError> {
        let row = Tallies::fold(id, row, event)?;
        Ok(row.map(|row| TallyRow { events: row.events + 1, ..row }))
    }
}

const INSTALL: &str = "begin; set local role xentri_builder; set local search_path = read; \
     create table tallies_v2_template (org_id uuid not null, id uuid not null, events bigint not null, \
                                       primary key (org_id, id)); \
     select app.install_projection('tallies', 2, '{tallies}', 'test'); commit";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_version_is_shown_how_it_differs_and_swapped_when_somebody_accepts_it() {
    let world = World::new().await;
    install(&world).await;
    let owner = world.owner().await;
    sell(&world, &owner, 12).await;
    let working = world.work(&[tallies()]);
    working.until_at("tallies", world.head().await).await;
    let old = world.rows::<TallyRow>(1, 1).await;
    world.execute(INSTALL).await;

    let doubled: Arc<dyn ReadModel> = Arc::new(Model::<Doubled>::new());
    let rebuilds = rebuilds(&world, &[doubled]);
    let asked = request(&["tallies"]);
    let error = rebuilds.run(&asked, &ProgressSender::new()).await;
    let Err(RebuildError::Differs(all)) = error else { panic!("{error:?}") };
    let table = &all[0].tables[0];
    assert_eq!((all[0].id.version, all[0].base.version), (2, 1));
    assert_eq!((table.old, table.new, table.only_old, table.only_new), (13, 13, 0, 0));
    assert_eq!(table.columns["events"], 13);
    let (_, entry) = rebuilds.list().await.unwrap().pop().unwrap();
    assert_eq!(entry.phase, Phase::Differing, "it waits for somebody to accept it");

    let accept = Request { accept: true, only_resume: true, ..asked };
    let rebuilt = rebuilds.run(&accept, &ProgressSender::new()).await.unwrap();
    assert_eq!((rebuilt[0].id.generation, rebuilt[0].replaced.clone()), (2, None));
    let new = world.rows::<TallyRow>(2, 2).await;
    assert!(old.iter().all(|(key, row)| new[key].events == 2 * row.events), "{new:?}");
    let states: Vec<(i32, i32, String)> = sqlx::query_as(
        "select version, generation, state from projection_generation where projection = 'tallies' order by 1, 2",
    )
    .fetch_all(&mut world.admin().await)
    .await
    .unwrap();
    let states: Vec<_> =
        states.iter().map(|(version, generation, state)| (*version, *generation, state.as_str())).collect();
    assert_eq!(
        states,
        [(1, 1, "live"), (2, 1, "dropped"), (2, 2, "live")],
        "the one that never was whole is gone"
    );
}
