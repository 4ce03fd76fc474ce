//! The file of checkpoints: lines are only ever added, and are on the disk before anybody relies on them.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use super::checkpoint::Checkpoint;
use super::key::CheckpointKey;

/// More than a line has.
const TAIL: u64 = 4096;

/// Open for one process at a time: it waits for another to close it.
#[derive(Debug)]
pub struct CheckpointFile(File);

impl CheckpointFile {
    /// Opens it, or makes it. A last line that a crash left unfinished is taken away.
    pub fn open(path: &Path) -> io::Result<Self> {
        let mut file = File::options().read(true).append(true).create(true).open(path)?;
        file.lock()?;
        let length = file.seek(SeekFrom::End(0))?;
        let finished = finished_length(&mut file, length)?;
        if finished < length {
            file.set_len(finished)?;
        }
        file.sync_all()?;
        let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()?;
        Ok(Self(file))
    }

    /// All of them or none.
    pub fn append(&mut self, checkpoints: &[Checkpoint], key: &CheckpointKey) -> io::Result<()> {
        let before = self.0.metadata()?.len();
        let lines: String = checkpoints.iter().flat_map(|one| [one.sign(key), "\n".to_owned()]).collect();
        let written = self.0.write_all(lines.as_bytes()).and_then(|()| self.0.sync_data());
        if written.is_err() {
            self.0.set_len(before)?;
        }
        written
    }
}

fn finished_length(file: &mut File, length: u64) -> io::Result<u64> {
    let start = length.saturating_sub(TAIL);
    file.seek(SeekFrom::Start(start))?;
    let mut tail = Vec::new();
    file.take(TAIL).read_to_end(&mut tail)?;
    match tail.iter().rposition(|byte| *byte == b'\n') {
        Some(at) => Ok(start + at as u64 + 1),
        None if start == 0 => Ok(0),
        None => Err(io::Error::new(io::ErrorKind::InvalidData, "it is no file of checkpoints")),
    }
}
