//! Prometheus's text format, version 0.0.4, read as strictly as it is written down.

use std::collections::{BTreeMap, BTreeSet};

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Sample {
    pub(super) labels: BTreeMap<String, String>,
    pub(super) value: f64,
}

#[derive(Debug, Default)]
pub(super) struct Family {
    pub(super) kind: String,
    /// By their names, which have a suffix where it is a histogram.
    pub(super) samples: Vec<(String, Sample)>,
}

pub(super) type Page = BTreeMap<String, Family>;

/// Fails at the first line that is not as it should be.
#[track_caller]
pub(super) fn read(text: &str) -> Page {
    let mut page = Page::new();
    let mut current = String::new();
    let mut seen = BTreeSet::new();
    assert!(text.ends_with('\n'), "the last line has an end");
    for line in text.lines() {
        if let Some(help) = line.strip_prefix("# HELP ") {
            let (name, words) = help.split_once(' ').expect(line);
            assert!(!words.is_empty() && !page.contains_key(name), "{name} comes in one piece: {line}");
            name.clone_into(&mut current);
        } else if let Some(kind) = line.strip_prefix("# TYPE ") {
            let (name, kind) = kind.split_once(' ').expect(line);
            assert_eq!(name, current, "HELP comes before TYPE");
            assert!(["counter", "gauge", "histogram"].contains(&kind), "{line}");
            page.insert(name.to_owned(), Family { kind: kind.to_owned(), samples: Vec::new() });
        } else {
            let (name, sample) = sample(line);
            let family = page.get_mut(&current).expect(line);
            let suffix = name.strip_prefix(&current).expect(line);
            let suffixes: &[&str] =
                if family.kind == "histogram" { &["_bucket", "_sum", "_count"] } else { &[""] };
            assert!(suffixes.contains(&suffix), "{line}");
            assert!(seen.insert((name.clone(), sample.labels.clone())), "twice: {line}");
            family.samples.push((name, sample));
        }
    }
    for (name, family) in page.iter().filter(|(_, family)| family.kind == "histogram") {
        check_buckets(name, family);
    }
    page
}

fn sample(line: &str) -> (String, Sample) {
    let end = line.find(['{', ' ']).expect(line);
    let (name, mut rest) = line.split_at(end);
    assert!(name.starts_with(|char: char| char.is_ascii_lowercase()), "{line}");
    assert!(name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_'), "{line}");
    let mut labels = BTreeMap::new();
    if let Some(inside) = rest.strip_prefix('{') {
        rest = inside;
        while !rest.starts_with('}') {
            let (label, after) = rest.split_once("=\"").expect(line);
            let (word, after) = quoted(after);
            assert!(labels.insert(label.to_owned(), word).is_none(), "{line}");
            rest = after.strip_prefix(',').unwrap_or(after);
        }
        rest = &rest[1..];
    }
    let value = rest.strip_prefix(' ').expect(line).parse().expect(line);
    (name.to_owned(), Sample { labels, value })
}

/// Up to the quotes that end it, and what comes after them.
fn quoted(text: &str) -> (String, &str) {
    let mut word = String::new();
    let mut chars = text.char_indices();
    while let Some((at, char)) = chars.next() {
        match char {
            '"' => return (word, &text[at + 1..]),
            '\\' => match chars.next().expect(text).1 {
                'n' => word.push('\n'),
                char @ ('\\' | '"') => word.push(char),
                other => panic!("\\{other} in {text}"),
            },
            _ => word.push(char),
        }
    }
    panic!("no end: {text}")
}

/// Of each series: buckets that ascend up to infinity, which is the count.
fn check_buckets(name: &str, family: &Family) {
    let mut series: BTreeMap<BTreeMap<String, String>, Vec<(f64, f64)>> = BTreeMap::new();
    let mut counts = BTreeMap::new();
    for (of, Sample { labels, value }) in &family.samples {
        let mut labels = labels.clone();
        if of.ends_with("_bucket") {
            let bound = labels.remove("le").expect(name).parse().expect(name);
            series.entry(labels).or_default().push((bound, *value));
        } else if of.ends_with("_count") {
            counts.insert(labels, *value);
        }
    }
    assert_eq!(series.len(), counts.len(), "{name}");
    for (labels, buckets) in series {
        let ascend = buckets.windows(2).all(|two| two[0].0 < two[1].0 && two[0].1 <= two[1].1);
        assert!(ascend && buckets.last() == Some(&(f64::INFINITY, counts[&labels])), "{name}: {buckets:?}");
    }
}

/// The value of the one sample of that name and those labels; others may have more labels.
pub(super) fn value(page: &Page, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
    let is_it = |sample: &&(String, Sample)| {
        let has = |(label, word): &(&str, &str)| sample.1.labels.get(*label).is_some_and(|own| own == word);
        sample.0 == name && labels.iter().all(has)
    };
    let mut found = page.values().flat_map(|family| &family.samples).filter(is_it);
    let one = found.next().map(|(_, sample)| sample.value);
    assert!(found.next().is_none(), "{name} {labels:?} is more than one");
    one
}

#[test]
fn what_is_not_in_the_format_is_refused() {
    let head = "# HELP a_total Of a.\n# TYPE a_total counter\n";
    for good in ["", "a_total 1\n", "a_total{b=\"c\"} 1\na_total{b=\"\\\"\\\\\\n\"} 0.5\n"] {
        read(&format!("{head}{good}"));
    }
    for bad in [
        "a_total 1",
        "b_total 1\n",
        "a_total x\n",
        "a_total{b=c} 1\n",
        "a_total 1\na_total 2\n",
        "a_total{b=\"c} 1\n",
    ] {
        let text = format!("{head}{bad}");
        assert!(std::panic::catch_unwind(|| read(&text)).is_err(), "{bad}");
    }
}
