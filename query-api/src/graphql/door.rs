//! `POST /graphql`: from a request that the gateway has let in to its answer. Nothing is written here, so every request is a
//! query, and nothing but JSON by POST is taken.

use std::sync::Arc;
use std::time::Duration;

use async_graphql::{Request, Response, Variables};
use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Extension, State};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::routing::post;
use serde::Deserialize;
use tokio::sync::{Mutex, OnceCell};
use tokio::time::timeout;
use xentri_domain::kernel::{Caller, Clock, Language, Principal};
use xentri_ledger::Ledger;
use xentri_schemas::{ErrorKind, FieldError, Problem};

use super::consistency::{self, Consistency};
use super::document::{Document, DocumentError, Documents};
use super::error::ReadError;
use super::reader::Reader;
use super::reads::Model;
use super::schema::{ReadSchema, schema};
use super::{GraphqlSettings, answer, loaders, order};
use crate::language;

/// In bytes: a query and its variables.
const BODY_LIMIT: usize = 1 << 20;
/// A statement may take as long as the request, and ends by itself soon after it.
const GRACE: Duration = Duration::from_millis(500);

/// What answers queries. Cheap to clone.
#[derive(Clone)]
pub struct Reads(Arc<Parts>);

pub(super) struct Parts {
    pub(super) ledger: Ledger,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) settings: GraphqlSettings,
    pub(super) schema: ReadSchema,
    pub(super) documents: Documents,
    pub(super) consistency: Consistency,
}

/// Needs the caller among the request's extensions, and lets nobody in without.
pub fn router(reads: Reads) -> Router {
    let answer = |State(reads): State<Reads>, caller: Extension<Caller>, headers: HeaderMap, body: Bytes| async move {
        reads.answer(&caller, &headers, &body).await
    };
    Router::new().route("/graphql", post(answer)).layer(DefaultBodyLimit::max(BODY_LIMIT)).with_state(reads)
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Asked {
    query: Option<String>,
    pub(super) operation_name: Option<String>,
    pub(super) variables: Option<Variables>,
    #[serde(default)]
    extensions: Option<Extensions>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Extensions {
    consistency_token: Option<String>,
    persisted_query: Option<PersistedQuery>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct PersistedQuery {
    sha256_hash: String,
}

impl Reads {
    pub(crate) fn consistency(&self) -> &Consistency {
        &self.0.consistency
    }

    /// Must be called within a Tokio runtime.
    pub fn new(ledger: Ledger, clock: Arc<dyn Clock>, settings: GraphqlSettings) -> Self {
        Self(Arc::new(Parts {
            schema: schema(&settings),
            documents: Documents::new(&settings),
            consistency: Consistency::new(ledger.clone(), settings.patience),
            ledger,
            clock,
            settings,
        }))
    }

    async fn answer(
        &self,
        caller: &Caller,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Result<axum::response::Response, Problem> {
        let principal = caller.principal().ok_or_else(|| Problem::new(ErrorKind::ORG_MISSING))?;
        if !is_json(headers) {
            return Err(Problem::new(ErrorKind::UNSUPPORTED_MEDIA_TYPE).detail("queries are JSON"));
        }
        let asked: Asked = serde_json::from_slice(body).map_err(|error| unreadable(&error))?;
        let response = match self.respond(principal, headers, asked).await {
            Ok(response) => answer::with_codes(response),
            Err(DocumentError::Refused(error)) => answer::refusal(&error),
            Err(DocumentError::Syntax(error)) => answer::unreadable(error),
        };
        Ok(answer::over_http(&response, headers))
    }

    async fn respond(
        &self,
        principal: &Principal,
        headers: &HeaderMap,
        asked: Asked,
    ) -> Result<Response, DocumentError> {
        let document = self.document(&asked).await?;
        let reader = Arc::new(self.reader(principal, language::wanted(headers)).await?);
        // In the header, in the body, or in both.
        let mut tokens = consistency::tokens(headers)?;
        tokens.extend(asked.consistency_token());
        self.be_consistent(&tokens, &document, &reader).await?;
        let mut request = Request::new("");
        request.operation_name.clone_from(&asked.operation_name);
        let operation = asked.operation_name.as_deref();
        let variables = document.variables(operation, asked.variables.unwrap_or_default());
        request.variables = variables.clone();
        request.set_parsed_query(document.parsed.clone());
        let request = request.data(loaders::fetcher(reader.clone())).data(reader);
        let response = timeout(self.0.settings.timeout, self.0.schema.execute(request)).await;
        let mut response = response.map_err(|_| ReadError::Timeout)?;
        order::as_asked(&mut response.data, &document.parsed, operation, &variables);
        Ok(response)
    }

    pub(super) fn parts(&self) -> &Parts {
        &self.0
    }

    /// Read and measured.
    pub(super) async fn document(&self, asked: &Asked) -> Result<Arc<Document>, DocumentError> {
        let known = asked.extensions.as_ref().and_then(|extensions| extensions.persisted_query.as_ref());
        let hash = known.map(|query| query.sha256_hash.as_str());
        self.0.documents.find(asked.query.as_deref(), hash).await
    }

    /// For one moment.
    pub(super) async fn reader(
        &self,
        principal: &Principal,
        language: Option<Language>,
    ) -> Result<Reader, ReadError> {
        let parts = &*self.0;
        Ok(Reader {
            principal: principal.clone(),
            ledger: parts.ledger.clone(),
            keys: parts.consistency.keys().await?,
            now: parts.clock.now(),
            language,
            longest: parts.settings.timeout + GRACE,
            org: OnceCell::new(),
            snapshot: Mutex::default(),
        })
    }

    pub(super) async fn be_consistent(
        &self,
        tokens: &[&str],
        document: &Document,
        reader: &Reader,
    ) -> Result<(), ReadError> {
        if tokens.is_empty() {
            return Ok(());
        }
        let home = reader.org().await?.home;
        let models: Vec<Model> = document.models.iter().copied().collect();
        let passed = self.0.consistency.wait(tokens, home, &models).await?;
        // What reads nothing opens no snapshot.
        if models.is_empty() {
            Ok(())
        } else {
            passed.refuse_parked_in_tx(&mut *reader.tx().await?, &models).await
        }
    }
}

impl Asked {
    pub(super) fn consistency_token(&self) -> Option<&str> {
        self.extensions.as_ref()?.consistency_token.as_deref()
    }
}

fn unreadable(error: &serde_json::Error) -> Problem {
    let detail = format!("no request of GraphQL at line {}, column {}", error.line(), error.column());
    let fault =
        FieldError { pointer: String::new(), code: FieldError::MALFORMED.into(), detail: detail.clone() };
    Problem::new(ErrorKind::MALFORMED).detail(detail).errors(vec![fault])
}

/// A browser lets no foreign page send that unasked.
fn is_json(headers: &HeaderMap) -> bool {
    let media_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut parts = media_type.split(';').map(str::trim);
    let json = parts.next().is_some_and(|essence| essence.eq_ignore_ascii_case("application/json"));
    json && parts.all(|parameter| match parameter.split_once('=') {
        Some((name, charset)) if name.eq_ignore_ascii_case("charset") => {
            charset.trim_matches('"').eq_ignore_ascii_case("utf-8")
        }
        _ => true,
    })
}
