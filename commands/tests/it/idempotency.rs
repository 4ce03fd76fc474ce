//! The same command again: the first answer, and nothing appended.

use serde_json::json;
use xentri_commands::DispatchError;
use xentri_domain::kernel::Role;
use xentri_testkit::factory;

use crate::support::{World, ada, keyed};

#[tokio::test]
async fn a_repeated_command_gets_its_first_answer_whatever_has_happened_since() {
    let world = World::new().await;
    let owner = world.owner().await;
    let capture = || keyed("order-1", "lead.capture", None, &ada());
    let first = world.dispatcher.dispatch(&owner, capture()).await.unwrap();
    let contact = || keyed("order-2", "lead.log-contact", Some(first.id), &json!({ "channel": "email" }));
    let contacted = world.dispatcher.dispatch(&owner, contact()).await.unwrap();
    world.give_to(&owner, first.id, "lead.disqualify", &json!({ "reason": "no" })).await.unwrap();

    // The lead takes no contact any more: decided anew, it would be refused.
    for world in [&world, &world.another()] {
        for (request, before) in [(capture(), &first), (contact(), &contacted)] {
            let again = world.dispatcher.dispatch(&owner, request).await.unwrap();
            assert!(again.replayed && !before.replayed);
            let fields = |answer: &xentri_commands::Answer| {
                (answer.id, answer.version, answer.org_seq, answer.created, answer.events.clone())
            };
            assert_eq!(fields(&again), fields(before));
        }
    }
}

#[tokio::test]
async fn a_key_is_good_for_one_command_of_one_actor() {
    let world = World::new().await;
    let owner = world.owner().await;
    let first = world.dispatcher.dispatch(&owner, keyed("k", "lead.capture", None, &ada())).await.unwrap();
    let other = json!({ "name": "Charles Babbage", "source": "form" });
    let error =
        world.dispatcher.dispatch(&owner, keyed("k", "lead.capture", None, &other)).await.unwrap_err();
    assert!(matches!(error, DispatchError::KeyReused), "{error:?}");
    let somebody = factory::principal(owner.org(), Role::Member);
    let theirs =
        world.dispatcher.dispatch(&somebody, keyed("k", "lead.capture", None, &ada())).await.unwrap();
    assert!(!theirs.replayed && theirs.id != first.id);
}

/// Sixteen callers, eight in each of two processes, send one command with one key at the same time. The receipt's primary
/// key lets one append; everybody else is told so by the append or the lane and reads the winner's receipt.
#[tokio::test(flavor = "multi_thread")]
async fn a_race_of_one_key_appends_once_and_answers_all_alike() {
    let one = World::new().await;
    let other = one.another();
    let owner = one.owner().await;
    let mut callers = tokio::task::JoinSet::new();
    for n in 0..16 {
        let dispatcher = if n % 2 == 0 { one.dispatcher.clone() } else { other.dispatcher.clone() };
        let owner = owner.clone();
        callers.spawn(async move {
            dispatcher.dispatch(&owner, keyed("race", "lead.capture", None, &ada())).await.unwrap()
        });
    }
    let answers = callers.join_all().await;
    assert_eq!(answers.iter().filter(|answer| !answer.replayed).count(), 1);
    assert!(answers.iter().all(|answer| (answer.id, answer.org_seq) == (answers[0].id, 2)), "{answers:?}");
}

/// A client that has lost patience sends one command again and again: that must not cost a call each, nor hold up the rest.
/// On one thread, with everything at hand, all are in the lane before it runs.
#[tokio::test]
async fn a_crowd_with_one_key_takes_a_few_calls() {
    let world = World::new().await;
    let owner = world.owner().await;
    world.lead(&owner).await;
    let before = world.dispatcher.ledger().appenders().stats().calls;
    let mut callers = tokio::task::JoinSet::new();
    for _ in 0..200 {
        let (dispatcher, owner) = (world.dispatcher.clone(), owner.clone());
        callers.spawn(async move {
            dispatcher.dispatch(&owner, keyed("storm", "lead.capture", None, &ada())).await.unwrap().id
        });
    }
    let answers: std::collections::BTreeSet<_> = callers.join_all().await.into_iter().collect();
    assert_eq!(answers.len(), 1);
    let calls = world.dispatcher.ledger().appenders().stats().calls - before;
    assert!(calls < 10, "200 commands took {calls} calls");
}

#[tokio::test]
async fn a_rejection_is_not_kept() {
    let world = World::new().await;
    let owner = world.owner().await;
    let lead = world.lead(&owner).await;
    let qualify = || keyed("q", "lead.qualify", Some(lead), &json!({ "score": 1, "reason": "maybe" }));
    assert!(matches!(world.dispatcher.dispatch(&owner, qualify()).await, Err(DispatchError::Refused(_))));
    world.give_to(&owner, lead, "lead.log-contact", &json!({ "channel": "email" })).await.unwrap();
    assert!(!world.dispatcher.dispatch(&owner, qualify()).await.unwrap().replayed);
}

#[tokio::test]
async fn a_command_that_changes_nothing_has_a_receipt_too() {
    let world = World::new().await;
    let owner = world.owner().await;
    let lead = world.lead(&owner).await;
    let body = json!({ "owner": factory::user() });
    world.give_to(&owner, lead, "lead.assign", &body).await.unwrap();
    let assign = || keyed("a", "lead.assign", Some(lead), &body);
    let first = world.dispatcher.dispatch(&owner, assign()).await.unwrap();
    assert!(!first.replayed && first.org_seq == 3, "{first:?}");
    world.lead(&owner).await;
    let again = world.dispatcher.dispatch(&owner, assign()).await.unwrap();
    assert!(again.replayed && again.events.is_empty() && again.version == 2, "{again:?}");
    assert_eq!(again.org_seq, first.org_seq);
}
