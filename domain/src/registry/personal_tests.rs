//! What is marked as personal in the schema of an event is what is sealed in it, and nothing else: for every event
//! there is, so that no aggregate can forget a field.

use std::collections::BTreeSet;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, SchemaGenerator};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use super::samples::Samples;
use super::{Event, payload_schemas};
use crate::aggregate::{HoldsPersonal, no_personal, personal_fields};
use crate::kernel::{Change, Personal, Text};

fn generator() -> SchemaGenerator {
    SchemaSettings::draft2020_12().into_generator()
}

fn visited(payload: &mut impl HoldsPersonal) -> BTreeSet<String> {
    let mut pointers = BTreeSet::new();
    payload.visit_personal(&mut |pointer, _| {
        pointers.insert(pointer.to_owned());
    });
    pointers
}

/// What is wrong with an event, by the names of the event and the field.
fn complaints<E: HoldsPersonal>(
    name: &str,
    schema: &Value,
    definitions: &Map<String, Value>,
    read: impl Fn(Value) -> Result<E, String>,
) -> Vec<String> {
    let mut complaints = BTreeSet::new();
    for sample in (Samples { definitions }).of(schema) {
        match read(sample.value.clone()) {
            Err(error) => {
                complaints.insert(format!("{name} does not read {}: {error}", sample.value));
            }
            Ok(mut payload) => {
                let visited = visited(&mut payload);
                let missed = sample.personal.difference(&visited);
                complaints
                    .extend(missed.map(|field| format!("{name}: {field} is personal, and is not visited")));
                let unmarked = visited.difference(&sample.personal);
                complaints.extend(
                    unmarked.map(|field| format!("{name}: {field} is visited, and not marked x-personal")),
                );
            }
        }
    }
    complaints.into_iter().collect()
}

#[test]
fn every_personal_field_of_every_event_is_visited_and_no_other() {
    let mut generator = generator();
    let schemas = payload_schemas(&mut generator);
    let definitions = generator.definitions();
    let mut wrong = Vec::new();
    for (kind, schema) in &schemas {
        wrong.extend(complaints(kind.type_name, schema.as_value(), definitions, |payload| {
            let event = Event::read_payload(kind.type_name, payload).expect("a registered type");
            event.map_err(|error| error.to_string())
        }));
    }
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
    let personal = |schema: &schemars::Schema| {
        (Samples { definitions }).of(schema.as_value()).iter().any(|sample| !sample.personal.is_empty())
    };
    assert!(schemas.iter().any(|(_, schema)| personal(schema)), "the test sees no personal field at all");
}

#[derive(Deserialize, JsonSchema)]
struct Person {
    name: Personal<Text<9>>,
    #[serde(default)]
    note: Change<Personal<Text<9>>>,
}
personal_fields!(Person { name, note });

#[derive(Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Careless {
    Nobody,
    Somebody { people: Vec<Option<Person>> },
}

/// Reaches the names and leaves the notes out.
impl HoldsPersonal for Careless {
    fn visit_personal(&mut self, visit: &mut dyn FnMut(&str, &mut dyn crate::aggregate::PersonalField)) {
        if let Self::Somebody { people } = self {
            for (n, person) in
                people.iter_mut().enumerate().filter_map(|(n, person)| Some((n, person.as_mut()?)))
            {
                visit(&format!("/people/{n}/name"), &mut person.name);
            }
        }
    }
}

/// Says that it holds nothing personal.
#[derive(Deserialize, JsonSchema)]
struct Forgetful {
    #[serde(flatten)]
    #[expect(dead_code, reason = "only what the schema says of it counts")]
    person: Person,
}
no_personal!(Forgetful);

fn complaints_of<T: HoldsPersonal + JsonSchema + DeserializeOwned>() -> Vec<String> {
    let mut generator = generator();
    let schema = T::json_schema(&mut generator);
    complaints("it", schema.as_value(), generator.definitions(), |payload| {
        serde_json::from_value::<T>(payload).map_err(|error| error.to_string())
    })
}

#[test]
fn a_field_that_is_not_visited_is_named() {
    assert_eq!(complaints_of::<Person>(), [""; 0]);
    assert_eq!(complaints_of::<Careless>(), ["it: /people/0/note is personal, and is not visited"]);
    assert_eq!(
        complaints_of::<Forgetful>(),
        ["it: /name is personal, and is not visited", "it: /note is personal, and is not visited"]
    );
}

#[test]
fn a_field_that_is_visited_and_not_marked_is_named() {
    let mut generator = generator();
    let mut schema = Person::json_schema(&mut generator);
    schema
        .pointer_mut("/properties/name")
        .expect("a name")
        .as_object_mut()
        .expect("an object")
        .remove("x-personal");
    let wrong = complaints("it", schema.as_value(), generator.definitions(), |payload| {
        serde_json::from_value::<Person>(payload).map_err(|error| error.to_string())
    });
    let expected = "it: /name is visited, and not marked x-personal";
    assert!(wrong.iter().any(|complaint| complaint == expected), "{wrong:?}");
}
