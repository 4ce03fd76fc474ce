//! A ledger with leads and workers that follow it, and rebuilds that hurry.

use std::sync::Arc;
use std::time::Duration;

use xentri_domain::kernel::{EventId, Principal, StreamId};
use xentri_projections::kit::ReadModel;
use xentri_projections::leads::{LeadRow, PipelineRow};
use xentri_workers::rebuild::{
    Phase, Progress, ProgressSender, RebuildEntry, RebuildError, RebuildSettings, Rebuilds, Rebuilt, Request,
};

use crate::runtime::fragile::{Poison, fragile, poison};
use crate::runtime::support::{PATIENCE, Working, World};

pub(super) struct Sales {
    pub(super) world: World,
    pub(super) owner: Principal,
    pub(super) working: Working,
}

impl Sales {
    /// With so many leads, in different states.
    pub(super) async fn with(leads: usize) -> Self {
        Self::of(World::new().await, leads).await
    }

    pub(super) async fn of(world: World, leads: usize) -> Self {
        let owner = world.owner().await;
        sell(&world, &owner, leads).await;
        let working = world.work(&fragile());
        let sales = Self { world, owner, working };
        sales.follow().await;
        sales
    }

    /// And a lead of which the second event can't be folded, and the third so not either. Nobody folds before that is so.
    pub(super) async fn with_poison(leads: usize) -> (Self, StreamId, EventId) {
        let Self { world, owner, working } = Self::with(leads).await;
        drop(working);
        let lead = world.lead(&owner).await;
        world.go_on(&owner, lead, 1).await;
        let contacted = world.events(0).await.pop().unwrap().id;
        poison(contacted, Poison::Fold);
        world.steps(&owner, lead, 1..2).await;
        let working = world.work(&fragile());
        let sales = Self { world, owner, working };
        sales.follow().await;
        (sales, lead, contacted)
    }

    /// Until the live one has everything.
    pub(super) async fn follow(&self) {
        self.until_at_head(self.live().await).await;
    }

    async fn until_at_head(&self, generation: i32) {
        let head = self.world.head().await;
        let id = xentri_workers::runtime::MemberId { generation, ..crate::runtime::support::first("leads") };
        self.working.until(&id, |model| model.place == head).await;
    }

    /// Readers see the new one, which is as the old one to the last row, and nothing else is left of what was done.
    pub(super) async fn assert_replaced(&self, old: i32, new: i32, leads: usize) {
        assert_eq!(self.live().await, new);
        for generation in [old, new] {
            self.until_at_head(generation).await;
        }
        self.assert_same(old, new).await;
        assert_eq!(self.world.rows::<LeadRow>(1, new).await.len(), leads);
        let litter = "select relname::text from pg_class where relnamespace = 'read'::regnamespace and relkind = 'r' \
                       and relname ~ '^(leads|pipeline)_v1_g[0-9]+$' and split_part(relname, '_g', 2)::int not in ($1, $2) \
             union all select 'checkpoint of ' || generation || ' at ' || position from projection_checkpoint \
              where projection = 'leads' and (generation not in ($1, $2) or position <> (select max(position) from event)) \
             union all select 'parked in ' || generation from parked_event \
             union all select 'unit of ' || generation from rebuild_unit where generation <> $2 or not done \
             union all select phase || ' of ' || generation from rebuild \
              where phase <> 'grace' and generation = $2 or phase not in ('done', 'cancelled') and generation <> $2 \
             union all select state || ' is ' || generation from projection_generation where projection = 'leads' \
                and state <> case generation when $2 then 'live' when $1 then 'grace' else 'dropped' end";
        let litter = sqlx::query_scalar(litter).bind(old).bind(new);
        let litter: Vec<String> = litter.fetch_all(&mut self.world.admin().await).await.unwrap();
        assert_eq!(litter, Vec::<String>::new());
    }

    /// What readers see.
    pub(super) async fn live(&self) -> i32 {
        let query = "select generation from projection_generation where projection = 'leads' and version = 1 and state = 'live'";
        sqlx::query_scalar(query).fetch_one(&mut self.world.admin().await).await.unwrap()
    }

    pub(super) async fn assert_same(&self, one: i32, other: i32) {
        assert_eq!(self.world.rows::<LeadRow>(1, one).await, self.world.rows::<LeadRow>(1, other).await);
        assert_eq!(
            self.world.rows::<PipelineRow>(1, one).await,
            self.world.rows::<PipelineRow>(1, other).await
        );
    }

    /// Tables of generations but the first, checkpoints, parked events and units of what was made.
    pub(super) async fn litter(&self) -> Vec<String> {
        let query = "select relname::text from pg_class where relnamespace = 'read'::regnamespace \
                       and relkind = 'r' and relname ~ '_g([2-9]|[0-9]{2,})$' \
             union all select 'checkpoint of ' || generation from projection_checkpoint where generation > 1 \
             union all select 'parked in ' || generation from parked_event where generation > 1 \
             union all select 'unit of ' || generation from rebuild_unit";
        sqlx::query_scalar(query).fetch_all(&mut self.world.admin().await).await.unwrap()
    }

    pub(super) async fn entry(&self) -> RebuildEntry {
        let (_, entry) = rebuilds(&self.world, &fragile()).list().await.unwrap().pop().unwrap();
        entry
    }
}

pub(super) async fn sell(world: &World, owner: &Principal, leads: usize) {
    for number in 0..leads {
        let lead = world.lead(owner).await;
        world.go_on(owner, lead, number % 5).await;
    }
}

pub(super) fn hurried() -> RebuildSettings {
    RebuildSettings {
        settle: Duration::from_millis(50),
        refresh: Duration::from_millis(10),
        patience: PATIENCE,
        page: 16,
        compared: 7,
        ..RebuildSettings::default()
    }
}

pub(super) fn rebuilds(world: &World, models: &[Arc<dyn ReadModel>]) -> Rebuilds {
    let (databases, keys) = (world.ledger.databases().clone(), world.ledger.keys().clone());
    Rebuilds::new(databases, keys, models.to_vec()).with_settings(hurried())
}

pub(super) fn request(projections: &[&str]) -> Request {
    Request {
        projections: projections.iter().map(ToString::to_string).collect(),
        requested_by: "ada".to_owned(),
        order: None,
        only_resume: false,
        accept: false,
        keep: false,
    }
}

/// The one that was made.
pub(super) async fn rebuild(rebuilds: &Rebuilds) -> Rebuilt {
    let mut rebuilt = rebuilds.run(&request(&["leads"]), &ProgressSender::new()).await.unwrap();
    assert_eq!(rebuilt.len(), 1);
    rebuilt.remove(0)
}

/// Runs until it is so, and is then dropped as if its process had ended. False when it came to its end before.
pub(super) async fn killed_when(
    rebuilds: &Rebuilds,
    request: &Request,
    so: impl Fn(&Progress) -> bool,
) -> Result<bool, RebuildError> {
    let progress = ProgressSender::new();
    let mut seen = progress.subscribe();
    tokio::select! {
        done = rebuilds.run(request, &progress) => done.map(|_| false),
        _ = seen.wait_for(so) => Ok(true),
    }
}

pub(super) fn in_phase(phase: Phase) -> impl Fn(&Progress) -> bool {
    move |progress| progress.phase == phase && (phase != Phase::Loading || progress.done > 0)
}
