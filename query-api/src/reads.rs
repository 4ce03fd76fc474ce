//! Which read models a field is made of: what has to have passed an event before somebody who brings its token may read.

use xentri_projections::audit::Audit;
use xentri_projections::brief::Briefs;
use xentri_projections::invoices::Invoices;
use xentri_projections::kit::Projection;
use xentri_projections::leads::Leads;
use xentri_projections::org::Orgs;
use xentri_projections::pages::Pages;
use xentri_projections::pulse::PulseItems;
use xentri_projections::pulse_dismissals::PulseDismissals;
use xentri_projections::sites::Sites;

/// A read model in the version that this program reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Model {
    pub(crate) name: &'static str,
    pub(crate) version: i32,
}

const fn model<P: Projection>() -> Model {
    Model { name: P::NAME, version: P::VERSION }
}

const AUDIT: Model = model::<Audit>();
const BRIEF: Model = model::<Briefs>();
const DISMISSALS: Model = model::<PulseDismissals>();
const INVOICES: Model = model::<Invoices>();
const LEADS: Model = model::<Leads>();
const ORG: Model = model::<Orgs>();
const PAGES: Model = model::<Pages>();
const PULSE: Model = model::<PulseItems>();
const SITES: Model = model::<Sites>();

/// Fields that read, by name, whatever they stand in; a name means the same everywhere. A test holds it against the schema.
pub(crate) const READS: &[(&str, &[Model])] = &[
    ("org", &[ORG]),
    ("brief", &[BRIEF]),
    ("lead", &[LEADS]),
    ("leads", &[LEADS]),
    ("pipeline", &[LEADS]),
    ("invoice", &[INVOICES]),
    ("invoices", &[INVOICES]),
    ("receivables", &[INVOICES]),
    ("revenue", &[INVOICES]),
    ("site", &[SITES]),
    ("sites", &[SITES]),
    ("page", &[PAGES]),
    ("pages", &[PAGES]),
    ("pageCounts", &[PAGES]),
    // Titles have the names of what items are about.
    ("pulse", &[PULSE, DISMISSALS, LEADS, INVOICES, SITES, PAGES]),
    ("pulseLanding", &[]),
    ("timeline", &[AUDIT]),
    ("history", &[AUDIT]),
    // From the ledger itself.
    ("aggregateAt", &[]),
    ("aggregateDiff", &[]),
    ("projections", &[]),
    ("node", &[LEADS, INVOICES, SITES, PAGES]),
    ("events", &[AUDIT]),
];

/// Everything that anybody reads: what is told of an event is told when all of it can be read.
pub(crate) const EVERYTHING: &[Model] =
    &[AUDIT, BRIEF, DISMISSALS, INVOICES, LEADS, ORG, PAGES, PULSE, SITES];

pub(crate) fn of(field: &str) -> impl Iterator<Item = Model> {
    READS.iter().filter(move |(name, _)| *name == field).flat_map(|(_, models)| models.iter().copied())
}
