//! What rows show of persons, and which of them change when one is forgotten.

use std::fmt::Display;

use compact_str::{CompactString, ToCompactString as _};
use uuid::Uuid;
use xentri_domain::kernel::Personal;
use xentri_domain::registry::Event;
use xentri_domain::subject::SubjectEvent;

use super::event::LedgerEvent;

/// None once the person is forgotten.
pub(crate) fn shown<T: Display>(personal: &Personal<T>) -> Option<CompactString> {
    personal.open().map(|value| value.to_compact_string())
}

/// The streams of a type that told of a person whom this event forgets. Of other events there are none.
pub(crate) fn forgotten_streams(event: &LedgerEvent, stream_type: &str) -> Vec<Uuid> {
    let Event::Subject(SubjectEvent::Forgotten(forgotten)) = event.payload() else { return Vec::new() };
    let streams = forgotten.streams.iter().filter(|stream| stream.stream_type.as_str() == stream_type);
    streams.map(|stream| stream.id.uuid()).collect()
}
