//! Rebuilds the crate when a migration is added: the list is embedded while compiling.

fn main() {
    println!("cargo:rerun-if-changed=.");
}
