use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::verify::{EventColumn, Reason};

type Change = fn(&mut Stored);

/// The number of the event and what is wrong with it.
fn found(rows: &[Stored]) -> (i64, Reason) {
    let finding = check(rows).unwrap_err();
    (finding.org_seq, finding.reason)
}

#[test]
fn an_untouched_shard_fits() {
    assert_eq!(check(&ledger(&[0, 1, 0, 2, 1, 0])), Ok(6));
    assert_eq!(check(&[]), Ok(0));
}

#[test]
fn the_events_before_a_finding_are_counted() {
    let mut rows = ledger(&[0, 1, 0]);
    rows[2].hash[0] ^= 1;

    let mut check = ShardCheck::new(SHARD, CheckpointBook::default());
    let fits = rows.iter().filter(|row| check.add(&row.row()).is_ok()).count();
    assert_eq!((fits, check.events(), check.orgs().count()), (2, 2, 2));
}

#[test]
fn an_epoch_may_rise() {
    let mut rows = ledger(&[0, 1, 0, 1]);
    rows[2].epoch = 2;
    rows[3].epoch = 2;
    chain_anew(&mut rows);
    assert_eq!(check(&rows), Ok(4));
}

#[test]
fn a_changed_body_is_told_from_a_changed_hash_by_the_next_event() {
    let genuine = ledger(&[0, 1, 0, 0]);
    let next = genuine[2].row().link().unwrap();
    let mut rows = genuine.clone();
    rows[0].body = rows[0].body.replace("add-note", "add-nope");
    let finding = check(&rows).unwrap_err();
    assert!(matches!(finding.reason, Reason::Unfit { .. }));
    assert_eq!(finding.narrowed_by(&next).reason, Reason::ContentChanged);

    let mut rows = genuine.clone();
    rows[0].hash[31] ^= 1;
    assert_eq!(check(&rows).unwrap_err().narrowed_by(&next).reason, Reason::HashChanged);

    let mut rows = genuine;
    rows[0].recorded_at += 1;
    assert_eq!(check(&rows).unwrap_err().narrowed_by(&next).reason, Reason::ContentChanged);
}

#[test]
fn a_finding_says_which_event_and_why() {
    let mut rows = ledger(&[0, 1]);
    rows[1].hash[0] ^= 1;
    let finding = check(&rows).unwrap_err();
    assert_eq!(
        finding.to_string(),
        "event number 1 of org 0190a5e0-0000-7000-8000-000000000002, shard 3, position 2, id \
         0190a5e1-7f3c-7a52-9d0e-000000000002: its hash does not follow from the event before, its place, its time \
         and its body: one of them was changed"
    );
}

#[test]
fn an_event_that_was_deleted_in_the_middle_is_missed_at_the_next() {
    let mut rows = ledger(&[0, 1, 0, 0]);
    rows.remove(2);
    assert_eq!(found(&rows), (3, Reason::Position { expected: 3 }));
    rows[2].position = 3;
    assert_eq!(found(&rows), (3, Reason::OrgSeq { expected: 2 }));
    rows[2].org_seq = 2;
    assert!(matches!(found(&rows), (2, Reason::Unfit { .. })));
}

#[test]
fn swapped_rows_are_named_at_the_first() {
    let genuine = ledger(&[0, 0, 0, 0]);
    let mut rows = genuine.clone();
    rows.swap(1, 2);
    assert_eq!(found(&rows), (3, Reason::Position { expected: 2 }));

    (rows[1].position, rows[2].position) = (2, 3);
    assert_eq!(found(&rows), (3, Reason::OrgSeq { expected: 2 }));

    (rows[1].org_seq, rows[2].org_seq) = (2, 3);
    assert!(matches!(found(&rows), (2, Reason::Unfit { .. })));

    let mut rows = genuine;
    rows[2].body = std::mem::replace(&mut rows[1].body, genuine_body(3));
    assert_eq!(found(&rows), (2, Reason::Disagrees(EventColumn::EventId)));
}

fn genuine_body(org_seq: usize) -> String {
    ledger(&[0, 0, 0, 0]).swap_remove(org_seq - 1).body
}

#[test]
fn an_event_that_was_put_in_is_named() {
    let mut rows = ledger(&[0, 0, 0]);
    let forged = Stored { id: Uuid::from_u128(1), ..rows[1].clone() };
    rows.insert(1, Stored { body: body(forged.id, forged.org_id, forged.stream_id, 2), ..forged });
    for (position, row) in (1..).zip(&mut rows) {
        row.position = position;
    }
    assert!(matches!(found(&rows), (2, Reason::Unfit { .. })));
}

#[test]
fn every_column_that_the_hash_does_not_cover_is_held_against_the_body() {
    let changes: [(EventColumn, Change); 6] = [
        (EventColumn::OrgId, |row| row.org_id = org(9).uuid()),
        (EventColumn::EventId, |row| row.id = Uuid::from_u128(5)),
        (EventColumn::Type, |row| row.type_name = "xentri.lead.created.v1".to_owned()),
        (EventColumn::StreamType, |row| row.stream_type = "invoice".to_owned()),
        (EventColumn::StreamId, |row| row.stream_id = Uuid::nil()),
        (EventColumn::Version, |row| row.version = -1),
    ];
    for (column, change) in changes {
        let mut rows = ledger(&[0, 1, 0]);
        change(&mut rows[2]);
        let finding = check(&rows).unwrap_err();
        assert_eq!((finding.position, finding.reason), (Some(3), Reason::Disagrees(column)));
    }
}

#[test]
fn columns_that_the_hash_covers_can_not_be_changed_either() {
    let changes: [(Reason, Change); 7] = [
        (Reason::Position { expected: 2 }, |row| row.position = i64::MAX),
        (Reason::OrgSeq { expected: 2 }, |row| row.org_seq = 3),
        (Reason::Impossible(EventColumn::OrgSeq), |row| row.org_seq = -1),
        (Reason::Impossible(EventColumn::RecordedAt), |row| row.recorded_at = i64::MAX),
        (Reason::Impossible(EventColumn::Hash), |row| row.hash.truncate(31)),
        (Reason::TimeFell, |row| row.recorded_at = i64::MIN),
        (Reason::EpochFell, |row| row.epoch = i32::MIN),
    ];
    for (reason, change) in changes {
        let mut rows = ledger(&[0, 0, 0]);
        change(&mut rows[1]);
        assert_eq!(check(&rows).unwrap_err().reason, reason);
    }
}

#[test]
fn a_column_can_not_pass_by_holding_a_piece_of_the_body() {
    let mut rows = ledger(&[0]);
    let body = rows[0].body.clone();
    let from = body.find("xentri.lead").unwrap();
    let to = body.find(r#"","occurred_at""#).unwrap();
    rows[0].type_name = format!(r#"{}","x":""#, &body[from..to]);
    assert_eq!(check(&rows).unwrap_err().reason, Reason::Disagrees(EventColumn::Type));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn any_change_of_a_byte_of_any_body_names_that_event(
        orgs in prop::collection::vec(0..4_u8, 1..20), which: prop::sample::Index, place: prop::sample::Index, to in b' '..b'~',
    ) {
        let mut rows = ledger(&orgs);
        let at = which.index(rows.len());
        let mut bytes = rows[at].body.clone().into_bytes();
        let place = place.index(bytes.len());
        prop_assume!(bytes[place] != to);
        bytes[place] = to;
        rows[at].body = String::from_utf8(bytes).unwrap();
        let finding = check(&rows).unwrap_err();
        prop_assert_eq!((finding.position, finding.event_id), (Some(rows[at].position), Some(rows[at].id)));
    }

    #[test]
    fn whatever_is_left_out_or_out_of_order_is_found_where_it_begins(
        orgs in prop::collection::vec(0..4_u8, 2..20), one: prop::sample::Index, other: prop::sample::Index,
    ) {
        let genuine = ledger(&orgs);
        let (one, other) = (one.index(genuine.len()), other.index(genuine.len()));
        prop_assume!(one < other);
        let mut swapped = genuine.clone();
        swapped.swap(one, other);
        prop_assert_eq!(check(&swapped).unwrap_err().event_id, Some(genuine[other].id));
        let mut shorter = genuine.clone();
        shorter.drain(one..other);
        prop_assert_eq!(check(&shorter).unwrap_err().event_id, Some(genuine[other].id));
    }

    #[test]
    fn a_history_that_was_chained_anew_needs_a_checkpoint_to_be_seen(
        orgs in prop::collection::vec(0..4_u8, 1..20), which: prop::sample::Index,
    ) {
        let genuine = ledger(&orgs);
        let at = which.index(genuine.len());
        let mut rows = genuine.clone();
        rows[at].body = rows[at].body.replace("add-note", "add-nope");
        chain_anew(&mut rows);
        prop_assert!(check(&rows).is_ok());

        // One for every event: the first that is not what was signed is the one that was changed.
        let signed: String = (1..=genuine.len())
            .map(|n| chain_of(&genuine[..n], OrgId::try_from(genuine[n - 1].org_id).unwrap()).checkpoint(at_second(n)).sign(&key()) + "\n")
            .collect();
        let book = CheckpointBook::read(signed.as_bytes(), &[key().public()], |_| true).unwrap();
        prop_assert!(check_against(&genuine, &book).is_ok());
        prop_assert_eq!(check_against(&rows, &book).unwrap_err().event_id, Some(genuine[at].id));
    }
}

fn at_second(n: usize) -> Timestamp {
    super::at(i64::try_from(n).unwrap())
}
