//! Verifying a ledger in Postgres, as somebody leaves it who may do everything there.

mod checkpoints;
mod export;
mod places;
mod restore;
mod tamper;

use std::fs::File;
use std::io::BufReader;
use std::sync::Arc;

use sqlx::{AssertSqlSafe, Executor as _};
use xentri_domain::kernel::Timestamp;
use xentri_ledger::{
    Checkpoint, CheckpointBook, CheckpointFile, CheckpointKey, CheckpointsError, Finding, Home, LedgerReport,
    Outcome, VerifyError, make_checkpoints, verify_ledger,
};
use xentri_testkit::TestDb;

use crate::support::{Lead, World, created, noted};

/// Events of an org that [`filled`] makes: its own, and three for each of two leads.
const EVENTS: u64 = 7;

fn key() -> CheckpointKey {
    CheckpointKey::from_seed(&[7; 32])
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_micros(1_772_452_800_000_000 + seconds * 1_000_000).unwrap()
}

/// A world with some orgs that have some events each.
async fn filled(orgs: usize) -> (World, Vec<Home>) {
    let world = World::new().await;
    let homes = fill(&world, orgs).await;
    (world, homes)
}

async fn fill(world: &World, orgs: usize) -> Vec<Home> {
    let mut homes = Vec::new();
    for _ in 0..orgs {
        let home = world.org().await;
        add_lead(world, home).await;
        add_lead(world, home).await;
        homes.push(home);
    }
    homes
}

/// Three events.
async fn add_lead(world: &World, home: Home) {
    let lead = Lead::new(home);
    let outcome = world.append(lead.chain(0, vec![created(&lead), noted(&lead, 2), noted(&lead, 3)])).await;
    assert!(matches!(outcome, Outcome::Appended(_)), "{outcome:?}");
}

/// A ledger in two databases, and the second of them.
async fn on_two_databases() -> (World, Arc<TestDb>) {
    let world = World::over_two().await;
    let second = world.second.clone().unwrap();
    (world, second)
}

/// As superuser, with the trigger off that refuses every change.
async fn tamper(db: &TestDb, statements: &str) {
    let mut admin = db.connect_as_admin().await;
    let statements = format!(
        "alter table event disable trigger event_never_changes; {statements}; \
         alter table event enable always trigger event_never_changes"
    );
    admin.execute(AssertSqlSafe(statements)).await.unwrap();
}

/// Changes an event's body and hashes it and all that follows anew, as the ledger would have.
async fn chain_anew(db: &TestDb, home: Home, from: u64) {
    let org = home.org();
    let statements = format!(
        "update event set body = replace(body, 'lead.add-note', 'lead.add-nope') where org_id = '{org}' and org_seq = {from}; \
         do $$ declare head bytea; e record; begin \
           select hash into head from event where org_id = '{org}' and org_seq = {from} - 1; \
           for e in select * from event where org_id = '{org}' and org_seq >= {from} order by org_seq loop \
             head := sha256(head || int8send(e.epoch) || int8send(e.org_seq) \
               || int8send((extract(epoch from e.recorded_at) * 1000000)::bigint) || sha256(convert_to(e.body, 'UTF8'))); \
             update event set hash = head where shard = e.shard and position = e.position; \
           end loop; end $$"
    );
    tamper(db, &statements).await;
}

async fn verify(world: &World, book: &CheckpointBook) -> Result<LedgerReport, VerifyError> {
    verify_ledger(world.ledger.databases(), book, |_| {}).await
}

/// What does not fit, in a ledger of which nothing was signed.
async fn found(world: &World) -> Vec<Finding> {
    findings(verify(world, &CheckpointBook::default()).await)
}

fn findings<T: std::fmt::Debug>(outcome: Result<T, VerifyError>) -> Vec<Finding> {
    match outcome {
        Err(VerifyError::Found(findings)) => findings.all().to_vec(),
        other => panic!("{other:?}"),
    }
}

/// A file of checkpoints, and the rounds of signing.
struct Signer(tempfile::TempDir);

impl Signer {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn file(&self) -> CheckpointFile {
        CheckpointFile::open(&self.0.path().join("checkpoints.jsonl")).unwrap()
    }

    fn book(&self) -> CheckpointBook {
        let file = File::open(self.0.path().join("checkpoints.jsonl"));
        let Ok(file) = file else { return CheckpointBook::default() };
        CheckpointBook::read(BufReader::new(file), &[key().public()], |_| true).unwrap()
    }

    async fn sign(&self, world: &World, seconds: i64) -> Result<Vec<Checkpoint>, CheckpointsError> {
        let databases = world.ledger.databases();
        make_checkpoints(databases, &self.book(), &key(), &mut self.file(), at(seconds)).await
    }
}
