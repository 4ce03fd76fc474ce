//! `xentri rebuild --list`.

use serde_json::json;
use xentri_ledger::Shard;
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
        let of = |(shard, entry): &(Shard, RebuildEntry)| as_value(entry, rebuilds.database_of(*shard));
        let entries: Vec<_> = all.iter().map(of).collect();
        println!("{}", json!({ "projections": models, "rebuilds": entries }));
        return Ok(());
    }
    let names: Vec<_> = models.iter().map(|model| model.name()).collect();
    println!("read models: {}", names.join(", "));
    for (shard, entry) in &all {
        println!("{}{}", as_text(entry), where_it_is(rebuilds, rebuilds.database_of(*shard)));
    }
    Ok(())
}

/// Nothing where there is one database.
pub(super) fn where_it_is(rebuilds: &Rebuilds, database: usize) -> String {
    if rebuilds.databases() > 1 { format!(", in database {database}") } else { String::new() }
}

fn as_value(entry: &RebuildEntry, database: usize) -> serde_json::Value {
    json!({
        "generation": entry.id.to_string(),
        "database": database,
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
