//! One file for each view: its types, its queries, whom they are for.
//!
//! A query that may fail is nullable, so that the other queries of a request keep their answers; `transpose` makes its failure a
//! null and an error beside it.

#![allow(
    clippy::unused_async,
    reason = "the framework takes async functions alone, also where a field is at hand"
)]

mod aggregate;
mod brief;
mod event;
mod invoice;
mod invoice_parts;
mod lead;
mod node;
mod org;
mod page;
mod projections;
mod pulse;
mod pulse_scope;
mod receivables;
mod site;
mod subscription;

pub(super) use aggregate::AggregateQueries;
pub(super) use brief::BriefQueries;
pub(super) use event::LedgerQueries;
pub(super) use invoice::InvoiceQueries;
pub(super) use lead::LeadQueries;
pub(super) use node::NodeQueries;
pub(super) use org::OrgQueries;
pub(super) use projections::ProjectionQueries;
pub(super) use pulse::PulseQueries;
pub(super) use pulse::name_all;
#[cfg(test)]
pub(super) use pulse_scope::PulseScope;
pub(super) use site::SiteQueries;
pub(super) use subscription::{Shown, Subscription, Topic, Turn};
