use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use xentri_domain::kernel::{Language, TimeZone};

use super::super::rules::MODULES;
use super::super::tests::{folded, in_english, samples};
use super::{Writer, catalogue};

const LANGUAGES: [Language; 2] = [Language::En, Language::Es];
/// What whoever shows an item looks up, or leaves out.
const LOOKED_UP: &[(&str, &str)] =
    &[("lead", "Ada"), ("invoice", "INV-1"), ("site", "Bakery"), ("page", "Bread")];

/// The names in a text, and those of them that may be left out.
fn placeholders(text: &str) -> (BTreeSet<String>, BTreeSet<String>) {
    let names = |text: &str| -> BTreeSet<String> {
        text.split('{').skip(1).filter_map(|part| Some(part.split_once('}')?.0.to_owned())).collect()
    };
    let optional = text.split('[').skip(1).filter_map(|part| Some(part.split_once(']')?.0));
    (names(text), optional.flat_map(names).collect())
}

fn texts(language: Language) -> BTreeMap<&'static str, &'static str> {
    let all = catalogue(language);
    let texts: BTreeMap<_, _> = all.iter().copied().collect();
    assert_eq!(texts.len(), all.len(), "{language}: a key stands there twice");
    texts
}

#[test]
fn every_language_has_the_same_texts_with_the_same_arguments() {
    let english = texts(Language::En);
    for language in LANGUAGES {
        let others = texts(language);
        assert!(others.keys().eq(english.keys()), "{language}");
        for (key, text) in &others {
            assert_eq!(placeholders(text), placeholders(english[key]), "{language} {key}");
            assert!(!text.is_empty(), "{language} {key}");
        }
    }
}

#[test]
fn every_rule_has_its_texts_and_there_are_no_others() {
    let rules = MODULES.iter().flat_map(|module| module.rules.iter());
    let of_rules = rules.flat_map(|rule| ["title", "summary"].map(|part| format!("{}.{part}", rule.name)));
    let of_people = ["raised.title", "raised.summary"].map(str::to_owned);
    let sections = ["identity", "audience", "offerings", "positioning", "goals", "proof", "operations"];
    let words = sections.map(|section| format!("section.{section}"));
    let needed: BTreeSet<_> = of_rules.chain(of_people).chain(words).collect();
    let there: BTreeSet<_> = texts(Language::En).into_keys().map(str::to_owned).collect();
    assert_eq!(there, needed);
}

#[test]
fn every_item_of_every_sample_is_written_whole_and_uses_all_that_it_brings() {
    for event in samples() {
        for item in folded([&event]).values().filter(|item| item.title_key.is_some()) {
            for language in LANGUAGES {
                let writer = Writer { language, zone: &TimeZone::UTC };
                let said = format!(
                    "{} {}",
                    writer.title(item, LOOKED_UP),
                    writer.summary(item, LOOKED_UP).unwrap_or_default()
                );
                let raised = item.about_type == "pulse_item";
                assert!(raised || !said.contains(['{', '}', '[', ']', '…']), "{said}");
                assert!(!writer.title(item, &[]).contains(['{', '…']), "{said}");
            }
            let texts = texts(Language::En);
            let keys = item.title_key.iter().chain(&item.summary_key);
            let used: BTreeSet<_> = keys.flat_map(|key| placeholders(texts[key.as_str()]).0).collect();
            for name in item.arguments.0.as_object().unwrap().keys() {
                assert!(used.contains(name), "{:?} does not say {name}", item.title_key);
            }
            for name in used {
                let known =
                    item.arguments.0.get(&name).is_some() || LOOKED_UP.iter().any(|(it, _)| *it == name);
                let optional = texts.values().any(|text| placeholders(text).1.contains(&name));
                assert!(known || optional, "nobody brings {name}");
            }
        }
    }
}

fn say(language: Language, key: &str, arguments: &Value) -> String {
    Writer { language, zone: &TimeZone::parse("Europe/Madrid").unwrap() }.write(key, arguments, &[])
}

#[test]
fn amounts_and_days_are_written_as_the_language_does() {
    let money = |amount: i64, currency: &str| json!({ "total": { "money": { "amount": amount, "currency": currency } } });
    for (amount, currency, english, spanish) in [
        (123_456_789, "EUR", "1,234,567.89 EUR", "1.234.567,89 EUR"),
        (1_200, "JPY", "1,200 JPY", "1.200 JPY"),
        (-5, "EUR", "-0.05 EUR", "-0,05 EUR"),
        (1_500, "KWD", "1.500 KWD", "1,500 KWD"),
    ] {
        let arguments = money(amount, currency);
        assert_eq!(say(Language::En, "invoice_paid.title", &arguments), format!("Invoice paid: {english}"));
        assert_eq!(
            say(Language::Es, "invoice_paid.title", &arguments),
            format!("Factura cobrada: {spanish}")
        );
    }
    let due = json!({ "due_date": { "date": "2026-03-05" } });
    assert_eq!(say(Language::En, "invoice_issued.summary", &due), "It is due on 5 March 2026.");
    assert_eq!(say(Language::Es, "invoice_issued.summary", &due), "Vence el 5 de marzo de 2026.");
}

#[test]
fn a_moment_is_said_as_the_day_that_it_is_where_the_reader_is() {
    let due = json!({ "due_at": { "moment": "2026-12-31T23:30:00Z" } });
    let said = say(Language::Es, "follow_up_due.summary", &due);
    assert!(said.ends_with("el 1 de enero de 2027."), "{said}");
}

#[test]
fn a_word_is_said_in_the_language_too() {
    let section = json!({ "section": { "word": "section.goals" } });
    let said = say(Language::Es, "brief_section_proposed.title", &section);
    assert_eq!(said, "Una propuesta para el brief: objetivos");
}

#[test]
fn what_is_missing_is_left_out_or_marked_and_an_unknown_text_stands_for_itself() {
    assert_eq!(say(Language::En, "invoice_paid.title", &json!({})), "Invoice paid: …");
    assert_eq!(say(Language::En, "lead_created.title", &json!({})), "New lead");
    assert_eq!(say(Language::En, "of_a_newer_release.title", &json!({})), "of_a_newer_release.title");
    let newer = json!({ "total": { "percent": 3 } });
    assert_eq!(say(Language::En, "invoice_paid.title", &newer), "Invoice paid: …");
    assert_eq!(
        in_english().write("lead_created.title", &json!({}), &[("lead", "Ada {x} [y]")]),
        "New lead: Ada {x} [y]"
    );
}
