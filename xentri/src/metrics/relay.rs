//! The relay, and who leads which shards.

use xentri_workers::leases::LeaseStats;
use xentri_workers::relay::RelayStats;

use super::catalogue;
use super::page::Page;

pub(super) fn tell(page: &mut Page, stats: &RelayStats) {
    page.put(catalogue::RELAY_SENT, &[], stats.sent());
    page.put(catalogue::RELAY_ACKNOWLEDGED, &[], stats.acknowledged());
    page.put(catalogue::RELAY_RESTARTS, &[], stats.restarts());
    page.put(catalogue::RELAY_ERRORS, &[], stats.faults());
    page.put(catalogue::RELAY_AWAY, &[], u8::from(stats.away().is_some()));
    page.put(catalogue::RELAY_REFUSED, &[], stats.refused().len());
    for ((shard, family), lag) in stats.lags() {
        page.put(catalogue::RELAY_LAG, &[family, &shard.to_string()], lag);
    }
}

pub(super) fn tell_leases(page: &mut Page, stats: &LeaseStats) {
    let duty = stats.duty().as_str();
    page.put(catalogue::LEASES, &[duty], stats.held());
    page.put(catalogue::LEASES_TAKEN, &[duty], stats.taken());
}
