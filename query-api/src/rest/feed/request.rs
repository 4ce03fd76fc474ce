//! What is asked of the feed.

use axum::http::header::ACCEPT;
use axum::http::{HeaderMap, Uri};
use xentri_domain::registry::event_kinds;
use xentri_schemas::{ErrorKind, Problem};

use crate::rest::parameters::Parameters;
use crate::rest::problem::bad_parameter;

const EVENT_STREAM: &str = "text/event-stream";
const LAST_EVENT_ID: &str = "last-event-id";

const DEFAULT_LIMIT: u32 = 100;
const MOST: u32 = 1000;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FeedRequest {
    pub(super) after: u64,
    /// None for all.
    pub(super) types: Option<Vec<&'static str>>,
    /// Of a page.
    pub(super) limit: u32,
    pub(super) as_stream: bool,
}

impl FeedRequest {
    pub(super) fn read(uri: &Uri, headers: &HeaderMap) -> Result<Self, Problem> {
        let parameters = Parameters::of(uri, &["after", "types", "limit"])?;
        let as_stream = wants_stream(headers);
        let after = parameters.read("after", "the org_seq of an event, or 0")?.unwrap_or(0);
        // A browser that resumes sends it along with the query of the first time.
        let last = if as_stream { last_event_id(headers)? } else { None };
        let limit = parameters.read("limit", format_args!("a number from 1 to {MOST}"))?;
        let limit = limit.unwrap_or(DEFAULT_LIMIT);
        if !(1..=MOST).contains(&limit) {
            return Err(bad_parameter("limit", format_args!("expected a number from 1 to {MOST}")));
        }
        let types = parameters.text("types").map(types).transpose()?;
        Ok(Self { after: last.unwrap_or(after), types, limit, as_stream })
    }
}

/// One that was mistyped would be waited for in vain.
fn types(list: &str) -> Result<Vec<&'static str>, Problem> {
    let mut types = Vec::new();
    for (place, name) in list.split(',').map(str::trim).enumerate() {
        let kind = event_kinds().find(|kind| kind.type_name == name).ok_or_else(|| {
            let fault =
                format!("number {} of the list is no type of event, like xentri.lead.created.v1", place + 1);
            bad_parameter("types", fault)
        })?;
        if !types.contains(&kind.type_name) {
            types.push(kind.type_name);
        }
    }
    Ok(types)
}

fn wants_stream(headers: &HeaderMap) -> bool {
    let ranges = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let mut names = ranges.flat_map(|value| value.split(',')).filter_map(|range| range.split(';').next());
    names.any(|name| name.trim().eq_ignore_ascii_case(EVENT_STREAM))
}

fn last_event_id(headers: &HeaderMap) -> Result<Option<u64>, Problem> {
    let bad = || {
        Problem::new(ErrorKind::BAD_HEADER).detail("Last-Event-ID: expected the id of an event of the stream")
    };
    let mut values = headers.get_all(LAST_EVENT_ID).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(bad());
    }
    match value.to_str().map_err(|_| bad())? {
        // A stream that has told no id yet.
        "" => Ok(None),
        text => text.parse().map(Some).map_err(|_| bad()),
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn read(query: &str, headers: &[(&'static str, &'static str)]) -> Result<FeedRequest, Problem> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, HeaderValue::from_static(value));
        }
        FeedRequest::read(&format!("/api/v1/events{query}").parse().unwrap(), &map)
    }

    #[test]
    fn everything_has_a_default() {
        let expected = FeedRequest { after: 0, types: None, limit: 100, as_stream: false };
        assert_eq!(read("", &[]), Ok(expected));
    }

    #[test]
    fn what_was_seen_last_wins_over_the_query() {
        let stream = ("accept", "text/event-stream");
        let after = |headers: &[_]| read("?after=3", headers).unwrap().after;
        assert_eq!(after(&[stream]), 3);
        assert_eq!(after(&[stream, ("last-event-id", "7")]), 7);
        assert_eq!(after(&[stream, ("last-event-id", "")]), 3);
        assert_eq!(after(&[("last-event-id", "7")]), 3, "a page is asked for by its query");
    }

    #[test]
    fn a_stream_is_asked_for_by_its_name() {
        for (accept, stream) in [
            ("text/event-stream", true),
            ("application/json, Text/Event-Stream;q=0.5", true),
            ("*/*", false),
            ("application/json", false),
        ] {
            assert_eq!(read("", &[("accept", accept)]).unwrap().as_stream, stream, "{accept}");
        }
    }

    #[test]
    fn types_are_those_of_events_each_once() {
        let types =
            read("?types=xentri.deal.won.v1,xentri.lead.created.v1,xentri.deal.won.v1", &[]).unwrap().types;
        assert_eq!(types.unwrap(), ["xentri.deal.won.v1", "xentri.lead.created.v1"]);
    }

    #[test]
    fn what_is_none_is_refused_by_its_name() {
        for (query, name) in [
            ("?after=-1", "after"),
            ("?after=x", "after"),
            ("?limit=0", "limit"),
            ("?limit=1001", "limit"),
            ("?types=", "types"),
            ("?types=xentri.lead.created.v1,lead", "types"),
            ("?shard=1", "the query"),
        ] {
            let problem = read(query, &[]).unwrap_err();
            assert_eq!(problem.kind, ErrorKind::BAD_PARAMETER, "{query}");
            assert!(problem.detail.starts_with(&format!("{name}: ")), "{query}: {}", problem.detail);
        }
        let stream = ("accept", "text/event-stream");
        for headers in
            [&[stream, ("last-event-id", "x")][..], &[stream, ("last-event-id", "1"), ("last-event-id", "2")]]
        {
            assert_eq!(read("", headers).unwrap_err().kind, ErrorKind::BAD_HEADER);
        }
    }
}
