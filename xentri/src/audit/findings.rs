//! What does not fit, told.

use serde_json::{Value, json};
use xentri_ledger::{BundleFault, Finding, LineFault};

use super::paint::{BAD, painted};

pub(super) fn as_value(finding: &Finding) -> Value {
    json!({
        "shard": finding.shard,
        "org_id": finding.org_id,
        "org_seq": finding.org_seq,
        "position": finding.position,
        "event_id": finding.event_id,
        "reason": finding.reason.to_string(),
    })
}

pub(super) fn as_line(finding: &Finding) -> String {
    format!("{} {finding}", painted(BAD, "does not fit:"))
}

/// Of an export: the line, and the event where it is one.
pub(super) fn fault_as_value(fault: &BundleFault) -> Value {
    let mut value = match &fault.fault {
        LineFault::Event(finding) => as_value(finding),
        other => json!({ "reason": chain(other) }),
    };
    value["line"] = json!(fault.line);
    value
}

pub(super) fn fault_as_line(fault: &BundleFault) -> String {
    format!("{} line {} of the export: {}", painted(BAD, "does not fit:"), fault.line, chain(&fault.fault))
}

/// An error and what it comes from.
fn chain(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut source = error.source();
    while let Some(deeper) = source {
        words.push_str(": ");
        words.push_str(&deeper.to_string());
        source = deeper.source();
    }
    words
}
