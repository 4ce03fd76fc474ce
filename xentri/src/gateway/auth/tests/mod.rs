//! Tokens that must pass, and those that must not, against an issuer that the tests play themselves.

mod attacks;
mod cookies;
mod development;
mod keys;
mod orgs;
mod services;
mod support;
mod users;
