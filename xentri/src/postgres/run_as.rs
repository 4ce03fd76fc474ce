//! Whom Postgres runs as. It refuses root, so root hands it to a user without rights.

use std::fs::Metadata;
use std::os::unix::fs::{MetadataExt as _, chown};
use std::path::Path;

use anyhow::Context as _;
use nix::unistd::{Uid, User};
use tokio::process::Command;

#[derive(Debug, Clone)]
pub(crate) struct RunAs {
    pub(crate) name: String,
    uid: u32,
    gid: u32,
}

impl RunAs {
    /// None when this process is not root, and Postgres can run as the same user.
    pub(crate) fn choose() -> anyhow::Result<Option<Self>> {
        if !Uid::effective().is_root() {
            return Ok(None);
        }
        let user =
            ["postgres", "nobody"].iter().find_map(|name| User::from_name(name).ok().flatten()).context(
                "Postgres refuses root, and there is no user postgres or nobody to run it as; make one",
            )?;
        Ok(Some(Self { name: user.name, uid: user.uid.as_raw(), gid: user.gid.as_raw() }))
    }

    /// Whether every directory that is already there on the way to `path` lets this user through.
    pub(crate) fn can_reach(&self, path: &Path) -> bool {
        let found = path.ancestors().filter_map(|directory| directory.metadata().ok());
        found.filter(Metadata::is_dir).all(|directory| {
            let through = if directory.uid() == self.uid {
                0o100
            } else if directory.gid() == self.gid {
                0o010
            } else {
                0o001
            };
            directory.mode() & through != 0
        })
    }

    pub(crate) fn own(&self, path: &Path) -> anyhow::Result<()> {
        chown(path, Some(self.uid), Some(self.gid))
            .with_context(|| format!("can't give {} to user {}", path.display(), self.name))
    }

    pub(crate) fn apply(&self, command: &mut Command) {
        command.uid(self.uid).gid(self.gid);
    }
}
