//! What a client and a server say to each other.

use async_graphql::ServerError;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::close::End;
use crate::graphql::door::Asked;

/// Longer names would be sent along with every value.
const ID: usize = 128;

#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum Said {
    ConnectionInit {
        #[serde(default)]
        payload: Option<Map<String, Value>>,
    },
    Ping {},
    Pong {},
    Subscribe {
        id: String,
        payload: Asked,
    },
    Complete {
        id: String,
    },
}

pub(super) const ACK: &str = r#"{"type":"connection_ack"}"#;
pub(super) const PONG: &str = r#"{"type":"pong"}"#;

impl Said {
    pub(super) fn read(text: &str) -> Result<Self, End> {
        let said: Self = serde_json::from_str(text).map_err(|_| End::Invalid("none of the protocol"))?;
        match &said {
            Self::Subscribe { id, .. } if id.is_empty() => Err(End::Invalid("an id is not empty")),
            Self::Subscribe { id, .. } if id.len() > ID => Err(End::Invalid("an id has at most 128 bytes")),
            _ => Ok(said),
        }
    }
}

/// `id` is JSON already, and so is the payload.
pub(super) fn next(id: &str, payload: &str) -> String {
    format!(r#"{{"id":{id},"type":"next","payload":{payload}}}"#)
}

pub(super) fn error(id: &str, errors: &[ServerError]) -> String {
    let errors = serde_json::to_string(errors).unwrap_or_else(|_| "[]".to_owned());
    format!(r#"{{"id":{id},"type":"error","payload":{errors}}}"#)
}

/// A name as it is written.
pub(super) fn written(id: &str) -> String {
    Value::from(id).to_string()
}
