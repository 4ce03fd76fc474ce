//! Chains of strangers that share a call with a bad one.

use sqlx::Executor;
use tokio::task::JoinHandle;
use uuid::Uuid;
use xentri_domain::aggregate::StreamRef;
use xentri_domain::kernel::EventId;
use xentri_ledger::{
    AppendError, Chain, CommandRecord, DatabaseError, EventRecord, Home, Outcome, RecordError, Refusal,
};
use xentri_schemas::BODY_MAX;

use super::checks::{HeldShard, assert_sound, until};
use crate::support::{Lead, World, authorized, created, noted};

type Answer = Result<Outcome, AppendError>;

/// Everything goes into one call: while a superuser holds the shard's lock, a first chain waits for it in its own call and
/// the others gather behind.
async fn in_one_call(world: &World, first: &Lead, chains: Vec<Chain>) -> Vec<Answer> {
    let mut lock = HeldShard::take(&world.db, first.home.shard()).await;
    let warm = send(world, first.chain(0, vec![created(first)]));
    lock.waited_for_by(1).await;
    let count: usize = chains.iter().map(Chain::len).sum();
    let waiting: Vec<_> = chains.into_iter().map(|chain| send(world, chain)).collect();
    until("all wait", async || world.ledger.appenders().waiting() == count).await;
    lock.release().await;
    assert!(matches!(warm.await.unwrap(), Ok(Outcome::Appended(_))));
    let mut answers = Vec::new();
    for answer in waiting {
        answers.push(answer.await.unwrap());
    }
    assert_eq!(world.ledger.appenders().stats().largest, u64::try_from(count).unwrap(), "all in one call");
    answers
}

fn send(world: &World, chain: Chain) -> JoinHandle<Answer> {
    let ledger = world.ledger.clone();
    tokio::spawn(async move { ledger.appenders().append(chain).await })
}

fn with_body(lead: &Lead, body: &str) -> Chain {
    let id = EventId::try_from(Uuid::now_v7()).unwrap();
    let event = EventRecord::from_body(id, "xentri.lead.created.v1", lead.stream(), body.to_owned()).unwrap();
    lead.chain(0, vec![event])
}

/// Three chains among forty carry a value that only Postgres finds bad: a trigger stands for whatever that will be. The
/// batch is halved until each is alone, so the others are appended whatever their place in it.
#[tokio::test]
async fn a_value_that_postgres_refuses_fails_its_own_chain_alone() {
    let world = World::new().await;
    let home = world.org().await;
    let mut admin = world.db.connect_as_admin().await;
    admin
        .execute(
            "create function public.poisoned() returns trigger language plpgsql as $$ \
               begin raise exception 'poison' using errcode = '22000'; end $$; \
             create trigger poisoned before insert on event for each row \
               when (new.body like '%poison%') execute function public.poisoned()",
        )
        .await
        .unwrap();
    let poisoned = |n: usize| n % 14 == 7;
    let leads: Vec<Lead> = (0..43).map(|_| Lead::new(home)).collect();
    let chains = leads.iter().enumerate();
    let chains = chains.map(|(n, lead)| with_body(lead, if poisoned(n) { r#"{"poison":1}"# } else { "{}" }));
    let answers = in_one_call(&world, &Lead::new(home), chains.collect()).await;
    for (n, answer) in answers.iter().enumerate() {
        let refused =
            matches!(answer, Err(AppendError::Refused(DatabaseError::Data { code, .. })) if code == "22000");
        let appended = matches!(answer, Ok(Outcome::Appended(_)));
        assert!(if poisoned(n) { refused } else { appended }, "{n}: {answer:?}");
    }
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 40);
    assert!(world.ledger.appenders().stats().halved > 0);
    assert_sound(&mut admin).await;
}

/// A chain of three commands is refused with a row for each. Whoever comes after it in the call has rows of its own, and
/// none of them may be taken for another's.
#[tokio::test]
async fn a_refused_chain_of_several_commands_leaves_the_verdicts_of_its_neighbours_alone() {
    let world = World::new().await;
    let home = world.org().await;
    let (stale, first, second) = (Lead::new(home), Lead::new(home), Lead::new(home));
    let mut refused = stale.chain(7, vec![noted(&stale, 8)]);
    for version in [8, 9] {
        let record = CommandRecord { events: vec![noted(&stale, version + 1)], ..CommandRecord::default() };
        refused.push(&authorized(&stale.by), [(stale.stream(), version)], record).unwrap();
    }
    let chains =
        vec![first.chain(0, vec![created(&first)]), refused, second.chain(0, vec![created(&second)])];
    let answers = in_one_call(&world, &Lead::new(home), chains).await;
    assert!(matches!(&answers[0], Ok(Outcome::Appended(appended)) if appended.len() == 1), "{answers:?}");
    assert!(matches!(&answers[1], Ok(Outcome::Refused(Refusal::Stale))), "{answers:?}");
    assert!(matches!(&answers[2], Ok(Outcome::Appended(appended)) if appended.len() == 1), "{answers:?}");
}

/// Versions that no stream can have come with chains that can be appended; each is only stale.
#[tokio::test]
async fn a_version_far_off_is_stale_and_nothing_else() {
    let world = World::new().await;
    let home = world.org().await;
    let far = [u32::MAX, u32::MAX - 1, 1 << 31, i32::MAX.unsigned_abs(), 1];
    let leads: Vec<Lead> = (0..far.len() + 40).map(|_| Lead::new(home)).collect();
    let version = |n: usize| far.get(n).copied().unwrap_or(0);
    let event = |lead: &Lead, after: u32| match after {
        0 => created(lead),
        after => noted(lead, after.saturating_add(1)),
    };
    let chains =
        leads.iter().enumerate().map(|(n, lead)| lead.chain(version(n), vec![event(lead, version(n))]));
    let answers = in_one_call(&world, &Lead::new(home), chains.collect()).await;
    for (n, answer) in answers.iter().enumerate() {
        match answer {
            Ok(Outcome::Refused(Refusal::Stale)) => assert!(n < far.len(), "{n}"),
            Ok(Outcome::Appended(_)) => assert!(n >= far.len(), "{n}"),
            other => panic!("{n}: {other:?}"),
        }
    }
    assert_eq!(world.ledger.appenders().stats().halved, 0);
}

/// What is known to be bad never gets as far as a call.
#[tokio::test]
async fn a_nul_and_a_body_that_is_too_long_are_refused_before_they_wait() {
    let world = World::new().await;
    let home: Home = world.org().await;
    let record = |body: String| {
        let stream: StreamRef = Lead::new(home).stream();
        EventRecord::from_body(Uuid::now_v7().try_into().unwrap(), "xentri.lead.created.v1", stream, body)
    };
    assert!(matches!(record("{\"a\":\"\0\"}".to_owned()), Err(RecordError::Nul { .. })));
    assert!(matches!(record("x".repeat(BODY_MAX + 1)), Err(RecordError::Body(_))));
    assert!(record("x".repeat(BODY_MAX)).is_ok());
}
