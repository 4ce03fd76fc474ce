//! The directory that a private Xentri lives in: one process at a time, secrets readable by nobody else.

use std::fs::{self, DirBuilder, File, TryLockError};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use nix::unistd::Uid;
use uuid::Uuid;

use crate::postgres::RunAs;

/// The file that says where the API of the `xentri up` is that runs, or ran last.
pub(crate) const API: &str = "api";

/// The file with the master key of a private Xentri.
pub(crate) const MASTER_KEY: &str = "master.key";

/// The file with which other commands reach what the `xentri up` runs on that runs, or ran last.
pub(crate) const SETTINGS: &str = "settings.toml";

/// Open for as long as the process uses the directory: the lock ends with the value, or with the process.
#[derive(Debug)]
pub(crate) struct DataDir {
    path: PathBuf,
    _lock: File,
}

impl DataDir {
    /// Opens `wanted`, making it if need be. Where `run_as` could not reach it, a directory below the system's
    /// temporary one stands in, and the user is told.
    pub(crate) fn open(wanted: &Path, run_as: Option<&RunAs>) -> anyhow::Result<Self> {
        let wanted = std::path::absolute(wanted).context("the data directory's name can't be read")?;
        let (path, is_stand_in) = match run_as {
            Some(user) if !user.can_reach(&wanted) => (stand_in(&wanted, user), true),
            _ => (wanted, false),
        };
        // Others may pass through, as Postgres's own user has to, but list nothing.
        DirBuilder::new().recursive(true).mode(0o711).create(&path).with_context(|| {
            format!("can't make {}; name a writable directory with --data", path.display())
        })?;
        // In the temporary directory anybody may have put a link where the stand-in belongs.
        let found = if is_stand_in { fs::symlink_metadata(&path) } else { fs::metadata(&path) };
        let found = found.with_context(|| format!("can't look at {}", path.display()))?;
        if found.is_symlink() {
            bail!("{} is a link; remove it, or name another directory with --data", path.display());
        }
        if found.uid() != Uid::effective().as_raw() {
            bail!("{} belongs to another user; name a directory of your own with --data", path.display());
        }
        let lock = lock(&path)?;
        Ok(Self { path, _lock: lock })
    }

    /// Where [`Self::open`] would put what is to be in `wanted`: for those who read while another process has the lock.
    pub(crate) fn find(wanted: &Path) -> anyhow::Result<PathBuf> {
        let wanted = std::path::absolute(wanted).context("the data directory's name can't be read")?;
        let run_as = RunAs::choose()?.filter(|user| !user.can_reach(&wanted));
        Ok(run_as.map_or(wanted.clone(), |_| stand_in_path(&wanted)))
    }

    /// Tells other programs where the API of this process is.
    pub(crate) fn announce_api(&self, url: &str) -> anyhow::Result<()> {
        write_private(&self.path.join(API), url)
    }

    /// Tells other commands of this machine's user how to reach what this process runs on.
    pub(crate) fn leave_settings(&self, settings: &str) -> anyhow::Result<()> {
        write_private(&self.path.join(SETTINGS), settings)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The secret of that name, made at first use.
    pub(crate) fn secret(&self, name: &str) -> anyhow::Result<String> {
        let path = self.path.join(name);
        match fs::read_to_string(&path) {
            Ok(secret) => return Ok(secret),
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            // A new one would lock us out of what the old one opens.
            Err(error) => return Err(error).with_context(|| format!("can't read {}", path.display())),
        }
        let secret = format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
        write_private(&path, &secret)?;
        Ok(secret)
    }
}

/// Writes a file that only its owner can read. It appears whole or not at all.
pub(crate) fn write_private(path: &Path, content: &str) -> anyhow::Result<()> {
    let unfinished = path.with_added_extension("new");
    let write = || {
        let mut file =
            File::options().write(true).create(true).truncate(true).mode(0o600).open(&unfinished)?;
        file.write_all(content.as_bytes())?;
        file.sync_all()?;
        fs::rename(&unfinished, path)
    };
    write().with_context(|| format!("can't write {}; is the disk full or read-only?", path.display()))
}

fn stand_in(wanted: &Path, user: &RunAs) -> PathBuf {
    let path = stand_in_path(wanted);
    eprintln!(
        "xentri: Postgres runs as user {}, who can't reach {}; using {} instead. For production use /var/lib/xentri.",
        user.name,
        wanted.display(),
        path.display()
    );
    path
}

fn stand_in_path(wanted: &Path) -> PathBuf {
    std::env::temp_dir().join(stand_in_name(wanted))
}

/// The same in every release: a newer binary has to find what an older one left.
fn stand_in_name(wanted: &Path) -> String {
    let name = Uuid::new_v5(&Uuid::NAMESPACE_URL, wanted.as_os_str().as_encoded_bytes());
    format!("xentri-{}", name.simple())
}

fn lock(path: &Path) -> anyhow::Result<File> {
    let name = path.join("lock");
    let file = File::options().write(true).create(true).truncate(false).mode(0o600).open(&name);
    let file = file.with_context(|| format!("can't write in {}; is it read-only?", path.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            bail!(
                "another `xentri up` runs on {}; stop it, or name another directory with --data",
                path.display()
            )
        }
        Err(TryLockError::Error(error)) => {
            Err(error).with_context(|| format!("can't lock {}", name.display()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stand_in_has_the_same_name_for_ever() {
        assert_eq!(stand_in_name(Path::new("/root/xentri-data")), "xentri-2254e565c8ba5429bc703d617bc5dd8d");
    }

    #[test]
    fn a_secret_that_cant_be_read_is_not_replaced() {
        let directory = tempfile::tempdir().unwrap();
        let data = DataDir::open(directory.path(), None).unwrap();
        let first = data.secret("one").unwrap();
        assert_eq!(data.secret("one").unwrap(), first);
        fs::write(directory.path().join("broken"), b"\xff").unwrap();
        assert!(data.secret("broken").is_err());
    }
}
