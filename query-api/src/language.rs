//! In which language a reader wants to read.

use axum::http::HeaderMap;
use axum::http::header::ACCEPT_LANGUAGE;
use xentri_domain::kernel::Language;

const KNOWN: [Language; 2] = [Language::En, Language::Es];

/// Of those that we speak the one with the highest weight, and of equal ones the first. None where none of them is named.
pub(crate) fn wanted(headers: &HeaderMap) -> Option<Language> {
    let ranges = headers.get_all(ACCEPT_LANGUAGE).iter().filter_map(|value| value.to_str().ok());
    let mut best = None;
    let mut heaviest = 0.0;
    for range in ranges.flat_map(|value| value.split(',')) {
        let mut parts = range.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default().split('-').next().unwrap_or_default();
        let Some(language) = KNOWN.into_iter().find(|known| name.eq_ignore_ascii_case(known.as_str())) else {
            continue;
        };
        let weight = parts.find_map(|part| part.strip_prefix("q=")?.parse::<f32>().ok()).unwrap_or(1.0);
        if weight > heaviest {
            (best, heaviest) = (Some(language), weight);
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_heaviest_that_we_speak_is_taken() {
        for (header, language) in [
            ("es", Some(Language::Es)),
            ("es-MX,es;q=0.9,en;q=0.8", Some(Language::Es)),
            ("de, en;q=0.3, es;q=0.7", Some(Language::Es)),
            ("EN-gb, es", Some(Language::En)),
            ("de", None),
            ("*", None),
            ("en;q=0", None),
            ("", None),
        ] {
            let headers = HeaderMap::from_iter([(ACCEPT_LANGUAGE, header.parse().unwrap())]);
            assert_eq!(wanted(&headers), language, "{header}");
        }
    }
}
