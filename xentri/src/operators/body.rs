//! What is asked for, as JSON.

use std::num::NonZeroU32;

use serde::Deserialize;
use xentri_projections::read_models;
use xentri_schemas::{ErrorKind, FieldError, Problem};

const FORM: &str = "expected {\"projections\": [\"leads\"], \"accept\": false, \"keep\": false, \"throttle\": 5000}; all but the first may be left out";

/// `POST /api/v1/admin/rebuilds`.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wanted {
    pub(super) projections: Vec<String>,
    #[serde(default)]
    pub(super) accept: bool,
    #[serde(default)]
    pub(super) keep: bool,
    /// Events a second.
    pub(super) throttle: Option<NonZeroU32>,
}

/// With the names of all where it says `all`.
pub(super) fn read(body: &[u8]) -> Result<Wanted, Problem> {
    // A list of the fields' values would be read too, which nobody was promised.
    if !body.trim_ascii_start().starts_with(b"{")
        && serde_json::from_slice::<serde::de::IgnoredAny>(body).is_ok()
    {
        return Err(invalid("", "wrong_type", FORM.to_owned()));
    }
    let mut wanted: Wanted = serde_json::from_slice(body).map_err(|error| {
        if error.is_data() && !error.to_string().starts_with("duplicate field") {
            return invalid("", "wrong_type", FORM.to_owned());
        }
        let place = format!("no valid JSON at line {}, column {}", error.line(), error.column());
        Problem::new(ErrorKind::MALFORMED).detail(place)
    })?;
    let known: Vec<_> = read_models().iter().map(|model| model.name().to_owned()).collect();
    if wanted.projections == ["all"] {
        wanted.projections = known;
        return Ok(wanted);
    }
    if wanted.projections.is_empty() {
        return Err(invalid("/projections", "too_few", one_of(&known)));
    }
    for (place, name) in wanted.projections.iter().enumerate() {
        let pointer = format!("/projections/{place}");
        if !known.contains(name) {
            return Err(invalid(&pointer, "not_one_of", one_of(&known)));
        }
        if wanted.projections[..place].contains(name) {
            return Err(invalid(&pointer, "not_unique", format!("{name} is there twice")));
        }
    }
    Ok(wanted)
}

fn one_of(known: &[String]) -> String {
    format!("expected read models, of {}; or \"all\" alone", known.join(", "))
}

fn invalid(pointer: &str, code: &'static str, detail: String) -> Problem {
    Problem::new(ErrorKind::INVALID).errors(vec![FieldError {
        pointer: pointer.to_owned(),
        code: code.into(),
        detail,
    }])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wanted_is_read_with_all_of_them_by_one_word() {
        let wanted = read(br#"{"projections": ["leads", "org"], "keep": true, "throttle": 500}"#).unwrap();
        assert_eq!((wanted.projections.len(), wanted.accept, wanted.keep), (2, false, true));
        assert_eq!(wanted.throttle.map(NonZeroU32::get), Some(500));
        let all = read(br#"{"projections": ["all"]}"#).unwrap();
        assert_eq!(all.projections.len(), read_models().len());
    }

    #[test]
    fn what_can_t_be_wanted_is_refused_with_where_it_is_wrong() {
        for (body, kind, pointer) in [
            ("", ErrorKind::MALFORMED, None),
            ("{", ErrorKind::MALFORMED, None),
            (r#"{"projections": ["leads"], "projections": []}"#, ErrorKind::MALFORMED, None),
            (r#"[["leads"], true, true, 5]"#, ErrorKind::INVALID, Some("")),
            (r#"{"projection": ["leads"]}"#, ErrorKind::INVALID, Some("")),
            (r#"{"projections": ["leads"], "throttle": 0}"#, ErrorKind::INVALID, Some("")),
            (r#"{"projections": []}"#, ErrorKind::INVALID, Some("/projections")),
            (r#"{"projections": ["leads", "Leads"]}"#, ErrorKind::INVALID, Some("/projections/1")),
            (r#"{"projections": ["leads", "leads"]}"#, ErrorKind::INVALID, Some("/projections/1")),
            (r#"{"projections": ["leads", "all"]}"#, ErrorKind::INVALID, Some("/projections/1")),
        ] {
            let problem = read(body.as_bytes()).unwrap_err();
            let at = problem.errors.first().map(|error| error.pointer.as_str());
            assert_eq!((problem.kind, at), (kind, pointer), "{body}");
        }
    }
}
