//! Errors as programs see them: one catalogue of codes, and the body that carries one.
//!
//! REST and GraphQL answer with the same codes, and each has a page of its own. Here lives what they say; how a
//! failure becomes one of them is for whoever answers.

mod catalogue;
mod field;
#[cfg(feature = "http")]
mod http;
mod page;

use std::borrow::Cow;

use serde::Serialize;
use serde::ser::{SerializeMap as _, Serializer};

use crate::{FieldError, TraceId};

pub use catalogue::ErrorKind;
pub use field::FieldCode;
pub use page::error_document;

/// The media type of a [`Problem`], of RFC 9457.
pub const PROBLEM_JSON: &str = "application/problem+json";

/// An error as it is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    pub kind: &'static ErrorKind,
    /// About this one occurrence, for people; never personal.
    pub detail: Cow<'static, str>,
    pub errors: Vec<FieldError>,
    /// In seconds: when it is worth another try.
    pub retry_after: Option<u64>,
    pub rate: Option<RateLimit>,
    /// Where the stream stands now.
    pub version: Option<u64>,
    pub trace_id: Option<TraceId>,
}

/// How much of a limit is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimit {
    pub limit: u32,
    pub remaining: u32,
    /// In seconds: until all of it is there again.
    pub reset: u64,
}

impl Problem {
    /// With the words of its kind; [`Self::detail`] says more.
    pub fn new(kind: &'static ErrorKind) -> Self {
        Self {
            kind,
            detail: Cow::Borrowed(kind.cause),
            errors: Vec::new(),
            retry_after: None,
            rate: None,
            version: None,
            trace_id: None,
        }
    }

    #[must_use]
    pub fn detail(self, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { detail: detail.into(), ..self }
    }

    #[must_use]
    pub fn errors(self, errors: Vec<FieldError>) -> Self {
        Self { errors, ..self }
    }

    #[must_use]
    pub fn retry_after(self, seconds: u64) -> Self {
        Self { retry_after: Some(seconds), ..self }
    }

    #[must_use]
    pub fn rate(self, rate: RateLimit) -> Self {
        Self { rate: Some(rate), ..self }
    }

    #[must_use]
    pub fn version(self, version: u64) -> Self {
        Self { version: Some(version), ..self }
    }

    #[must_use]
    pub fn traced(self, trace_id: TraceId) -> Self {
        Self { trace_id: Some(trace_id), ..self }
    }

    /// Stable; the page behind it says what to do.
    pub fn type_uri(&self) -> String {
        format!("/errors/{}", self.kind.code)
    }
}

impl Serialize for Problem {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("type", &self.type_uri())?;
        map.serialize_entry("title", self.kind.title)?;
        map.serialize_entry("status", &self.kind.status)?;
        map.serialize_entry("detail", &self.detail)?;
        map.serialize_entry("code", self.kind.code)?;
        if let Some(trace_id) = &self.trace_id {
            map.serialize_entry("trace_id", trace_id)?;
        }
        if !self.errors.is_empty() {
            map.serialize_entry("errors", &self.errors)?;
        }
        if let Some(seconds) = self.retry_after {
            map.serialize_entry("retry_after", &seconds)?;
        }
        if let Some(rate) = self.rate {
            map.serialize_entry("limit", &rate.limit)?;
            map.serialize_entry("remaining", &rate.remaining)?;
            map.serialize_entry("reset", &rate.reset)?;
        }
        if let Some(version) = self.version {
            map.serialize_entry("version", &version)?;
        }
        map.end()
    }
}
