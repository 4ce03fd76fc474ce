//! `xentri dlq list` and `show`.

use std::fmt::Write as _;

use anyhow::Context as _;
use serde_json::{Value, json};
use xentri_workers::parked::{ParkedEvent, ParkedFilter, ParkedPage, Shown};

use super::options::{ListOptions, ShowOptions};
use super::{Opened, as_value};

const HEAD: [&str; 5] = ["ID", "TYPE", "ORG", "PARKED AT", "WHY"];

pub(super) async fn list(options: ListOptions) -> anyhow::Result<()> {
    let ListOptions { ledger, projection, org, correlation, since, failed, limit, after } = options;
    let as_json = ledger.json;
    let filter = ParkedFilter { projection, org, correlation_id: correlation, since, failed };
    let page =
        Opened::with(ledger, async |parked| Ok(parked.list(&filter, after.as_ref(), limit).await?)).await?;
    if as_json {
        let events: Vec<_> = page.events.iter().map(as_value).collect();
        println!("{}", json!({ "parked": events, "next": page.next.map(|next| next.to_string()) }));
    } else if page.events.is_empty() {
        let everything = after.is_none() && filter == ParkedFilter::default();
        println!("{}", if everything { "nothing is parked" } else { "nothing like that is parked" });
    } else {
        print!("{}", as_table(&page));
    }
    Ok(())
}

fn as_table(page: &ParkedPage) -> String {
    let rows: Vec<_> = page.events.iter().map(as_row).collect();
    let widths: Vec<usize> = (0..HEAD.len())
        .map(|column| rows.iter().map(|row| row[column].len()).fold(HEAD[column].len(), usize::max))
        .collect();
    let mut table = String::new();
    for row in std::iter::once(&HEAD.map(str::to_owned)).chain(&rows) {
        let cells: Vec<_> = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        table.push_str(cells.join("  ").trim_end());
        table.push('\n');
    }
    if let Some(next) = &page.next {
        // Writing to a string can't fail.
        let _ = writeln!(table, "more with --after {next}");
    }
    table
}

fn as_row(parked: &ParkedEvent) -> [String; HEAD.len()] {
    [
        parked.id.to_string(),
        parked.type_name.clone(),
        parked.org.to_string(),
        parked.parked_at.to_string(),
        why(parked).to_owned(),
    ]
}

fn why(parked: &ParkedEvent) -> &str {
    parked.error.as_deref().unwrap_or("waits behind another")
}

pub(super) async fn show(options: ShowOptions) -> anyhow::Result<()> {
    let as_json = options.ledger.json;
    let shown = Opened::with(options.ledger, async |parked| Ok(parked.show(&options.id).await?)).await?;
    let event: Value = serde_json::from_str(&shown.event).context("the ledger's event is no JSON")?;
    if as_json {
        let mut value = as_value(&shown.parked);
        value["event"] = event;
        println!("{value}");
    } else {
        println!("{}", as_text(&shown, &event)?);
    }
    Ok(())
}

fn as_text(shown: &Shown, event: &Value) -> anyhow::Result<String> {
    let Shown { parked, .. } = shown;
    let keys: Vec<_> = parked.keys.iter().map(ToString::to_string).collect();
    let correlation = parked.correlation_id.as_deref().unwrap_or("none");
    let lines = [
        ("parked", parked.id.to_string()),
        ("at", parked.parked_at.to_string()),
        ("why", why(parked).to_owned()),
        ("org", parked.org.to_string()),
        ("touches", keys.join(" ")),
        ("correlation", correlation.to_owned()),
    ];
    let mut text = String::new();
    for (name, value) in lines {
        let _ = writeln!(text, "{name:<12} {value}");
    }
    text.push_str(&serde_json::to_string_pretty(event)?);
    Ok(text)
}
