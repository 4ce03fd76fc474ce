//! A field opens where it was sealed and nowhere else.

use std::fmt;
use std::str::FromStr;

use data_encoding::BASE64URL_NOPAD;
use proptest::prelude::*;
use xentri_domain::aggregate::{HoldsPersonal, PersonalField};
use xentri_domain::kernel::{EventId, FormatError, OrgId, Personal, Sealed, SubjectId};
use xentri_schemas::{Envelope, Reading};

use super::{FieldContext, FieldError, open_fields, seal_fields};
use crate::keys::{OpenError, SubjectKey};

const LEAD: &str = include_str!("../../../../schemas/samples/events/lead.created@1.0.jsonl");

/// Any text but "refused".
#[derive(Debug, Clone, PartialEq)]
struct Any(String);

impl FromStr for Any {
    type Err = FormatError;

    fn from_str(raw: &str) -> Result<Self, FormatError> {
        if raw == "refused" {
            Err(FormatError::BadFormat { expected: "other words" })
        } else {
            Ok(Self(raw.to_owned()))
        }
    }
}

impl fmt::Display for Any {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[derive(Debug, Clone, PartialEq)]
struct Person {
    name: Personal<Any>,
    note: Personal<Any>,
}

impl HoldsPersonal for Person {
    fn visit_personal(&mut self, visit: &mut dyn FnMut(&str, &mut dyn PersonalField)) {
        visit("/name", &mut self.name);
        visit("/note", &mut self.note);
    }
}

fn person(name: &str, note: &str) -> Person {
    Person { name: Any(name.into()).into(), note: Any(note.into()).into() }
}

fn context(org: u64, subject: u64, event: u64) -> FieldContext {
    FieldContext {
        org: OrgId::v7(org, [0; 10]),
        subject: SubjectId::v7(subject, [0; 10]),
        event: EventId::v7(event, [0; 10]),
    }
}

fn key() -> SubjectKey {
    SubjectKey::random().unwrap()
}

fn sealed(person: &Person, context: &FieldContext, key: &SubjectKey) -> Person {
    let mut sealed = person.clone();
    seal_fields(&mut sealed, context, key).unwrap();
    sealed
}

/// The error of opening, after which the payload must be as before.
fn refused(person: &Person, context: &FieldContext, key: &SubjectKey) -> FieldError {
    let mut opened = person.clone();
    let error = open_fields(&mut opened, context, Some(key)).unwrap_err();
    assert_eq!(opened, *person);
    error
}

fn bytes(field: &Personal<Any>) -> Vec<u8> {
    BASE64URL_NOPAD.decode(field.sealed().unwrap().as_str().as_bytes()).unwrap()
}

fn of_bytes(bytes: &[u8]) -> Personal<Any> {
    Personal::Sealed(Sealed::parse(&BASE64URL_NOPAD.encode(bytes)).unwrap())
}

proptest! {
    #[test]
    fn any_text_comes_back(name: String, note: String) {
        prop_assume!(name != "refused" && note != "refused");
        let (before, here, key) = (person(&name, &note), context(1, 2, 3), key());
        let mut person = sealed(&before, &here, &key);
        prop_assert!(person.name.sealed().is_some() && person.note.sealed().is_some());
        open_fields(&mut person, &here, Some(&key)).unwrap();
        prop_assert_eq!(person, before);
    }
}

#[test]
fn two_sealings_of_one_value_differ() {
    let key = key();
    let twins = sealed(&person("Ada", "Ada"), &context(1, 2, 3), &key);
    assert_ne!(twins.name, twins.note);
    assert_ne!(twins, sealed(&person("Ada", "Ada"), &context(1, 2, 3), &key));
}

#[test]
fn another_org_subject_event_field_or_key_is_refused() {
    let key = key();
    let there = sealed(&person("Ada", "tall"), &context(1, 2, 3), &key);
    for elsewhere in [context(9, 2, 3), context(1, 9, 3), context(1, 2, 9), context(2, 1, 3)] {
        let error = refused(&there, &elsewhere, &key);
        assert!(matches!(error, FieldError::Open { error: OpenError::NotAuthentic, .. }), "{error:?}");
    }
    let swapped = Person { name: there.note.clone(), note: there.name.clone() };
    for error in
        [refused(&swapped, &context(1, 2, 3), &key), refused(&there, &context(1, 2, 3), &self::key())]
    {
        assert_eq!(error.to_string(), format!("/name of event {} does not open", context(1, 2, 3).event));
    }
}

#[test]
fn a_change_of_any_bit_is_refused_and_no_field_stays_open() {
    let (here, key) = (context(1, 2, 3), key());
    let person = sealed(&person("Ada", "tall"), &here, &key);
    let note = bytes(&person.note);
    for bit in 0..note.len() * 8 {
        let mut changed = note.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        let error = refused(&Person { note: of_bytes(&changed), ..person.clone() }, &here, &key);
        assert!(
            matches!(&error, FieldError::Open { event, pointer, .. } if *event == here.event && pointer == "/note"),
            "bit {bit}: {error:?}"
        );
    }
    let error = refused(&Person { note: of_bytes(&note[..20]), ..person }, &here, &key);
    assert!(matches!(error, FieldError::Open { error: OpenError::TooShort, .. }), "{error:?}");
}

#[test]
fn another_spelling_of_the_same_bytes_is_refused() {
    let (here, key) = (context(1, 2, 3), key());
    let person = sealed(&person("Ada", "tall"), &here, &key);
    let written = person.name.sealed().unwrap().as_str();
    assert_eq!(bytes(&person.name).len() % 3, 2, "the last letter has bits to spare");
    let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let last = letters.find(&written[written.len() - 1..]).unwrap();
    let spelled = format!("{}{}", &written[..written.len() - 1], &letters[last + 1..last + 2]);
    let name = Personal::Sealed(Sealed::parse(&spelled).unwrap());
    let error = refused(&Person { name, ..person.clone() }, &here, &key);
    assert!(matches!(error, FieldError::Open { .. }), "{error:?}");
}

#[test]
fn without_a_key_every_field_is_forgotten() {
    let (here, key) = (context(1, 2, 3), key());
    let mut person = sealed(&person("Ada", "tall"), &here, &key);
    person.note = Any("left open".into()).into();
    open_fields(&mut person, &here, None).unwrap();
    assert_eq!(person, Person { name: Personal::Forgotten, note: Personal::Forgotten });

    let forgotten = sealed(&person, &here, &key);
    assert_eq!(forgotten, person);
    open_fields(&mut person, &here, Some(&key)).unwrap();
    assert_eq!(forgotten, person);
}

#[test]
fn what_is_no_value_of_the_field_is_an_error_and_no_field_stays_open() {
    let (here, key) = (context(1, 2, 3), key());
    let error = refused(&sealed(&person("Ada", "refused"), &here, &key), &here, &key);
    assert_eq!(
        error.to_string(),
        format!("/note of event {} opens, but to no value of its type", here.event)
    );
}

#[test]
fn what_is_sealed_is_not_sealed_again_and_nothing_is_changed() {
    let (here, key) = (context(1, 2, 3), key());
    let before = Person { note: sealed(&person("Ada", "tall"), &here, &key).note, ..person("Ada", "") };
    let mut person = before.clone();
    let error = seal_fields(&mut person, &context(1, 2, 4), &key).unwrap_err();
    assert!(matches!(&error, FieldError::SealedBefore { pointer, .. } if pointer == "/note"), "{error:?}");
    assert_eq!(person, before);
}

#[test]
fn a_text_beyond_what_a_field_can_hold_is_refused() {
    let mut person = person("Ada", &"x".repeat(Sealed::MAX));
    let error = seal_fields(&mut person, &context(1, 2, 3), &key()).unwrap_err();
    assert!(matches!(&error, FieldError::Seal { pointer, .. } if pointer == "/note"), "{error:?}");
    assert!(person.name.open().is_some());
}

fn read(body: &str) -> Envelope {
    let Reading::Event(envelope) = Reading::of(body).unwrap() else { panic!("no event in {body}") };
    *envelope
}

fn of(envelope: &Envelope) -> FieldContext {
    FieldContext {
        org: envelope.org_id,
        subject: envelope.payload.subject(envelope.stream_id).unwrap(),
        event: envelope.id,
    }
}

#[test]
fn an_event_goes_through_its_body_and_no_word_about_the_person_is_in_it() {
    let open = read(LEAD.lines().next().unwrap());
    let (here, key) = (of(&open), key());
    let mut event = open.clone();
    seal_fields(&mut event.payload, &here, &key).unwrap();
    let body = event.write_body().unwrap();
    for canary in ["Lovelace", "ada@example.com", "600123456", "Madrid"] {
        assert!(open.write_body().unwrap().contains(canary), "{canary}");
        assert!(!body.contains(canary), "{canary}");
    }

    let mut event = read(&body);
    assert_ne!(event, open);
    open_fields(&mut event.payload, &here, Some(&key)).unwrap();
    assert_eq!(event, open);

    let mut event = read(&body);
    open_fields(&mut event.payload, &here, None).unwrap();
    assert_eq!(event.write_body().unwrap(), LEAD.lines().nth(2).unwrap());
}
