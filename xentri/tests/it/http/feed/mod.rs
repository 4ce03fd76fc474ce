//! The event feed of an org, as pages and as a stream.

mod crowd;
mod pages;
mod people;
mod slow;
mod stream;
mod support;
