//! What can have happened to a subject. It brings nothing personal: it is what is left when that is gone.

use serde::{Deserialize, Serialize};

use super::NamedStream;
use crate::aggregate::{events, no_personal};
use crate::kernel::Text;

events! {
    /// What can have happened to a subject.
    SubjectEvent of "subject" in Core, about |_event, _stream| None;
    Forgotten "subject.forgotten" 1 0;
}
no_personal!(Forgotten);

/// The person's key is destroyed; whatever it sealed will never be read again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Forgotten {
    /// Every stream that holds data about the person: what is built from them has to be built anew.
    pub streams: Vec<NamedStream>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Text<1000>>,
}
