//! The whole system as it runs in production, under load, its processes and servers killed at random; afterwards all of
//! it must be right. `make test` runs a short form, `make torture N=200` one as long as you like.
//!
//! `system` is what is killed, `load` what it has to do meanwhile, `disturb` who kills, and `judge` says whether anything
//! was lost, done twice or brought out of order.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "test code")]

mod disturb;
mod judge;
mod load;
mod parts;
mod plan;
#[path = "../it/process.rs"]
#[allow(dead_code, reason = "the other tests need the rest of it")]
mod process;
mod progress;
mod summary;
mod supervised;
mod system;

use std::time::Instant;

use rand::{SeedableRng as _, rngs::StdRng};

use crate::disturb::Disturber;
use crate::load::Load;
use crate::plan::{SHORT, plan};
use crate::progress::Watch;
use crate::summary::Summary;
use crate::system::System;

const ORGS: usize = 20;
const CLIENTS: usize = 8;

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_killed_under_load_nothing_is_lost_and_nothing_done_twice() {
    let began = Instant::now();
    let (disturbances, is_long) = number("XENTRI_TORTURE").map_or((SHORT, false), |asked| (asked, true));
    let seed = number("XENTRI_TORTURE_SEED").unwrap_or_else(rand::random);
    eprintln!("seed {seed}: XENTRI_TORTURE_SEED={seed} strikes in the same order again");
    let system = System::start().await;
    let watch = Watch::begin(&system);
    let load = Load::begin(&system, ORGS, CLIENTS, seed);
    let strikes = plan(disturbances, &mut StdRng::seed_from_u64(seed));
    let kills = Disturber::new(&system, &load, is_long).strike_all(&strikes).await;
    let acknowledged = load.end().await;
    let settled = progress::settled(&system).await;
    let lag = watch.end().await;
    let verdict = judge::judge(&system, &acknowledged).await;
    let summary = Summary { seed, kills, acknowledged: &acknowledged, settled, lag, took: began.elapsed() };
    eprintln!("{}", summary.told(verdict.proof()));
    assert!(verdict.is_right(), "with seed {seed}:\n{}\n{}", verdict.told(), system.last_words());
}

fn number<T: std::str::FromStr>(variable: &str) -> Option<T> {
    let text = std::env::var(variable).ok().filter(|text| !text.is_empty())?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable}={text} is no number")))
}
