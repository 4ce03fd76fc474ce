//! Streams of whatever type, for those who learn only at run time which one is asked for.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use serde_json::Value;
use xentri_domain::aggregate::{Stream, StreamRef};
use xentri_domain::registry::{Event, STREAM_TYPES, StreamVisitor, visit_streams};
use xentri_schemas::ReadError;

use super::TimeTravelError;

/// The name as the registry has it; None for no type of stream.
pub fn stream_type(name: &str) -> Option<&'static str> {
    STREAM_TYPES.iter().copied().find(|known| *known == name)
}

/// A state in the making.
pub(super) trait Folding: Send + Sync {
    fn apply(&mut self, stream: StreamRef, version: u32, event: Event) -> Result<(), TimeTravelError>;

    /// As `data.state` of a command has it.
    fn written(&self, stream: StreamRef) -> Result<Value, TimeTravelError>;
}

impl<S: Stream> Folding for S {
    fn apply(&mut self, stream: StreamRef, version: u32, event: Event) -> Result<(), TimeTravelError> {
        let event = S::Event::try_from(event).map_err(|other| {
            let (type_name, other) = (other.type_name.to_owned(), stream.stream_type.to_owned());
            let error = Arc::new(ReadError::Contradiction { type_name, other });
            TimeTravelError::Unreadable { stream, version, error }
        })?;
        Stream::apply(self, &event);
        Ok(())
    }

    fn written(&self, stream: StreamRef) -> Result<Value, TimeTravelError> {
        let written = serde_json::to_value(self);
        written.map_err(|error| TimeTravelError::Unwritten { stream, error: Arc::new(error) })
    }
}

/// By type of stream.
type Kinds = HashMap<&'static str, fn() -> Box<dyn Folding>>;

struct Collect(Kinds);

impl StreamVisitor for Collect {
    fn visit<S: Stream>(&mut self) {
        self.0.insert(S::TYPE, || Box::new(S::default()));
    }
}

static EMPTY: LazyLock<Kinds> = LazyLock::new(|| {
    let mut kinds = Collect(HashMap::new());
    visit_streams(&mut kinds);
    kinds.0
});

/// Before the first event; None for no type of stream.
pub(super) fn empty(stream_type: &str) -> Option<Box<dyn Folding>> {
    EMPTY.get(stream_type).map(|empty| empty())
}
