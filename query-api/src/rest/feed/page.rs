//! A page of the feed.

use std::fmt::Write as _;

use axum::http::header::{CONTENT_TYPE, VARY};
use axum::response::{IntoResponse as _, Response};
use xentri_ledger::PageLimit;
use xentri_schemas::Problem;

use super::read::{Batch, Reader};
use super::request::FeedRequest;

/// Of bodies: a page of large events is cut before its limit.
const BYTES: u32 = 4 << 20;

/// Goes on until something matches or nothing more is there, so that an empty page is the end.
pub(super) async fn answer(reader: &Reader, request: &FeedRequest) -> Result<Response, Problem> {
    let limit = PageLimit { events: request.limit, bytes: BYTES };
    let mut batch = reader.read(request.after, limit).await?;
    while batch.events.is_empty() && batch.more {
        batch = reader.read(batch.next_after, limit).await?;
    }
    let headers = [(CONTENT_TYPE, "application/json"), (VARY, "accept")];
    Ok((headers, written(&batch)).into_response())
}

/// Each event byte for byte.
fn written(batch: &Batch) -> String {
    let length: usize = batch.events.iter().map(|told| told.wire.len() + 1).sum();
    let mut text = String::with_capacity(length + 64);
    text.push_str(r#"{"data":["#);
    for (place, told) in batch.events.iter().enumerate() {
        if place > 0 {
            text.push(',');
        }
        text.push_str(&told.wire);
    }
    // Into a string, which always has room.
    let _ = write!(text, r#"],"next_after":{}}}"#, batch.next_after);
    text
}

#[cfg(test)]
mod tests {
    use super::super::read::Told;
    use super::*;

    #[test]
    fn events_stand_in_the_page_as_they_are() {
        let told = |org_seq, wire: &str| Told { org_seq, wire: wire.to_owned() };
        let events = vec![told(3, r#"{"b":1, "a":2}"#), told(4, "{}")];
        assert_eq!(
            written(&Batch { events, next_after: 4, more: false }),
            r#"{"data":[{"b":1, "a":2},{}],"next_after":4}"#
        );
        assert_eq!(
            written(&Batch { events: vec![], next_after: 0, more: false }),
            r#"{"data":[],"next_after":0}"#
        );
    }
}
