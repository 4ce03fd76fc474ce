//! What needs no database.

use async_graphql::parser::types::ExecutableDocument;
use async_graphql::parser::types::{TypeKind, TypeSystemDefinition};
use async_graphql::parser::{parse_query, parse_schema};
use uuid::Uuid;
use xentri_domain::kernel::{Date, OrgId, Scope, Timestamp};
use xentri_ledger::{DerivedKeys, SecretKey};
use xentri_projections::kit::{OrderValue, Place};

use super::cursor::Listing;
use super::error::ReadError;
use super::measure::{self, Limits};
use super::reads::{EVERYTHING, READS};
use super::views::PulseScope;
use super::{GraphqlSettings, sdl};

fn keys(byte: u8) -> DerivedKeys {
    DerivedKeys::new(SecretKey::from_slice(&[byte; 32]).unwrap(), vec![])
}

fn org(byte: u8) -> OrgId {
    OrgId::v7(1, [byte; 10])
}

#[test]
fn a_cursor_is_good_in_its_org_its_list_and_its_order_alone() {
    let listing = |org, list, order| Listing { org, list, order };
    let leads = listing(org(1), "leads", "created_at descending");
    let id = Uuid::from_u128(7);
    for value in [
        OrderValue::Moment(Timestamp::from_micros(1_000_001).unwrap()),
        OrderValue::Day(Date::new(2026, 3, 9).unwrap()),
        OrderValue::Text("žofie \"\\".to_owned()),
    ] {
        let place = Place { value, id };
        let cursor = leads.cursor(place.clone(), &keys(1)).unwrap();
        assert_eq!(leads.place(&cursor, &keys(1)), Ok(place));
        for other in [
            listing(org(2), "leads", "created_at descending"),
            listing(org(1), "sites", "created_at descending"),
            listing(org(1), "leads", "created_at ascending"),
            listing(org(1), "leads", "search descending"),
        ] {
            assert_eq!(other.place(&cursor, &keys(1)), Err(ReadError::Cursor), "{other:?}");
        }
        assert_eq!(leads.place(&cursor, &keys(2)), Err(ReadError::Cursor));
        assert_eq!(leads.place(&cursor[1..], &keys(1)), Err(ReadError::Cursor));
        assert_eq!(leads.item_place(&cursor, &keys(1)), Err(ReadError::Cursor));
    }
    for bad in ["", "ä", "AAAA", "7"] {
        assert_eq!(leads.place(bad, &keys(1)), Err(ReadError::Cursor), "{bad}");
    }
}

const LIMITS: Limits = Limits { aliases: 10, depth: 8 };

fn measured(query: &str) -> Result<(), ReadError> {
    measure::nesting(query)?;
    let parsed: ExecutableDocument = parse_query(query).unwrap();
    measure::document(&parsed, &LIMITS)
}

fn refused(query: &str) -> String {
    measured(query).unwrap_err().to_string()
}

#[test]
fn a_document_is_measured_with_its_fragments_put_in() {
    let within =
        "query A { a: x { y ...F } } query B { x } fragment F on X { z { ...G } } fragment G on Z { b: w }";
    assert_eq!(measured(within), Ok(()));
    let aliases = (0..11).fold(String::new(), |all, n| format!("{all} a{n}: x"));
    assert_eq!(refused(&format!("{{ {aliases} }}")), "more than 10 aliases");
    // Of each fragment ten times the one below: ten lines of text, and a billion fields.
    let bomb = (0..9).fold(String::new(), |all, n| {
        format!("{all} fragment F{n} on X {{ {} }}", format!("...F{} ", n + 1).repeat(10))
    });
    assert_eq!(refused(&format!("{{ ...F0 }} {bomb} fragment F9 on X {{ x }}")), "more than 2000 fields");
    let deep = format!("{{ {} x {} }}", "x { ".repeat(8), "} ".repeat(8));
    assert_eq!(refused(&deep), "more than 8 levels");
    let by_fragments = "{ x { x { x { x { ...F } } } } } fragment F on X { x { x { x { x { x } } } } }";
    assert_eq!(refused(by_fragments), "more than 8 levels");
    let many = (0..101).fold("{ x }".to_owned(), |all, n| format!("{all} fragment F{n} on X {{ x }}"));
    assert_eq!(refused(&many), "more than 100 fragments");
    let many = (0..21).fold(String::new(), |all, n| format!("{all} query Q{n} {{ x }}"));
    assert_eq!(refused(&many), "more than 20 operations");
}

#[test]
fn fragments_that_lead_back_to_themselves_are_refused() {
    for cycle in
        ["{ ...A } fragment A on X { ...A }", "{ x } fragment A on X { y { ...B } } fragment B on X { ...A }"]
    {
        assert_eq!(measured(cycle), Err(ReadError::Cycle), "{cycle}");
    }
}

#[test]
fn brackets_are_counted_as_the_parser_comes_to_them() {
    for deep in [
        "{a".repeat(61),
        format!("{{ a(b: {}", "[".repeat(60)),
        format!("{{ a(b: \"\\\"\") {}", "{a".repeat(60)),
        format!("{{ a(b: \"\"\"\n\\\"\"\" \"\"\") {}", "{a".repeat(60)),
        format!("# }}}}\n{}", "{a # }\n".repeat(61)),
    ] {
        assert!(matches!(measure::nesting(&deep), Err(ReadError::Costly(_))), "{deep}");
    }
    for shallow in [
        "{a}".repeat(1000),
        format!("{{ a(b: \"{}\") }}", "{".repeat(100)),
        format!("{{ a(b: \"\"\"{}\n\"{} \"\"\") }}", "{".repeat(100), "[".repeat(100)),
        format!("{{ a # {}\n }}", "{".repeat(100)),
    ] {
        assert_eq!(measure::nesting(&shallow), Ok(()), "{shallow}");
    }
    // The parser would go on inside a text that never ends.
    assert_eq!(measure::nesting("{ a(b: [\"\"\" \" {{{"), Err(ReadError::NoEnd));
}

#[test]
fn every_query_says_what_it_is_made_of() {
    let queries = [fields_of("Query"), fields_of("Subscription")].concat();
    let said: Vec<_> = READS.iter().map(|(name, _)| (*name).to_owned()).collect();
    let silent: Vec<_> = queries.iter().filter(|name| !said.contains(name)).collect();
    assert!(silent.is_empty(), "no line in `reads` for {silent:?}");
    let everywhere: Vec<_> = all_fields().into_iter().map(|(_, name, _)| name).collect();
    let unknown: Vec<_> = said.iter().filter(|name| !everywhere.contains(name)).collect();
    assert!(unknown.is_empty(), "no such field: {unknown:?}");
    let apart: Vec<_> =
        READS.iter().flat_map(|(_, models)| *models).filter(|model| !EVERYTHING.contains(model)).collect();
    assert!(apart.is_empty(), "events are told before they are in {apart:?}");
}

#[test]
fn every_type_field_and_value_is_described() {
    let silent: Vec<_> = all_fields().into_iter().filter(|(.., described)| !described).collect();
    assert!(silent.is_empty(), "{silent:?}");
}

#[test]
fn every_scope_of_pulse_has_a_name() {
    for scope in Scope::all() {
        assert_eq!(PulseScope::of(scope.as_str()).and_then(PulseScope::scope), Ok(scope));
    }
}

#[test]
fn the_usual_limits_let_the_question_for_the_schema_through() {
    assert!(GraphqlSettings::default().depth >= 15);
}

fn fields_of(wanted: &str) -> Vec<String> {
    let all = all_fields().into_iter().filter(|(of, ..)| of == wanted).map(|(_, name, _)| name);
    all.filter(|name| !name.is_empty() && !name.contains('(')).collect()
}

/// Type, field or value, and whether it is described; a type itself stands there as a field without a name.
fn all_fields() -> Vec<(String, String, bool)> {
    let document = parse_schema(sdl()).unwrap();
    let mut all = Vec::new();
    for definition in document.definitions {
        let TypeSystemDefinition::Type(definition) = definition else { continue };
        let (of, kind) = (definition.node.name.node.to_string(), definition.node.kind);
        all.push((of.clone(), String::new(), definition.node.description.is_some()));
        let mut add = |name: &str, described: bool| all.push((of.clone(), name.to_owned(), described));
        match kind {
            TypeKind::Object(object) => {
                for field in object.fields {
                    add(&field.node.name.node, field.node.description.is_some());
                    for argument in field.node.arguments {
                        let name = format!("{}({})", field.node.name.node, argument.node.name.node);
                        add(&name, argument.node.description.is_some());
                    }
                }
            }
            TypeKind::Interface(interface) => {
                for field in interface.fields {
                    add(&field.node.name.node, field.node.description.is_some());
                }
            }
            TypeKind::Enum(values) => {
                for value in values.values {
                    add(&value.node.value.node, value.node.description.is_some());
                }
            }
            TypeKind::InputObject(input) => {
                for field in input.fields {
                    add(&field.node.name.node, field.node.description.is_some());
                }
            }
            TypeKind::Scalar | TypeKind::Union(_) => {}
        }
    }
    all
}
