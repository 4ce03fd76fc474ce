//! One request as it reads: who asks, in which org, and the one transaction through which all of it is read.

use std::sync::Arc;
use std::time::Duration;

use async_graphql::Context;
use tokio::sync::{MappedMutexGuard, Mutex, MutexGuard, OnceCell};
use xentri_domain::kernel::{Language, OrgId, Permission, Principal, Timestamp};
use xentri_ledger::{DerivedKeys, Ledger, OrgEntry, TenantTx};

use super::error::ReadError;

pub(super) struct Reader {
    pub(super) principal: Principal,
    pub(super) ledger: Ledger,
    pub(super) keys: Arc<DerivedKeys>,
    pub(super) now: Timestamp,
    /// What the client prefers; else it is the org's.
    pub(super) language: Option<Language>,
    pub(super) longest: Duration,
    /// Looked up by whoever needs it first.
    pub(super) org: OnceCell<Arc<OrgEntry>>,
    /// Opened by whoever reads first. Those who read at the same time take turns.
    pub(super) snapshot: Mutex<Option<TenantTx>>,
}

pub(super) fn reader<'a>(ctx: &Context<'a>) -> &'a Arc<Reader> {
    // Every request brings one.
    ctx.data_unchecked::<Arc<Reader>>()
}

impl Reader {
    /// All of a request sees the moment at which this was called first. To be given back before anything else is waited for.
    pub(super) async fn tx(&self) -> Result<MappedMutexGuard<'_, TenantTx>, ReadError> {
        let mut snapshot = self.snapshot.lock().await;
        if snapshot.is_none() {
            let home = self.org().await?.home;
            *snapshot = Some(TenantTx::read_within(self.ledger.databases(), home, self.longest).await?);
        }
        MutexGuard::try_map(snapshot, Option::as_mut).map_err(|_| ReadError::Keys)
    }

    pub(super) fn org_id(&self) -> OrgId {
        self.principal.org()
    }

    /// Where it lives, and its settings.
    pub(super) async fn org(&self) -> Result<&OrgEntry, ReadError> {
        let find = async || {
            let found = self.ledger.directory().find(self.org_id()).await?;
            found.ok_or(ReadError::OrgUnknown)
        };
        Ok(self.org.get_or_try_init(find).await?)
    }

    pub(super) fn require(&self, permission: Permission) -> Result<(), ReadError> {
        Ok(self.principal.require(permission)?)
    }

    /// The one gate to what is personal in any view: null for whoever may not read it, as for a person who is forgotten.
    pub(super) fn personal<'a>(&self, value: Option<&'a impl AsRef<str>>) -> Option<&'a str> {
        value.filter(|_| self.principal.allows(Permission::PERSON_READ)).map(AsRef::as_ref)
    }
}
