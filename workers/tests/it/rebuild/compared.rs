//! A row that is not as its events have it is found, and is not swapped over.

use serde_json::{Value, json};
use xentri_workers::rebuild::{Difference, Phase, ProgressSender, RebuildError, Request};

use super::support::{Sales, rebuild, rebuilds, request, sell};
use crate::runtime::fragile::fragile;

async fn refused(sales: &Sales, request: &Request) -> Difference {
    let rebuilds = rebuilds(&sales.world, &fragile());
    match rebuilds.run(request, &ProgressSender::new()).await {
        Err(RebuildError::Differs(mut all)) if all.len() == 1 => all.remove(0),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_live_row_that_somebody_changed_is_reported_with_its_last_events_and_not_replaced() {
    let sales = Sales::with(20).await;
    let changed = "update read.leads_v1_g1 set name = 'Mallory', score = 99 where state = 'qualified' and id = \
                   (select id from read.leads_v1_g1 where state = 'qualified' order by id limit 1)";
    sales.world.execute(changed).await;
    let difference = refused(&sales, &request(&["leads"])).await;
    assert!(difference.is_of_one_version());
    let [table] = difference.tables.as_slice() else { panic!("{difference:#?}") };
    assert_eq!((table.name, table.old, table.new), ("leads", 20, 20));
    assert_eq!((table.only_old, table.only_new, table.changed), (0, 0, 1));
    let [row] = table.rows.as_slice() else { panic!("{table:#?}") };
    let columns: Vec<(&str, bool, Option<Value>, Option<Value>)> = row
        .columns
        .iter()
        .map(|column| (column.name.as_str(), column.personal, column.old.clone(), column.new.clone()))
        .collect();
    assert_eq!(
        columns,
        [
            ("name", true, Some(json!("Mallory")), Some(json!("Ada Lovelace"))),
            ("score", false, Some(json!(99)), Some(json!(80))),
        ]
    );
    let types: Vec<_> = row.events.iter().map(|event| event.type_name.as_str()).collect();
    assert_eq!(types, ["xentri.lead.qualified.v1", "xentri.lead.contacted.v1", "xentri.lead.created.v1"]);
    assert_eq!((sales.live().await, sales.entry().await.phase), (1, Phase::Cancelled));
    assert_eq!(sales.litter().await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_that_are_missing_or_too_many_and_wrong_sums_are_found() {
    let sales = Sales::with(20).await;
    sales
        .world
        .execute(
            "delete from read.leads_v1_g1 where state = 'contacted'; \
             update read.leads_v1_g1 set id = gen_random_uuid() where state = 'won'; \
             update read.pipeline_v1_g1 set leads = leads + 1 where state = 'new'",
        )
        .await;
    let difference = refused(&sales, &request(&["leads"])).await;
    let found: Vec<_> = difference
        .tables
        .iter()
        .map(|table| (table.name, table.only_old, table.only_new, table.changed))
        .collect();
    assert_eq!(found, [("leads", 4, 8, 0), ("pipeline", 0, 0, 1)]);
}

/// It has come to a tenth of its events when the rebuild begins.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_live_one_that_merely_lags_is_waited_for_and_compared() {
    let Sales { world, owner, working } = Sales::with(3).await;
    drop(working);
    world.execute("update read.leads_v1_g1 set score = 77 where state = 'qualified'").await;
    sell(&world, &owner, 30).await;
    let asked = request(&["leads"]);
    let refused = rebuilds(&world, &fragile()).run(&asked, &ProgressSender::new()).await;
    let Err(RebuildError::Differs(all)) = refused else { panic!("{refused:?}") };
    assert_eq!((all[0].tables[0].old, all[0].tables[0].new, all[0].tables[0].changed), (33, 33, 1));
    world.execute("update read.leads_v1_g1 set score = 80 where score = 77").await;
    assert_eq!(rebuild(&rebuilds(&world, &fragile())).await.replaced.unwrap().generation, 1);
}

/// The one way to mend rows of a read model: look at what differs, then say so.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_kept_and_looked_at_may_be_accepted() {
    let sales = Sales::with(10).await;
    sales.world.execute("update read.leads_v1_g1 set score = 1").await;
    let unseen = Request { accept: true, keep: true, ..request(&["leads"]) };
    refused(&sales, &unseen).await;
    assert_eq!((sales.live().await, sales.entry().await.phase), (1, Phase::Differing));
    let seen = Request { only_resume: true, accept: true, ..request(&["leads"]) };
    let rebuilds = rebuilds(&sales.world, &fragile());
    rebuilds.run(&seen, &ProgressSender::new()).await.unwrap();
    assert_eq!((sales.live().await, sales.entry().await.phase), (2, Phase::Grace));
}
