//! The header `Prefer` of RFC 7240. What can't be read in it is passed over, as that document wants: a preference is
//! no demand.

use axum::http::HeaderMap;

/// Whether the answer is to have the new state. Of several wishes for `return` the first one counts.
pub(super) fn wants_representation(headers: &HeaderMap) -> bool {
    let values = headers.get_all("prefer").into_iter().filter_map(|value| value.to_str().ok());
    let wish = values.flat_map(|value| split(value, ',')).find_map(returned);
    wish.is_some_and(|wish| wish.eq_ignore_ascii_case("representation"))
}

/// What stands behind `return=`, without its parameters.
fn returned(preference: &str) -> Option<String> {
    let wish = split(preference, ';').next()?;
    let (name, value) = wish.split_once('=').unwrap_or((wish, ""));
    name.trim().eq_ignore_ascii_case("return").then(|| unquoted(value.trim()))
}

/// The parts between separators; one inside a quoted string separates nothing.
fn split(list: &str, separator: char) -> impl Iterator<Item = &str> {
    let (mut quoted, mut escaped) = (false, false);
    list.split(move |c| {
        if escaped {
            escaped = false;
        } else {
            match c {
                '"' => quoted = !quoted,
                '\\' => escaped = quoted,
                _ => return c == separator && !quoted,
            }
        }
        false
    })
}

fn unquoted(value: &str) -> String {
    match value.strip_prefix('"').and_then(|value| value.strip_suffix('"')) {
        Some(inside) => inside.replace('\\', ""),
        None => value.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderValue};

    use super::wants_representation;

    fn wants(values: &[&str]) -> bool {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append("prefer", HeaderValue::from_str(value).unwrap());
        }
        wants_representation(&headers)
    }

    #[test]
    fn the_state_is_wished_for_in_many_ways() {
        for values in [
            &["return=representation"][..],
            &["Return = Representation"],
            &["return=\"representation\""],
            &["respond-async, return=representation; foo=bar"],
            &["wait=5", "return=representation"],
            &["foo=\"a, return=minimal; \\\" b\", return=representation"],
            &["return=representation, return=minimal"],
            &[", ,return=representation"],
        ] {
            assert!(wants(values), "{values:?}");
        }
    }

    #[test]
    fn other_wishes_are_none() {
        for values in [
            &[][..],
            &[""],
            &["return"],
            &["return="],
            &["return=minimal"],
            &["return=minimal, return=representation"],
            &["returns=representation"],
            &["foo=\"return=representation\""],
            &["foo=\", return=representation"],
            &["foo; return=representation"],
            &["=representation"],
        ] {
            assert!(!wants(values), "{values:?}");
        }
    }
}
