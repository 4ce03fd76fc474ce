//! Open keys, in memory for a while.

use std::sync::Arc;
use std::time::Duration;

use moka::future::Cache;
use xentri_domain::kernel::{OrgId, SubjectId};

use crate::keys::{OrgKey, SubjectKey, Wrapped};

const MOST_ORGS: u64 = 10_000;
const MOST_SUBJECTS: u64 = 50_000;
/// A key that another process has destroyed leaves this one's memory after that, if nobody asks for it before.
const FOR: Duration = Duration::from_hours(1);

/// Cheap to clone. A key stands beside its wrapped form, for whoever knows from the database what that is by now.
#[derive(Clone)]
pub(super) struct Kept {
    pub(super) orgs: Cache<OrgId, KeptOrg>,
    pub(super) subjects: Cache<(OrgId, SubjectId), KeptSubject>,
}

#[derive(Clone)]
pub(super) struct KeptOrg {
    pub(super) wrapped: Arc<Wrapped>,
    pub(super) key: Arc<OrgKey>,
}

#[derive(Clone)]
pub(super) struct KeptSubject {
    pub(super) wrapped: Arc<[u8]>,
    pub(super) key: Arc<SubjectKey>,
}

impl Kept {
    pub(super) fn new() -> Self {
        Self {
            orgs: Cache::builder().max_capacity(MOST_ORGS).time_to_live(FOR).build(),
            subjects: Cache::builder()
                .max_capacity(MOST_SUBJECTS)
                .time_to_live(FOR)
                .support_invalidation_closures()
                .build(),
        }
    }

    /// The org is erased, or its key is another than was thought.
    pub(super) async fn drop_org(&self, org: OrgId) {
        self.orgs.invalidate(&org).await;
        let of_org = move |(of, _): &(OrgId, SubjectId), _: &KeptSubject| *of == org;
        // Refused only by a cache that was built without it. No read relies on it.
        let _supported = self.subjects.invalidate_entries_if(of_org);
    }

    pub(super) async fn drop_subject(&self, org: OrgId, subject: SubjectId) {
        self.subjects.invalidate(&(org, subject)).await;
    }
}
