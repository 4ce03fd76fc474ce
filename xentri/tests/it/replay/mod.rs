//! `xentri replay` beside a server: what is in the files, and what is not.

mod files;
mod moments;
mod people;
mod support;
