//! A file that is there when it is whole: it is written beside its place and then put there.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use tempfile::{NamedTempFile, TempPath};

use super::rows::Sink;

/// Gone with the value, unless it is put in its place.
pub(super) struct Unfinished {
    place: PathBuf,
    path: TempPath,
}

impl Unfinished {
    /// Readable by its owner alone, for it may be about people.
    pub(super) fn beside(place: &Path) -> anyhow::Result<(Self, Sink)> {
        let folder = place.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new("."));
        let file = NamedTempFile::with_prefix_in(".xentri-replay-", folder)
            .with_context(|| format!("can't write into {}", folder.display()))?;
        let (file, path) = file.into_parts();
        Ok((Self { place: place.to_owned(), path }, BufWriter::new(file)))
    }

    /// On the disk before it has its name: after a crash it is whole or not there. Says how many bytes it has.
    pub(super) fn put(self, written: Sink) -> anyhow::Result<u64> {
        let Self { place, path } = self;
        let finish = || -> std::io::Result<u64> {
            let mut written = written;
            written.flush()?;
            let file: &File = written.get_ref();
            file.sync_all()?;
            let bytes = file.metadata()?.len();
            path.persist(&place).map_err(|error| error.error)?;
            Ok(bytes)
        };
        finish().with_context(|| format!("can't write {}", place.display()))
    }
}
