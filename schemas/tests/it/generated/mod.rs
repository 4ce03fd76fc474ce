//! `make schemas` runs this test with `XENTRI_SCHEMAS=write`; without, it compares.

mod asyncapi;
mod nulls;
mod propose;
mod schemas;

use xentri_domain::registry::{command_kinds, event_kinds};
use xentri_schemas::{command_name, error_document};

use crate::files::{Generated, Mode, mode, pretty, pretty_data, read, write};
use crate::{samples, vectors};

pub(crate) use asyncapi::PATH as ASYNCAPI_PATH;
pub(crate) use schemas::{Generator, events_path};

#[test]
fn generated_files_are_up_to_date() {
    let mut files = Generated::default();
    let generator = Generator::new();
    if mode() == Mode::Write {
        propose_missing_samples(&generator);
    }
    let schemas = generator.files();
    for (path, schema) in &schemas {
        files.put(&format!("json/{path}"), &pretty(schema));
    }
    files.put(ASYNCAPI_PATH, &pretty(&asyncapi::document(&schemas)));
    files.only("json/events", ".json", &event_kinds().map(|kind| kind.schema.to_owned()).collect::<Vec<_>>());
    files.only("json/commands", ".json", &command_kinds().map(command_name).collect::<Vec<_>>());
    for (path, vector) in vectors::all() {
        files.put(&path, &pretty_data(&vector));
    }
    files.only("vectors/bodies", ".json", &samples::names());
    files.put("../docs/errors.md", &error_document());
    files.finish();
}

/// From the examples in the schemas, to be corrected by hand: whatever lies there is never overwritten.
fn propose_missing_samples(generator: &Generator) {
    for kind in event_kinds() {
        let path = samples::event_path(kind.schema);
        if read(&path).is_none() {
            println!("proposed schemas/{path}: read it and write what a business would");
            write(&path, &propose::event(kind, generator.payload(kind)));
        }
    }
    for kind in command_kinds() {
        let path = samples::command_path(&command_name(kind));
        if read(&path).is_none() {
            println!("proposed schemas/{path}: read it and write what a business would");
            write(&path, &propose::command(generator.body(kind)));
        }
    }
}
