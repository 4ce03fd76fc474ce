//! Whole commands in this process: authorised, looked for among the receipts, decided, sealed, appended.

mod issued;
mod spread;
mod tenant;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::task::JoinSet;
use uuid::Uuid;
use xentri_commands::{Answer, DispatchSettings, Dispatcher};
use xentri_domain::kernel::{Clock as _, StreamId, TimeZone};
use xentri_ledger::{
    AppendStats, CONSISTENCY_LABEL, ConsistencyToken, DerivedKeys, Ledger, Until, fold_stream_in_tx,
};
use xentri_schemas::Environment;
use xentri_testkit::TestDb;

use crate::bodies::{self, Body};
use crate::clock::SystemClock;
use crate::contender::{Calls, Command, Contender, Scenario};
use crate::measure::Load;
use crate::ours::{ORGS, open};
pub(crate) use spread::Spread;
use tenant::{Tenant, Text};

/// Longer than any command waits here: one that comes too late fails the run.
const DEADLINE: Duration = Duration::from_secs(10);
/// More invoices than are issued in a second; when they are all issued, the run ends.
const DRAFTS_A_SECOND: usize = 10_000;
/// Who prepares a run does so as fast as it can.
const PREPARING: usize = 64;

pub(crate) struct Dispatched {
    // Dropped before its database.
    dispatcher: Dispatcher,
    tenants: Vec<Arc<Tenant>>,
    spread: Spread,
    scenario: Scenario,
    clients: usize,
    /// A lead's commands, by step.
    steps: Vec<Text>,
    note: Text,
    issue: Text,
    /// On which all clients work, where they do.
    one: StreamId,
    /// What is there to be issued, all of the first org's, and how many were.
    drafts: Vec<StreamId>,
    issued: AtomicUsize,
    /// Before the first command.
    before: AppendStats,
    /// They open what an answer says of its place.
    tokens: DerivedKeys,
    database: TestDb,
}

impl Dispatched {
    pub(crate) fn database(&self) -> &TestDb {
        &self.database
    }

    pub(crate) fn ledger(&self) -> &Ledger {
        self.dispatcher.ledger()
    }

    /// Evenly, where nothing else is asked for.
    pub(crate) fn spread_by(self, spread: Spread) -> Self {
        Self { spread, ..self }
    }

    /// Where what the command has made stands in the ledger.
    pub(crate) async fn place_of(&self, command: Command) -> anyhow::Result<ConsistencyToken> {
        let answer = self.answer(command).await?;
        let org = self.tenant_of(command)?.org();
        Ok(ConsistencyToken::open(&answer.consistency_token, org, &self.tokens)?)
    }

    fn tenant_of(&self, command: Command) -> anyhow::Result<&Arc<Tenant>> {
        // Ids of version 7 end at random.
        let org = self.spread.org_of(command.lead.as_u128(), self.tenants.len() as u128);
        Ok(&self.tenants[usize::try_from(org)?])
    }

    async fn answer(&self, command: Command) -> anyhow::Result<Answer> {
        let (tenant, dispatcher) = (self.tenant_of(command)?, &self.dispatcher);
        let lead = command.lead.try_into()?;
        match (self.scenario, command.step) {
            (Scenario::Create | Scenario::Lifecycle, 0) => {
                tenant.begin(dispatcher, &self.steps[0], lead).await
            }
            (Scenario::Create | Scenario::Lifecycle, step) => {
                tenant.go_on(dispatcher, &self.steps[step], lead).await
            }
            (Scenario::Business, step) => tenant.do_business(dispatcher, step, lead).await,
            (Scenario::OneStream, _) => tenant.go_on(dispatcher, &self.note, self.one).await,
            (Scenario::Issue, _) => {
                let draft = self.drafts[self.issued.fetch_add(1, Ordering::Relaxed)];
                tenant.go_on(dispatcher, &self.issue, draft).await
            }
        }
    }

    /// A crowd works in one org, all others in many.
    fn orgs(scenario: Scenario) -> usize {
        match scenario {
            Scenario::Create | Scenario::Lifecycle | Scenario::Business => ORGS,
            Scenario::OneStream | Scenario::Issue => 1,
        }
    }

    async fn prepare(&mut self, load: Load) -> anyhow::Result<()> {
        match load.scenario {
            Scenario::Create | Scenario::Lifecycle | Scenario::Business => {}
            Scenario::OneStream => {
                self.tenants[0].begin(&self.dispatcher, &self.steps[0], self.one).await?;
            }
            Scenario::Issue => {
                let drafts = DRAFTS_A_SECOND * usize::try_from(load.time.as_secs().max(1))?;
                self.drafts = self.draft(drafts + load.clients).await?;
            }
        }
        Ok(())
    }

    async fn draft(&self, count: usize) -> anyhow::Result<Vec<StreamId>> {
        let text = Arc::new(Text::of(&bodies::draft()?)?);
        let mut ids = Vec::with_capacity(count);
        for _ in 0..count {
            ids.push(new_id()?);
        }
        let mut preparing = JoinSet::new();
        for part in ids.chunks(count.div_ceil(PREPARING)) {
            let (part, text) = (part.to_vec(), Arc::clone(&text));
            let (dispatcher, tenant) = (self.dispatcher.clone(), Arc::clone(&self.tenants[0]));
            preparing.spawn(async move {
                for id in part {
                    tenant.begin(&dispatcher, &text, id).await?;
                }
                anyhow::Ok(())
            });
        }
        while let Some(prepared) = preparing.join_next().await {
            prepared??;
        }
        Ok(ids)
    }
}

impl Contender for Dispatched {
    async fn set_up(load: Load) -> anyhow::Result<Self> {
        let database = TestDb::new().await;
        let settings = DispatchSettings { environment: Environment::Local, deadline: DEADLINE };
        let dispatcher = Dispatcher::new(open(&database)?, Arc::new(SystemClock), settings);
        let mut tenants = Vec::new();
        for _ in 0..Self::orgs(load.scenario) {
            let mut tenant = Tenant::make(&dispatcher).await?;
            if load.scenario == Scenario::Business {
                tenant.set_up_business(&dispatcher).await?;
            }
            tenants.push(Arc::new(tenant));
        }
        let tokens = dispatcher.ledger().keys().token_keys(CONSISTENCY_LABEL).await?;
        let steps = (0..Scenario::Lifecycle.steps()).map(|step| Text::of(&bodies::of_lead(step)?));
        let mut contender = Self {
            tenants,
            spread: Spread::Even,
            scenario: load.scenario,
            clients: load.clients,
            steps: steps.collect::<anyhow::Result<_>>()?,
            note: Text::of(&bodies::note()?)?,
            issue: Text::of(&bodies::issue()?)?,
            one: new_id()?,
            drafts: Vec::new(),
            issued: AtomicUsize::new(0),
            before: AppendStats::default(),
            dispatcher,
            tokens,
            database,
        };
        contender.prepare(load).await?;
        contender.before = contender.ledger().appenders().stats();
        Ok(contender)
    }

    async fn execute(&self, command: Command) -> anyhow::Result<()> {
        self.answer(command).await.map(drop)
    }

    fn is_spent(&self) -> bool {
        self.scenario == Scenario::Issue
            && self.issued.load(Ordering::Relaxed) + self.clients > self.drafts.len()
    }

    fn calls(&self) -> Option<Calls> {
        Some(Calls::between(self.before, self.ledger().appenders().stats()))
    }

    async fn check(&self, commands: u64) -> anyhow::Result<()> {
        let ledger = self.ledger();
        match self.scenario {
            Scenario::Create | Scenario::Lifecycle | Scenario::Business => Ok(()),
            Scenario::OneStream => {
                let mut tx = self.tenants[0].read(ledger).await?;
                let lead =
                    fold_stream_in_tx::<xentri_domain::lead::Lead>(&mut tx, self.one, Until::Head).await?;
                let expected = commands + 1;
                anyhow::ensure!(
                    u64::from(lead.version) == expected,
                    "{} events, not {expected}",
                    lead.version
                );
                Ok(())
            }
            Scenario::Issue => {
                let year = TimeZone::UTC.local_date(SystemClock.now()).year();
                let mut tx = self.tenants[0].read(ledger).await?;
                issued::check(&mut tx, year, &self.drafts, commands).await
            }
        }
    }
}

fn new_id() -> anyhow::Result<StreamId> {
    Ok(StreamId::try_from(Uuid::now_v7())?)
}

/// What the door would have read.
pub(crate) fn read(body: &Body) -> anyhow::Result<xentri_domain::registry::Command> {
    let text = body.fields.to_string();
    xentri_schemas::read_command(body.kind, text.as_bytes()).map_err(|errors| anyhow::anyhow!("{errors:?}"))
}
