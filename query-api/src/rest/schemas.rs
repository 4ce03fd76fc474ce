//! `GET /api/v1/schemas`: what messages look like, whatever brought them. For everybody, as the document of the API is:
//! there is nothing of any org in it.

use std::collections::BTreeMap;
use std::sync::{LazyLock, OnceLock};

use axum::Router;
use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use serde_json::{Value, json};
use xentri_schemas::{Digest, ErrorKind, Problem, dataschema, event_schema_names};

const PATH: &str = "/api/v1/schemas";

/// Only a new release changes one, and hardly ever.
const KEPT: &str = "public, max-age=3600";

/// Made when somebody asks for it, once.
static SCHEMAS: LazyLock<BTreeMap<&'static str, OnceLock<Document>>> =
    LazyLock::new(|| event_schema_names().into_iter().map(|name| (name, OnceLock::new())).collect());

static LIST: LazyLock<Document> = LazyLock::new(|| {
    let schemas: Vec<_> = SCHEMAS.keys().map(|name| listed(name)).collect();
    Document::of("application/json", &json!({ "data": schemas }))
});

#[derive(Debug)]
struct Document {
    media_type: &'static str,
    text: String,
    tag: String,
}

pub(super) fn router() -> Router {
    Router::new().route(PATH, get(list)).route(&format!("{PATH}/{{payload_schema}}"), get(one))
}

async fn list(headers: HeaderMap) -> Response {
    LIST.answer(&headers)
}

async fn one(name: Path<String>, headers: HeaderMap) -> Response {
    let Some((name, document)) = SCHEMAS.get_key_value(name.as_str()) else {
        return Problem::new(ErrorKind::NOT_FOUND).detail("there is no schema of that name").into_response();
    };
    let whole = || Document::of("application/schema+json", &dataschema(name).unwrap_or_default());
    document.get_or_init(whole).answer(&headers)
}

/// `type` is the last one that the payload was written for.
fn listed(name: &str) -> Value {
    let schema = dataschema(name).unwrap_or_default();
    json!({
        "payload_schema": name,
        "type": schema["title"],
        "dataschema": schema["$id"],
        "href": format!("{PATH}/{name}"),
    })
}

impl Document {
    fn of(media_type: &'static str, value: &Value) -> Self {
        let text = value.to_string();
        let tag = format!("\"{}\"", Digest::of(&text));
        Self { media_type, text, tag }
    }

    fn answer(&'static self, request: &HeaderMap) -> Response {
        let headers = [(ETAG, self.tag.as_str()), (CACHE_CONTROL, KEPT)];
        if has(request, &self.tag) {
            return (StatusCode::NOT_MODIFIED, headers).into_response();
        }
        (headers, [(CONTENT_TYPE, self.media_type)], self.text.as_str()).into_response()
    }
}

fn has(request: &HeaderMap, tag: &str) -> bool {
    let known = request.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    known.flat_map(|value| value.split(',')).any(|one| {
        let one = one.trim();
        one == "*" || one.trim_start_matches("W/") == tag
    })
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;
    use xentri_domain::registry::event_kinds;

    use super::*;

    #[test]
    fn every_event_has_its_schema_in_the_list() {
        let list: Value = serde_json::from_str(&LIST.text).unwrap();
        let listed = list["data"].as_array().unwrap();
        for kind in event_kinds() {
            let one = listed.iter().find(|one| one["payload_schema"] == kind.schema).unwrap();
            assert_eq!(one["type"], kind.type_name);
            assert_eq!(one["dataschema"], format!("urn:xentri:message:{}", kind.schema));
            assert_eq!(one["href"], format!("/api/v1/schemas/{}", kind.schema));
        }
    }

    #[tokio::test]
    async fn who_has_it_is_told_that_it_is_the_same() {
        let answer = one(Path("lead.created@1.0".to_owned()), HeaderMap::new()).await;
        let tag = answer.headers()[ETAG].clone();
        assert_eq!(answer.headers()[CONTENT_TYPE], "application/schema+json");
        let ask = async |known: HeaderValue| {
            let headers = HeaderMap::from_iter([(IF_NONE_MATCH, known)]);
            one(Path("lead.created@1.0".to_owned()), headers).await.status()
        };
        assert_eq!(ask(tag).await, StatusCode::NOT_MODIFIED);
        assert_eq!(ask(HeaderValue::from_static("\"another\"")).await, StatusCode::OK);
        assert_eq!(
            one(Path("lead.created".to_owned()), HeaderMap::new()).await.status(),
            StatusCode::NOT_FOUND
        );
    }
}
