//! Who they are.

use xentri_domain::kernel::OrgId;

/// A company of the demo.
#[derive(Debug)]
pub(crate) struct DemoOrg {
    pub(crate) name: &'static str,
    pub(super) time_zone: &'static str,
    pub(super) currency: &'static str,
    pub(super) language: &'static str,
    pub(super) prefix: &'static str,
    /// So many people ask for something in a year.
    pub(super) leads: usize,
    /// What chance has in store for it.
    pub(super) seed: u64,
}

pub(crate) const ORGS: [DemoOrg; 3] = [
    DemoOrg {
        name: "Panadería Sol",
        time_zone: "Europe/Madrid",
        currency: "EUR",
        language: "es",
        prefix: "INV",
        leads: 140,
        seed: 1,
    },
    DemoOrg {
        name: "Harbor Design Studio",
        time_zone: "America/New_York",
        currency: "USD",
        language: "en",
        prefix: "HDS",
        leads: 105,
        seed: 2,
    },
    DemoOrg {
        name: "Nordlicht Fahrräder",
        time_zone: "Europe/Berlin",
        currency: "EUR",
        language: "en",
        prefix: "NLF",
        leads: 85,
        seed: 3,
    },
];

impl DemoOrg {
    /// The same everywhere.
    pub(crate) fn id(&self) -> OrgId {
        let mut random = [0xde; 10];
        random[9] = self.seed.to_le_bytes()[0];
        OrgId::v7(story_begins(), random)
    }
}

/// In milliseconds since 1970: 1 October 2025.
pub(super) const fn story_begins() -> u64 {
    1_759_276_800_000
}
