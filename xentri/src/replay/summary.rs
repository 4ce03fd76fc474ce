//! What was made, for people and programs.

use std::fmt::Write as _;
use std::path::PathBuf;

use serde_json::{Value, json};
use xentri_domain::kernel::OrgId;
use xentri_projections::kit::ReadModel;
use xentri_workers::replay::{Held, Last, Replayed};

use super::rows::About;

/// Of events that are in no row; the others are counted.
const NAMED: usize = 20;

pub(super) struct Summary {
    projection: &'static str,
    version: i32,
    /// None for all of them.
    org: Option<OrgId>,
    events: u64,
    discarded: u64,
    held: Vec<Held>,
    last: Option<Last>,
    pub(super) files: Vec<Written>,
}

pub(super) struct Written {
    pub(super) table: &'static str,
    pub(super) path: PathBuf,
    pub(super) rows: u64,
    pub(super) bytes: u64,
}

impl Summary {
    pub(super) fn of(model: &dyn ReadModel, org: Option<OrgId>, replayed: &Replayed) -> Self {
        Self {
            projection: model.name(),
            version: model.version(),
            org,
            events: replayed.events,
            discarded: replayed.discarded,
            held: replayed.held.clone(),
            last: replayed.last.clone(),
            files: Vec::new(),
        }
    }

    /// For the file itself. It follows from the events that count, and not from how they were asked for.
    pub(super) fn about(&self, table: &str, shown: bool) -> About {
        let mut about = vec![
            ("projection", self.projection.to_owned()),
            ("version", self.version.to_string()),
            ("table", table.to_owned()),
            ("org", self.org.map_or("all".to_owned(), |org| org.to_string())),
            ("personal", if shown { "shown" } else { "hidden" }.to_owned()),
        ];
        if let Some(last) = &self.last {
            about.push(("recorded_at", last.recorded_at.to_string()));
            if self.org.is_some() {
                about.push(("org_seq", last.org_seq.to_string()));
                about.push(("ledger_hash", last.hash.to_string()));
            }
        }
        about
    }

    pub(super) fn as_json(&self) -> Value {
        let of_org = self.last.as_ref().filter(|_| self.org.is_some());
        let file = |file: &Written| json!({ "table": file.table, "file": file.path, "rows": file.rows, "bytes": file.bytes });
        let held = |held: &Held| json!({ "org_id": held.org, "event_id": held.event, "error": held.error });
        json!({
            "projection": self.projection,
            "version": self.version,
            "org_id": self.org,
            "events": self.events,
            "recorded_at": self.last.as_ref().map(|last| last.recorded_at),
            "org_seq": of_org.map(|last| last.org_seq),
            "ledger_hash": of_org.map(|last| last.hash.to_string()),
            "discarded": self.discarded,
            "held": self.held.iter().map(held).collect::<Vec<_>>(),
            "files": self.files.iter().map(file).collect::<Vec<_>>(),
        })
    }

    pub(super) fn as_text(&self) -> String {
        let mut text = String::new();
        for Written { table, path, rows, bytes } in &self.files {
            // Writing to a string can't fail.
            let _ = writeln!(text, "{}: {rows} rows of {table}, {bytes} bytes", path.display());
        }
        let _ = writeln!(text, "as of {}", self.moment());
        if self.discarded > 0 {
            let _ = writeln!(text, "left out: {} events that somebody has discarded", self.discarded);
        }
        for held in self.held.iter().take(NAMED) {
            let why = held.error.as_deref().unwrap_or("waits behind another");
            let _ = writeln!(text, "in no row: event {} of org {}: {why}", held.event, held.org);
        }
        if let more @ 1.. = self.held.len().saturating_sub(NAMED) {
            let _ = writeln!(text, "in no row: {more} events more");
        }
        text
    }

    fn moment(&self) -> String {
        match (&self.last, self.org) {
            (None, _) => "before the first event".to_owned(),
            (Some(last), Some(_)) => {
                format!("event {} of the org, recorded at {}, {}", last.org_seq, last.recorded_at, last.hash)
            }
            (Some(last), None) => {
                format!("{} events, the last recorded at {}", self.events, last.recorded_at)
            }
        }
    }
}
