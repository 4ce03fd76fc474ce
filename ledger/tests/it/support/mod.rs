//! A ledger for each test, orgs in it, and commands to append.

mod leads;

use std::sync::Arc;

use xentri_domain::aggregate::StreamRef;
use xentri_domain::kernel::{Currency, Language, Principal, Role, TimeZone};
use xentri_domain::org::{InvoicePrefix, Org};
use xentri_ledger::{
    Chain, CommandRecord, EventRecord, Home, Ledger, LedgerSettings, NewOrg, OrgSettings, Outcome, ShardMap,
};
use xentri_testkit::{TestDb, factory};

pub(crate) use leads::{Lead, created, noted};

/// One process on a ledger in one database; a clone of its database handle makes another.
pub(crate) struct World {
    pub(crate) db: Arc<TestDb>,
    pub(crate) ledger: Ledger,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(&LedgerSettings::default()).await
    }

    pub(crate) async fn with(settings: &LedgerSettings) -> Self {
        let db = Arc::new(TestDb::new().await);
        let ledger = Ledger::open(ShardMap::single(db.server_url()), settings).unwrap();
        Self { db, ledger }
    }

    /// Another process on the same database.
    pub(crate) fn another(&self) -> Self {
        let map = ShardMap::single(self.db.server_url());
        let ledger = Ledger::open(map, &LedgerSettings::default()).unwrap();
        Self { db: self.db.clone(), ledger }
    }

    /// An org, active.
    pub(crate) async fn org(&self) -> Home {
        let org = factory::org();
        let home = self.ledger.directory().reserve(org, None, &settings()).await.unwrap().home;
        let outcome = self.append(org_created(home)).await;
        assert!(matches!(outcome, Outcome::Appended(_)), "{outcome:?}");
        assert!(self.ledger.directory().activate(org).await.unwrap());
        home
    }

    pub(crate) async fn append(&self, chain: Chain) -> Outcome {
        self.ledger.appenders().append(chain).await.unwrap()
    }
}

pub(crate) fn settings() -> OrgSettings {
    OrgSettings {
        time_zone: TimeZone::parse("Europe/Madrid").unwrap(),
        currency: Currency::parse("EUR").unwrap(),
        language: Language::Es,
        invoice_prefix: InvoicePrefix::default(),
    }
}

/// The chain that makes an org, with a key that opens nothing.
pub(crate) fn org_created(home: Home) -> Chain {
    let envelope = leads::envelope(
        home.org(),
        home.org().into(),
        1,
        "org.create",
        serde_json::json!({ "name": "Bakery", "time_zone": "Europe/Madrid", "currency": "EUR", "language": "es",
                            "invoice_prefix": "INV" }),
        "xentri.org.created.v1",
    );
    let mut chain = Chain::new(home).making(NewOrg { wrapped: vec![7; 32], master_key: "m-test".to_owned() });
    let events = vec![EventRecord::of(&envelope).unwrap()];
    let stream = StreamRef::of::<Org>(home.org());
    let record = CommandRecord { events, ..CommandRecord::default() };
    chain.push(&leads::authorized(&owner(home)), [(stream, 0)], record).unwrap();
    chain
}

pub(crate) fn owner(home: Home) -> Principal {
    factory::principal(home.org(), Role::Owner)
}
