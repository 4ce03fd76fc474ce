//! Somebody with a token, and what they are answered.

use reqwest::header::HeaderMap;
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};

use super::Server;

#[derive(Clone)]
pub(crate) struct Caller {
    api: String,
    client: Client,
    token: String,
    /// Empty for services in none.
    pub(crate) org: String,
    /// Sent as `x-org-id`.
    named: Option<String>,
}

impl Caller {
    pub(crate) fn new(api: &str, token: String, org: &str) -> Self {
        let client = Client::builder().tls_certs_only([]).no_proxy().build().unwrap();
        Self { api: api.to_owned(), client, token, org: org.to_owned(), named: None }
    }

    pub(crate) fn api(&self) -> &str {
        &self.api
    }

    pub(crate) fn token(&self) -> &str {
        &self.token
    }

    pub(crate) fn with_token(&self, token: String) -> Self {
        Self { token, ..self.clone() }
    }

    /// The same at another server.
    pub(crate) fn at(&self, server: &Server) -> Self {
        Self { api: server.api.clone(), ..self.clone() }
    }

    pub(crate) fn in_org(&self, org: &str) -> Self {
        Self { named: Some(org.to_owned()), ..self.clone() }
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.client.request(method, format!("{}{path}", self.api)).bearer_auth(&self.token);
        self.named.iter().fold(request, |request, org| request.header("x-org-id", org))
    }

    /// `path` is below `/api/v1`.
    pub(crate) fn post(&self, path: &str, body: &Value) -> RequestBuilder {
        self.request(Method::POST, &format!("/api/v1{path}")).json(body)
    }

    /// A body as it is.
    pub(crate) fn post_raw(&self, path: &str, body: impl Into<Vec<u8>>) -> RequestBuilder {
        let request = self.request(Method::POST, &format!("/api/v1{path}"));
        request.header("content-type", "application/json").body(body.into())
    }

    pub(crate) async fn give(&self, path: &str, body: &Value) -> Answer {
        Answer::to(self.post(path, body)).await
    }

    /// The id of the new stream.
    pub(crate) async fn make(&self, path: &str, body: &Value) -> String {
        self.give(path, body).await.done(201)["id"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn lead(&self) -> String {
        self.make("/sales/leads", &ada()).await
    }

    pub(crate) async fn invoice(&self) -> String {
        self.make("/finance/invoices", &draft()).await
    }

    /// Issues one for a lead.
    pub(crate) async fn bill(&self, lead: &str) {
        let mut for_lead = draft();
        for_lead["lead_id"] = json!(lead);
        let invoice = self.make("/finance/invoices", &for_lead).await;
        self.give(&format!("/finance/invoices/{invoice}/issue"), &json!({})).await.done(200);
    }
}

pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Answer {
    pub(crate) async fn to(request: RequestBuilder) -> Self {
        Self::try_to(request).await.expect("an answer")
    }

    /// An error where there is none.
    pub(crate) async fn try_to(request: RequestBuilder) -> reqwest::Result<Self> {
        let answer = request.send().await?;
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let text = answer.text().await?;
        let body = serde_json::from_str(&text).unwrap_or(Value::Null);
        Ok(Self { status, headers, body })
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().expect("ASCII"))
    }

    /// `data` of a success, which has the shape of all successes.
    #[track_caller]
    pub(crate) fn done(&self, status: u16) -> &Value {
        assert_eq!(self.status, status, "{}", self.body);
        assert_eq!(self.header("content-type"), Some("application/json"));
        let data = &self.body["data"];
        assert!(data["id"].is_string() && data["consistency_token"].is_string(), "{}", self.body);
        assert!(data["version"].is_u64() && data["org_seq"].is_u64(), "{}", self.body);
        for event in data["events"].as_array().expect("events") {
            assert!(event["id"].is_string() && event["type"].as_str().unwrap().starts_with("xentri."));
        }
        assert_eq!((&self.body["error"], fields(&self.body)), (&Value::Null, 3), "{}", self.body);
        assert_eq!(self.body["meta"]["trace_id"], self.trace_id());
        data
    }

    /// The body of a problem, which has the shape of all problems.
    #[track_caller]
    pub(crate) fn problem(&self, status: u16, code: &str) -> &Value {
        let body = &self.body;
        assert_eq!((self.status, body["code"].as_str()), (status, Some(code)), "{body}");
        assert_eq!(self.header("content-type"), Some("application/problem+json"));
        assert_eq!(body["status"], status);
        assert_eq!(body["type"], format!("/errors/{code}"));
        assert!(body["title"].is_string() && body["detail"].is_string(), "{body}");
        assert_eq!(body["trace_id"], self.trace_id(), "{body}");
        body
    }

    /// The problem points at these fields, with these codes.
    #[track_caller]
    pub(crate) fn blames(&self, status: u16, code: &str, fields: &[(&str, &str)]) {
        let errors = self.problem(status, code)["errors"].as_array().expect("errors");
        let found: Vec<_> = errors
            .iter()
            .map(|error| (error["pointer"].as_str().unwrap(), error["code"].as_str().unwrap()))
            .collect();
        assert_eq!(found, fields, "{}", self.body);
        assert!(errors.iter().all(|error| error["detail"].is_string()), "{}", self.body);
    }

    #[track_caller]
    fn trace_id(&self) -> &str {
        let parent = self.header("traceparent").expect("every answer has one");
        parent.split('-').nth(1).expect("version, trace, span, flags")
    }
}

fn fields(value: &Value) -> usize {
    value.as_object().map_or(0, serde_json::Map::len)
}

pub(crate) fn ada() -> Value {
    json!({ "name": "Ada Lovelace", "email": "ada@example.com", "source": "form" })
}

fn draft() -> Value {
    json!({ "customer": { "name": "Ada Lovelace" }, "due_in_days": 14,
            "lines": [{ "description": "Bread", "quantity": "2", "unit_price": 150, "tax_rate_bp": 1000 }] })
}
