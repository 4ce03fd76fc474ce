//! What is to be made.

use xentri_domain::kernel::Timestamp;
use xentri_ledger::Home;

#[derive(Debug, Clone, Copy)]
pub struct Wanted {
    pub whose: Whose,
    pub until: Until,
    /// Whether what is personal is opened. Where it is not, its columns are null and no key is looked at.
    pub opens: bool,
    /// Bytes of rows that may be in memory at once, roughly. What is more is made later, and waits on the disk.
    pub memory: usize,
}

#[derive(Debug, Clone, Copy)]
pub enum Whose {
    Org(Home),
    All,
}

/// The last event that counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    Now,
    /// Recorded at that moment or before.
    Moment(Timestamp),
    /// In the org's own order; of all orgs it means nothing, and counts as now.
    OrgSeq(u64),
}
