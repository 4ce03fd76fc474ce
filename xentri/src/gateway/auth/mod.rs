//! Who calls: from a token to a [`xentri_domain::kernel::Caller`].
//!
//! A token is taken from a request, proved with its issuer's keys, and read; its issuer alone decides what kind of actor it
//! names. Then its org is looked up, each time anew. Not here: what a caller may do, and how often.

mod authenticator;
mod cache;
mod claims;
mod credential;
mod development;
mod identity;
mod issuer;
mod key_set;
mod key_source;
mod key_store;
mod orgs;
mod origin;
mod refusal;
mod settings;

#[cfg(test)]
mod tests;

pub(crate) use authenticator::Authenticator;
pub(crate) use development::{
    DevelopmentKey, DevelopmentUser, FILE as DEVELOPMENT_KEY, USERS as DEVELOPMENT_USERS,
};
pub(crate) use settings::AuthSettings;
