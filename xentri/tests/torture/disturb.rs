//! Strikes as planned, and sees to it that what was hit comes back.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use tokio::time::sleep;

use crate::load::Load;
use crate::plan::{Blow, Kind, Strike};
use crate::system::System;

pub(crate) struct Disturber<'a> {
    system: &'a System,
    load: &'a Load,
    /// Whether somebody looks on.
    tells: bool,
}

#[derive(Debug, Default)]
pub(crate) struct Kills {
    pub(crate) by_kind: BTreeMap<Kind, usize>,
    /// Strikes at two parts at once.
    pub(crate) pairs: usize,
    /// How long the slowest of what was hit took to be there again, its time away aside.
    pub(crate) slowest_return: Duration,
}

impl Kills {
    /// What was frozen is counted apart: it has not ended.
    pub(crate) fn total(&self) -> usize {
        let kills = self.by_kind.iter().filter(|(kind, _)| !matches!(kind, Kind::Frozen(_)));
        kills.map(|(_, count)| count).sum()
    }
}

impl<'a> Disturber<'a> {
    pub(crate) fn new(system: &'a System, load: &'a Load, tells: bool) -> Self {
        Self { system, load, tells }
    }

    /// Until the last has come back.
    pub(crate) async fn strike_all(&self, strikes: &[Strike]) -> Kills {
        let mut kills = Kills::default();
        for (number, strike) in strikes.iter().enumerate() {
            let began = Instant::now();
            self.strike(strike, &mut kills).await;
            if self.tells {
                self.tell(number + 1, strikes.len(), strike, began.elapsed());
            }
        }
        kills
    }

    async fn strike(&self, strike: &Strike, kills: &mut Kills) {
        sleep(strike.after).await;
        let returns = join_all(strike.blows.iter().map(|blow| self.strike_one(blow))).await;
        for (blow, took) in strike.blows.iter().zip(returns) {
            *kills.by_kind.entry(blow.kind).or_default() += 1;
            kills.slowest_return = kills.slowest_return.max(took);
        }
        kills.pairs += usize::from(strike.blows.len() > 1);
    }

    async fn strike_one(&self, blow: &Blow) -> Duration {
        match blow.kind {
            Kind::Frozen(_) => return self.freeze_one(blow).await,
            Kind::PostgresAtOnce => self.system.crash_postgres().await,
            _ => self.system.kill(blow.part).await,
        }
        sleep(blow.away).await;
        let began = Instant::now();
        self.system.start_again(blow.part).await;
        began.elapsed()
    }

    async fn freeze_one(&self, blow: &Blow) -> Duration {
        self.system.freeze(blow.part);
        sleep(blow.away).await;
        self.system.thaw(blow.part);
        Duration::ZERO
    }

    fn tell(&self, number: usize, of: usize, strike: &Strike, took: Duration) {
        let struck: Vec<_> = strike.blows.iter().map(|blow| blow.kind.to_string()).collect();
        let (acknowledged, seconds) = (self.load.acknowledged(), took.as_secs_f64());
        eprintln!(
            "{number:>5}/{of} {:<28} {seconds:>5.1} s, {acknowledged} acknowledged",
            struck.join(" + ")
        );
    }
}
