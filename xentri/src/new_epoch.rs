//! `xentri ledger new-epoch`: going on after a restore to an earlier point.

use std::path::Path;

use anyhow::{Context as _, bail};
use serde_json::json;
use xentri_ledger::{DatabaseShards, EpochStart, PublicKey, ShardMap, new_epoch};

use crate::audit::Signing;
use crate::cli::{DATA, NewEpochOptions};
use crate::config::Settings;
use crate::data_dir::DataDir;
use crate::postgres::{PrivatePostgres, RunAs};
use crate::serve::settings_beside;
use crate::shutdown::Shutdown;

pub(crate) async fn run(options: NewEpochOptions) -> anyhow::Result<()> {
    let NewEpochOptions { beside, migrate_urls, public_keys, postgres_bin, json } = options;
    let data = beside.data.clone();
    let settings = settings_beside(beside)?;
    let known = highest_signed(&settings, public_keys)?;
    let starts = if migrate_urls.is_empty() {
        on_private_postgres(data.as_deref().unwrap_or(Path::new(DATA)), postgres_bin.as_deref(), known)
            .await?
    } else {
        new_epoch(&map(&settings, migrate_urls)?, known).await?
    };
    report(&starts, known, json);
    Ok(())
}

/// A restore takes back epochs too, and then checkpoints alone still know of them.
fn highest_signed(settings: &Settings, named: Vec<PublicKey>) -> anyhow::Result<u64> {
    let signing = Signing::of(settings);
    let keys = signing.public_keys(named)?;
    Ok(signing.book(&keys)?.map_or(0, |(book, _)| book.highest_epoch()))
}

/// The shards of the configuration, as the login that migrates.
fn map(settings: &Settings, urls: Vec<String>) -> anyhow::Result<ShardMap> {
    let Some(map) = settings.shard_map()?.filter(|map| map.databases().len() > 1 || urls.len() > 1) else {
        let url = urls.into_iter().next().context("no login that migrates is named")?;
        return Ok(ShardMap::single(url));
    };
    let databases = map.databases();
    if databases.len() != urls.len() {
        bail!("there are {} databases: name --migrate-url once for each, in their order", databases.len());
    }
    let with =
        |(database, url): (&DatabaseShards, String)| DatabaseShards { url, shards: database.shards.clone() };
    Ok(ShardMap::new(databases.iter().zip(urls).map(with).collect())?)
}

/// That of `xentri up`, which must not run meanwhile: the lock of its directory sees to it.
async fn on_private_postgres(
    data: &Path,
    programs: Option<&Path>,
    known: u64,
) -> anyhow::Result<Vec<EpochStart>> {
    if !DataDir::find(data)?.join("postgres").is_dir() {
        bail!(
            "no login that migrates is named; set XENTRI_MIGRATE_URL, or name the --data of an `xentri up`"
        );
    }
    let shutdown = Shutdown::on_signal()?;
    let run_as = RunAs::choose()?;
    let data = DataDir::open(data, run_as.as_ref())?;
    let postgres = PrivatePostgres::start(&data, programs, run_as, &shutdown).await?;
    let starts = new_epoch(&ShardMap::single(postgres.migrate_url()), known).await;
    postgres.stop().await;
    Ok(starts?)
}

fn report(starts: &[EpochStart], known: u64, as_json: bool) {
    let epoch = starts.iter().map(|start| start.epoch).max().unwrap_or_default();
    if as_json {
        let shards: Vec<_> = starts
            .iter()
            .map(|one| json!({ "shard": one.shard, "epoch": one.epoch, "start": one.start }))
            .collect();
        println!("{}", json!({ "epoch": epoch, "shards": shards }));
        return;
    }
    println!("epoch {epoch} begins on {} shards; what came after these events never happened:", starts.len());
    for EpochStart { shard, start, .. } in starts {
        println!("  shard {shard}: {start}");
    }
    if known > 0 {
        println!(
            "what was signed about lost events is taken back by `xentri audit checkpoint --after-restore`"
        );
    }
}
