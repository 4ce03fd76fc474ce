//! The rules, one file per aggregate: which event makes which item, and which settles it.

mod brief;
mod invoice;
mod lead;
mod website;

use xentri_domain::registry::Event;

use super::rule::{Module, Touch};
use crate::kit::LedgerEvent;

#[cfg(test)]
pub(super) const MODULES: [&Module; 4] = [&brief::MODULE, &lead::MODULE, &invoice::MODULE, &website::MODULE];

/// What the event does to items, each matter once; none of an event that is of no aggregate with rules.
pub(super) fn touches(event: &LedgerEvent) -> Option<(&'static Module, Vec<Touch>)> {
    let id = event.stream_id();
    match event.payload() {
        Event::Brief(brief) => Some((&brief::MODULE, brief::touches(brief))),
        Event::Lead(lead) => Some((&lead::MODULE, lead::touches(id, lead))),
        Event::Invoice(invoice) => Some((&invoice::MODULE, invoice::touches(id, invoice))),
        Event::Site(site) => Some((&website::MODULE, website::of_site(id, site))),
        Event::Page(page) => Some((&website::MODULE, website::of_page(id, page))),
        Event::Org(_)
        | Event::PulseItem(_)
        | Event::PulseInbox(_)
        | Event::Subject(_)
        | Event::InvoiceNumbers(_)
        | Event::SlugClaim(_)
        | Event::PagePaths(_) => None,
    }
}
