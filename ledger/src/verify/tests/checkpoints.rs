use std::fs;
use std::io::Write as _;

use super::*;
use crate::verify::{BookError, Checkpoint, CheckpointError, CheckpointFile, Reason, SignatureError};

fn sign_heads(rows: &[Stored], seconds: i64) -> Vec<Checkpoint> {
    let mut orgs: Vec<_> = rows.iter().map(|row| OrgId::try_from(row.org_id).unwrap()).collect();
    orgs.sort_unstable();
    orgs.dedup();
    orgs.into_iter().map(|org| chain_of(rows, org).checkpoint(at(seconds))).collect()
}

fn lines(checkpoints: &[Checkpoint]) -> String {
    checkpoints.iter().map(|one| one.sign(&key()) + "\n").collect()
}

fn book(text: &str) -> CheckpointBook {
    CheckpointBook::read(text.as_bytes(), &[key().public()], |_| true).unwrap()
}

fn missing(rows: &[Stored], book: &CheckpointBook) -> Vec<(OrgId, i64, Reason)> {
    let events = |org: OrgId| rows.iter().filter(|row| row.org_id == org.uuid()).count() as u64;
    let missing = book.missing(events).into_iter();
    missing.map(|f| (OrgId::try_from(f.org_id).unwrap(), f.org_seq, f.reason)).collect()
}

#[test]
fn a_line_is_read_as_it_was_signed() {
    let rows = ledger(&[0, 1, 0]);
    let checkpoint = chain_of(&rows, org(0)).checkpoint(at(60));
    let line = checkpoint.sign(&key());
    assert_eq!(
        line.rsplit_once("\"signature\"").unwrap().0,
        r#"{"checkpoint":1,"org_id":"0190a5e0-0000-7000-8000-000000000001","epoch":1,"org_seq":2,"hash":"#
            .to_owned()
            + &format!(r#""{}","recorded_at":"2026-01-31T09:30:00.250002Z","#, checkpoint.hash)
            + r#""made_at":"2026-01-31T09:31:00.250001Z","key_id":"fe812c12f3ab4ce6","#
    );
    assert_eq!(Checkpoint::read_signed(&line, &[key().public()]), Ok(checkpoint.clone()));
    let restored = Checkpoint { restored: true, ..checkpoint };
    assert_eq!(Checkpoint::read_signed(&restored.sign(&key()), &[key().public()]), Ok(restored));
}

#[test]
fn any_byte_of_a_line_that_is_changed_spoils_it() {
    let line = chain_of(&ledger(&[0]), org(0)).checkpoint(at(0)).sign(&key());
    for place in 0..line.len() {
        let mut bytes = line.clone().into_bytes();
        bytes[place] = if bytes[place] == b'1' { b'2' } else { b'1' };
        let changed = String::from_utf8(bytes).unwrap();
        assert!(Checkpoint::read_signed(&changed, &[key().public()]).is_err(), "{changed}");
    }
}

#[test]
fn a_stranger_s_signature_is_none() {
    let checkpoint = chain_of(&ledger(&[0]), org(0)).checkpoint(at(0));
    let stranger = CheckpointKey::from_seed(&[8; 32]);
    let unknown = SignatureError::UnknownKey { key_id: stranger.public().id() };
    assert_eq!(
        Checkpoint::read_signed(&checkpoint.sign(&stranger), &[key().public()]),
        Err(CheckpointError::Signature(unknown))
    );
    let pretending = checkpoint.sign(&stranger).replace(&stranger.public().id(), &key().public().id());
    assert_eq!(
        Checkpoint::read_signed(&pretending, &[key().public()]),
        Err(CheckpointError::Signature(SignatureError::Bad))
    );
    let both = [key().public(), stranger.public()];
    assert_eq!(Checkpoint::read_signed(&checkpoint.sign(&stranger), &both), Ok(checkpoint));
}

#[test]
fn a_deleted_tail_is_missed() {
    let rows = ledger(&[0, 1, 0, 2, 0]);
    let book = book(&lines(&sign_heads(&rows, 60)));
    assert_eq!(missing(&rows, &book), []);
    let cut = &rows[..3];
    assert_eq!(check_against(cut, &book), Ok(3));
    let tail = |signed| Reason::MissingTail { made_at: at(60), signed };
    assert_eq!(missing(cut, &book), [(org(0), 3, tail(3)), (org(2), 1, tail(1))]);
}

#[test]
fn a_suffix_that_was_chained_anew_is_not_what_was_signed() {
    let rows = ledger(&[0, 1, 0, 0, 1, 0]);
    let signed = [sign_heads(&rows[..3], 60), sign_heads(&rows, 120)].concat();
    let book = book(&lines(&signed));
    let mut forged = rows.clone();
    forged[3].body = forged[3].body.replace("add-note", "add-nope");
    chain_anew(&mut forged);
    assert_eq!(check(&forged), Ok(6));
    let finding = check_against(&forged, &book).unwrap_err();
    assert_eq!((finding.position, finding.org_seq), (Some(6), 4));
    assert_eq!(finding.reason, Reason::NotAsSigned { made_at: at(120), fits_to: 2 });
}

#[test]
fn signing_a_forged_history_later_does_not_hide_it() {
    let rows = ledger(&[0, 0, 0, 0]);
    let mut forged = rows.clone();
    forged[0].body = forged[0].body.replace("add-note", "add-nope");
    chain_anew(&mut forged);
    let book = book(&lines(&[sign_heads(&rows[..2], 60), sign_heads(&forged, 120)].concat()));
    let finding = check_against(&forged, &book).unwrap_err();
    assert_eq!(finding.reason, Reason::NotAsSigned { made_at: at(60), fits_to: 0 });
}

#[test]
fn only_a_restore_that_was_signed_takes_checkpoints_back() {
    let rows = ledger(&[0, 0, 0, 0]);
    let mut after = rows.clone();
    for row in &mut after[2..] {
        row.epoch = 2;
        row.body = row.body.replace("add-note", "add-more");
    }
    chain_anew(&mut after);
    let before = sign_heads(&rows, 60);
    let going_on = sign_heads(&after, 180);
    let unsaid = book(&lines(&[before.clone(), going_on.clone()].concat()));
    assert!(check_against(&after, &unsaid).is_err());

    let mut restore = sign_heads(&after[..2], 120);
    restore[0].restored = true;
    let said = book(&lines(&[going_on, restore, before].concat()));
    assert_eq!(check_against(&after, &said), Ok(4));
    assert_eq!(missing(&after[..3], &said).len(), 1);
}

#[test]
fn an_org_that_a_restore_lost_altogether_is_taken_back_too() {
    let rows = ledger(&[0]);
    let lost = Checkpoint { restored: true, ..OrgChain::new(org(0), Arc::default()).checkpoint(at(120)) };
    let book = book(&lines(&[sign_heads(&rows, 60), vec![lost]].concat()));
    assert_eq!(missing(&[], &book), []);
    assert_eq!(check_against(&rows, &book), Ok(1));
}

#[test]
fn signing_goes_on_from_what_was_signed_last() {
    let rows = ledger(&[0, 0, 0]);
    let book = book(&lines(&sign_heads(&rows[..2], 60)));
    let signed = book.of(org(0));
    let mut chain = OrgChain::resume(org(0), &rows[1].row().link().unwrap(), signed.clone()).unwrap();
    chain.add_row(&rows[2].row()).unwrap();
    assert_eq!(chain.checkpoint(at(90)), chain_of(&rows, org(0)).checkpoint(at(90)));

    let unsigned = OrgChain::resume(org(0), &rows[0].row().link().unwrap(), signed.clone());
    assert_eq!(unsigned.unwrap_err(), Reason::NotSigned);
    let mut forged = rows.clone();
    forged[0].recorded_at -= 1;
    chain_anew(&mut forged);
    let other = OrgChain::resume(org(0), &forged[1].row().link().unwrap(), signed.clone());
    assert_eq!(other.unwrap_err(), Reason::NotAsSigned { made_at: at(60), fits_to: 0 });
}

#[test]
fn a_book_keeps_the_orgs_that_are_wanted() {
    let rows = ledger(&[0, 1]);
    let text = lines(&sign_heads(&rows, 60));
    let book = CheckpointBook::read(text.as_bytes(), &[key().public()], |one| one == org(1)).unwrap();
    assert_eq!((book.of(org(0)).len(), book.of(org(1)).len()), (0, 1));
}

#[test]
fn a_file_keeps_what_was_appended_and_drops_what_a_crash_cut_short() {
    let rows = ledger(&[0, 1, 0]);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("checkpoints.jsonl");
    CheckpointFile::open(&path).unwrap().append(&sign_heads(&rows[..2], 60), &key()).unwrap();
    let whole = fs::read_to_string(&path).unwrap();
    fs::File::options().append(true).open(&path).unwrap().write_all(b"{\"checkpoint\":1,\"org").unwrap();
    assert_eq!(book(&fs::read_to_string(&path).unwrap()).of(org(0)).len(), 1);

    let later = sign_heads(&rows, 120);
    CheckpointFile::open(&path).unwrap().append(&later, &key()).unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), whole + &lines(&later));
}

#[test]
fn a_bad_line_of_a_book_is_named() {
    let rows = ledger(&[0, 1]);
    let text =
        lines(&sign_heads(&rows, 60)).replace("\"org_seq\":1,\"hash\":\"", "\"org_seq\":2,\"hash\":\"");
    let refused = CheckpointBook::read(text.as_bytes(), &[key().public()], |one| one == org(1)).unwrap_err();
    assert!(matches!(
        refused,
        BookError::Checkpoint { line: 2, error: CheckpointError::Signature(SignatureError::Bad) }
    ));
    let endless = "x".repeat(10_000);
    assert!(matches!(
        CheckpointBook::read(endless.as_bytes(), &[], |_| true),
        Err(BookError::Line { line: 1, .. })
    ));
}
