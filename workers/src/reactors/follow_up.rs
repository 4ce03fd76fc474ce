//! An invoice that is issued for a lead schedules the lead's follow-up: when it is due, somebody asks how things are.

use xentri_domain::invoice::InvoiceEvent;
use xentri_domain::kernel::{TimeZone, Timestamp};
use xentri_domain::lead::{LeadCommand, ScheduleFollowUp};
use xentri_domain::registry::Event;
use xentri_projections::kit::LedgerEvent;

use super::reactor::{Reaction, Reactor};

/// Where the invoice is due at once.
const A_DAY: i64 = 24 * 60 * 60 * 1_000_000;

pub(super) struct FollowUp;

impl Reactor for FollowUp {
    fn name(&self) -> &'static str {
        "invoice-follow-up"
    }

    fn since(&self) -> &'static str {
        "2026-11-21T00:00:00Z"
    }

    fn answers(&self) -> &'static [&'static str] {
        &["xentri.invoice.issued"]
    }

    fn react(&self, event: &LedgerEvent, zone: &TimeZone) -> Option<Reaction> {
        let Event::Invoice(InvoiceEvent::Issued(issued)) = event.payload() else { return None };
        let lead = issued.lead_id?;
        let soonest = Timestamp::from_micros(event.recorded_at.as_micros() + A_DAY).ok()?;
        let due_at = zone.start_of(issued.due_date).ok()?.max(soonest);
        let command = LeadCommand::ScheduleFollowUp(ScheduleFollowUp { due_at, note: None });
        Some(Reaction { stream: lead.into(), command: command.into() })
    }
}
