//! The catalogue, the alert rules and the document that is written from both.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::catalogue::{Kind, Metric, SECTIONS};

const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/metrics.md");
const RULES: &str = include_str!("../../../infra/prometheus/alerts.yml");

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rules {
    groups: Vec<Group>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    name: String,
    rules: Vec<Rule>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    alert: String,
    expr: String,
    #[serde(rename = "for")]
    lasts: Option<String>,
    labels: BTreeMap<String, String>,
    annotations: Annotations,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Annotations {
    summary: String,
    action: String,
}

fn rules() -> Vec<Rule> {
    let rules: Rules = serde_saphyr::from_str(RULES).unwrap();
    assert!(rules.groups.iter().all(|group| group.name.starts_with("xentri-")));
    rules.groups.into_iter().flat_map(|group| group.rules).collect()
}

fn all() -> impl Iterator<Item = &'static Metric> {
    SECTIONS.iter().flat_map(|(_, metrics)| metrics.iter().copied())
}

#[test]
fn every_metric_is_named_as_prometheus_wants_it() {
    let mut names = BTreeSet::new();
    for metric in all() {
        let name = metric.name;
        assert!(names.insert(name), "{name} is there twice");
        assert!(name.starts_with("xentri_") || name.starts_with("process_"), "{name}");
        assert!(name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{name}");
        assert_eq!(metric.kind == Kind::Counter, name.ends_with("_total"), "{name}");
        assert!(metric.help().ends_with('.') && !metric.help().contains('|'), "{name}: {}", metric.help());
        for label in metric.labels {
            let word = label.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
            // The first three are Prometheus's own.
            let taken = ["job", "instance", "le"].contains(label);
            let personal = ["org", "user", "tenant", "email", "_id"].iter().any(|part| label.contains(part));
            assert!(word && !taken && !personal, "{name}: {label}");
        }
    }
}

#[test]
fn every_alert_says_what_to_do() {
    let mut names = BTreeSet::new();
    for Rule { alert, labels, annotations, .. } in rules() {
        assert!(alert.starts_with("Xentri") && names.insert(alert.clone()), "{alert}");
        let severity = labels.get("severity").map(String::as_str);
        assert!(matches!(severity, Some("page" | "ticket")) && labels.len() == 1, "{alert}: {labels:?}");
        for text in [annotations.summary, annotations.action] {
            assert!(text.ends_with('.') && text.len() > 20, "{alert}: {text}");
        }
    }
}

/// Words of `PromQL` that the rules use.
const WORDS: &[&str] = &[
    "sum",
    "min",
    "max",
    "by",
    "on",
    "and",
    "rate",
    "increase",
    "delta",
    "changes",
    "min_over_time",
    "histogram_quantile",
    "group_left",
    "up",
    "m",
    "h",
];

#[test]
fn every_alert_is_about_metrics_and_labels_that_there_are() {
    for Rule { alert, expr, .. } in rules() {
        // What is between quotes are values.
        let outside: String = expr.split('"').step_by(2).collect();
        let words: BTreeSet<_> = outside
            .split(|char: char| !char.is_ascii_alphanumeric() && char != '_')
            .filter(|word| word.starts_with(|char: char| char.is_ascii_alphabetic()))
            .collect();
        let (metrics, rest): (BTreeSet<_>, BTreeSet<_>) =
            words.into_iter().partition(|word| word.starts_with("xentri_") || word.starts_with("process_"));
        let metrics: Vec<_> = metrics.into_iter().map(|name| named(name).expect(name)).collect();
        let labels: BTreeSet<_> = metrics.iter().flat_map(|metric| metric.labels).copied().collect();
        let targets = metrics.is_empty().then_some("job");
        let quantiles = metrics.iter().any(|metric| metric.kind == Kind::Histogram).then_some("le");
        for word in rest {
            let known = WORDS.contains(&word) || labels.contains(word);
            assert!(known || Some(word) == targets || Some(word) == quantiles, "{alert}: {word} in {expr}");
        }
    }
}

/// The metric that a series belongs to.
fn named(series: &str) -> Option<&'static Metric> {
    let of_histogram = |metric: &&Metric| {
        let suffix = series.strip_prefix(metric.name);
        metric.kind == Kind::Histogram && matches!(suffix, Some("_bucket" | "_sum" | "_count"))
    };
    let plain = |metric: &&Metric| metric.kind != Kind::Histogram && metric.name == series;
    all().find(|metric| plain(metric) || of_histogram(metric))
}

#[test]
fn the_committed_file_of_metrics_says_what_is_exported() {
    let written = document();
    if std::env::var_os("XENTRI_SCHEMAS").is_some_and(|mode| mode == "write") {
        std::fs::write(DOCUMENT, &written).unwrap();
    }
    let committed = std::fs::read_to_string(DOCUMENT).unwrap_or_default();
    let differs = committed.lines().zip(written.lines()).find(|(old, new)| old != new);
    assert!(committed == written, "docs/metrics.md is old; run make schemas. First difference: {differs:?}");
}

const HEAD: &str = "\
<!-- Generated by `make schemas`. Do not edit. -->

# Metrics and alerts

Every process serves `/metrics` for Prometheus, and `/health` and `/health/ready`, at its admin address. It is a free port on the
loopback unless `XENTRI_ADMIN_LISTEN` or `[admin] listen` says otherwise; the log names it at start, and `xentri up --json` as
`admin`. `off` turns it off. There is no token: keep it inside.

    scrape_configs:
      - job_name: xentri
        static_configs:
          - targets: [\"10.0.0.1:9464\", \"10.0.0.2:9464\"]
    rule_files: [infra/prometheus/alerts.yml]

A process tells of the parts that it has: the API of `serve` and `up`; read models, feeds and reactors where `work` is done; the
relay where there is Kafka. Counters begin at 0 with the process. No label holds an org, a user or an id.
";

fn document() -> String {
    let mut lines = vec![HEAD.trim_end().to_owned()];
    for (section, metrics) in SECTIONS {
        lines.push(format!("\n## {section}\n\n| metric | type | labels | what it says |\n|---|---|---|---|"));
        for metric in *metrics {
            let labels: Vec<_> = metric.labels.iter().map(|label| format!("`{label}`")).collect();
            let (kind, labels) = (metric.kind.as_str(), labels.join(", "));
            lines.push(format!("| `{}` | {kind} | {labels} | {} |", metric.name, metric.help()));
        }
    }
    lines.push("\n## Alerts\n".to_owned());
    lines.push("The rules are in [alerts.yml](../infra/prometheus/alerts.yml). A `page` wants somebody now, a `ticket` soon.".to_owned());
    for Rule { alert, expr, lasts, labels, annotations } in rules() {
        let lasts = lasts.map_or_else(String::new, |lasts| format!(", after {lasts}"));
        let plain = annotations.summary.replace("{{ $labels.", "`").replace(" }}", "`");
        lines.push(format!("\n### {alert}\n\n{} ({}{lasts})", plain, labels["severity"]));
        lines.push(format!("\n    {expr}\n\n{}", annotations.action));
    }
    lines.join("\n") + "\n"
}
