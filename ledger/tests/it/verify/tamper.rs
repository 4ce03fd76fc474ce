//! Whatever is changed, the first event that is not as it was recorded is named.

use xentri_domain::kernel::{StreamId, SubjectId};
use xentri_ledger::{
    CheckpointBook, CommandRecord, EventColumn, Finding, Forgets, Home, NewSubject, Outcome, Progress,
    Reason, verify_ledger, verify_org,
};

use super::{EVENTS, Signer, World, chain_anew, filled, findings, found, on_two_databases, tamper, verify};
use crate::support::{Lead, created, noted};
use crate::verify::fill;

#[tokio::test(flavor = "multi_thread")]
async fn an_untouched_ledger_verifies() {
    let (world, homes) = filled(5).await;
    let databases = world.ledger.databases();
    let mut last = Progress { done: 0, total: 0 };
    let report = verify_ledger(databases, &CheckpointBook::default(), |now| last = now).await.unwrap();
    assert_eq!((report.events, report.orgs), (5 * EVENTS, 5));
    assert_eq!(last, Progress { done: 5 * EVENTS, total: 5 * EVENTS });
    assert_eq!(report.shards.iter().map(|shard| shard.events).sum::<u64>(), report.events);
    for home in homes {
        let chain = verify_org(databases, home, &CheckpointBook::default()).await.unwrap();
        assert_eq!(chain.org_seq(), EVENTS);
    }
}

#[tokio::test]
async fn an_empty_ledger_verifies() {
    let report = verify(&World::new().await, &CheckpointBook::default()).await.unwrap();
    assert_eq!((report.events, report.orgs, report.shards.len()), (0, 0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_in_two_databases_is_verified_as_one() {
    let (world, second) = on_two_databases().await;
    let mut homes = Vec::new();
    let one_in = |homes: &[Home], shards: std::ops::Range<i32>| {
        homes.iter().copied().find(|home| shards.contains(&home.shard().number()))
    };
    // Orgs go where their ids say: until there is one in each.
    let (low, high) = loop {
        homes.extend(fill(&world, 2).await);
        if let (Some(low), Some(high)) = (one_in(&homes, 0..2), one_in(&homes, 2..4)) {
            break (low, high);
        }
    };
    let report = verify(&world, &CheckpointBook::default()).await.unwrap();
    assert_eq!((report.events, report.orgs), (homes.len() as u64 * EVENTS, homes.len() as u64));

    tamper(&world.db, &flip_body(low, 3)).await;
    tamper(&second, &flip_body(high, 3)).await;
    let all = found(&world).await;
    assert_eq!(all.iter().map(|finding| finding.org_seq).collect::<Vec<_>>(), [3, 3]);
    assert!(all[0].shard < Some(2) && all[1].shard >= Some(2), "{all:?}");
}

/// One byte.
fn flip_body(home: Home, org_seq: u64) -> String {
    let org = home.org();
    format!(
        "update event set body = replace(body, 'lead.add-note', 'lead.add-nope') where org_id = '{org}' and org_seq = {org_seq}"
    )
}

/// By the whole ledger and by the org alone, which must agree.
async fn first_found(world: &World, home: Home) -> Finding {
    let finding = found(world).await.remove(0);
    assert_eq!(finding.org_id, home.org().uuid());
    let alone = verify_org(world.ledger.databases(), home, &CheckpointBook::default()).await;
    assert_eq!(findings(alone), std::slice::from_ref(&finding));
    finding
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_byte_of_a_body_names_its_event() {
    let (world, homes) = filled(3).await;
    tamper(&world.db, &flip_body(homes[1], 4)).await;
    let finding = first_found(&world, homes[1]).await;
    assert_eq!((finding.org_seq, finding.reason), (4, Reason::ContentChanged));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_hash_names_its_event() {
    let (world, homes) = filled(3).await;
    let change = "update event set hash = sha256(hash)";
    tamper(&world.db, &format!("{change} where org_id = '{}' and org_seq = 5", homes[2].org())).await;
    let finding = first_found(&world, homes[2]).await;
    assert_eq!((finding.org_seq, finding.reason), (5, Reason::HashChanged));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_column_names_its_event() {
    let (world, homes) = filled(2).await;
    let change = "update event set type = 'xentri.lead.created.v1'";
    tamper(&world.db, &format!("{change} where org_id = '{}' and org_seq = 3", homes[0].org())).await;
    let finding = first_found(&world, homes[0]).await;
    assert_eq!((finding.org_seq, finding.reason), (3, Reason::Disagrees(EventColumn::Type)));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_rows_that_changed_places_are_named_at_the_first() {
    let (world, homes) = filled(1).await;
    let swap = "update event set position = 1003 where position = 3; \
                update event set position = 3 where position = 4; \
                update event set position = 4 where position = 1003";
    tamper(&world.db, swap).await;
    let finding = found(&world).await.remove(0);
    assert_eq!((finding.position, finding.org_seq), (Some(3), 4));
    assert_eq!(finding.reason, Reason::OrgSeq { expected: 3 });

    // Their numbers in the org too: to the org alone it shows as well.
    let swap = "update event set org_seq = 1003 where org_seq = 3; \
                update event set org_seq = 3 where org_seq = 4; \
                update event set org_seq = 4 where org_seq = 1003";
    tamper(&world.db, swap).await;
    let finding = first_found(&world, homes[0]).await;
    assert_eq!((finding.position, finding.org_seq), (Some(3), 3));
    assert!(matches!(finding.reason, Reason::Unfit { .. }), "{finding}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_deleted_from_the_middle_is_missed() {
    let (world, homes) = filled(1).await;
    tamper(&world.db, "delete from event where position = 3").await;
    let finding = found(&world).await.remove(0);
    assert_eq!((finding.org_seq, finding.reason), (4, Reason::Position { expected: 3 }));
    let alone = verify_org(world.ledger.databases(), homes[0], &CheckpointBook::default()).await;
    assert_eq!(findings(alone)[0].reason, Reason::OrgSeq { expected: 3 });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_end_is_missed_by_whoever_has_a_checkpoint() {
    let (world, homes) = filled(1).await;
    let signer = Signer::new();
    signer.sign(&world, 60).await.unwrap();
    verify(&world, &signer.book()).await.unwrap();
    tamper(&world.db, &format!("delete from event where org_seq = {EVENTS}")).await;
    verify(&world, &CheckpointBook::default()).await.unwrap();

    let finding = findings(verify(&world, &signer.book()).await).remove(0);
    assert_eq!((finding.org_id, finding.org_seq), (homes[0].org().uuid(), 7));
    assert_eq!(finding.reason, Reason::MissingTail { made_at: super::at(60), signed: EVENTS });
    let alone = verify_org(world.ledger.databases(), homes[0], &signer.book()).await;
    assert_eq!(findings(alone), [finding]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_that_was_chained_anew_is_not_what_was_signed() {
    let (world, homes) = filled(3).await;
    let signer = Signer::new();
    signer.sign(&world, 60).await.unwrap();
    chain_anew(&world.db, homes[1], 4).await;
    verify(&world, &CheckpointBook::default()).await.unwrap();

    let finding = findings(verify(&world, &signer.book()).await).remove(0);
    assert_eq!((finding.org_id, finding.org_seq), (homes[1].org().uuid(), 7));
    assert_eq!(finding.reason, Reason::NotAsSigned { made_at: super::at(60), fits_to: 0 });
    let alone = verify_org(world.ledger.databases(), homes[1], &signer.book()).await;
    assert_eq!(findings(alone), [finding]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_forgotten_person_s_events_still_verify() {
    let world = World::new().await;
    let lead = Lead::new(world.org().await);
    let subject = SubjectId::from(StreamId::from(lead.id));
    let known = CommandRecord {
        events: vec![created(&lead)],
        new_subjects: vec![NewSubject { subject, wrapped: vec![7; 60] }],
        about: vec![(subject, lead.stream())],
        ..CommandRecord::default()
    };
    let forgotten = CommandRecord {
        events: vec![noted(&lead, 2)],
        forgets: vec![Forgets { subject, streams: 1 }],
        ..CommandRecord::default()
    };
    for (version, record) in [(0, known), (1, forgotten)] {
        let outcome = world.append(lead.chain_of(version, record)).await;
        assert!(matches!(outcome, Outcome::Appended(_)), "{outcome:?}");
    }
    assert_eq!(verify(&world, &CheckpointBook::default()).await.unwrap().events, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erased_org_still_verifies() {
    let (world, homes) = filled(1).await;
    let mut server = world.db.connect_as_server().await;
    sqlx::query("set role xentri_app").execute(&mut server).await.unwrap();
    let (org, shard) = (homes[0].org().uuid(), homes[0].shard().number());
    for statement in ["select app.erase_org($1, $2)", "select app.mark_org_erased($1) where $2 >= 0"] {
        let done: bool =
            sqlx::query_scalar(statement).bind(org).bind(shard).fetch_one(&mut server).await.unwrap();
        assert!(done);
    }
    assert_eq!(verify(&world, &CheckpointBook::default()).await.unwrap().events, EVENTS);
}
