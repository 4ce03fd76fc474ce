//! Who is told of what is new.

use xentri_query_api::graphql::SocketStats;

use super::catalogue;
use super::page::Page;

pub(super) fn tell(page: &mut Page, stats: &SocketStats) {
    page.put(catalogue::SOCKETS, &[], stats.sockets());
    page.put(catalogue::SUBSCRIPTIONS, &[], stats.subscriptions());
    page.put(catalogue::SOCKETS_SENT, &[], stats.sent());
    for (reason, count) in stats.ended() {
        page.put(catalogue::SOCKETS_ENDED, &[reason], count);
    }
}
