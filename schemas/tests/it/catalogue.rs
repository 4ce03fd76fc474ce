//! The catalogue of errors held against everything that can be refused.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use xentri_domain::aggregate::RefusalKind;
use xentri_domain::registry::{STREAM_TYPES, refusal_cases};
use xentri_schemas::{ErrorKind, FieldCode};

use crate::files::{read, root};

fn status_of(kind: RefusalKind) -> u16 {
    match kind {
        RefusalKind::NotFound => 404,
        RefusalKind::NotAllowed => 403,
        RefusalKind::AlreadyExists | RefusalKind::IllegalTransition | RefusalKind::Taken => 409,
        RefusalKind::Invalid => 422,
    }
}

/// Two aggregates may share a code; programs then expect it with one status.
#[test]
fn every_refusal_is_in_the_catalogue_with_the_status_of_its_kind() {
    let mut wrong = Vec::new();
    for stream_type in STREAM_TYPES {
        for case in refusal_cases(stream_type) {
            let (code, status) = (case.code.to_uppercase(), status_of(case.kind));
            match ErrorKind::of(&code) {
                None => wrong.push(format!("{stream_type}: {code} {status} is missing")),
                Some(known) if known.status != status => {
                    wrong.push(format!("{stream_type}: {code} is {} there and {status} here", known.status));
                }
                Some(_) => {}
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "\n\nschemas/src/problem/catalogue.rs lacks or contradicts:\n  {}\n",
        wrong.join("\n  ")
    );
}

#[test]
fn every_code_says_what_it_means_and_what_to_do() {
    let snake = |code: &str, letter: fn(&u8) -> bool| code.bytes().all(|b| letter(&b) || b == b'_');
    let codes: BTreeSet<_> = ErrorKind::ALL.iter().map(|kind| kind.code).collect();
    assert_eq!(codes.len(), ErrorKind::ALL.len(), "a code is there twice");
    for kind in ErrorKind::ALL {
        let ErrorKind { code, status, title, cause, remedy } = kind;
        assert!(snake(code, u8::is_ascii_uppercase), "{code}");
        assert!((400..=503).contains(status), "{code}");
        assert!(!title.is_empty() && !title.ends_with('.'), "{code}: a title is no sentence: {title}");
        assert!(cause.ends_with('.') && remedy.ends_with('.'), "{code}: {cause} {remedy}");
        assert_eq!(serde_json::to_value(kind.example()).unwrap()["code"], *code);
    }
    let codes: BTreeSet<_> = FieldCode::ALL.iter().map(|field| field.code).collect();
    assert_eq!(codes.len(), FieldCode::ALL.len(), "a code is there twice");
    assert!(codes.iter().all(|code| snake(code, u8::is_ascii_lowercase)));
}

/// The errors of value types are no closed list in code, so their sources are read.
#[test]
fn every_code_of_a_field_is_in_the_table_and_every_one_there_is_in_use() {
    let mut said = BTreeSet::new();
    codes_below(&root().join("../domain/src"), &mut said);
    assert!(said.contains("unknown_currency"), "the sources are not read as they are written: {said:?}");
    let missing: Vec<_> = said
        .iter()
        .filter(|code| FieldCode::of(code).is_none() && ErrorKind::of(&code.to_uppercase()).is_none())
        .collect();
    assert!(missing.is_empty(), "schemas/src/problem/field.rs lacks {missing:?}");

    let ours: String = ["mod", "example", "strict", "violations"]
        .map(|file| read(&format!("src/command/{file}.rs")).unwrap())
        .concat();
    let idle = FieldCode::ALL.iter().map(|field| field.code).filter(|code| {
        !said.contains(*code) && !ours.contains(&format!("FieldCode::{}", code.to_uppercase()))
    });
    assert_eq!(idle.collect::<Vec<_>>(), [""; 0], "nobody says so");
}

/// Every word in quotes within `impl Coded for …`.
fn codes_below(folder: &Path, said: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            codes_below(&path, said);
            continue;
        }
        let source = fs::read_to_string(&path).unwrap();
        for block in source.split("\nimpl Coded for ").skip(1) {
            let block = block.split("\n}").next().unwrap();
            said.extend(block.split('"').skip(1).step_by(2).map(str::to_owned));
        }
    }
}
