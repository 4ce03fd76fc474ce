//! Where Postgres's programs are, and of which version.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail};
use xentri_migrations::OLDEST_POSTGRES;

/// A directory that holds `postgres` and `initdb` of one version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Programs {
    directory: PathBuf,
    /// As in "15.18".
    pub(crate) version: String,
    pub(crate) major: i32,
}

impl Programs {
    /// Programs for an existing cluster of version `wanted`, or the first that are new enough for a fresh one.
    pub(crate) fn find(only_in: Option<&Path>, wanted: Option<i32>) -> anyhow::Result<Self> {
        let found: Vec<Self> = directories(only_in).into_iter().filter_map(Self::at).collect();
        match wanted {
            None => newest_enough(found, only_in),
            Some(major) => found.iter().find(|programs| programs.major == major).cloned().with_context(|| {
                format!(
                    "the data directory belongs to Postgres {major}, found {}; install Postgres {major}, or name another directory with --data",
                    list(&found)
                )
            }),
        }
    }

    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    fn at(directory: PathBuf) -> Option<Self> {
        if !directory.join("initdb").is_file() {
            return None;
        }
        let output = Command::new(directory.join("postgres")).arg("--version").env_clear().output().ok()?;
        let text = String::from_utf8(output.stdout).ok()?;
        let (version, major) = parse_version(&text)?;
        Some(Self { directory, version, major })
    }
}

fn newest_enough(found: Vec<Programs>, only_in: Option<&Path>) -> anyhow::Result<Programs> {
    let too_old = list(&found);
    if let Some(programs) = found.into_iter().find(|programs| programs.major >= OLDEST_POSTGRES) {
        return Ok(programs);
    }
    let place = only_in.map_or("PATH and the usual places".to_owned(), |path| path.display().to_string());
    bail!(
        "Postgres {OLDEST_POSTGRES} or newer is needed, found {too_old} in {place}; install it (Debian: apt install postgresql), name its programs with --postgres-bin, or a running one with DATABASE_URL"
    )
}

fn list(found: &[Programs]) -> String {
    if found.is_empty() {
        return "none".to_owned();
    }
    found.iter().map(|programs| programs.version.as_str()).collect::<Vec<_>>().join(", ")
}

/// Where to look, in this order: what was asked for, or PATH, then where packages put it, the newest first.
fn directories(only_in: Option<&Path>) -> Vec<PathBuf> {
    if let Some(directory) = only_in {
        return vec![directory.to_owned()];
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut directories: Vec<PathBuf> = std::env::split_paths(&path).collect();
    for parent in ["/usr/lib/postgresql", "/usr", "/opt/homebrew/opt", "/usr/local/opt"] {
        let mut packaged: Vec<PathBuf> = std::fs::read_dir(parent)
            .into_iter()
            .flatten()
            .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
            .filter(|directory| directory.join("postgres").is_file())
            .collect();
        packaged.sort();
        directories.extend(packaged.into_iter().rev());
    }
    directories
}

/// From `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)`.
fn parse_version(text: &str) -> Option<(String, i32)> {
    let version = text.split_whitespace().nth(2)?;
    let digits: String = version.chars().take_while(char::is_ascii_digit).collect();
    Some((version.to_owned(), digits.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::parse_version;

    #[test]
    fn versions_are_read_as_distributions_write_them() {
        let read = |text| parse_version(text).map(|(_, major)| major);
        assert_eq!(read("postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n"), Some(15));
        assert_eq!(read("postgres (PostgreSQL) 18beta1\n"), Some(18));
        assert_eq!(read("something else"), None);
    }
}
