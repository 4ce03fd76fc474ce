//! What an operator can set: in a file, by `XENTRI_*` variables, and by options of the command line, each stronger than
//! the one before.
//!
//! Every setting, its words and its default stand once, in `settings`. `config.default.toml` is written from there.

mod error;
mod kafka;
mod load;
mod reference;
pub(crate) mod section;
mod settings;
#[cfg(test)]
mod tests;
mod values;

pub(crate) use error::ConfigError;
pub(crate) use reference::reference;
pub(crate) use section::section;
pub(crate) use settings::{Cors, Http, Rate, Settings};
pub(crate) use values::{Secret, Span};
