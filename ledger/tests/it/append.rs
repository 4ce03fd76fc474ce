//! The append through its queue: what many callers see.

use serde_json::json;
use xentri_ledger::{
    AppendError, Appended, Chain, ChainError, CommandRecord, EventRecord, Outcome, Place, ReceiptRecord,
    RecordError, Refusal,
};

use crate::support::{Lead, World, ada, authorized, created, envelope, new_org, noted};

#[tokio::test]
async fn a_command_is_told_where_its_events_stand() {
    let world = World::new().await;
    let home = world.org().await;
    let lead = Lead::new(home);
    let Outcome::Appended(appended) =
        world.append(lead.chain(0, vec![created(&lead), noted(&lead, 2)])).await
    else {
        panic!()
    };
    let [Appended { shard, epoch, events, .. }] = appended[..] else { panic!() };
    assert_eq!((shard, epoch), (home.shard(), 1));
    // The org's own first event came before.
    assert_eq!(events, Some(Place { first_org_seq: 2, last_position: 3 }));
    let stats = world.ledger.appenders().stats();
    assert_eq!((stats.calls, stats.appended), (2, 2));
    assert!(stats.in_calls > std::time::Duration::ZERO);
    let (sizes, times) = (world.ledger.appenders().batch_sizes(), world.ledger.appenders().call_times());
    assert_eq!((sizes.buckets[0], sizes.count, sizes.sum), ((1, 2), 2, 2));
    assert_eq!((times.count, u128::from(times.sum)), (2, stats.in_calls.as_micros()));
}

#[tokio::test]
async fn a_stale_version_is_refused_and_nothing_is_appended() {
    let world = World::new().await;
    let lead = Lead::new(world.org().await);
    let refused = world.append(lead.chain(7, vec![noted(&lead, 8)])).await;
    assert_eq!(refused, Outcome::Refused(Refusal::Stale));
    assert!(matches!(world.append(lead.chain(0, vec![created(&lead)])).await, Outcome::Appended(_)));
}

#[tokio::test]
async fn a_chain_without_commands_is_never_called_appended() {
    let world = World::new().await;
    let home = world.org().await;
    for chain in [Chain::new(home), Chain::new(home).making(new_org(home).await)] {
        let answer = world.ledger.appenders().append(chain).await;
        assert!(matches!(answer, Err(AppendError::Refused(_))), "{answer:?}");
    }
}

/// Nothing is appended, so nothing need be there.
#[tokio::test]
async fn an_event_that_would_be_wrong_for_ever_is_refused_before_it_waits() {
    let world = World::new().await;
    let (home, other) = (world.org().await, world.org().await);
    let lead = Lead::new(home);
    let open = EventRecord::of(&ada(&lead)).unwrap_err();
    assert!(matches!(&open, RecordError::Open { pointer, .. } if pointer == "/name"), "{open}");

    let add = |event: EventRecord| {
        let record = CommandRecord { events: vec![event], ..CommandRecord::default() };
        Chain::new(home).push(&authorized(&lead.by), [(lead.stream(), 0)], record)
    };
    assert_eq!(add(created(&lead)), Ok(()));
    let later = add(noted(&lead, 2));
    assert!(matches!(later, Err(ChainError::Elsewhere { version: 2, left: 1, .. })), "{later:?}");
    let payload = json!({ "company": "Engines" });
    let event =
        envelope(other.org(), lead.id.into(), 1, "lead.update-details", payload, "xentri.lead.updated.v1");
    let elsewhere = add(EventRecord::of(&event).unwrap());
    assert!(
        matches!(elsewhere, Err(ChainError::Elsewhere { org, .. }) if org == other.org()),
        "{elsewhere:?}"
    );
}

#[tokio::test]
async fn a_used_key_is_told_apart_from_a_stale_stream() {
    let world = World::new().await;
    let lead = Lead::new(world.org().await);
    let receipt = || Some(ReceiptRecord::new("order-1".parse().unwrap(), [1; 32], "{}".to_owned()).unwrap());
    let record = |events| CommandRecord { events, receipt: receipt(), ..CommandRecord::default() };
    let first = world.append(lead.chain_of(0, record(vec![created(&lead)]))).await;
    assert!(matches!(first, Outcome::Appended(_)));
    let again = world.append(lead.chain_of(0, record(vec![created(&lead)]))).await;
    assert_eq!(again, Outcome::Refused(Refusal::KeyUsed));
}

/// Sixteen callers race with one idempotency key through two ledgers. The receipt's primary key is checked under the
/// shard's lock, so exactly one is first, whoever it is; the queue keeps two of one process out of the same call.
#[tokio::test(flavor = "multi_thread")]
async fn one_key_raced_by_sixteen_callers_through_two_ledgers_is_appended_once() {
    let world = World::new().await;
    let other = world.another();
    let lead = Lead::new(world.org().await);
    let callers = (0..16).map(|n| {
        let receipt = ReceiptRecord::new("order-1".parse().unwrap(), [1; 32], "{}".to_owned()).unwrap();
        let record = CommandRecord {
            events: vec![created(&lead)],
            receipt: Some(receipt),
            ..CommandRecord::default()
        };
        let chain = lead.chain_of(0, record);
        let ledger = if n % 2 == 0 { &world.ledger } else { &other.ledger }.clone();
        tokio::spawn(async move { ledger.appenders().append(chain).await.unwrap() })
    });
    let mut appended = 0;
    for caller in callers.collect::<Vec<_>>() {
        match caller.await.unwrap() {
            Outcome::Appended(_) => appended += 1,
            Outcome::Refused(refusal) => assert_eq!(refusal, Refusal::KeyUsed),
        }
    }
    assert_eq!(appended, 1);
}
