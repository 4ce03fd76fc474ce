use proptest::prelude::*;
use serde_json::json;

use super::Personal;
use crate::kernel::{Email, Note, PersonalInput, Phone, Sealed, Text};

fn sealed(raw: &str) -> Sealed {
    Sealed::parse(raw).unwrap()
}

#[test]
fn the_three_forms_have_their_spelling() {
    let open = Personal::Open(Text::<50>::parse("Ada").unwrap());
    for (value, wire) in [
        (open, json!("Ada")),
        (Personal::Sealed(sealed("AQIDBA")), json!({ "$p": "AQIDBA" })),
        (Personal::Forgotten, json!({ "$p": null })),
    ] {
        assert_eq!(serde_json::to_value(&value).unwrap(), wire);
        assert_eq!(serde_json::from_value::<Personal<Text<50>>>(wire.clone()).unwrap(), value);
        assert_eq!(serde_json::from_str::<Personal<Text<50>>>(&wire.to_string()).unwrap(), value);
    }
}

#[test]
fn anything_else_is_refused_and_not_repeated() {
    for bad in [
        json!(null),
        json!(true),
        json!(491_234_567),
        json!(-491_234_567),
        json!(4_912_345.67),
        json!(["canary"]),
        json!({}),
        json!({ "canary": "canary" }),
        json!({ "$p": "canary!" }),
        json!({ "$p": "" }),
        json!({ "$p": 491_234_567 }),
        json!({ "$p": "AQ", "canary": 1 }),
        json!("canary\u{0}"),
    ] {
        let tree = serde_json::from_value::<Personal<Text<50>>>(bad.clone()).unwrap_err();
        let text = serde_json::from_str::<Personal<Text<50>>>(&bad.to_string()).unwrap_err();
        for error in [tree.to_string(), text.to_string()] {
            let quoted = error.contains("canary") || error.contains("4912");
            assert!(!quoted, "{bad}: {error}");
        }
    }
    assert!(serde_json::from_str::<Personal<Text<50>>>(r#"{"$p":"AQ","$p":null}"#).is_err());
}

#[test]
fn a_refused_value_keeps_its_own_code() {
    let error = serde_json::from_value::<Personal<Email>>(json!("nobody")).unwrap_err().to_string();
    assert!(error.starts_with("bad_format: "), "{error}");
    let error = serde_json::from_value::<Personal<Text<3>>>(json!("four")).unwrap_err().to_string();
    assert!(error.starts_with("too_long: "), "{error}");
}

#[test]
fn a_command_takes_only_open_values() {
    let input: PersonalInput<Email> = serde_json::from_value(json!("ada@example.com")).unwrap();
    assert_eq!(format!("{input} {input:?} {input:#?}"), "(personal) (personal) (personal)");
    assert_eq!(input.into_personal().open().unwrap().as_str(), "ada@example.com");
    for bad in [json!({ "$p": "AQIDBA" }), json!({ "$p": null }), json!(null), json!(491_234_567)] {
        let error = serde_json::from_value::<PersonalInput<Email>>(bad).unwrap_err().to_string();
        assert!(!error.contains("4912") && !error.contains("AQIDBA"), "{error}");
    }
}

#[test]
fn only_open_values_can_be_read_and_changed() {
    let mut open = Personal::Open("ada");
    assert_eq!(open.open(), Some(&"ada"));
    assert_eq!(open.clone().map(str::len), Personal::Open(3));
    open.forget();
    assert!(open.is_forgotten());
    assert_eq!(open.map(str::len), Personal::Forgotten);
    let sealed = Personal::<&str>::Sealed(sealed("AQIDBA"));
    assert_eq!((sealed.open(), sealed.sealed().map(Sealed::as_str)), (None, Some("AQIDBA")));
    assert_eq!(sealed.clone().map(str::len).into_open(), None);
    assert_ne!(sealed, Personal::Open("AQIDBA"));
}

#[derive(Debug)]
#[expect(dead_code, reason = "only printed")]
struct Customer {
    name: Personal<Text<50>>,
    mail: Option<Personal<Email>>,
    phone: PersonalInput<Phone>,
    sealed: Personal<String>,
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn nothing_that_prints_shows_the_content(content in "[a-z]{12,20}") {
        let customer = Customer {
            name: Text::parse(&content).unwrap().into(),
            mail: Some(Email::parse(&format!("{content}@example.com")).unwrap().into()),
            phone: PersonalInput::new(Phone::parse("+34600123456").unwrap()),
            sealed: Personal::Sealed(sealed(&format!("{content}{}", "A".repeat(4 - content.len() % 4)))),
        };
        let shown = format!("{customer:?} {customer:#?} {} {:>40} {}", customer.name, customer.sealed, customer.phone);
        prop_assert!(!shown.contains(&content) && !shown.contains("600123456"), "{}", shown);
    }

    #[test]
    fn every_form_comes_back_from_the_wire(note in any::<String>(), code in "([A-Za-z0-9_-]{4}){1,9}", form in 0..3) {
        let value = match (form, Note::<300>::parse(&note)) {
            (0, Ok(note)) => Personal::Open(note),
            (1, _) => Personal::Sealed(sealed(&code)),
            _ => Personal::Forgotten,
        };
        let wire = serde_json::to_string(&value).unwrap();
        prop_assert_eq!(serde_json::from_str::<Personal<Note<300>>>(&wire).unwrap(), value);
    }
}
