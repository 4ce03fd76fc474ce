//! What a process takes of the machine, and Postgres for it: told by the system, and steadier than any rate where others work too.

use std::collections::BTreeMap;
use std::time::Duration;

use sqlx::postgres::PgConnection;
use tokio::process::Child;

/// Often enough for seconds that are measured, seldom enough to take nothing from them.
pub(super) const LOOK_EVERY: Duration = Duration::from_millis(25);
/// Of every Linux that there is a Rust for.
const TICKS_A_SECOND: f64 = 100.0;
const BACKENDS: &str = "select pid from pg_stat_activity \
     where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'";

/// For one unit: an event, a message.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Used {
    pub(crate) process_micros: f64,
    /// Of the backends that work for it; what Postgres does besides is not in it. None where they run elsewhere.
    pub(crate) postgres_micros: Option<f64>,
    /// The most memory that the process ever had.
    pub(crate) peak_mb: f64,
}

impl Used {
    /// Where so many of the units count as one.
    pub(super) fn each(self, units: f64) -> Self {
        let each = |micros: f64| micros / units;
        Self {
            process_micros: each(self.process_micros),
            postgres_micros: self.postgres_micros.map(each),
            ..self
        }
    }
}

pub(super) struct Meter {
    process: Option<u32>,
    /// Of the process, as of the last look: one that has ended tells no more.
    ticks: u64,
    peak_mb: Option<f64>,
    before: u64,
    /// Ticks before it began, and by now.
    backends: BTreeMap<i32, (u64, u64)>,
}

impl Meter {
    pub(super) fn of(process: &Child) -> Self {
        Self { process: process.id(), ticks: 0, peak_mb: None, before: 0, backends: BTreeMap::new() }
    }

    /// As often as backends may come and go.
    pub(super) async fn look(&mut self, postgres: &mut PgConnection) -> anyhow::Result<()> {
        self.look_at_process();
        let pids: Vec<i32> = sqlx::query_scalar(BACKENDS).fetch_all(postgres).await?;
        for pid in pids {
            if let Some(ticks) = ticks(&pid.to_string()).filter(|_| is_postgres(pid)) {
                self.backends.entry(pid).or_default().1 = ticks;
            }
        }
        Ok(())
    }

    /// What was used before does not count.
    pub(super) fn begin(&mut self) {
        self.look_at_process();
        self.before = self.ticks;
        for (before, now) in self.backends.values_mut() {
            *before = *now;
        }
    }

    #[allow(clippy::cast_precision_loss, reason = "counts of some seconds are far below 2^52")]
    pub(super) fn used(&mut self, units: u64) -> Option<Used> {
        self.look_at_process();
        let micros = |ticks: u64| ticks as f64 * 1e6 / TICKS_A_SECOND / units.max(1) as f64;
        let backends: u64 = self.backends.values().map(|(before, now)| now - before).sum();
        Some(Used {
            process_micros: micros(self.ticks - self.before),
            postgres_micros: (!self.backends.is_empty()).then(|| micros(backends)),
            peak_mb: self.peak_mb?,
        })
    }

    fn look_at_process(&mut self) {
        let Some(pid) = self.process.map(|pid| pid.to_string()) else { return };
        self.ticks = ticks(&pid).unwrap_or(self.ticks);
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
        self.peak_mb = peak_kb(&status).map(|kb| kb / 1024.0).or(self.peak_mb);
    }
}

fn ticks(pid: &str) -> Option<u64> {
    ticks_in(&std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

/// In user and in system mode: the 14th and 15th field. The second, a name in parentheses, may hold anything.
fn ticks_in(stat: &str) -> Option<u64> {
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    Some(fields.next()?.parse::<u64>().ok()? + fields.next()?.parse::<u64>().ok()?)
}

/// Another machine's backends have numbers that mean something else here.
fn is_postgres(pid: i32) -> bool {
    std::fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|name| name.starts_with("postgres"))
}

fn peak_kb(status: &str) -> Option<f64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_parentheses_and_spaces_moves_no_field() {
        let stat = "4711 (a) b (c) S 1 2 3 4 5 6 7 8 9 10 250 31 0 0 20 0";
        assert_eq!(ticks_in(stat), Some(281));
        assert_eq!(ticks_in("4711 (cut off"), None);
    }

    #[test]
    fn the_peak_is_that_of_resident_memory() {
        assert_eq!(peak_kb("VmPeak:\t  900 kB\nVmHWM:\t  2048 kB\nVmRSS:\t 7 kB\n"), Some(2048.0));
    }

    #[test]
    fn what_counts_by_pieces_costs_less_by_the_piece() {
        let used = Used { process_micros: 3.0, postgres_micros: Some(6.0), peak_mb: 50.0 };
        let each = Used { process_micros: 12.0, postgres_micros: Some(24.0), peak_mb: 50.0 };
        assert_eq!(used.each(0.25), each);
    }
}
