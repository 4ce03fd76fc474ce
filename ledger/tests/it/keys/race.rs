//! Two who know nothing of each other make a person's first key.

use uuid::Uuid;
use xentri_domain::kernel::SubjectId;
use xentri_ledger::{Outcome, Refusal};

use crate::support::{Lead, World, ada, chain, invoice};

/// Both have sealed before either appends, so each has made a key of its own; the table takes one first key of a person.
/// Whoever is refused, once told, asks the database, where the other's key is by then.
#[tokio::test(flavor = "multi_thread")]
async fn two_processes_race_the_first_event_about_one_person() {
    let world = World::new().await;
    let other = world.another();
    let home = world.org().await;
    let subject = SubjectId::try_from(Uuid::now_v7()).unwrap();
    let events = [[invoice(home, subject, "Ada")], [invoice(home, subject, "Ada Lovelace")]];
    let mut sealers = [world.ledger.keys().sealer(home), other.ledger.keys().sealer(home)];
    let mut chains = Vec::new();
    for (sealer, events) in sealers.iter_mut().zip(&events) {
        let record = sealer.seal(events).await.unwrap();
        assert_eq!(record.new_subjects.len(), 1);
        chains.push(chain(home, vec![(events, record)]));
    }
    let second = chains.pop().unwrap();
    let outcomes = tokio::join!(world.append(chains.pop().unwrap()), other.append(second));
    let outcomes = [outcomes.0, outcomes.1];
    let refused = Outcome::Refused(Refusal::SubjectKeyExists);
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == refused).count(), 1, "{outcomes:?}");

    for (n, outcome) in outcomes.iter().enumerate() {
        sealers[n].settle(&Ok(outcome.clone())).await;
        if *outcome == refused {
            let again = world.record(&mut sealers[n], home, &events[n]).await;
            assert!(matches!(again, Outcome::Appended(_)), "{again:?}");
        }
    }
    for process in [&world, &other, &world.another()] {
        let mut history = process.history(home).await;
        history.sort_by_key(|event| event.id);
        assert_eq!(history, events.concat());
    }
    assert_eq!(world.streams_about(home, subject).await.len(), 2);
}

/// A new lead's person is taken for new without asking; here an invoice was for them before.
#[tokio::test]
async fn a_wrong_guess_costs_one_more_round() {
    let world = World::new().await;
    let home = world.org().await;
    let lead = Lead::new(home);
    let bill = invoice(home, lead.id.into(), "Ada");
    world.another().recorded(home, std::slice::from_ref(&bill)).await;

    let mut sealer = world.ledger.keys().sealer(home);
    let event = ada(&lead);
    let events = std::slice::from_ref(&event);
    assert_eq!(world.record(&mut sealer, home, events).await, Outcome::Refused(Refusal::SubjectKeyExists));
    assert!(matches!(world.record(&mut sealer, home, events).await, Outcome::Appended(_)));
    assert_eq!(world.history(home).await, [bill, event]);
}
