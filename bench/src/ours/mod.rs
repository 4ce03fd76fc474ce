//! The append of our own ledger, with everything that a command brings: sealed personal fields, a key for every new
//! person, a receipt for every idempotency key. What is missing is the decision.
//!
//! Twice: with events that were made and sealed before the clock starts, which measures the append alone, and with
//! sealing, writing and MACs on the clients' time.

mod lead;
mod ready;

use std::sync::Arc;

use anyhow::{anyhow, bail};
use sqlx::Executor as _;
use uuid::Uuid;
use xentri_domain::kernel::{Currency, Language, OrgId, TimeZone};
use xentri_domain::org::InvoicePrefix;
use xentri_ledger::{AppendStats, Ledger, LedgerSettings, MasterKeys, OrgSettings, Outcome, ShardMap};
use xentri_testkit::TestDb;

use crate::contender::{Calls, Command, Contender};
use crate::measure::Load;
use crate::process::MASTER_KEY;
use lead::Tenant;

/// Among whom the leads are spread.
pub(crate) const ORGS: usize = 200;

pub(crate) struct Ours<const SEALING: bool> {
    // Dropped before its database.
    ledger: Ledger,
    tenants: Arc<[Tenant]>,
    /// Before the first command.
    before: AppendStats,
    database: Arc<TestDb>,
}

impl<const SEALING: bool> Ours<SEALING> {
    /// The same with nothing at hand of what went before: a new process, as it were. This one takes no more commands.
    pub(crate) async fn reopened(&self) -> anyhow::Result<Self> {
        self.ledger.close().await;
        let ledger = open(&self.database)?;
        let before = ledger.appenders().stats();
        Ok(Self { ledger, tenants: self.tenants.clone(), before, database: self.database.clone() })
    }

    /// What Postgres would get round to by itself sooner or later, while something else is measured.
    pub(crate) async fn vacuum(&self) -> anyhow::Result<()> {
        self.database.connect_as_admin().await.execute("vacuum (analyze)").await?;
        Ok(())
    }
}

impl<const SEALING: bool> Contender for Ours<SEALING> {
    async fn set_up(_: Load) -> anyhow::Result<Self> {
        let database = Arc::new(TestDb::new().await);
        let ledger = open(&database)?;
        let mut tenants = Vec::with_capacity(ORGS);
        for _ in 0..ORGS {
            tenants.push(make_org(&ledger).await?);
        }
        let before = ledger.appenders().stats();
        Ok(Self { ledger, tenants: tenants.into(), before, database })
    }

    async fn execute(&self, command: Command) -> anyhow::Result<()> {
        // Ids of version 7 end at random.
        let tenant = usize::try_from(command.lead.as_u128() % ORGS as u128)?;
        let tenant = &self.tenants[tenant];
        let chain = if SEALING { tenant.sealed(command)? } else { tenant.ready(command)? };
        match self.ledger.appenders().append(chain).await? {
            Outcome::Appended(_) => Ok(()),
            Outcome::Refused(refusal) => bail!("refused: {refusal:?}"),
        }
    }

    fn calls(&self) -> Option<Calls> {
        Some(Calls::between(self.before, self.ledger.appenders().stats()))
    }
}

pub(crate) fn open(database: &TestDb) -> anyhow::Result<Ledger> {
    let keeper = Arc::new(MasterKeys::from_text(MASTER_KEY)?);
    let map = ShardMap::single(database.server_url());
    Ok(Ledger::open(map, keeper, &LedgerSettings::default())?)
}

async fn make_org(ledger: &Ledger) -> anyhow::Result<Tenant> {
    let settings = OrgSettings {
        time_zone: TimeZone::parse("Europe/Madrid")?,
        currency: Currency::parse("EUR")?,
        language: Language::En,
        invoice_prefix: InvoicePrefix::default(),
    };
    let org = OrgId::try_from(Uuid::now_v7())?;
    let home = ledger.directory().reserve(org, None, &settings).await?.home;
    let tenant = Tenant::new(home)?;
    let outcome = ledger.appenders().append(tenant.beginning(&settings)?).await?;
    if matches!(outcome, Outcome::Appended(_)) && ledger.directory().activate(org).await? {
        return Ok(tenant);
    }
    Err(anyhow!("an org could not be made: {outcome:?}"))
}
