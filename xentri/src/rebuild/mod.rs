//! `xentri rebuild`: read models made anew from the ledger, beside the processes that run.
//!
//! Not here: how that is done (`xentri-workers`).

mod bar;
mod list;
mod options;
mod report;
mod told;

use anyhow::{Context as _, bail};
use serde_json::json;
use xentri_ledger::Ledger;
use xentri_projections::read_models;
use xentri_workers::rebuild::{
    ProgressSender, RebuildError, RebuildSettings, Rebuilds, Rebuilt, Request, millis,
};

pub(crate) use options::RebuildOptions;
use options::Task;
use told::Told;

use crate::config::{ConfigError, Settings};
use crate::dlq::own_name;
use crate::roles::open_with;
use crate::serve::{refuse_privileged_logins, settings_beside};

pub(crate) async fn run(mut options: RebuildOptions) -> anyhow::Result<()> {
    let beside = std::mem::take(&mut options.beside);
    let settings = settings_beside(beside)?;
    let map = settings.shard_map()?.ok_or(ConfigError::NoDatabase)?;
    let keys = settings.master_keys()?.ok_or(ConfigError::NoMasterKey)?;
    refuse_privileged_logins(&map).await?;
    let (ledger, _) = open_with(&settings, map, keys)?;
    let done = work(&ledger, &settings, &options).await;
    ledger.close().await;
    done
}

async fn work(ledger: &Ledger, settings: &Settings, options: &RebuildOptions) -> anyhow::Result<()> {
    let rebuilds = Rebuilds::new(ledger.databases().clone(), ledger.keys().clone(), read_models())
        .with_settings(rebuild_settings(settings, options));
    let names = names(&options.projections);
    match options.instead.task() {
        Task::Rebuild => rebuild(&rebuilds, options, names).await,
        Task::List => list::list(&rebuilds, options.json).await,
        Task::Pause => {
            for name in names {
                rebuilds.pause(&name).await?;
                tell(options, &json!({ "paused": name }), &format!("{name} will pause; --resume goes on"));
            }
            Ok(())
        }
        Task::Cancel => {
            for name in names {
                rebuilds.cancel(&name).await?;
                tell(options, &json!({ "cancelled": name }), &format!("the rebuild of {name} is cancelled"));
            }
            Ok(())
        }
        Task::Rollback => roll_back(&rebuilds, options, names).await,
    }
}

fn rebuild_settings(settings: &Settings, options: &RebuildOptions) -> RebuildSettings {
    RebuildSettings {
        memory: usize::try_from(options.memory).unwrap_or(usize::MAX).saturating_mul(1 << 20),
        throttle: options.throttle,
        settle: settings.http.request_timeout.get(),
        grace: options.grace,
        ..RebuildSettings::default()
    }
}

fn names(given: &[String]) -> Vec<String> {
    let all = || read_models().iter().map(|model| model.name().to_owned()).collect();
    if given.iter().any(|name| name == "all") { all() } else { given.to_vec() }
}

async fn rebuild(rebuilds: &Rebuilds, options: &RebuildOptions, names: Vec<String>) -> anyhow::Result<()> {
    let request = Request {
        projections: names,
        requested_by: options.by.clone().map_or_else(own_name, Ok)?,
        order: None,
        only_resume: options.instead.resume,
        accept: options.accept,
        keep: options.keep,
    };
    if let Some(reason) = &options.reason {
        tracing::warn!(by = request.requested_by, reason, "what differs is shown with what is personal");
    }
    let progress = ProgressSender::new();
    let told = Told::start(&progress, options.json);
    let done = tokio::select! {
        done = rebuilds.run(&request, &progress) => done,
        stopped = tokio::signal::ctrl_c() => {
            stopped.context("signals can't be heard")?;
            told.end().await;
            bail!("interrupted; `xentri rebuild --resume {}` goes on", request.projections.join(" "));
        }
    };
    told.end().await;
    match done {
        Ok(rebuilt) => {
            for one in &rebuilt {
                tell(options, &one.as_value(), &as_text(one, &list::where_it_is(rebuilds, one.database)));
            }
            Ok(())
        }
        Err(RebuildError::Differs(differences)) => {
            for difference in &differences {
                let shown = report::Shown { difference, personal: options.show_personal };
                tell(options, &difference.as_value(options.show_personal), &shown.as_text());
            }
            Err(RebuildError::Differs(differences).into())
        }
        Err(error) => Err(error.into()),
    }
}

async fn roll_back(rebuilds: &Rebuilds, options: &RebuildOptions, names: Vec<String>) -> anyhow::Result<()> {
    for name in names {
        for (id, locked) in rebuilds.roll_back(&name).await? {
            let value = json!({ "shown": id.to_string(), "locked_ms": millis(locked) });
            let text = format!("readers see {id} again; they were kept waiting for {:.1} ms", millis(locked));
            tell(options, &value, &text);
        }
    }
    Ok(())
}

fn tell(options: &RebuildOptions, value: &serde_json::Value, text: &str) {
    println!("{}", if options.json { value.to_string() } else { text.to_owned() });
}

fn as_text(rebuilt: &Rebuilt, place: &str) -> String {
    let Rebuilt { id, events, rows, left_out, parked, locked, replaced, .. } = rebuilt;
    let locked = millis(*locked);
    let mut said = vec![format!(
        "readers see {id}{place}: {rows} rows of {events} events; they were kept waiting for {locked:.1} ms"
    )];
    if *left_out > 0 {
        said.push(format!("; {left_out} discarded events are left out"));
    }
    if *parked > 0 {
        said.push(format!("; {parked} events are parked: see `xentri dlq list`"));
    }
    if let Some(replaced) = replaced {
        let back = format!("`xentri rebuild --rollback {}` goes back", id.projection);
        said.push(format!("\n{replaced} is kept for the grace time; {back}"));
    }
    said.concat()
}
