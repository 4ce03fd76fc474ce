//! An org's export proves itself, to us and to whoever has nothing of ours.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use xentri_ledger::{
    BundleError, BundleFault, CheckpointBook, ExportError, Home, Reason, export_org, verify_bundle,
};
use xentri_testkit::factory;

use super::{EVENTS, World, at, filled, key, tamper};

async fn export(world: &World, home: Home) -> Result<Vec<u8>, ExportError> {
    let exported =
        export_org(world.ledger.databases(), home, Vec::new(), &key(), at(60), &CheckpointBook::default())
            .await;
    exported.map(|(bundle, checkpoint)| {
        assert_eq!(checkpoint.org_id, home.org());
        bundle
    })
}

fn verified(bundle: &[u8]) -> Result<u64, BundleFault> {
    let report = verify_bundle(bundle, &[key().public()], &CheckpointBook::default());
    report.map(|report| report.events)
}

fn python(text: &[u8]) -> (bool, String) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/verify.py");
    let mut child = Command::new("python3")
        .arg(script)
        .arg(key().public().to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(text).unwrap();
    let output = child.wait_with_output().unwrap();
    (output.status.success(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_is_genuine_until_a_byte_of_it_is_changed() {
    let (world, homes) = filled(2).await;
    let bundle = export(&world, homes[1]).await.unwrap();
    assert_eq!(verified(&bundle).unwrap(), EVENTS);
    let text = zstd::decode_all(&*bundle).unwrap();
    let (good, said) = python(&text);
    assert!(good && said.starts_with(&format!("7 events of {} fit, head ", homes[1].org())), "{said}");

    let changed = String::from_utf8(text).unwrap().replacen("lead.add-note", "lead.add-nope", 1);
    let fault = verified(&zstd::encode_all(changed.as_bytes(), 0).unwrap()).unwrap_err();
    // The org's own event and the lead's first come before it, and a header.
    assert_eq!(fault.line, 4);
    let (good, said) = python(changed.as_bytes());
    assert!(!good && said.starts_with(&format!("event 3 of {} does not fit: ", homes[1].org())), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_exported_that_does_not_verify() {
    let (world, homes) = filled(1).await;
    tamper(
        &world.db,
        "update event set recorded_at = recorded_at + interval '1 microsecond' where org_seq = 7",
    )
    .await;
    let refused = export(&world, homes[0]).await.unwrap_err();
    let ExportError::Bundle(BundleError::Ledger(finding)) = refused else { panic!("{refused}") };
    assert!(finding.org_seq == 7 && matches!(finding.reason, Reason::Unfit { .. }), "{finding}");
}

#[tokio::test]
async fn an_org_without_events_has_no_export() {
    let world = World::new().await;
    let directory = world.ledger.directory();
    let home = directory.reserve(factory::org(), None, &crate::support::settings()).await.unwrap().home;
    assert!(matches!(export(&world, home).await, Err(ExportError::Bundle(BundleError::Empty))));
}
