//! A file of master keys: base64, one on a line; lines that begin with `#` are for people.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use data_encoding::BASE64;
use zeroize::Zeroizing;

use super::master::{MasterKeyError, MasterKeys};
use super::secret::SecretKey;

const OF_GROUP_AND_OTHERS: u32 = 0o077;
const HEADING: &str = "# Master keys of Xentri: the first is in use. Whoever has them can read all personal data;\n\
                       # when they are lost, nobody can.\n";

impl MasterKeys {
    pub fn from_file(path: &Path) -> Result<Self, MasterKeyError> {
        let (text, mode) = read(path).map_err(|error| MasterKeyError::Read { path: name(path), error })?;
        if mode & OF_GROUP_AND_OTHERS != 0 {
            return Err(MasterKeyError::ReadableByOthers { path: name(path), mode });
        }
        let lines = text.lines().enumerate().filter(|(_, line)| {
            let line = line.trim();
            !line.is_empty() && !line.starts_with('#')
        });
        let entries = lines.map(|(n, line)| (format!("line {} of {}", n + 1, path.display()), line));
        Self::collect(&name(path), entries)
    }

    /// Makes a file with a new key, which nobody else may read at any moment. A file that is there stays, whatever is
    /// in it; and after a crash there is a whole file or none.
    pub fn create_file(path: &Path) -> Result<Self, MasterKeyError> {
        let key = SecretKey::random()?;
        let line = Zeroizing::new(BASE64.encode(key.as_bytes()));
        write_new(path, &line).map_err(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => MasterKeyError::Exists { path: name(path) },
            _ => MasterKeyError::Write { path: name(path), error },
        })?;
        Self::from_file(path)
    }
}

fn name(path: &Path) -> String {
    path.display().to_string()
}

/// The mode is that of the file that was read, even when another has taken its name since.
fn read(path: &Path) -> io::Result<(Zeroizing<String>, u32)> {
    let mut file = File::open(path)?;
    let mode = file.metadata()?.mode() & 0o7777;
    let mut text = Zeroizing::new(String::new());
    file.read_to_string(&mut text)?;
    Ok((text, mode))
}

fn write_new(path: &Path, line: &str) -> io::Result<()> {
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // Of mode 0600 from its first moment.
    let mut file = tempfile::Builder::new().prefix(".master-key-").tempfile_in(folder)?;
    writeln!(file, "{HEADING}{line}")?;
    file.as_file().sync_all()?;
    file.persist_noclobber(path).map_err(|error| error.error)?;
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt;
    use std::path::PathBuf;

    use data_encoding::BASE64;
    use tempfile::TempDir;

    use super::{MasterKeyError, MasterKeys};
    use crate::keys::KeyKeeper;

    fn file(text: &str, mode: u32) -> (TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("master.key");
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        (folder, path)
    }

    fn line(byte: u8) -> String {
        BASE64.encode(&[byte; 32])
    }

    #[test]
    fn a_new_file_is_the_owners_alone_and_is_read_again() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("master.key");
        let made = MasterKeys::create_file(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o7777, 0o600);
        assert_eq!(MasterKeys::from_file(&path).unwrap().current(), made.current());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_file_that_is_there_is_never_written_over() {
        for text in ["", "anything"] {
            let (folder, path) = file(text, 0o600);
            let error = MasterKeys::create_file(&path).unwrap_err();
            assert!(
                matches!(&error, MasterKeyError::Exists { path: named } if *named == path.display().to_string())
            );
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
            assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        }
    }

    #[test]
    fn no_file_is_made_where_there_is_no_folder() {
        let folder = tempfile::tempdir().unwrap();
        let error = MasterKeys::create_file(&folder.path().join("none/master.key")).unwrap_err();
        assert!(matches!(error, MasterKeyError::Write { .. }), "{error}");
        let error = MasterKeys::from_file(&folder.path().join("none")).unwrap_err();
        assert!(matches!(error, MasterKeyError::Read { .. }), "{error}");
    }

    #[test]
    fn a_file_that_others_can_read_is_refused_with_the_way_out() {
        for mode in [0o640, 0o604, 0o644, 0o660, 0o620, 0o601] {
            let (_folder, path) = file(&line(1), mode);
            let (error, path) = (MasterKeys::from_file(&path).unwrap_err().to_string(), path.display());
            let expected = format!(
                "others can read the master keys in {path} (its mode is {mode:04o}): run `chmod 600 {path}`"
            );
            assert_eq!(error, expected);
        }
        for mode in [0o600, 0o400, 0o700] {
            let (_folder, path) = file(&line(1), mode);
            assert!(MasterKeys::from_file(&path).is_ok(), "{mode:o}");
        }
    }

    #[test]
    fn lines_are_keys_in_their_order_and_remarks_are_passed_over() {
        let (_folder, path) = file(&format!("# new\n{}\n\n  # old\n {} \r\n", line(1), line(2)), 0o600);
        let keys = MasterKeys::from_file(&path).unwrap();
        let same = MasterKeys::from_text(&format!("{},{}", line(1), line(2))).unwrap();
        assert_eq!(keys.names().collect::<Vec<_>>(), same.names().collect::<Vec<_>>());
    }

    #[test]
    fn an_error_names_the_line_and_not_what_is_in_it() {
        let (_folder, path) = file(&format!("# one\n{}\nc2VjcmV0\n", line(1)), 0o600);
        let error = MasterKeys::from_file(&path).unwrap_err().to_string();
        assert!(error.starts_with(&format!("line 3 of {} is not a key", path.display())), "{error}");
        assert!(!error.contains("c2VjcmV0"), "{error}");
        let (_folder, path) = file("# nothing\n\n", 0o600);
        let error = MasterKeys::from_file(&path).unwrap_err().to_string();
        assert_eq!(error, format!("there is no master key in {}", path.display()));
    }
}
