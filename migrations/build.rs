//! Embeds the tables of read models, which stand beside their folds, and builds the crate again when a migration is added:
//! that list is embedded while compiling.

use std::collections::BTreeSet;
use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    let source = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("../projections/src").canonicalize()?;
    println!("cargo::rerun-if-changed=.");
    // A new read model has a line there.
    println!("cargo::rerun-if-changed={}", source.join("lib.rs").display());
    let mut folders: Vec<_> =
        fs::read_dir(&source)?.map(|entry| Ok(entry?.path())).collect::<std::io::Result<_>>()?;
    folders.retain(|path| path.is_dir());
    folders.sort();
    let mut code = String::from("[\n");
    let mut taken = BTreeSet::new();
    for folder in folders {
        let file = folder.join("table.sql");
        let watched = if file.exists() { &file } else { &folder };
        println!("cargo::rerun-if-changed={}", watched.display());
        if file.exists() {
            embed(&folder, &file, &mut taken, &mut code)?;
        }
    }
    code.push_str("]\n");
    fs::write(PathBuf::from(env::var("OUT_DIR")?).join("read_models.rs"), code)?;
    Ok(())
}

/// Adds one read model; the folder is its name.
fn embed(
    folder: &Path,
    file: &Path,
    taken: &mut BTreeSet<String>,
    code: &mut String,
) -> Result<(), Box<dyn Error>> {
    let projection =
        folder.file_name().and_then(|name| name.to_str()).ok_or("a folder's name is not UTF-8")?;
    let shown = file.display();
    let mut version = None;
    let mut tables = Vec::new();
    for (table, of_version) in templates(&fs::read_to_string(file)?)
        .ok_or_else(|| format!("{shown}: a table is called {{table}}_v{{version}}_template"))?
    {
        if *version.get_or_insert(of_version) != of_version {
            return Err(format!("{shown}: all tables of a read model have one version").into());
        }
        if !taken.insert(table.clone()) {
            return Err(format!("{shown}: there is a table {table} already").into());
        }
        tables.push(table);
    }
    let version = version.ok_or_else(|| format!("{shown}: no table is created"))?;
    writeln!(
        code,
        "ReadModel {{ projection: {projection:?}, version: {version}, tables: &{tables:?}, sql: include_str!({:?}) }},",
        file.display()
    )?;
    Ok(())
}

/// The tables that a file makes, with their version; none when one is called something else.
fn templates(sql: &str) -> Option<Vec<(String, i32)>> {
    let made = sql.lines().filter_map(|line| line.strip_prefix("create table "));
    made.map(|rest| {
        let (table, version) =
            rest.split_whitespace().next()?.strip_suffix("_template")?.rsplit_once("_v")?;
        Some((table.to_owned(), version.parse().ok()?))
    })
    .collect()
}
