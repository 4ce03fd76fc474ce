//! What a rebuild reads of the ledger is what some read model wants to see.

use xentri_domain::registry::STREAM_TYPES;

use crate::given::samples;
use crate::read_models;

/// The samples are one of each kind of event, and that of a forgotten person names streams of every type that tells of some.
#[test]
fn no_event_touches_rows_of_a_read_model_that_names_other_streams() {
    for model in read_models().iter().filter(|model| !model.streams().is_empty()) {
        for stream_type in STREAM_TYPES.iter().filter(|name| !model.streams().contains(name)) {
            for event in samples(stream_type) {
                let kind = event.payload().kind().type_name;
                assert!(
                    model.keys(&event).is_empty(),
                    "{} has to name {stream_type}, for {kind}",
                    model.name()
                );
            }
        }
    }
}

#[test]
fn every_stream_that_is_named_has_an_event_that_touches_rows() {
    for model in read_models() {
        for stream_type in model.streams() {
            let touches = samples(stream_type).iter().any(|event| !model.keys(event).is_empty());
            assert!(touches, "{} reads {stream_type} for nothing", model.name());
        }
    }
}
