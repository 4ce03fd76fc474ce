//! From wrapped keys to open ones.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use sqlx::postgres::PgConnection;
use xentri_domain::kernel::{OrgId, SubjectId};

use super::kept::{KeptOrg, KeptSubject};
use super::stored::Stored;
use super::{KeyRing, KeyRingError};
use crate::database::{Home, TenantTx};
use crate::keys::{OrgKey, SubjectKey, Wrapped};
use crate::shard::Shard;

/// A person of an org, as the database had them.
pub(super) enum Person {
    Known(Arc<SubjectKey>),
    Forgotten,
    /// With their whole org.
    Erased,
}

/// What becomes of a person's key that was unwrapped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keep {
    /// For whoever asks next.
    Keys,
    Nothing,
}

pub(super) type People = HashMap<(OrgId, SubjectId), Person>;

impl KeyRing {
    /// For the MAC of a receipt, and for sealing. It may be a key that is kept: of an org that was erased meanwhile, the
    /// append takes nothing more.
    pub async fn org_key(&self, home: Home) -> Result<Arc<OrgKey>, KeyRingError> {
        let org = home.org();
        if let Some(kept) = self.kept.orgs.get(&org).await {
            return Ok(kept.key);
        }
        // In a box: a read is rare and its future large, and it would be part of every append's.
        Box::pin(self.read_org_key(home)).await
    }

    async fn read_org_key(&self, home: Home) -> Result<Arc<OrgKey>, KeyRingError> {
        let org = home.org();
        // Read before anybody waits for the key: a reader waits with a connection in its hand.
        let mut tx = TenantTx::read(&self.databases, home).await?;
        let orgs = BTreeSet::from([org]);
        let mut stored = Stored::read_in_tx(tx.connection(), home.shard(), &orgs, &BTreeSet::new()).await?;
        tx.commit().await?;
        let wrapped = stored.orgs.remove(&org).ok_or(KeyRingError::NoOrgKey(org))?;
        self.open_org_key(org, &wrapped.ok_or(KeyRingError::OrgErased(org))?).await
    }

    /// The keys of people, as of this transaction. Who has no key in the database is not among them.
    pub(super) async fn find_in_tx(
        &self,
        connection: &mut PgConnection,
        shard: Shard,
        wanted: &BTreeSet<(OrgId, SubjectId)>,
        keep: Keep,
    ) -> Result<People, KeyRingError> {
        let orgs = wanted.iter().map(|(org, _)| *org).collect();
        let stored = Stored::read_in_tx(connection, shard, &orgs, wanted).await?;
        let mut people = People::new();
        for (org, subject) in wanted.iter().copied() {
            let of_org = stored.orgs.get(&org).ok_or(KeyRingError::NoOrgKey(org))?;
            let person = match (of_org, stored.subjects.get(&(org, subject))) {
                (None, _) => {
                    self.kept.drop_org(org).await;
                    Person::Erased
                }
                (_, Some(None)) => {
                    self.kept.drop_subject(org, subject).await;
                    Person::Forgotten
                }
                (Some(of_org), Some(Some(wrapped))) => Person::Known(match keep {
                    Keep::Keys => self.subject_key(org, subject, wrapped, of_org).await?,
                    Keep::Nothing => {
                        let org_key = self.open_org_key(org, of_org).await?;
                        Arc::new(org_key.unwrap_subject(org, subject, wrapped)?)
                    }
                }),
                (_, None) => continue,
            };
            people.insert((org, subject), person);
        }
        Ok(people)
    }

    async fn subject_key(
        &self,
        org: OrgId,
        subject: SubjectId,
        wrapped: &[u8],
        of_org: &Wrapped,
    ) -> Result<Arc<SubjectKey>, KeyRingError> {
        let kept = self.kept.subjects.get(&(org, subject)).await;
        if let Some(kept) = kept.filter(|kept| *kept.wrapped == *wrapped) {
            return Ok(kept.key);
        }
        let org_key = self.open_org_key(org, of_org).await?;
        let key = Arc::new(org_key.unwrap_subject(org, subject, wrapped)?);
        let kept = KeptSubject { wrapped: wrapped.into(), key: key.clone() };
        self.kept.subjects.insert((org, subject), kept).await;
        Ok(key)
    }

    /// The org's key from exactly this wrapped form. Those who ask for it at the same time unwrap it once.
    async fn open_org_key(&self, org: OrgId, wrapped: &Wrapped) -> Result<Arc<OrgKey>, KeyRingError> {
        match self.kept.orgs.get(&org).await {
            Some(kept) if *kept.wrapped == *wrapped => return Ok(kept.key),
            Some(_) => self.kept.orgs.invalidate(&org).await,
            None => {}
        }
        let unwrap = self.unwrap_org(org, wrapped.clone());
        let kept = self.kept.orgs.try_get_with(org, unwrap).await;
        let kept = kept.map_err(|error: Arc<KeyRingError>| KeyRingError::clone(&error))?;
        if *kept.wrapped == *wrapped {
            return Ok(kept.key);
        }
        // Somebody else was faster with a form that is older or newer.
        Ok(self.unwrap_org(org, wrapped.clone()).await?.key)
    }

    async fn unwrap_org(&self, org: OrgId, wrapped: Wrapped) -> Result<KeptOrg, KeyRingError> {
        let key = self.keeper.unwrap(org, &wrapped).await?;
        Ok(KeptOrg { wrapped: Arc::new(wrapped), key: Arc::new(key) })
    }
}
