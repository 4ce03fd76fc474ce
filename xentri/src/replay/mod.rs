//! `xentri replay`: a read model as it was at a moment, folded from the ledger into a file.
//!
//! Works on the database itself, beside the processes that run. Not here: the fold (`xentri-workers`).

mod chosen;
mod file;
mod jsonl;
mod options;
mod parquet;
mod rows;
mod summary;

use std::sync::Arc;

use anyhow::{Context as _, bail};
use indicatif::{ProgressBar, ProgressStyle};
use xentri_ledger::{Ledger, LedgerSettings};
use xentri_workers::replay::{Progress, Replayed, Until, Wanted, Whose, replay};

use crate::config::ConfigError;
use crate::serve::{refuse_privileged_logins, settings_beside};
use crate::shutdown::Shutdown;
use chosen::Chosen;
use file::Unfinished;
use options::FileOptions;
pub(crate) use options::ReplayOptions;
use rows::Sink;
use summary::{Summary, Written};

/// Of rows: with what the readers and the writer hold, the process stays far below 300 MB.
const MEMORY: usize = 96 << 20;

const BAR: &str = "{bar:40} {human_pos} of {human_len} events, {per_sec}, {eta} left";

pub(crate) async fn run(options: ReplayOptions) -> anyhow::Result<()> {
    let shutdown = Shutdown::on_signal()?;
    let ReplayOptions { beside, wanted: options } = options;
    let chosen = Chosen::of(&options)?;
    let settings = settings_beside(beside)?;
    let map = settings.shard_map()?.ok_or(ConfigError::NoDatabase)?;
    let keys = settings.master_keys()?.ok_or(ConfigError::NoMasterKey)?;
    refuse_privileged_logins(&map).await?;
    let ledger = Ledger::open(map, Arc::new(keys), &LedgerSettings::default())?;
    let made = tokio::select! {
        made = make(&ledger, &chosen, &options) => made,
        () = shutdown.requested() => Err(anyhow::anyhow!("stopped before the file was whole; there is none")),
    };
    ledger.close().await;
    let summary = made?;
    if options.json {
        println!("{}", summary.as_json());
    } else {
        print!("{}", summary.as_text());
    }
    Ok(())
}

async fn make(ledger: &Ledger, chosen: &Chosen, options: &FileOptions) -> anyhow::Result<Summary> {
    let wanted = wanted(ledger, options).await?;
    // Before anything is read: whoever may not write there learns it now.
    let files: Vec<(Unfinished, Sink)> =
        chosen.files.iter().map(|file| Unfinished::beside(&file.path)).collect::<Result<_, _>>()?;
    let bar = if options.json { ProgressBar::hidden() } else { ProgressBar::new(0) };
    // A template with a mistake leaves the usual bar.
    bar.set_style(ProgressStyle::with_template(BAR).unwrap_or_else(|_| ProgressStyle::default_bar()));
    let mut see = |progress: Progress| {
        bar.set_length(progress.of);
        bar.set_position(progress.events);
    };
    let replayed = replay(ledger, &*chosen.model, wanted, &mut see).await;
    bar.finish_and_clear();
    write(replayed?, chosen, files, options)
}

async fn wanted(ledger: &Ledger, options: &FileOptions) -> anyhow::Result<Wanted> {
    let whose = match options.org {
        None => Whose::All,
        Some(org) => {
            let entry = ledger.directory().find(org).await?;
            Whose::Org(entry.with_context(|| format!("there is no org {org}"))?.home)
        }
    };
    let until = match (options.until, options.org_seq) {
        (Some(moment), _) => Until::Moment(moment),
        (None, Some(last)) => Until::OrgSeq(last),
        (None, None) => Until::Now,
    };
    Ok(Wanted { whose, until, opens: options.show_personal, memory: MEMORY })
}

fn write(
    mut replayed: Replayed,
    chosen: &Chosen,
    files: Vec<(Unfinished, Sink)>,
    options: &FileOptions,
) -> anyhow::Result<Summary> {
    let mut summary = Summary::of(&*chosen.model, options.org, &replayed);
    for (file, (unfinished, sink)) in chosen.files.iter().zip(files) {
        let Some(table) = replayed.tables.get_mut(file.table) else {
            bail!("{} has no such table", chosen.model.name())
        };
        let about = summary.about(table.name(), options.show_personal);
        let (sink, rows) = rows::write(table, file.format, options.show_personal, about, sink)
            .with_context(|| format!("can't write {}", file.path.display()))?;
        let bytes = unfinished.put(sink)?;
        summary.files.push(Written { table: table.name(), path: file.path.clone(), rows, bytes });
    }
    Ok(summary)
}
