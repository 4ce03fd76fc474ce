//! The body of a request: JSON, and read at once into what it is to be.

use axum::http::HeaderMap;
use serde_json::Value;
use xentri_domain::aggregate::CommandKind;
use xentri_domain::registry::Command;
use xentri_schemas::{ErrorKind, FieldError, Problem, read_command};

use super::headers::one;
use super::problem;

/// Where there is a body it must be said to be JSON: a browser lets no foreign page send that unasked.
pub(super) fn must_be_json(headers: &HeaderMap, body: &[u8]) -> Result<(), Problem> {
    match one(headers, "Content-Type")? {
        Some(media_type) if is_json(media_type) => Ok(()),
        None if is_empty(body) => Ok(()),
        _ => Err(Problem::new(ErrorKind::UNSUPPORTED_MEDIA_TYPE)),
    }
}

fn is_json(media_type: &str) -> bool {
    let mut parts = media_type.split(';').map(str::trim);
    let json = parts.next().is_some_and(|essence| essence.eq_ignore_ascii_case("application/json"));
    let charsets = parts.filter_map(|parameter| parameter.split_once('='));
    let mut charsets = charsets.filter(|(name, _)| name.eq_ignore_ascii_case("charset"));
    json && charsets.all(|(_, charset)| charset.trim_matches('"').eq_ignore_ascii_case("utf-8"))
}

pub(super) fn is_empty(body: &[u8]) -> bool {
    body.trim_ascii().is_empty()
}

pub(super) fn command(kind: &CommandKind, body: &[u8]) -> Result<Command, Problem> {
    read_command(kind, body).map_err(problem::of_fields)
}

/// Where the path says everything.
pub(super) fn must_say_nothing(body: &[u8]) -> Result<(), Problem> {
    if is_empty(body) {
        return Ok(());
    }
    let errors = match serde_json::from_slice(body) {
        Ok(Value::Object(fields)) => unknown(fields.keys()),
        Ok(_) => vec![wrong("", "wrong_type", "expected an object")],
        Err(error) => vec![malformed(&error)],
    };
    if errors.is_empty() { Ok(()) } else { Err(problem::of_fields(errors)) }
}

/// As many of them as are worth telling.
pub(super) fn unknown<'a>(names: impl Iterator<Item = &'a String>) -> Vec<FieldError> {
    let pointers = names.map(|name| format!("/{}", name.replace('~', "~0").replace('/', "~1")));
    pointers.take(50).map(|pointer| wrong(pointer, "unknown_field", "there is no such field")).collect()
}

pub(super) fn malformed(error: &serde_json::Error) -> FieldError {
    let place = format!("no valid JSON at line {}, column {}", error.line(), error.column());
    wrong("", FieldError::MALFORMED, place)
}

pub(super) fn wrong(pointer: impl Into<String>, code: &'static str, detail: impl Into<String>) -> FieldError {
    FieldError { pointer: pointer.into(), code: code.into(), detail: detail.into() }
}

/// The body as two that mean the same have it in common: no white space, names in order. Of a body that was read as a
/// command, so no name stands there twice.
pub(super) fn canonical(body: &[u8]) -> Result<String, Problem> {
    if is_empty(body) {
        return Ok("{}".to_owned());
    }
    let mut value: Value = serde_json::from_slice(body).map_err(|_| Problem::new(ErrorKind::MALFORMED))?;
    value.sort_all_objects();
    Ok(value.to_string())
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderValue};
    use xentri_schemas::ErrorKind;

    use super::{canonical, must_be_json, must_say_nothing};

    fn checked(content_type: Option<&'static str>, body: &[u8]) -> Option<&'static ErrorKind> {
        let mut headers = HeaderMap::new();
        if let Some(content_type) = content_type {
            headers.insert("content-type", HeaderValue::from_static(content_type));
        }
        must_be_json(&headers, body).err().map(|problem| problem.kind)
    }

    #[test]
    fn a_body_is_said_to_be_json() {
        for good in
            ["application/json", "Application/JSON; charset=UTF-8", "application/json;charset=\"utf-8\"; v=1"]
        {
            assert_eq!(checked(Some(good), b"{}"), None, "{good}");
        }
        for bad in [
            "",
            "text/plain",
            "application/x-www-form-urlencoded",
            "application/json-seq",
            "application/json; charset=latin1",
            "text/plain; application/json",
            "application/json, text/plain",
        ] {
            for body in [&b"{}"[..], b""] {
                assert_eq!(checked(Some(bad), body), Some(ErrorKind::UNSUPPORTED_MEDIA_TYPE), "{bad}");
            }
        }
        assert_eq!(checked(None, b"{}"), Some(ErrorKind::UNSUPPORTED_MEDIA_TYPE));
        assert_eq!(checked(None, b" \n"), None);
    }

    #[test]
    fn what_means_the_same_is_written_in_one_way() {
        let one = canonical(br#"{"b": [1, {"y": "\u00e9", "x": null}], "a": -5}"#).unwrap();
        let other = canonical("\n{\"a\":-5,\"b\":[1,{\"x\":null,\"y\":\"é\"}]}".as_bytes()).unwrap();
        assert_eq!(one, r#"{"a":-5,"b":[1,{"x":null,"y":"é"}]}"#);
        assert_eq!(one, other);
        assert_eq!(canonical(b" ").unwrap(), canonical(b"{ }").unwrap());
        assert_ne!(canonical(b"[1,2]").unwrap(), canonical(b"[2,1]").unwrap());
    }

    #[test]
    fn a_body_beside_a_path_that_says_all_is_empty() {
        for good in ["", " ", "{}", " { } "] {
            assert!(must_say_nothing(good.as_bytes()).is_ok(), "{good:?}");
        }
        for (bad, kind, pointer) in [
            (r#"{"scope": "strategy"}"#, ErrorKind::INVALID, "/scope"),
            (r#"{"a/b": 1}"#, ErrorKind::INVALID, "/a~1b"),
            ("[]", ErrorKind::INVALID, ""),
            ("{", ErrorKind::MALFORMED, ""),
        ] {
            let problem = must_say_nothing(bad.as_bytes()).unwrap_err();
            assert_eq!((problem.kind, problem.errors[0].pointer.as_str()), (kind, pointer), "{bad}");
        }
    }
}
