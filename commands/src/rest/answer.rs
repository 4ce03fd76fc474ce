//! What is answered to a command that was done.

use axum::Json;
use axum::http::header::{ETAG, LOCATION};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use serde::Serialize;
use serde_json::Value;
use xentri_domain::aggregate::CommandKind;
use xentri_domain::kernel::StreamId;
use xentri_schemas::TraceId;

use super::route;
use crate::{Answer, AnsweredEvent};

const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
const APPLIED: HeaderName = HeaderName::from_static("preference-applied");

#[derive(Serialize)]
struct Body<'a> {
    data: Data<'a>,
    /// Always null: an error is a problem of its own.
    error: (),
    meta: Meta,
}

#[derive(Serialize)]
struct Data<'a> {
    id: StreamId,
    version: u64,
    org_seq: u64,
    consistency_token: &'a str,
    events: &'a [AnsweredEvent],
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<&'a Value>,
}

#[derive(Serialize)]
struct Meta {
    #[serde(skip_serializing_if = "Option::is_none")]
    trace_id: Option<TraceId>,
}

pub(super) fn response(
    kind: &CommandKind,
    answer: &Answer,
    state: Option<&Value>,
    trace_id: Option<TraceId>,
) -> Response {
    let data = Data {
        id: answer.id,
        version: answer.version,
        org_seq: answer.org_seq,
        consistency_token: &answer.consistency_token,
        events: &answer.events,
        state,
    };
    let status = if answer.created { StatusCode::CREATED } else { StatusCode::OK };
    let body = Json(Body { data, error: (), meta: Meta { trace_id } });
    (status, headers(kind, answer, state.is_some()), body).into_response()
}

fn headers(kind: &CommandKind, answer: &Answer, with_state: bool) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let mut insert = |name, value: String| {
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.insert(name, value);
        }
    };
    insert(ETAG, format!("\"{}\"", answer.version));
    if answer.created
        && let Some(location) = route::location(kind, answer.id)
    {
        insert(LOCATION, location);
    }
    if answer.replayed {
        insert(REPLAYED, "true".to_owned());
    }
    if with_state {
        insert(APPLIED, "return=representation".to_owned());
    }
    headers
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;
    use axum::response::Response;
    use serde_json::{Value, json};
    use xentri_domain::aggregate::CommandKind;
    use xentri_domain::kernel::{EventId, StreamId};
    use xentri_domain::registry::command_kinds;

    use super::response;
    use crate::{Answer, AnsweredEvent};

    fn kind(name: &str) -> &'static CommandKind {
        command_kinds().find(|kind| kind.stream_type == "lead" && kind.name == name).unwrap()
    }

    fn answer(created: bool, replayed: bool) -> Answer {
        let type_name = "xentri.lead.created.v1".to_owned();
        let events = vec![AnsweredEvent { id: EventId::v7(2, [2; 10]), type_name }];
        let id = StreamId::v7(1, [1; 10]);
        Answer { id, version: 3, org_seq: 41, consistency_token: "t".to_owned(), events, created, replayed }
    }

    fn header(response: &Response, name: &str) -> Option<String> {
        response.headers().get(name).map(|value| value.to_str().unwrap().to_owned())
    }

    #[tokio::test]
    async fn a_new_stream_has_a_place_and_a_version() {
        let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
        let answer = answer(true, false);
        let response = response(kind("capture"), &answer, None, Some(trace.parse().unwrap()));
        assert_eq!(response.status(), 201);
        assert_eq!(header(&response, "location"), Some(format!("/api/v1/sales/leads/{}", answer.id)));
        assert_eq!(header(&response, "etag").as_deref(), Some("\"3\""));
        assert_eq!(header(&response, "content-type").as_deref(), Some("application/json"));
        assert_eq!(header(&response, "idempotency-replayed"), None);
        assert_eq!(header(&response, "preference-applied"), None);
        let body: Value =
            serde_json::from_slice(&to_bytes(response.into_body(), 9999).await.unwrap()).unwrap();
        let expected = json!({
            "data": {
                "id": answer.id, "version": 3, "org_seq": 41, "consistency_token": "t",
                "events": [{ "id": answer.events[0].id, "type": "xentri.lead.created.v1" }],
            },
            "error": null,
            "meta": { "trace_id": trace },
        });
        assert_eq!(body, expected);
    }

    #[tokio::test]
    async fn a_replay_and_a_state_are_told_in_headers() {
        let state = json!({ "status": "won" });
        let response = response(kind("win"), &answer(false, true), Some(&state), None);
        assert_eq!(response.status(), 200);
        assert_eq!(header(&response, "location"), None);
        assert_eq!(header(&response, "idempotency-replayed").as_deref(), Some("true"));
        assert_eq!(header(&response, "preference-applied").as_deref(), Some("return=representation"));
        let body: Value =
            serde_json::from_slice(&to_bytes(response.into_body(), 9999).await.unwrap()).unwrap();
        assert_eq!((&body["data"]["state"], &body["error"]), (&state, &Value::Null));
    }
}
