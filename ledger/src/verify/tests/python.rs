//! The verifier for whoever trusts nothing of ours: at most 40 lines of Python.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use super::bundle::{EXAMPLE, bundle_of, text_of};
use super::*;

fn python(bundle: &str) -> (bool, String) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/verify.py");
    let mut child = Command::new("python3")
        .arg(script)
        .arg(key().public().to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(bundle.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(said).unwrap())
}

fn bundle() -> String {
    text_of(&bundle_of(&ledger(&[0, 1, 0, 0]), org(0)))
}

#[test]
fn python_finds_an_export_genuine() {
    let head = chain_of(&ledger(&[0, 1, 0, 0]), org(0)).head();
    assert_eq!(python(&bundle()), (true, format!("3 events of {} fit, head {head}\n", org(0))));
}

#[test]
fn python_finds_the_example_of_the_documentation_genuine() {
    let head = "aeaf6e27c8755188b7b6b667680762bb69ebdd19bad5f74938b0c1d1b4e6d1ac";
    assert_eq!(python(EXAMPLE), (true, format!("4 events of {} fit, head {head}\n", org(0))));
}

#[test]
fn python_names_the_first_event_that_was_changed() {
    let changed = bundle().replacen("add-note", "add-nope", 2).replacen("add-nope", "add-note", 1);
    let (good, said) = python(&changed);
    assert!(!good);
    assert_eq!(said, format!("event 2 of {} does not fit: 0190a5e1-7f3c-7a52-9d0e-000000000003\n", org(0)));
}

#[test]
fn python_sees_every_kind_of_change() {
    let lines: Vec<_> = bundle().lines().map(ToOwned::to_owned).collect();
    let without = |n: usize| [&lines[..n], &lines[n + 1..]].concat().join("\n") + "\n";
    let changed = |n: usize, from: &str, to: &str| {
        let mut lines = lines.clone();
        lines[n] = lines[n].replacen(from, to, 1);
        lines.join("\n") + "\n"
    };
    let mut forged: Vec<_> = (0..lines.len()).map(without).collect();
    forged.push(changed(0, "2026", "2025"));
    forged.push(changed(2, "\"org_seq\":2", "\"org_seq\":3"));
    forged.push(changed(2, "{\"id\"", "{\"ie\""));
    forged.push(changed(5, "x-personal", "y-personal"));
    forged.push(changed(6, "\"signature\":\"", "\"signature\":\"0"));
    forged.push(changed(6, "made_at\":\"2026", "made_at\":\"2027"));
    forged.push(changed(7, "\"events\":3", "\"events\":4"));
    forged.push(bundle() + &lines[1] + "\n");
    forged.push(bundle() + "{}\n");
    forged.push(String::new());
    for text in forged {
        let (good, said) = python(&text);
        assert!(!good && !said.contains("Traceback"), "{said}\n{text}");
    }
}

#[test]
fn the_python_verifier_stays_short() {
    let script = include_str!("../../../../docs/verify.py");
    assert!(script.lines().count() <= 40);
}
