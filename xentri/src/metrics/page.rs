//! The text that Prometheus reads, version 0.0.4 of its format.

use std::collections::BTreeMap;
use std::fmt::{Display, Write as _};

use xentri_ledger::Reading;

use super::catalogue::{Kind, Metric};

pub(crate) const MEDIA_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Whoever writes may do so in any order: what belongs to one metric comes out together.
#[derive(Debug, Default)]
pub(crate) struct Page(BTreeMap<&'static str, (&'static Metric, String)>);

/// What a histogram counted, in what it is shown in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unit {
    /// Counted in microseconds.
    Seconds,
    /// As counted.
    Number,
}

impl Page {
    /// A value of a counter or a gauge, with a word for each of its labels.
    pub(super) fn put(&mut self, metric: &'static Metric, words: &[&str], value: impl Display) {
        debug_assert_ne!(metric.kind, Kind::Histogram, "{}", metric.name);
        self.sample(metric, "", words, None, value);
    }

    pub(super) fn histogram(
        &mut self,
        metric: &'static Metric,
        words: &[&str],
        reading: &Reading,
        unit: Unit,
    ) {
        debug_assert_eq!(metric.kind, Kind::Histogram, "{}", metric.name);
        for (bound, count) in &reading.buckets {
            self.sample(metric, "_bucket", words, Some(&unit.of(*bound)), count);
        }
        self.sample(metric, "_bucket", words, Some("+Inf"), reading.count);
        self.sample(metric, "_sum", words, None, unit.of(reading.sum));
        self.sample(metric, "_count", words, None, reading.count);
    }

    fn sample(
        &mut self,
        metric: &'static Metric,
        suffix: &str,
        words: &[&str],
        upto: Option<&str>,
        value: impl Display,
    ) {
        debug_assert_eq!(metric.labels.len(), words.len(), "{}", metric.name);
        let (_, text) = self.0.entry(metric.name).or_insert_with(|| (metric, String::new()));
        let pairs =
            metric.labels.iter().copied().zip(words.iter().copied()).chain(upto.map(|upto| ("le", upto)));
        let pairs: Vec<_> = pairs.map(|(label, word)| format!("{label}=\"{}\"", escaped(word))).collect();
        let labels = if pairs.is_empty() { String::new() } else { format!("{{{}}}", pairs.join(",")) };
        // A String takes everything.
        let _ = writeln!(text, "{}{suffix}{labels} {value}", metric.name);
    }

    pub(super) fn into_text(self) -> String {
        let mut all = String::new();
        for (name, (metric, samples)) in self.0 {
            let help = metric.help().replace('\\', "\\\\").replace('\n', "\\n");
            let _ = write!(all, "# HELP {name} {help}\n# TYPE {name} {}\n{samples}", metric.kind.as_str());
        }
        all
    }
}

impl Unit {
    /// Without rounding, where a float would do so.
    fn of(self, counted: u64) -> String {
        const MICROS: u64 = 1_000_000;
        let (whole, rest) = (counted / MICROS, counted % MICROS);
        match self {
            Self::Number => counted.to_string(),
            Self::Seconds if rest == 0 => whole.to_string(),
            Self::Seconds => format!("{whole}.{rest:06}").trim_end_matches('0').to_owned(),
        }
    }
}

fn escaped(word: &str) -> String {
    word.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use xentri_ledger::Histogram;

    use super::super::catalogue;
    use super::*;

    #[test]
    fn what_belongs_to_one_metric_comes_out_together() {
        let mut page = Page::default();
        page.put(catalogue::LEASES, &["work"], 3);
        page.put(catalogue::APPENDERS, &[], 1);
        page.put(catalogue::LEASES, &["relay"], 0);
        let text = page.into_text();
        let expected = "# TYPE xentri_append_alive gauge\nxentri_append_alive 1\n# HELP xentri_leases_held";
        assert!(text.contains(expected), "{text}");
        let together = "xentri_leases_held{duty=\"work\"} 3\nxentri_leases_held{duty=\"relay\"} 0\n";
        assert!(text.ends_with(together), "{text}");
    }

    #[test]
    fn a_histogram_has_buckets_a_sum_and_a_count() {
        static BOUNDS: &[u64] = &[500, 1_000_000];
        let histogram = Histogram::new(BOUNDS);
        for micros in [400, 999_999, 2_000_000] {
            histogram.count(micros);
        }
        let mut page = Page::default();
        page.histogram(catalogue::CALLS, &[], &histogram.read(), Unit::Seconds);
        let text = page.into_text();
        let samples: Vec<_> = text.lines().filter(|line| !line.starts_with('#')).collect();
        assert_eq!(
            samples,
            [
                "xentri_append_call_duration_seconds_bucket{le=\"0.0005\"} 1",
                "xentri_append_call_duration_seconds_bucket{le=\"1\"} 2",
                "xentri_append_call_duration_seconds_bucket{le=\"+Inf\"} 3",
                "xentri_append_call_duration_seconds_sum 3.000399",
                "xentri_append_call_duration_seconds_count 3",
            ]
        );
    }

    #[test]
    fn a_word_that_could_end_its_quotes_does_not() {
        let mut page = Page::default();
        page.put(catalogue::BUILD, &["a\"b\\c\nd"], 1);
        assert!(page.into_text().ends_with("{version=\"a\\\"b\\\\c\\nd\"} 1\n"));
    }
}
