//! The process itself, under the names that every exporter uses.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike as _;

use super::catalogue;
use super::page::Page;

pub(super) fn tell(page: &mut Page, begun: SystemTime) {
    page.put(catalogue::BUILD, &[env!("CARGO_PKG_VERSION")], 1);
    let begun = begun.duration_since(UNIX_EPOCH).unwrap_or_default();
    page.put(catalogue::STARTED, &[], begun.as_secs_f64());
    if let Ok(usage) = getrusage(UsageWho::RUSAGE_SELF) {
        let micros = usage.user_time().num_microseconds() + usage.system_time().num_microseconds();
        let used = Duration::from_micros(u64::try_from(micros).unwrap_or_default());
        page.put(catalogue::PROCESSOR, &[], used.as_secs_f64());
    }
    // Where the system has no such files, there are no such numbers.
    if let Some(bytes) = resident_memory() {
        page.put(catalogue::MEMORY, &[], bytes);
    }
    if let Ok(files) = std::fs::read_dir("/proc/self/fd") {
        page.put(catalogue::OPEN_FILES, &[], files.count());
    }
}

fn resident_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kilobytes * 1024)
}
