//! Puts the committed schemas into the program, so that it serves and checks what was published.

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let mut code = String::from("[\n");
    for folder in ["json", "released"] {
        println!("cargo::rerun-if-changed={folder}");
        embed(&root, Path::new(folder), &mut code)?;
    }
    code.push_str("]\n");
    fs::write(PathBuf::from(env::var("OUT_DIR")?).join("files.rs"), code)?;
    Ok(())
}

/// Adds `(path, text)` of every schema in a folder, in the order of their names.
fn embed(root: &Path, folder: &Path, code: &mut String) -> Result<(), Box<dyn Error>> {
    let Ok(entries) = fs::read_dir(root.join(folder)) else { return Ok(()) };
    let mut names: Vec<_> = entries.map(|entry| Ok(entry?.path())).collect::<std::io::Result<_>>()?;
    names.sort();
    for path in names {
        let relative = path.strip_prefix(root)?;
        if path.is_dir() {
            // The released OpenAPI document is only compared with.
            if path.ends_with("released/openapi") {
                continue;
            }
            embed(root, relative, code)?;
        } else if path.extension().is_some_and(|extension| extension == "json") {
            writeln!(code, "({:?}, include_str!({:?})),", relative.display(), path.display())?;
        }
    }
    Ok(())
}
