//! The lines of a bundle that are no events.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use xentri_domain::kernel::{OrgId, Timestamp};
use xentri_schemas::{Digest, envelope_schema, event_schema};

use crate::verify::key::{CheckpointKey, PublicKey};
use crate::verify::signed::{self, SignatureError};

/// What the envelope's schema is called among those of payloads, which all have an `@`.
pub(super) const ENVELOPE: &str = "envelope";

/// Far more than there are, counting the envelope's: what is read from strangers is bounded.
pub(super) const SCHEMAS_MAX: usize = 10_000;

/// Of the format.
const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Header {
    bundle: u32,
    pub(super) org_id: OrgId,
    pub(super) exported_at: Timestamp,
}

impl Header {
    pub(super) fn new(org_id: OrgId, exported_at: Timestamp) -> Self {
        Self { bundle: VERSION, org_id, exported_at }
    }

    pub(super) fn line(&self) -> String {
        let Self { bundle, org_id, exported_at } = self;
        format!(r#"{{"bundle":{bundle},"org_id":"{org_id}","exported_at":"{exported_at}"}}"#)
    }

    pub(super) fn read(line: &str) -> Option<Self> {
        let header: Self = serde_json::from_str(line).ok()?;
        (header.bundle == VERSION && header.line() == line).then_some(header)
    }
}

/// A schema's line, as this program knows it.
pub(super) fn schema_line(name: &str) -> Option<String> {
    let text = if name == ENVELOPE { envelope_schema() } else { event_schema(name) };
    let schema: Value = serde_json::from_str(text?).ok()?;
    let name: Value = name.into();
    Some(format!(r#"{{"schema":{name},"json_schema":{schema}}}"#))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SchemaLine {
    schema: String,
    #[serde(rename = "json_schema")]
    _json_schema: serde_json::Map<String, Value>,
}

impl SchemaLine {
    /// The schema's own name. What it says is fixed by the end, for a newer release may know it in other words.
    pub(super) fn name(line: &str) -> Option<String> {
        serde_json::from_str::<Self>(line).ok().map(|line| line.schema)
    }
}

/// The last line.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct End {
    #[serde(rename = "bundle_end")]
    format: u32,
    pub(super) events: u64,
    /// SHA-256 of each line that is no event, in their order, this one excepted.
    pub(super) lines: Vec<Digest>,
}

impl End {
    pub(super) fn new(events: u64, lines: Vec<Digest>) -> Self {
        Self { format: VERSION, events, lines }
    }

    pub(super) fn sign(&self, key: &CheckpointKey) -> String {
        signed::sign(&self.open(), key)
    }

    pub(super) fn read(line: &str, keys: &[PublicKey]) -> Result<Option<Self>, SignatureError> {
        let open = signed::verify(line, keys)?;
        let end: Option<Self> = signed::read(open);
        Ok(end.filter(|end| end.format == VERSION && end.open() == open))
    }

    fn open(&self) -> String {
        let lines: Vec<_> = self.lines.iter().map(|line| format!("\"{line}\"")).collect();
        format!(r#"{{"bundle_end":{},"events":{},"lines":[{}]"#, self.format, self.events, lines.join(","))
    }
}
