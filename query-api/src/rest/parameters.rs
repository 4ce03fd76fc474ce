//! What stands behind the question mark.

use std::fmt::Display;
use std::str::FromStr;

use axum::extract::Query;
use axum::http::Uri;
use xentri_schemas::Problem;

use super::problem::bad_parameter;

/// Each at most once, and none that the route does not have: a name that was mistyped would be believed to hold otherwise.
#[derive(Debug)]
pub(super) struct Parameters(Vec<(String, String)>);

impl Parameters {
    pub(super) fn of(uri: &Uri, known: &[&'static str]) -> Result<Self, Problem> {
        let Query(found) = Query::<Vec<(String, String)>>::try_from_uri(uri)
            .map_err(|_| bad_parameter("the query", "not in the form name=value&name=value"))?;
        for (place, (name, _)) in found.iter().enumerate() {
            let Some(name) = known.iter().find(|known| *known == name) else {
                return Err(bad_parameter(
                    "the query",
                    format_args!("only {} may stand there", known.join(", ")),
                ));
            };
            if found[..place].iter().any(|(before, _)| before == name) {
                return Err(bad_parameter(name, "given more than once"));
            }
        }
        Ok(Self(found))
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn read<T: FromStr>(&self, name: &str, expected: impl Display) -> Result<Option<T>, Problem> {
        let Some(text) = self.text(name) else { return Ok(None) };
        text.parse().map(Some).map_err(|_| bad_parameter(name, format_args!("expected {expected}")))
    }
}

#[cfg(test)]
mod tests {
    use xentri_schemas::ErrorKind;

    use super::*;

    fn parse(query: &str) -> Result<Parameters, Problem> {
        let uri: Uri = format!("/api/v1/events{query}").parse().unwrap();
        Parameters::of(&uri, &["after", "types"])
    }

    #[test]
    fn each_is_read_by_its_name() {
        let found = parse("?types=a%2Cb&after=7").unwrap();
        assert_eq!((found.text("types"), found.read::<u64>("after", "").unwrap()), (Some("a,b"), Some(7)));
        assert_eq!(parse("").unwrap().text("types"), None);
    }

    #[test]
    fn what_is_unknown_or_there_twice_is_refused_without_its_value() {
        for (query, detail) in [
            ("?befor=secret", "the query: only after, types may stand there"),
            ("?after=1&after=1", "after: given more than once"),
        ] {
            let problem = parse(query).unwrap_err();
            assert_eq!((problem.kind, &*problem.detail), (ErrorKind::BAD_PARAMETER, detail));
        }
        let problem = parse("?after=secret").unwrap().read::<u64>("after", "a number").unwrap_err();
        assert_eq!(&*problem.detail, "after: expected a number");
    }
}
