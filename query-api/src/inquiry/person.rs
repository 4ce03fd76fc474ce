//! Where a person's data is, and what forgetting would do to it.

use serde::Serialize;
use serde_json::Value;
use xentri_domain::aggregate::{HoldsPersonal as _, StreamRef};
use xentri_domain::kernel::{StreamId, SubjectId, Timestamp};
use xentri_domain::registry::Event;
use xentri_domain::subject::SubjectEvent;
use xentri_ledger::{Databases, Home, KeyRing, StoredEvent, TenantTx, subject_streams_in_tx};
use xentri_projections::rows_about_in_tx;
use xentri_schemas::{Envelope, Reading};

use super::mentions::mentions;
use super::{InquiryError, Told};

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Person {
    pub subject_id: SubjectId,
    /// The event that forgot them.
    pub forgotten: Option<Told>,
    /// Those that hold their data, by their first event that does.
    pub streams: Vec<PersonStream>,
    /// Events that name them by their id alone.
    pub mentions: Vec<Told>,
    /// Of read models that show them, or did before they were forgotten.
    pub shown_in: Vec<ShownIn>,
    pub forgetting: Forgetting,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PersonStream {
    #[serde(rename = "type")]
    pub stream_type: &'static str,
    pub id: StreamId,
    pub events: Vec<PersonEvent>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PersonEvent {
    #[serde(flatten)]
    pub event: Told,
    pub fields: Vec<Field>,
}

/// A field of an event that is about the person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Field {
    /// A JSON pointer into the payload.
    pub pointer: String,
    /// As it is in the payload: sealed, open or forgotten.
    pub value: Value,
}

/// Rows of a read model, by their ids.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ShownIn {
    pub read_model: &'static str,
    pub rows: Vec<uuid::Uuid>,
}

/// What it will do, or would have to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Forgetting {
    /// Whether there is anything left to forget.
    pub to_do: bool,
    pub events: usize,
    pub fields: usize,
    /// Streams that hold their data and that forgetting would not name: a fault of the ledger's own register.
    pub overlooked: Vec<String>,
    /// When they were first told of, which is as far back as it reaches.
    pub since: Option<Timestamp>,
}

/// Looks at every event of the org. `keys` open what is personal; without them it stays sealed.
pub async fn person(
    databases: &Databases,
    home: Home,
    subject: SubjectId,
    keys: Option<&KeyRing>,
) -> Result<Person, InquiryError> {
    let (mut forgotten, mut held, mut named) = (None, Vec::new(), Vec::new());
    mentions(databases, home, subject.uuid(), |events| {
        for event in events {
            match About::of(&event, subject)? {
                About::Holds(envelope) => held.push((event, envelope)),
                About::Forgets => {
                    forgotten.get_or_insert(Told::of(&event, None)?);
                }
                About::Names => named.push(Told::of(&event, None)?),
            }
        }
        Ok::<(), InquiryError>(())
    })
    .await?;
    let mut tx = TenantTx::read(databases, home).await?;
    if let Some(keys) = keys {
        keys.open_in_tx(&mut tx, held.iter_mut().map(|(_, envelope)| &mut **envelope)).await?;
    }
    let streams = by_stream(held)?;
    let register = subject_streams_in_tx(&mut tx, subject).await?;
    let own: Vec<_> = streams.iter().map(PersonStream::named).collect();
    let shown = rows_about_in_tx(&mut tx, subject, &own).await?;
    tx.commit().await?;
    let forgetting = Forgetting::of(&streams, &register, forgotten.is_some());
    let shown_in = shown.into_iter().map(|(read_model, rows)| ShownIn { read_model, rows }).collect();
    Ok(Person { subject_id: subject, forgotten, streams, mentions: named, shown_in, forgetting })
}

enum About {
    Holds(Box<Envelope>),
    Forgets,
    Names,
}

impl About {
    /// Of an event in which the person's id stands. One that says nothing to this program names them at least.
    fn of(event: &StoredEvent, subject: SubjectId) -> Result<Self, InquiryError> {
        let reading = event.decode().map_err(|error| InquiryError::Unreadable {
            event: event.id,
            error: std::sync::Arc::new(error),
        })?;
        let Reading::Event(mut envelope) = reading else { return Ok(Self::Names) };
        let forgets = matches!(envelope.payload, Event::Subject(SubjectEvent::Forgotten(_)));
        if forgets && event.stream_id.uuid() == subject.uuid() {
            return Ok(Self::Forgets);
        }
        let about = envelope.payload.subject(envelope.stream_id) == Some(subject);
        let holds = about && !fields(&mut envelope).is_empty();
        Ok(if holds { Self::Holds(envelope) } else { Self::Names })
    }
}

fn fields(envelope: &mut Envelope) -> Vec<Field> {
    let mut fields = Vec::new();
    envelope.payload.visit_personal(&mut |pointer, field| {
        let value = match (field.open_text(), field.sealed()) {
            (Some(text), _) => Value::String(text),
            (None, Some(sealed)) => serde_json::json!({ "$p": sealed.as_str() }),
            (None, None) => serde_json::json!({ "$p": null }),
        };
        fields.push(Field { pointer: pointer.to_owned(), value });
    });
    fields
}

fn by_stream(held: Vec<(StoredEvent, Box<Envelope>)>) -> Result<Vec<PersonStream>, InquiryError> {
    let mut streams: Vec<PersonStream> = Vec::new();
    for (event, mut envelope) in held {
        let fields = fields(&mut envelope);
        let told = PersonEvent { event: Told::of(&event, Some(&envelope))?, fields };
        let (stream_type, id) = (envelope.payload.kind().stream_type, envelope.stream_id);
        match streams.iter_mut().find(|stream| (stream.stream_type, stream.id) == (stream_type, id)) {
            Some(stream) => stream.events.push(told),
            None => streams.push(PersonStream { stream_type, id, events: vec![told] }),
        }
    }
    Ok(streams)
}

impl PersonStream {
    fn named(&self) -> StreamRef {
        StreamRef { stream_type: self.stream_type, id: self.id }
    }
}

impl Forgetting {
    fn of(streams: &[PersonStream], register: &[StreamRef], is_forgotten: bool) -> Self {
        let events = || streams.iter().flat_map(|stream| &stream.events);
        let overlooked = streams.iter().map(PersonStream::named).filter(|own| !register.contains(own));
        Self {
            to_do: !is_forgotten && !streams.is_empty(),
            events: events().count(),
            fields: events().map(|event| event.fields.len()).sum(),
            overlooked: overlooked.map(|stream| stream.to_string()).collect(),
            since: events().map(|event| event.event.recorded_at).min(),
        }
    }
}
