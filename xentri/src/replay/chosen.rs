//! Which read model, and which of its tables goes into which file.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, bail};
use xentri_projections::kit::ReadModel;
use xentri_projections::read_models;

use super::options::{FileOptions, Format};

pub(super) struct Chosen {
    pub(super) model: Arc<dyn ReadModel>,
    pub(super) files: Vec<FileOf>,
}

pub(super) struct FileOf {
    /// Among the tables of the read model: its rows, and then their sums.
    pub(super) table: usize,
    pub(super) path: PathBuf,
    pub(super) format: Format,
}

const ROWS: usize = 0;
const SUMS: usize = 1;

impl Chosen {
    pub(super) fn of(options: &FileOptions) -> anyhow::Result<Self> {
        let (model, table) = find(&options.table)?;
        let mut files = vec![FileOf::new(table, &options.out, options.format)?];
        if let Some(path) = &options.sums {
            if table != ROWS || model.tables().len() <= SUMS {
                bail!("{} has no sums of its own: leave --sums away", options.table);
            }
            if *path == options.out {
                bail!("rows and sums go into two files, not both into {}", path.display());
            }
            files.push(FileOf::new(SUMS, path, options.format)?);
        }
        Ok(Self { model, files })
    }
}

impl FileOf {
    fn new(table: usize, path: &Path, format: Option<Format>) -> anyhow::Result<Self> {
        let format = format.or_else(|| Format::of(path)).with_context(|| {
            format!("{} ends neither in .jsonl nor in .parquet: name the --format", path.display())
        })?;
        Ok(Self { table, path: path.to_owned(), format })
    }
}

/// By the name of a read model, which stands for its rows, or by that of a table.
fn find(name: &str) -> anyhow::Result<(Arc<dyn ReadModel>, usize)> {
    let mut names = Vec::new();
    for model in read_models() {
        let tables = model.tables();
        let at = tables.iter().position(|table| *table == name);
        if let Some(table) = at.or_else(|| (model.name() == name).then_some(ROWS)) {
            return Ok((model, table));
        }
        names.extend(tables);
    }
    bail!("there is no {name}; there are {}", names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(name: &str) -> Result<(&'static str, usize), String> {
        find(name).map(|(model, table)| (model.name(), table)).map_err(|error| error.to_string())
    }

    #[test]
    fn every_read_model_and_every_table_has_its_name() {
        for model in read_models() {
            assert_eq!(found(model.name()), Ok((model.name(), ROWS)));
            for (place, table) in model.tables().into_iter().enumerate() {
                assert_eq!(found(table), Ok((model.name(), place)));
            }
        }
        assert_eq!(found("pipeline"), Ok(("leads", SUMS)));
        let said = found("lead").unwrap_err();
        assert!(said.contains("leads, pipeline") && said.contains("invoice_sums"), "{said}");
    }
}
