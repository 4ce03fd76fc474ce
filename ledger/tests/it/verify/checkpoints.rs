//! Rounds of signing.

use xentri_ledger::{CheckpointsError, Finding, Reason};

use super::{EVENTS, Signer, add_lead, at, chain_anew, filled, findings, on_two_databases, tamper, verify};
use crate::verify::fill;

fn refused<T: std::fmt::Debug>(outcome: Result<T, CheckpointsError>) -> Vec<Finding> {
    match outcome {
        Err(CheckpointsError::Verify(error)) => findings::<()>(Err(error)),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_round_signs_what_has_moved() {
    let (world, second) = on_two_databases().await;
    let homes = fill(&world, 6).await;
    let signer = Signer::new();
    assert_eq!(signer.sign(&world, 60).await.unwrap().len(), 6);
    assert_eq!(signer.sign(&world, 120).await.unwrap(), []);
    add_lead(&world, homes[3]).await;
    let again = signer.sign(&world, 180).await.unwrap();
    assert_eq!(again.len(), 1);
    assert_eq!((again[0].org_id, again[0].org_seq, again[0].epoch), (homes[3].org(), EVENTS + 3, 1));
    assert_eq!(verify(&world, &signer.book()).await.unwrap().events, 6 * EVENTS + 3);
    assert_eq!(signer.book().highest_epoch(), 1);
    drop(second);
}

/// Whether anything was appended shows too.
#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_signed_over_an_event_that_is_not_as_it_was_signed() {
    let (world, homes) = filled(2).await;
    let signer = Signer::new();
    signer.sign(&world, 60).await.unwrap();
    chain_anew(&world.db, homes[0], 6).await;
    let reason = Reason::NotAsSigned { made_at: at(60), fits_to: 0 };
    // The head itself, and then from it on.
    for round in 0..2 {
        let found = refused(signer.sign(&world, 120).await);
        assert_eq!((found.len(), found[0].org_seq, &found[0].reason), (1, 7, &reason), "round {round}");
        add_lead(&world, homes[0]).await;
        add_lead(&world, homes[1]).await;
    }
    assert_eq!(signer.book().of(homes[1].org()).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_signed_after_a_change_that_came_since() {
    let (world, homes) = filled(2).await;
    let signer = Signer::new();
    signer.sign(&world, 60).await.unwrap();
    add_lead(&world, homes[0]).await;
    let change = "update event set body = replace(body, 'lead.add-note', 'lead.add-nope')";
    tamper(&world.db, &format!("{change} where org_id = '{}' and org_seq = 9", homes[0].org())).await;
    let found = refused(signer.sign(&world, 120).await);
    assert_eq!((found[0].org_seq, &found[0].reason), (9, &Reason::ContentChanged));
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_signed_when_signed_events_are_gone() {
    let (world, homes) = filled(2).await;
    let signer = Signer::new();
    signer.sign(&world, 60).await.unwrap();
    tamper(&world.db, &format!("delete from event where org_id = '{}' and org_seq > 5", homes[0].org()))
        .await;
    let found = refused(signer.sign(&world, 120).await);
    let gone = Reason::MissingTail { made_at: at(60), signed: EVENTS };
    assert_eq!((found.len(), found[0].org_seq, &found[0].reason), (1, 6, &gone));
    tamper(&world.db, &format!("delete from event where org_id = '{}'", homes[0].org())).await;
    let found = refused(signer.sign(&world, 120).await);
    assert_eq!((found.len(), found[0].org_seq, &found[0].reason), (1, 1, &gone));
}
