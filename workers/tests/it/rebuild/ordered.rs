//! What is ordered, done by processes that end at a bad moment.

use std::time::Duration;

use sqlx::AssertSqlSafe;
use tokio::time::{sleep, timeout};
use uuid::Uuid;
use xentri_testkit::TestDb;
use xentri_workers::rebuild::{
    Clerk, Order, OrderState, Orders, Phase, ProgressSender, RebuildSettings, Request,
};

use super::support::{Sales, hurried, rebuilds, request};
use crate::process::{Gate, Process};
use crate::runtime::fragile::fragile;
use crate::runtime::support::{PATIENCE, World};

const LEADS: usize = 12;

async fn start() -> (TestDb, Sales) {
    let db = TestDb::new().await;
    let world = World::on(&db.server_url(), &db.admin_url());
    (db, Sales::of(world, LEADS).await)
}

fn orders(sales: &Sales) -> Orders {
    Orders::new(sales.world.ledger.databases().clone())
}

/// Another process, which does what is ordered.
fn another(db: &TestDb) -> Process {
    let (server_url, admin_url) = (db.server_url(), db.admin_url());
    Process::start(async move {
        let world = World::on(&server_url, &admin_url);
        let orders = Orders::new(world.ledger.databases().clone());
        Clerk::new(orders, rebuilds(&world, &fragile())).work().await;
    })
}

async fn until(sales: &Sales, order: Uuid, so: impl Fn(&Order) -> bool) -> Order {
    let orders = orders(sales);
    let found = async {
        loop {
            let order = orders.find(order).await.unwrap().unwrap();
            if so(&order) {
                return order;
            }
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(PATIENCE, found).await.expect("it does not become so")
}

async fn until_ended(sales: &Sales, order: Uuid) -> Order {
    until(sales, order, |order| order.ended_at.is_some()).await
}

/// An order that has come to its end when the process dies, which never notes it.
async fn killed_before_it_noted(state: OrderState, db: &TestDb, sales: &Sales, request: &Request) -> Uuid {
    let placed = orders(sales).place(request, None).await.unwrap();
    let mut gate = Gate::close(&sales.world, "rebuild_order", &format!("new.state = '{state}'")).await;
    let process = another(db);
    gate.until_reached().await;
    process.kill();
    gate.open().await;
    let left = orders(sales).find(placed.id).await.unwrap().unwrap();
    assert_eq!((left.state, left.ended_at), (OrderState::Running, None));
    placed.id
}

/// Whether somebody cancels it meanwhile makes no difference: readers see it already.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_swapped_for_an_order_when_its_process_was_killed_is_not_made_once_more() {
    let (db, sales) = start().await;
    for (cancelled, old) in [(false, 1), (true, 2)] {
        let order = killed_before_it_noted(OrderState::Done, &db, &sales, &request(&["leads"])).await;
        assert_eq!(sales.live().await, old + 1);
        if cancelled {
            let told = orders(&sales).cancel(order).await.unwrap().unwrap();
            assert_eq!(told.state, OrderState::Cancelling);
        }
        let next = another(&db);
        let ended = until_ended(&sales, order).await;
        next.kill();
        let outcome = ended.outcome.unwrap();
        let made = &outcome["rebuilt"][0];
        assert_eq!((ended.state, outcome["rebuilt"].as_array().unwrap().len()), (OrderState::Done, 1));
        assert_eq!((&made["generation"], &made["rows"]), (&(old + 1).into(), &LEADS.into()), "{outcome}");
        sales.assert_replaced(old, old + 1, LEADS).await;
        let listed = rebuilds(&sales.world, &fragile()).list().await.unwrap();
        assert_eq!(listed.len(), usize::try_from(old).unwrap(), "one for each order");
        Gate::remove(&sales.world).await;
        sales.world.execute("update rebuild set grace_until = now() - interval '1 second'").await;
    }
}

/// It was kept to be shown, and nobody has been shown it: another order, of somebody who has, puts it in place.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_differs_and_was_not_told_because_the_process_was_killed_is_not_taken_as_seen() {
    let (db, sales) = start().await;
    sales.world.execute("update read.leads_v1_g1 set name = 'Mallory'").await;
    let asked = Request { accept: true, keep: true, ..request(&["leads"]) };
    let order = killed_before_it_noted(OrderState::Differing, &db, &sales, &asked).await;
    let next = another(&db);
    let ended = until_ended(&sales, order).await;
    assert_eq!((ended.state, sales.live().await), (OrderState::Differing, 1));
    assert_eq!(sales.entry().await.phase, Phase::Differing);

    let seen = orders(&sales).place(&asked, None).await.unwrap();
    assert_eq!(until_ended(&sales, seen.id).await.state, OrderState::Done);
    assert_eq!((sales.live().await, sales.entry().await.order), (2, Some(seen.id)));
    next.kill();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_that_waits_for_another_process_says_so_and_how_far_it_had_come() {
    let (db, sales) = start().await;
    let slow = RebuildSettings { throttle: Some(2), ..hurried() };
    let elsewhere = rebuilds(&sales.world, &fragile()).with_settings(slow);
    let (asked, progress) = (request(&["leads"]), ProgressSender::new());
    let mut begun = progress.subscribe();
    let told = async {
        begun.wait_for(super::support::in_phase(Phase::Loading)).await.unwrap();
        let order = orders(&sales).place(&asked, None).await.unwrap().id;
        let left =
            format!("update rebuild_order set phase = 'comparing', done = 7, total = 9 where id = '{order}'");
        sqlx::query(AssertSqlSafe(left)).execute(&mut sales.world.admin().await).await.unwrap();
        let clerk = another(&db);
        (until(&sales, order, |order| order.waits.is_some()).await, clerk)
    };
    let (told, clerk) = tokio::select! {
        ended = elsewhere.run(&asked, &progress) => panic!("{ended:?}"),
        told = told => told,
    };
    assert_eq!(told.waits.as_deref(), Some("leads is being rebuilt by another process"));
    assert_eq!((told.phase.as_deref(), told.done, told.total), (Some("comparing"), 7, 9));
    // That one is gone, and the order goes on with what it leaves.
    assert_eq!(until_ended(&sales, told.id).await.state, OrderState::Done);
    clerk.kill();
    sales.assert_replaced(1, 2, LEADS).await;
}
