//! From what a token or a header calls an org to the org.

use std::pin::Pin;

use xentri_domain::kernel::OrgId;
use xentri_domain::org::ExternalId;
use xentri_ledger::{DatabaseError, Directory, OrgEntry};
use xentri_schemas::{ErrorKind, Problem};

/// What authentication has to know of an org.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KnownOrg {
    pub(crate) id: OrgId,
    pub(crate) external_id: Option<ExternalId>,
}

pub(crate) type LookingUp<'a> =
    Pin<Box<dyn Future<Output = Result<Option<KnownOrg>, DatabaseError>> + Send + 'a>>;

/// Who knows the orgs; how fresh its knowledge is, is its own affair.
pub(crate) trait OrgNames: Send + Sync {
    fn by_id(&self, id: OrgId) -> LookingUp<'_>;

    fn by_external_id(&self, id: ExternalId) -> LookingUp<'_>;
}

impl OrgNames for Directory {
    fn by_id(&self, id: OrgId) -> LookingUp<'_> {
        Box::pin(async move { Ok(self.find(id).await?.map(|entry| KnownOrg::of(&entry))) })
    }

    fn by_external_id(&self, id: ExternalId) -> LookingUp<'_> {
        Box::pin(async move { Ok(self.find_external(&id).await?.map(|entry| KnownOrg::of(&entry))) })
    }
}

impl KnownOrg {
    fn of(entry: &OrgEntry) -> Self {
        Self { id: entry.home.org(), external_id: entry.external_id.clone() }
    }

    /// Whether it may be called so: by its id, or by what the identity provider calls it.
    pub(super) fn is_called(&self, name: &str) -> bool {
        OrgId::parse(name) == Ok(self.id)
            || self.external_id.as_ref().is_some_and(|known| known.as_str() == name)
    }
}

/// An identity provider's ids may be UUIDs as well, so what is no id of ours is looked for among theirs.
pub(super) async fn find(orgs: &dyn OrgNames, name: &str) -> Result<KnownOrg, Problem> {
    let unknown = || Problem::new(ErrorKind::ORG_UNKNOWN);
    if let Ok(id) = OrgId::parse(name)
        && let Some(org) = orgs.by_id(id).await.map_err(no_directory)?
    {
        return Ok(org);
    }
    let external_id = ExternalId::parse(name).map_err(|_| unknown())?;
    orgs.by_external_id(external_id).await.map_err(no_directory)?.ok_or_else(unknown)
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn no_directory(error: DatabaseError) -> Problem {
    if error.is_transient() {
        return Problem::new(ErrorKind::UNAVAILABLE).retry_after(1);
    }
    tracing::error!(%error, "the directory of orgs can't be read");
    Problem::new(ErrorKind::INTERNAL)
}
