//! A message of the log, as far as it has to be read.

use rdkafka::message::BorrowedMessage;
use rdkafka::message::{BorrowedHeaders, Headers as _, Message as _};
use xentri_ledger::{Shard, StoredEvent};

use crate::feed::Place;
use crate::relay::{HEARTBEAT, header, read_place};

pub(super) struct Letter {
    pub(super) offset: i64,
    pub(super) content: Content,
}

pub(super) enum Content {
    Event {
        event: Box<StoredEvent>,
        /// Of the message before it.
        prev: Place,
    },
    /// One that was given before: nobody needs what is in it.
    Old(Place),
    /// Where the topic ends.
    Heartbeat(Place),
    /// Nothing that the relay would send, or not whole.
    Unreadable,
}

impl Letter {
    /// Events up to `given` are not decoded.
    pub(super) fn read(shard: Shard, message: &BorrowedMessage<'_>, given: Place) -> Self {
        let content = message.headers().and_then(|headers| content(shard, message, headers, given));
        Self { offset: message.offset(), content: content.unwrap_or(Content::Unreadable) }
    }

    pub(super) fn place(&self) -> Option<Place> {
        match &self.content {
            Content::Event { event, .. } => Some(Place::of(event)),
            Content::Old(place) | Content::Heartbeat(place) => Some(*place),
            Content::Unreadable => None,
        }
    }
}

fn content(
    shard: Shard,
    message: &BorrowedMessage<'_>,
    headers: &BorrowedHeaders,
    given: Place,
) -> Option<Content> {
    let epoch = value(headers, header::EPOCH)?.parse().ok()?;
    let place = Place { epoch, position: value(headers, header::POSITION)?.parse().ok()? };
    if value(headers, header::TYPE)? == HEARTBEAT {
        return Some(Content::Heartbeat(place));
    }
    if place <= given {
        return Some(Content::Old(place));
    }
    let prev = read_place(value(headers, header::PREV)?)?;
    let wire = std::str::from_utf8(message.payload()?).ok()?;
    let event = StoredEvent::from_wire(shard, place.position, wire).ok()?;
    (event.epoch == epoch).then(|| Content::Event { event: Box::new(event), prev })
}

fn value<'a>(headers: &'a BorrowedHeaders, name: &str) -> Option<&'a str> {
    let header = headers.iter().find(|header| header.key == name)?;
    std::str::from_utf8(header.value?).ok()
}
