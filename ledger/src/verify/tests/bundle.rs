use super::*;
use crate::verify::{
    BundleError, BundleFault, BundleReport, BundleWriter, CheckpointError, LineError, LineFault, Reason,
    verify_bundle,
};

pub(super) fn bundle_of(rows: &[Stored], org: OrgId) -> Vec<u8> {
    let mut bundle = BundleWriter::start(Vec::new(), org, at(60), &CheckpointBook::default()).unwrap();
    for row in rows.iter().filter(|row| row.org_id == org.uuid()) {
        bundle.add(&row.row()).unwrap();
    }
    let (bytes, checkpoint) = bundle.finish(&key()).unwrap();
    assert_eq!(checkpoint, chain_of(rows, org).checkpoint(at(60)));
    bytes
}

pub(super) fn text_of(bundle: &[u8]) -> String {
    String::from_utf8(zstd::decode_all(bundle).unwrap()).unwrap()
}

fn verify(bundle: &[u8]) -> Result<BundleReport, BundleFault> {
    verify_bundle(bundle, &[key().public()], &CheckpointBook::default())
}

fn verify_lines(lines: &[String]) -> BundleFault {
    let text = lines.join("\n") + "\n";
    verify(&zstd::encode_all(text.as_bytes(), 1).unwrap()).unwrap_err()
}

/// Header, three events, the schemas of the envelope and of the payload, the checkpoint, the end.
fn lines() -> Vec<String> {
    text_of(&bundle_of(&ledger(&[0, 1, 0, 0]), org(0))).lines().map(ToOwned::to_owned).collect()
}

#[test]
fn a_bundle_has_the_org_s_events_byte_for_byte_and_proves_itself() {
    let rows = ledger(&[0, 1, 0, 0]);
    let report = verify(&bundle_of(&rows, org(0))).unwrap();
    let head = chain_of(&rows, org(0)).head();
    assert_eq!(report, BundleReport { org_id: org(0), exported_at: at(60), events: 3, head, unknown: 0 });
    let lines = lines();
    assert_eq!(lines.len(), 8);
    for (line, row) in lines[1..4].iter().zip([&rows[0], &rows[2], &rows[3]]) {
        assert!(line.starts_with(row.body.strip_suffix('}').unwrap()));
    }
    assert!(lines[4].starts_with(r#"{"schema":"envelope","json_schema":{"#));
    assert!(lines[5].starts_with(r#"{"schema":"lead.note_added@1.0","json_schema":{"#));
}

#[test]
fn a_changed_event_is_named() {
    let mut changed = lines();
    changed[2] = changed[2].replace("add-note", "add-nope");
    let BundleFault { line: 3, fault: LineFault::Event(finding) } = verify_lines(&changed) else { panic!() };
    assert_eq!((finding.org_seq, finding.event_id), (2, Some(ledger(&[0, 1, 0, 0])[2].id)));
    assert!(matches!(finding.reason, Reason::Unfit { .. }));
}

#[test]
fn an_event_that_is_gone_moved_or_another_org_s_is_named() {
    let mut gone = lines();
    gone.remove(2);
    let mut moved = lines();
    moved.swap(1, 2);
    let mut last_gone = lines();
    last_gone.remove(3);
    let mut foreign = lines();
    foreign[2] = text_of(&bundle_of(&ledger(&[0, 1, 0, 0]), org(1))).lines().nth(1).unwrap().to_owned();
    assert!(matches!(
        verify_lines(&gone),
        BundleFault { line: 3, fault: LineFault::Event(finding) } if finding.reason == Reason::OrgSeq { expected: 2 }
    ));
    assert!(matches!(
        verify_lines(&moved),
        BundleFault { line: 2, fault: LineFault::Event(finding) } if finding.reason == Reason::OrgSeq { expected: 1 }
    ));
    assert!(matches!(verify_lines(&last_gone), BundleFault { line: 6, fault: LineFault::OtherHead }));
    assert!(matches!(
        verify_lines(&foreign),
        BundleFault { line: 3, fault: LineFault::Event(finding) } if finding.reason == Reason::OtherOrg
    ));
}

#[test]
fn a_changed_header_or_schema_is_named_although_no_event_was_touched() {
    let mut header = lines();
    header[0] = header[0].replace("2026-", "2025-");
    assert!(matches!(verify_lines(&header), BundleFault { line: 1, fault: LineFault::Changed }));
    let mut schema = lines();
    schema[5] = schema[5].replace("x-personal", "y-personal");
    assert!(matches!(verify_lines(&schema), BundleFault { line: 6, fault: LineFault::Changed }));
    let mut fewer = lines();
    fewer.remove(5);
    assert!(matches!(verify_lines(&fewer), BundleFault { line: 7, fault: LineFault::OtherCount }));
}

#[test]
fn no_byte_can_be_changed_unseen() {
    let lines = lines();
    for line in 0..lines.len() {
        for place in (0..lines[line].len()).step_by(41) {
            let mut bytes = lines[line].clone().into_bytes();
            bytes[place] = if bytes[place] == b'a' { b'b' } else { b'a' };
            let mut changed = lines.clone();
            changed[line] = String::from_utf8(bytes).unwrap();
            let fault = verify_lines(&changed);
            // A changed header is noticed at its first event, if it names another org.
            assert!(fault.line == line as u64 + 1 || line == 0, "{line} {place}: {fault:?}");
        }
    }
}

#[test]
fn a_cut_bundle_is_refused_wherever_it_was_cut() {
    let lines = lines();
    for length in 0..lines.len() {
        let fault = verify_lines(&lines[..length]);
        assert!(fault.line == length.max(1) as u64 + 1 || length == 0, "{fault:?}");
    }
    let bundle = bundle_of(&ledger(&[0, 1, 0, 0]), org(0));
    for length in 0..bundle.len() {
        assert!(verify(&bundle[..length]).is_err(), "{length}");
    }
    assert!(matches!(
        verify(&bundle[..bundle.len() / 2]).unwrap_err().fault,
        LineFault::Line(LineError::CutOff)
    ));
}

#[test]
fn lines_after_the_end_are_refused() {
    let mut more = lines();
    more.push(more[1].clone());
    assert!(matches!(verify_lines(&more), BundleFault { line: 9, fault: LineFault::AfterEnd }));
    let mut second_frame = bundle_of(&ledger(&[0]), org(0));
    second_frame.extend(zstd::encode_all(&b"{}\n"[..], 1).unwrap());
    assert!(matches!(verify(&second_frame).unwrap_err().fault, LineFault::AfterEnd));
    let mut garbage = bundle_of(&ledger(&[0]), org(0));
    garbage.extend(b"garbage");
    assert!(verify(&garbage).is_err());
}

#[test]
fn a_bundle_that_somebody_else_signed_is_refused() {
    let bundle = bundle_of(&ledger(&[0]), org(0));
    let stranger = CheckpointKey::from_seed(&[8; 32]).public();
    let fault = verify_bundle(&*bundle, &[stranger], &CheckpointBook::default()).unwrap_err();
    assert!(matches!(
        fault,
        BundleFault { line: 5, fault: LineFault::Checkpoint(CheckpointError::Signature(_)) }
    ));
}

#[test]
fn a_bundle_has_to_agree_with_earlier_checkpoints() {
    let rows = ledger(&[0, 0, 0]);
    let line = |rows: &[Stored]| chain_of(rows, org(0)).checkpoint(at(30)).sign(&key()) + "\n";
    let read = |text: &str| CheckpointBook::read(text.as_bytes(), &[key().public()], |_| true).unwrap();
    let verify = |rows: &[Stored], book| verify_bundle(&*bundle_of(rows, org(0)), &[key().public()], &book);
    assert!(verify(&rows, read(&line(&rows[..2]))).is_ok());

    let mut forged = rows.clone();
    forged[0].body = forged[0].body.replace("add-note", "add-nope");
    chain_anew(&mut forged);
    assert_eq!(verify(&forged, read(&line(&rows[..2]))).unwrap_err().line, 3);
    let fault = verify(&rows[..2], read(&line(&rows))).unwrap_err().fault;
    assert!(
        matches!(fault, LineFault::Event(finding) if matches!(finding.reason, Reason::MissingTail { signed: 3, .. }))
    );
}

#[test]
fn an_export_that_shows_a_person_is_refused() {
    let mut rows = ledger(&[0, 0]);
    rows[1].body = rows[1].body.replace(r#"{"$p":"AQIDBAUGBwgJCgsMDQ4PEA"}"#, r#""Ada called""#);
    chain_anew(&mut rows);
    let BundleFault { line: 3, fault: LineFault::Event(finding) } =
        verify(&bundle_of(&rows, org(0))).unwrap_err()
    else {
        panic!()
    };
    assert!(matches!(finding.reason, Reason::OpenPersonal { .. }));
    assert!(!finding.to_string().contains("Ada"));
    let mut bundle = BundleWriter::start(Vec::new(), org(0), at(60), &CheckpointBook::default()).unwrap();
    bundle.event(&rows[0].row()).unwrap();
    let refused = bundle.event(&rows[1].row());
    assert!(
        matches!(refused, Err(BundleError::Ledger(finding)) if matches!(finding.reason, Reason::OpenPersonal { .. }))
    );

    rows[1].body = rows[1].body.replace(r#""Ada called""#, r#"{"$p":null}"#);
    chain_anew(&mut rows);
    assert!(verify(&bundle_of(&rows, org(0))).is_ok());
}

#[test]
fn what_does_not_verify_is_not_exported() {
    let mut rows = ledger(&[0, 0]);
    rows[1].hash[0] ^= 1;
    let mut bundle = BundleWriter::start(Vec::new(), org(0), at(60), &CheckpointBook::default()).unwrap();
    bundle.event(&rows[0].row()).unwrap();
    assert!(
        matches!(bundle.event(&rows[1].row()), Err(BundleError::Ledger(finding)) if finding.org_seq == 2)
    );
    let empty = BundleWriter::start(Vec::new(), org(0), at(60), &CheckpointBook::default()).unwrap();
    assert!(matches!(empty.finish(&key()), Err(BundleError::Empty)));
}

/// The events of `schemas/vectors/chain.json`, exported and signed with the key of these tests.
pub(super) const EXAMPLE: &str = include_str!("../../../../docs/vectors/export.jsonl");

#[test]
fn the_example_of_the_documentation_verifies_for_ever() {
    let report = verify(&zstd::encode_all(EXAMPLE.as_bytes(), 1).unwrap()).unwrap();
    assert_eq!((report.org_id, report.events, report.unknown), (org(0), 4, 0));
    let chain: serde_json::Value =
        serde_json::from_str(include_str!("../../../../schemas/vectors/chain.json")).unwrap();
    assert_eq!(report.head.to_string(), chain[3]["hash"]);
    let events: Vec<_> = (0..4).map(|n| chain[n]["wire"].as_str().unwrap()).collect();
    assert_eq!(EXAMPLE.lines().skip(1).take(4).collect::<Vec<_>>(), events);
}
