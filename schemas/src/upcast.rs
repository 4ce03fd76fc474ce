//! Upcasters: how a payload of an older version becomes one of today's, when events are folded. What is stored
//! never changes.
//!
//! One event becomes one event. An upcaster fills in, renames and removes fields, and leaves personal ones where
//! they are: a sealed value is bound to its field and can't be opened in another.

use serde_json::{Map, Value};
use thiserror::Error;

/// From one version of a payload to the next.
#[derive(Debug, Clone, Copy)]
pub struct Upcaster {
    /// As in `lead.created@1.0`.
    pub from: &'static str,
    pub to: &'static str,
    pub change: fn(&mut Map<String, Value>),
}

/// Every older version that was ever written has its line here.
pub const UPCASTERS: &[Upcaster] = &[];

#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum UpcastError {
    #[error("no upcaster leads from {from} towards {to}")]
    NoWay { from: String, to: String },
    #[error("the payload of {from} is no object")]
    NoObject { from: String },
}

/// Goes from version to version until `to`.
pub fn upcast(upcasters: &[Upcaster], payload: Value, from: &str, to: &str) -> Result<Value, UpcastError> {
    let Value::Object(mut fields) = payload else {
        return Err(UpcastError::NoObject { from: from.to_owned() });
    };
    let mut at = from;
    while at != to {
        // Only upwards, so that no table, however wrong, goes round in circles.
        let step = upcasters.iter().find(|step| step.from == at && version(step.to) > version(at));
        let Some(step) = step else {
            return Err(UpcastError::NoWay { from: from.to_owned(), to: to.to_owned() });
        };
        (step.change)(&mut fields);
        at = step.to;
    }
    Ok(Value::Object(fields))
}

/// `("lead.created", 1, 0)` of `lead.created@1.0`. Of one event, the newer version is the greater.
pub(crate) fn version(schema: &str) -> Option<(&str, u32, u32)> {
    let (name, version) = schema.split_once('@')?;
    let (major, minor) = version.split_once('.')?;
    Some((name, major.parse().ok()?, minor.parse().ok()?))
}
