//! A ledger that is looked at.

use std::sync::Arc;

use anyhow::{Context as _, bail};
use xentri_domain::kernel::OrgId;
use xentri_ledger::{Databases, Directory, Home, KeyRing};

use super::options::AuditedOptions;
use crate::background::connections;
use crate::config::{ConfigError, Settings};
use crate::serve::{refuse_powerful_logins, settings_beside};

/// Closed when it is done with.
pub(super) struct Audited {
    pub(super) settings: Settings,
    pub(super) databases: Databases,
    directory: Directory,
}

impl Audited {
    pub(super) async fn with<T>(
        options: AuditedOptions,
        work: impl AsyncFnOnce(&Self) -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        let settings = settings_beside(options.beside)?;
        let map = settings.shard_map()?.ok_or(ConfigError::NoDatabase)?;
        refuse_powerful_logins(&map).await?;
        let databases = connections(map)?;
        let directory = Directory::new(databases.clone());
        let audited = Self { settings, databases, directory };
        let done = work(&audited).await;
        audited.databases.close().await;
        done
    }

    /// Also of an org that is erased: its events stay.
    pub(super) async fn home(&self, org: OrgId) -> anyhow::Result<Home> {
        match self.directory.home_of(org).await? {
            Some(home) => Ok(home),
            None => bail!("there is no org {org}"),
        }
    }

    /// None where nothing is to be opened.
    pub(super) fn keys(&self, opens: bool) -> anyhow::Result<Option<KeyRing>> {
        if !opens {
            return Ok(None);
        }
        let keys = self.settings.master_keys()?.ok_or(ConfigError::NoMasterKey);
        let keys = Arc::new(keys.context("what is personal can't be opened")?);
        Ok(Some(KeyRing::new(self.databases.clone(), self.directory.clone(), keys)))
    }
}
