//! `/api/v1/admin`: what those who run the platform ask for over HTTP. No role of an org reaches it.
//!
//! Not here: how it is done (`xentri-workers`), and by which process, which may be another one.

mod body;
mod operator;
mod rebuilds;

pub(crate) use rebuilds::router;
