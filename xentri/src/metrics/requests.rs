//! How long requests took, by route.

use std::sync::Arc;
use std::time::Duration;

use axum::http::{Method, StatusCode};
use xentri_ledger::{Histogram, Table};

use super::catalogue;
use super::page::{Page, Unit};

/// Some seventy routes, each with a few classes of status.
const PLACES: usize = 512;

/// Cheap to clone: all clones show the same.
#[derive(Debug, Clone)]
pub(crate) struct Requests(Arc<Table<Histogram, 3>>);

impl Requests {
    pub(super) fn new() -> Self {
        Self(Arc::new(Table::new(PLACES, Histogram::of_times)))
    }

    /// `route`: its pattern. Whatever a client sends, there are only so many words.
    pub(crate) fn took(&self, route: Option<&str>, method: &Method, status: StatusCode, time: Duration) {
        self.0.at([route.unwrap_or("unmatched"), word(method), class(status)]).took(time);
    }

    pub(super) fn tell(&self, page: &mut Page) {
        for (words, histogram) in self.0.all() {
            page.histogram(catalogue::REQUESTS, &words, &histogram.read(), Unit::Seconds);
        }
    }
}

fn word(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

fn class(status: StatusCode) -> &'static str {
    match status.as_u16() {
        100..200 => "1xx",
        200..300 => "2xx",
        300..400 => "3xx",
        400..500 => "4xx",
        _ => "5xx",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn made_up_methods_and_paths_make_no_new_series() {
        let requests = Requests::new();
        for number in 0..50 {
            let method = Method::from_bytes(format!("BREW{number}").as_bytes()).unwrap();
            requests.took(None, &method, StatusCode::NOT_FOUND, Duration::from_millis(1));
        }
        let all: Vec<_> =
            requests.0.all().map(|(words, histogram)| (words, histogram.read().count)).collect();
        assert_eq!(all, [(["unmatched", "other", "4xx"], 50)]);
    }
}
