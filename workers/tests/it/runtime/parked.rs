//! An event that can't be folded waits, and what touches the same rows waits behind it; everything else flows.

use xentri_domain::kernel::{Principal, StreamId, Timestamp};
use xentri_ledger::StoredEvent;
use xentri_projections::leads::{LeadRow, PipelineRow};
use xentri_workers::feed::Place;
use xentri_workers::parked::{Discard, Parked, ParkedError, ParkedEvent, ParkedFilter};

use super::fragile::{Poison, fragile, heal, poison};
use super::support::{Working, World, first};

/// Two leads of one org. The first is contacted, and no fold can take that.
struct Stuck {
    world: World,
    owner: Principal,
    poisoned: StoredEvent,
    lead: StreamId,
    other: StreamId,
    working: Working,
    parked: Parked,
}

impl Stuck {
    async fn by(how: Poison) -> Self {
        let world = World::new().await;
        let owner = world.owner().await;
        let (lead, other) = (world.lead(&owner).await, world.lead(&owner).await);
        world.go_on(&owner, lead, 1).await;
        let poisoned = world.events(0).await.pop().unwrap();
        poison(poisoned.id, how);
        world.go_on(&owner, other, 4).await;
        let working = world.work(&fragile());
        let parked = world.parked(&fragile());
        working.until_at("leads", world.head().await).await;
        Self { world, owner, poisoned, lead, other, working, parked }
    }

    async fn list(&self) -> Vec<ParkedEvent> {
        self.parked.list(&ParkedFilter::default(), None, 100).await.unwrap().events
    }

    /// Two more events of the first lead, and one of the other.
    async fn goes_on(&self) -> Place {
        self.world.go_on(&self.owner, self.lead, 3).await;
        self.world.lead(&self.owner).await;
        self.world.head().await
    }

    async fn state_of(&self, lead: StreamId) -> String {
        self.world.rows::<LeadRow>(1, 1).await[&(self.owner.org(), lead.uuid())].state.to_string()
    }
}

fn by_somebody() -> Discard {
    Discard { reason: "a mistake of the importer".to_owned(), by: "ada".to_owned() }
}

async fn parks_its_row_alone(how: Poison, error: &str) {
    let stuck = Stuck::by(how).await;
    let head = stuck.goes_on().await;
    let status = stuck.working.until_at("leads", head).await;
    let list = stuck.list().await;
    assert_eq!((status.parked, list.len()), (4, 4));
    assert_eq!((list[0].event, list[0].keys.clone()), (stuck.poisoned.id, vec![stuck.lead.uuid()]));
    assert!(list[0].error.as_deref().unwrap().contains(error), "{:?}", list[0].error);
    assert!(list[1..].iter().all(|parked| parked.error.is_none() && parked.keys == [stuck.lead.uuid()]));
    assert_eq!(stuck.state_of(stuck.lead).await, "new");
    assert_eq!(stuck.state_of(stuck.other).await, "won");
    assert_eq!(stuck.world.rows::<LeadRow>(1, 1).await.len(), 3);
    let leads: i64 = stuck.world.rows::<PipelineRow>(1, 1).await.values().map(|row| row.leads).sum();
    assert_eq!(leads, 3, "the pipeline has each lead once");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_that_the_fold_refuses_parks_its_row_and_nothing_else() {
    parks_its_row_alone(Poison::Fold, "score does not fit").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_that_postgres_refuses_the_data_of_is_found_among_many_and_parked() {
    parks_its_row_alone(Poison::Data, "22021").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_that_panics_a_fold_is_parked_like_any_other() {
    parks_its_row_alone(Poison::Panic, "panicked").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_retry_after_the_fix_takes_the_event_and_then_its_waiters_in_order() {
    let stuck = Stuck::by(Poison::Fold).await;
    stuck.working.until_at("leads", stuck.goes_on().await).await;
    let waiting: Vec<_> = stuck.list().await.into_iter().map(|parked| parked.id).collect();

    let too_early = stuck.parked.retry(&waiting[2]).await.unwrap();
    let failed: Vec<_> = too_early.failed.iter().map(|failed| failed.id.clone()).collect();
    assert_eq!((too_early.taken.len(), failed, too_early.waiting), (0, vec![waiting[0].clone()], 3));
    assert!(too_early.failed[0].error.contains("score does not fit"), "{:?}", too_early.failed);
    assert_eq!(stuck.list().await.len(), 4);

    heal(stuck.poisoned.id);
    let retried = stuck.parked.retry(&waiting[2]).await.unwrap();
    assert_eq!((retried.taken, retried.failed.len()), (waiting.clone(), 0));
    assert_eq!(stuck.list().await, []);
    assert_eq!(stuck.state_of(stuck.lead).await, "proposal");
    assert!(matches!(stuck.parked.retry(&waiting[0]).await, Err(ParkedError::NotParked(_))));

    // The worker has learned that the row is free.
    stuck.working.until(&first("leads"), |model| model.parked == 0).await;
    stuck.world.steps(&stuck.owner, stuck.lead, 3..4).await;
    stuck.working.until_at("leads", stuck.world.head().await).await;
    assert_eq!((stuck.state_of(stuck.lead).await.as_str(), stuck.list().await.len()), ("won", 0));
}

/// Events of the row keep coming while it is retried. Until the worker notices that the row is free it parks them, and the
/// retry takes what was parked; so at the end nothing waits, and everything is folded in order.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_retry_beside_a_busy_worker_leaves_nothing_behind() {
    let stuck = Stuck::by(Poison::Fold).await;
    for _ in 0..10 {
        stuck.world.go_on(&stuck.owner, stuck.lead, 1).await;
    }
    stuck.working.until_at("leads", stuck.world.head().await).await;
    heal(stuck.poisoned.id);
    let busy = async {
        for _ in 0..30 {
            stuck.world.go_on(&stuck.owner, stuck.lead, 1).await;
        }
    };
    let (retried, ()) = tokio::join!(stuck.parked.retry_all(Some("leads"), |_| ()), busy);
    assert_eq!(retried.unwrap().failed, []);
    stuck.working.until_at("leads", stuck.world.head().await).await;
    assert_eq!(stuck.list().await, []);
    let row = &stuck.world.rows::<LeadRow>(1, 1).await[&(stuck.owner.org(), stuck.lead.uuid())];
    assert_eq!((row.version, row.state.as_str()), (42, "contacted"));
}

/// The rest of the org's history is the same, with the discarded event left out, for the live rows and for those of a worker
/// that begins at the first event.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_discarded_event_is_left_out_now_and_from_scratch() {
    let stuck = Stuck::by(Poison::Fold).await;
    stuck.working.until_at("leads", stuck.goes_on().await).await;
    let first_parked = stuck.list().await.swap_remove(0);
    let nameless = Discard { by: " ".to_owned(), ..by_somebody() };
    assert!(matches!(stuck.parked.discard(&first_parked.id, &nameless).await, Err(ParkedError::NoReason)));

    let retried = stuck.parked.discard(&first_parked.id, &by_somebody()).await.unwrap();
    assert_eq!((retried.taken.len(), retried.failed.len()), (3, 0));
    assert_eq!(stuck.list().await, []);
    assert_eq!(stuck.state_of(stuck.lead).await, "proposal");
    let live = stuck.world.rows::<LeadRow>(1, 1).await;
    let who: (String, String) =
        sqlx::query_as("select reason, discarded_by from parked_discard where event_id = $1")
            .bind(first_parked.event.uuid())
            .fetch_one(&mut stuck.world.admin().await)
            .await
            .unwrap();
    assert_eq!(who, (by_somebody().reason, by_somebody().by));

    let Stuck { world, working, .. } = stuck;
    drop(working);
    world.execute("truncate read.leads_v1_g1, read.pipeline_v1_g1; delete from projection_checkpoint").await;
    world.work(&fragile()).until_at("leads", world.head().await).await;
    assert_eq!(world.rows::<LeadRow>(1, 1).await, live);
    assert_eq!(world.parked(&fragile()).list(&ParkedFilter::default(), None, 9).await.unwrap().events, []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_parked_is_listed_by_pages_and_shown_as_the_ledger_has_it() {
    let stuck = Stuck::by(Poison::Fold).await;
    stuck.working.until_at("leads", stuck.goes_on().await).await;
    let all = stuck.list().await;
    let mut pages = Vec::new();
    let mut after = None;
    loop {
        let page = stuck.parked.list(&ParkedFilter::default(), after.as_ref(), 3).await.unwrap();
        pages.extend(page.events);
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(pages, all);
    let org = Some(stuck.owner.org());
    let failed = ParkedFilter { failed: true, org, ..ParkedFilter::default() };
    assert_eq!(stuck.parked.list(&failed, None, 9).await.unwrap().events, all[..1]);
    let moment = all[0].parked_at;
    let since = |since| ParkedFilter { since: Some(since), ..ParkedFilter::default() };
    assert_eq!(stuck.parked.list(&since(moment), None, 9).await.unwrap().events, all);
    let later = Timestamp::from_micros(all[3].parked_at.as_micros() + 1).unwrap();
    assert_eq!(stuck.parked.list(&since(later), None, 9).await.unwrap().events, []);
    let others = ParkedFilter { projection: Some("invoices".to_owned()), ..ParkedFilter::default() };
    assert_eq!(stuck.parked.list(&others, None, 9).await.unwrap().events, []);

    let shown = stuck.parked.show(&all[0].id).await.unwrap();
    assert_eq!((&shown.parked, shown.event), (&all[0], stuck.poisoned.wire()));
}

/// It tells of a person: what is shown of it is what everybody else gets.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_is_shown_with_what_is_personal_sealed() {
    let world = World::new().await;
    let owner = world.owner().await;
    world.lead(&owner).await;
    let captured = world.events(0).await.pop().unwrap();
    poison(captured.id, Poison::Fold);
    let working = world.work(&fragile());
    working.until_at("leads", world.head().await).await;
    let parked = world.parked(&fragile());
    let id = parked.list(&ParkedFilter::default(), None, 1).await.unwrap().events.swap_remove(0).id;
    let shown = parked.show(&id).await.unwrap().event;
    assert!(shown.contains(&captured.id.to_string()) && !shown.contains("Lovelace"), "{shown}");
}

/// The second event of the row is not in the ledger any more when its turn comes, so the retry ends there. What waited for the
/// first alone has lost what it waited for, and nobody would look for it among those that wait.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_retry_that_ends_halfway_leaves_no_waiter_unseen() {
    let stuck = Stuck::by(Poison::Fold).await;
    stuck.working.until_at("leads", stuck.goes_on().await).await;
    let before = stuck.list().await;
    let lose = format!("delete from event where position = {}", before[1].id.position);
    stuck.world.execute(&format!("alter table event disable trigger all; {lose}")).await;
    heal(stuck.poisoned.id);
    let ended = stuck.parked.retry(&before[0].id).await;
    assert!(matches!(ended, Err(ParkedError::NotInLedger(_))), "{ended:?}");
    let failed = ParkedFilter { failed: true, ..ParkedFilter::default() };
    let seen = stuck.parked.list(&failed, None, 9).await.unwrap().events;
    assert_eq!(seen.iter().map(|parked| &parked.id).collect::<Vec<_>>(), [&before[1].id]);
    assert!(seen[0].error.as_deref().unwrap().contains("not tried since"), "{:?}", seen[0].error);
    assert_eq!(stuck.list().await.len(), 3);
}
