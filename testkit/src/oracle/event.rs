//! An event as a reader outside has it: JSON, and where the ledger put it.

use serde_json::Value;

/// Of which nothing is known but what its wire form says, with the personal fields open.
pub(super) struct Event {
    pub(super) body: Value,
    /// As the wire form writes moments.
    pub(super) recorded_at: String,
    pub(super) org_seq: i64,
}

impl Event {
    /// A text of the envelope, by its JSON pointer. Every envelope has it.
    pub(super) fn text(&self, pointer: &str) -> &str {
        let text = self.body.pointer(pointer).and_then(Value::as_str);
        text.unwrap_or_else(|| panic!("{pointer} of an event is no text: {}", self.body))
    }

    pub(super) fn org(&self) -> &str {
        self.text("/org_id")
    }

    pub(super) fn id(&self) -> &str {
        self.text("/id")
    }

    pub(super) fn stream_type(&self) -> &str {
        self.text("/stream/type")
    }

    pub(super) fn stream_id(&self) -> &str {
        self.text("/stream/id")
    }

    pub(super) fn version(&self) -> &Value {
        &self.body["stream"]["version"]
    }

    pub(super) fn payload(&self) -> &Value {
        &self.body["payload"]
    }

    /// Subject and action: `lead.created` of `xentri.lead.created.v1`.
    pub(super) fn kind(&self) -> &str {
        let name = self.text("/type");
        let kind = name.strip_prefix("xentri.").and_then(|name| name.strip_suffix(".v1"));
        kind.unwrap_or_else(|| panic!("the oracle knows no event of type {name}"))
    }

    /// Org and stream.
    pub(super) fn stream(&self) -> (String, String) {
        (self.org().to_owned(), self.stream_id().to_owned())
    }
}
