//! `xentri rebuild --list`.

use serde_json::json;
use xentri_projections::read_models;
use xentri_workers::rebuild::{Phase, RebuildEntry, Rebuilds};

pub(super) async fn list(rebuilds: &Rebuilds, as_json: bool) -> anyhow::Result<()> {
    let all = rebuilds.list().await?;
    let models = read_models();
    if as_json {
        let models: Vec<_> = models
            .iter()
            .map(|model| json!({ "projection": model.name(), "version": model.version() }))
            .collect();
        let entries: Vec<_> = all.iter().map(|(_, entry)| as_value(entry)).collect();
        println!("{}", json!({ "projections": models, "rebuilds": entries }));
        return Ok(());
    }
    let names: Vec<_> = models.iter().map(|model| model.name()).collect();
    println!("read models: {}", names.join(", "));
    for (_, entry) in &all {
        println!("{}", as_text(entry));
    }
    Ok(())
}

fn as_value(entry: &RebuildEntry) -> serde_json::Value {
    json!({
        "generation": entry.id.to_string(),
        "projection": entry.id.projection,
        "phase": entry.phase,
        "wish": entry.wish,
        "replaces": entry.replaces,
        "requested_by": entry.requested_by,
        "begun_at": entry.begun_at,
        "changed_at": entry.changed_at,
        "grace_until": entry.grace_until,
    })
}

fn as_text(entry: &RebuildEntry) -> String {
    let RebuildEntry { id, phase, requested_by, begun_at, .. } = entry;
    let end = match (phase, entry.replaces, entry.grace_until) {
        (Phase::Grace, Some(before), Some(until)) => {
            format!(", can be taken back to g{before} until {until}")
        }
        (Phase::Returned, _, Some(until)) => format!(", kept until {until}"),
        _ => String::new(),
    };
    format!("{id:<24} {phase:<10} asked for by {requested_by} at {begun_at}{end}")
}
