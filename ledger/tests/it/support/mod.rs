//! A ledger for each test, orgs in it, and commands to append.

mod leads;
mod people;

use std::sync::Arc;

use xentri_domain::aggregate::StreamRef;
use xentri_domain::kernel::{Currency, Language, OrgId, Principal, Role, TimeZone};
use xentri_domain::org::{InvoicePrefix, Org};
use xentri_ledger::{
    Appended, Chain, CommandRecord, DatabaseShards, EventRecord, Home, KeyKeeper, Ledger, LedgerSettings,
    MasterKeys, NewOrg, OrgKey, OrgSettings, Outcome, Shard, ShardMap, TenantTx,
};
use xentri_testkit::{TestDb, factory};

pub(crate) use leads::{Lead, authorized, created, envelope, noted, updated};
pub(crate) use people::{ada, chain, invoice, nobody_shows, note, person, read};

/// One process on a ledger, most often in one database; a clone of its database handle makes another.
pub(crate) struct World {
    pub(crate) db: Arc<TestDb>,
    /// Where the second half of the shards is, in a ledger of two.
    pub(crate) second: Option<Arc<TestDb>>,
    pub(crate) ledger: Ledger,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(&LedgerSettings::default()).await
    }

    pub(crate) async fn with(settings: &LedgerSettings) -> Self {
        Self::open(Arc::new(TestDb::new().await), keeper(), settings)
    }

    /// A process on that database.
    pub(crate) fn on(db: Arc<TestDb>) -> Self {
        Self::open(db, keeper(), &LedgerSettings::default())
    }

    fn open(db: Arc<TestDb>, keeper: Arc<dyn KeyKeeper>, settings: &LedgerSettings) -> Self {
        let ledger = Ledger::open(ShardMap::single(db.server_url()), keeper, settings).unwrap();
        Self { db, second: None, ledger }
    }

    /// A ledger of four shards in two databases, the directory in the first.
    pub(crate) async fn over_two() -> Self {
        let (db, second) = (Arc::new(TestDb::new().await), Arc::new(TestDb::new().await));
        let half = |db: &TestDb, shards: std::ops::Range<u16>| DatabaseShards {
            url: db.server_url(),
            shards: shards.map(Shard::new).collect(),
        };
        let map = ShardMap::new(vec![half(&db, 0..2), half(&second, 2..4)]).unwrap();
        let ledger = Ledger::open(map, keeper(), &LedgerSettings::default()).unwrap();
        Self { db, second: Some(second), ledger }
    }

    /// Another process on the same database.
    pub(crate) fn another(&self) -> Self {
        self.another_with(keeper())
    }

    /// One that has other master keys.
    pub(crate) fn another_with(&self, keeper: Arc<dyn KeyKeeper>) -> Self {
        Self::open(self.db.clone(), keeper, &LedgerSettings::default())
    }

    /// One that works in another way.
    pub(crate) fn another_set(&self, settings: &LedgerSettings) -> Self {
        Self::open(self.db.clone(), keeper(), settings)
    }

    /// An org, active.
    pub(crate) async fn org(&self) -> Home {
        make_org(&self.ledger, factory::org()).await
    }

    /// An org on that shard.
    pub(crate) async fn org_on(&self, shard: Shard) -> Home {
        let map = self.ledger.databases().shard_map();
        let on_it = std::iter::repeat_with(factory::org).find(|org| map.shard_of_new(*org) == shard);
        make_org(&self.ledger, on_it.unwrap()).await
    }

    pub(crate) async fn append(&self, chain: Chain) -> Outcome {
        self.ledger.appenders().append(chain).await.unwrap()
    }

    /// Appends a chain of one command and says where its events are.
    pub(crate) async fn appended(&self, chain: Chain) -> Appended {
        match self.append(chain).await {
            Outcome::Appended(appended) => appended[0],
            Outcome::Refused(refusal) => panic!("{refusal:?}"),
        }
    }

    pub(crate) async fn write(&self, home: Home) -> TenantTx {
        TenantTx::write(self.ledger.databases(), home).await.unwrap()
    }

    pub(crate) async fn read(&self, home: Home) -> TenantTx {
        TenantTx::read(self.ledger.databases(), home).await.unwrap()
    }
}

/// Makes that org in a ledger of whatever databases, and leaves it active.
pub(crate) async fn make_org(ledger: &Ledger, org: OrgId) -> Home {
    let home = ledger.directory().reserve(org, None, &settings()).await.unwrap().home;
    let outcome = ledger.appenders().append(org_created(home).await).await;
    assert!(matches!(outcome, Ok(Outcome::Appended(_))), "{outcome:?}");
    assert!(ledger.directory().activate(org).await.unwrap());
    home
}

pub(crate) fn settings() -> OrgSettings {
    OrgSettings {
        time_zone: TimeZone::parse("Europe/Madrid").unwrap(),
        currency: Currency::parse("EUR").unwrap(),
        language: Language::Es,
        invoice_prefix: InvoicePrefix::default(),
    }
}

/// The master key that all tests have.
pub(crate) const MASTER_KEY: &str = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";

pub(crate) fn keeper() -> Arc<MasterKeys> {
    Arc::new(MasterKeys::from_text(MASTER_KEY).unwrap())
}

/// The chain that makes an org, with a key that nobody has open yet.
pub(crate) async fn org_created(home: Home) -> Chain {
    chain_that_makes(home, new_org(home).await)
}

pub(crate) async fn new_org(home: Home) -> NewOrg {
    let wrapped = keeper().wrap(home.org(), &OrgKey::random().unwrap()).await.unwrap();
    NewOrg { wrapped: wrapped.bytes, master_key: wrapped.master_key }
}

pub(crate) fn chain_that_makes(home: Home, new_org: NewOrg) -> Chain {
    let envelope = leads::envelope(
        home.org(),
        home.org().into(),
        1,
        "org.create",
        serde_json::json!({ "name": "Bakery", "time_zone": "Europe/Madrid", "currency": "EUR", "language": "es",
                            "invoice_prefix": "INV" }),
        "xentri.org.created.v1",
    );
    let mut chain = Chain::new(home).making(new_org);
    let events = vec![EventRecord::of(&envelope).unwrap()];
    let stream = StreamRef::of::<Org>(home.org());
    let record = CommandRecord { events, ..CommandRecord::default() };
    chain.push(&leads::authorized(&owner(home)), [(stream, 0)], record).unwrap();
    chain
}

pub(crate) fn owner(home: Home) -> Principal {
    factory::principal(home.org(), Role::Owner)
}
