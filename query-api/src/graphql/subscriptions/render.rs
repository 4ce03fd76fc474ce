//! From values to the words of an operation.

use std::sync::Arc;

use async_graphql::parser::types::OperationDefinition;
use async_graphql::{Name, Request, Response, ServerError, Variables};
use futures_util::StreamExt as _;
use tokio::time::timeout;
use xentri_domain::kernel::{Language, Principal};

use super::hub::Hub;
use super::recent::Payload;
use crate::graphql::answer;
use crate::graphql::document::Document;
use crate::graphql::error::ReadError;
use crate::graphql::loaders::{PayloadOf, fetcher};
use crate::graphql::order;
use crate::graphql::reader::Reader;
use crate::graphql::views::{Shown, Topic, Turn, name_all};

/// An operation, for somebody.
#[derive(Debug, Clone)]
pub(super) struct Operation {
    pub(super) document: Arc<Document>,
    pub(super) name: Option<String>,
    pub(super) variables: Variables,
    pub(super) principal: Principal,
    pub(super) language: Option<Language>,
}

/// In bytes of JSON.
const VARIABLES: usize = 16 << 10;

/// A byte of JSON or of a document takes so many once it is read, give or take some.
const READ: usize = 16;

/// Codes of what passes by itself.
const PASSING: [&str; 2] = ["UNAVAILABLE", "TIMEOUT"];

impl Operation {
    /// About how many bytes of memory it takes.
    pub(super) fn weight(&self) -> usize {
        READ * (self.document.bytes() + text_of(&self.variables))
    }

    /// What it is subscribed to, if it may be.
    pub(super) async fn topic(&self, hub: &Hub, reader: Arc<Reader>) -> Result<Topic, Vec<ServerError>> {
        let turn = Arc::new(Turn::default());
        let responses = self.execute(hub, reader, turn.clone()).await;
        let errors: Vec<_> = responses.into_iter().flat_map(|response| response.errors).collect();
        if !errors.is_empty() {
            return Err(errors);
        }
        let mut topics = turn.topics();
        match (topics.pop(), topics.is_empty()) {
            (Some(topic), true) => Ok(topic),
            _ => Err(refusal(&ReadError::Argument("a subscription has one field".to_owned()))),
        }
    }

    /// Each value, in their order. What passes by itself is an error, so that no value is shown without what it has.
    pub(super) async fn show(
        &self,
        hub: &Hub,
        reader: Arc<Reader>,
        shown: Vec<Shown>,
    ) -> Result<Vec<Payload>, ReadError> {
        let expected = shown.len();
        let turn = Arc::new(Turn::showing(shown));
        let longest = hub.reads.parts().settings.timeout;
        let responses = timeout(longest, self.execute(hub, reader, turn)).await;
        let responses = responses.map_err(|_| ReadError::Timeout)?;
        let passing = |error: &ServerError| code(error).is_some_and(|code| PASSING.contains(&code));
        if responses.iter().flat_map(|one| &one.errors).any(passing) {
            return Err(ReadError::Keys);
        }
        if responses.len() != expected {
            return Err(ReadError::Unreadable("an answer"));
        }
        let written = |response: &Response| serde_json::to_string(response).map(Into::into);
        let written: Result<Vec<Payload>, _> = responses.iter().map(written).collect();
        written.map_err(|_| ReadError::Unreadable("an answer"))
    }

    async fn execute(&self, hub: &Hub, reader: Arc<Reader>, turn: Arc<Turn>) -> Vec<Response> {
        let fetcher = fetcher(reader.clone());
        // All at once, of which each is then at hand: values are shown one after the other. What fails here fails there again.
        if self.document.payloads {
            let _ = fetcher.load_many(turn.numbers().into_iter().map(PayloadOf)).await;
        }
        if self.document.texts {
            name_all(&reader, &fetcher, &turn.items()).await;
        }
        let variables = self.document.variables(self.name.as_deref(), self.variables.clone());
        let mut request = Request::new("").variables(variables.clone());
        request.operation_name.clone_from(&self.name);
        request.set_parsed_query(self.document.parsed.clone());
        let request = request.data(fetcher).data(reader).data(turn);
        let responses = hub.reads.parts().schema.execute_stream(request);
        let in_order = |mut response: Response| {
            order::as_asked(&mut response.data, &self.document.parsed, self.name.as_deref(), &variables);
            answer::with_codes(response)
        };
        responses.map(in_order).collect().await
    }
}

/// Those of an operation, for they are kept as long as it goes on.
pub(super) fn declared(
    operation: Option<&OperationDefinition>,
    mut variables: Variables,
) -> Result<Variables, ReadError> {
    let declares = |name: &Name| {
        operation.is_some_and(|operation| {
            operation.variable_definitions.iter().any(|known| known.node.name.node == *name)
        })
    };
    variables.retain(|name, _| declares(name));
    if text_of(&variables) > VARIABLES {
        return Err(ReadError::Costly(format!("variables of more than {VARIABLES} bytes")));
    }
    Ok(variables)
}

fn text_of(variables: &Variables) -> usize {
    serde_json::to_string(variables).map_or(VARIABLES + 1, |text| text.len())
}

/// Whether it is worth while to try again.
pub(super) fn passes(error: &ReadError) -> bool {
    PASSING.contains(&error.kind().code)
}

pub(super) fn refusal(error: &ReadError) -> Vec<ServerError> {
    answer::refusal(error).errors
}

fn code(error: &ServerError) -> Option<&str> {
    match error.extensions.as_ref()?.get("code")? {
        async_graphql::Value::String(code) => Some(code),
        _ => None,
    }
}
