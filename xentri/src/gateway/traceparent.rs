//! `traceparent`, version 00 of W3C Trace Context.

use std::num::{NonZeroU64, NonZeroU128};

use axum::http::{HeaderMap, HeaderName};
use uuid::Uuid;
use xentri_schemas::TraceId;

pub(super) const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// The trace that a request belongs to, and our part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TraceParent {
    pub(super) trace_id: TraceId,
    span: u64,
    sampled: bool,
}

impl TraceParent {
    /// The caller's trace with a part of our own; a new trace where none, or none that is valid, is named.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        // Two of them are as good as none.
        let mut named = headers.get_all(TRACEPARENT).iter();
        let (first, second) = (named.next(), named.next());
        let given = if second.is_none() { first.and_then(|value| parse(value.to_str().ok()?)) } else { None };
        let (trace_id, sampled) = given.unwrap_or_else(|| (TraceId::new(random()), true));
        let [high, low] = halves(random());
        let span = NonZeroU64::new(low).map_or(high, NonZeroU64::get);
        Self { trace_id, span, sampled }
    }

    pub(super) fn header(self) -> String {
        format!("00-{}-{:016x}-{:02x}", self.trace_id, self.span, u8::from(self.sampled))
    }
}

/// Later versions may have more after the flags, and are read as this one.
fn parse(text: &str) -> Option<(TraceId, bool)> {
    let is_hex = |part: &str, len| {
        part.len() == len && part.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
    };
    let mut parts = text.split('-');
    let (version, trace, parent, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let whole = version != "00" || parts.next().is_none();
    let valid = is_hex(version, 2) && version != "ff" && is_hex(parent, 16) && is_hex(flags, 2);
    if !whole || !valid || parent.bytes().all(|byte| byte == b'0') {
        return None;
    }
    Some((trace.parse().ok()?, u8::from_str_radix(flags, 16).ok()? & 1 == 1))
}

fn random() -> NonZeroU128 {
    // The version is among its bits, so it is never zero.
    NonZeroU128::new(Uuid::new_v4().as_u128()).unwrap_or(NonZeroU128::MIN)
}

fn halves(number: NonZeroU128) -> [u64; 2] {
    let (high, low) = (number.get() >> 64, number.get() & u128::from(u64::MAX));
    [high, low].map(|half| u64::try_from(half).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

    fn of(values: &[&str]) -> TraceParent {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(TRACEPARENT, value.parse().unwrap());
        }
        TraceParent::of(&headers)
    }

    #[test]
    fn a_valid_trace_is_gone_on_with_under_a_part_of_its_own() {
        for (given, flags) in [
            ("00-{}-00f067aa0ba902b7-01", "01"),
            ("00-{}-00f067aa0ba902b7-00", "00"),
            ("cc-{}-00f067aa0ba902b7-01-x", "01"),
        ] {
            let ours = of(&[&given.replace("{}", TRACE)]).header();
            assert!(
                ours.starts_with(&format!("00-{TRACE}-")) && ours.ends_with(&format!("-{flags}")),
                "{ours}"
            );
            assert!(!ours.contains("00f067aa0ba902b7"), "{ours}");
        }
    }

    #[test]
    fn what_is_no_valid_trace_is_passed_over() {
        for bad in [
            "",
            TRACE,
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-1",
            "00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-01",
        ] {
            assert!(!of(&[bad]).header().contains(TRACE), "{bad}");
        }
        let twice = format!("00-{TRACE}-00f067aa0ba902b7-01");
        assert!(!of(&[&twice, &twice]).header().contains(TRACE));
        assert_ne!(of(&[]).trace_id, of(&[]).trace_id);
    }
}
