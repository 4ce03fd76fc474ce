//! A query, and what it is answered.

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request};
use serde_json::{Value, json};
use tower::ServiceExt as _;
use xentri_domain::kernel::{Caller, Principal};

use super::World;

pub(crate) struct Answered {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Answered {
    /// Of an answer without errors.
    #[track_caller]
    pub(crate) fn data(&self) -> &Value {
        assert_eq!((self.status, &self.body["errors"]), (200, &Value::Null), "{}", self.body);
        &self.body["data"]
    }

    /// Of all errors, in order.
    #[track_caller]
    pub(crate) fn codes(&self) -> Vec<&str> {
        let errors = self.body["errors"].as_array().unwrap_or_else(|| panic!("no errors: {}", self.body));
        errors.iter().map(|error| error["extensions"]["code"].as_str().expect("a code")).collect()
    }
}

/// The one code of an answer without data.
#[track_caller]
pub(crate) fn code(answered: &Answered) -> &str {
    assert!(nothing(&answered.body["data"]), "{}", answered.body);
    answered.codes()[0]
}

/// No data, or null for every query of the request.
pub(crate) fn nothing(data: &Value) -> bool {
    data.as_object().is_none_or(|queries| queries.values().all(Value::is_null))
}

pub(crate) fn request(principal: &Principal, body: impl Into<Body>) -> Request<Body> {
    let request = Request::post("/graphql").header("content-type", "application/json");
    request.extension(Caller::InOrg(principal.clone())).body(body.into()).unwrap()
}

impl World {
    pub(crate) async fn send(&self, request: Request<Body>) -> Answered {
        let answer = self.router.clone().oneshot(request).await.unwrap();
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let bytes = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Answered { status, headers, body }
    }

    pub(crate) async fn ask(&self, principal: &Principal, query: &str, variables: Value) -> Answered {
        let body = json!({ "query": query, "variables": variables });
        self.send(request(principal, body.to_string())).await
    }

    /// The same once everything has come to the event of that token.
    pub(crate) async fn ask_after(
        &self,
        principal: &Principal,
        token: &str,
        query: &str,
        variables: Value,
    ) -> Answered {
        let body = json!({ "query": query, "variables": variables });
        let mut request = request(principal, body.to_string());
        request.headers_mut().insert("x-consistency-token", token.parse().unwrap());
        self.send(request).await
    }
}
