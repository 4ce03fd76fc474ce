//! Read models: one folder each, with its row, its pure fold, its table and its queries; and the Pulse rules.
//!
//! Not here: how events reach a fold (`workers`) and how its rows reach a client (`query-api`).

pub mod audit;
pub mod brief;
pub mod invoices;
pub mod kit;
pub mod leads;
pub mod org;
pub mod pages;
pub mod pulse;
pub mod pulse_dismissals;
pub mod sites;
pub mod standing;
mod whereabouts;

#[cfg(test)]
mod given;
#[cfg(test)]
mod stored;

use std::sync::Arc;

use kit::{Model, ReadModel};

pub use whereabouts::rows_about_in_tx;

/// Every read model. A new one is a folder and a line here.
pub fn read_models() -> Vec<Arc<dyn ReadModel>> {
    vec![
        Arc::new(Model::<audit::Audit>::new()),
        Arc::new(Model::<brief::Briefs>::new()),
        Arc::new(Model::<invoices::Invoices>::new()),
        Arc::new(Model::<leads::Leads>::new()),
        Arc::new(Model::<org::Orgs>::new()),
        Arc::new(Model::<pages::Pages>::new()),
        Arc::new(Model::<pulse::PulseItems>::new()),
        Arc::new(Model::<pulse_dismissals::PulseDismissals>::new()),
        Arc::new(Model::<sites::Sites>::new()),
    ]
}
