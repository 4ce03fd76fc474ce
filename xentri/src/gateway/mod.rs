//! The door: what every request passes before it reaches a route, and every answer before it leaves.
//!
//! Here live the server's loop, tracing, limits, authentication, and that every error is a problem. Not here: what is asked
//! and answered, which is the routers' that come in.

mod address;
mod app;
pub(crate) mod auth;
mod body;
mod caller;
mod cors;
mod headers;
mod health;
mod linger;
mod overload;
mod pace;
mod problems;
mod rate;
mod reception;
mod server;
#[cfg(test)]
mod tests;
mod trace;
mod traceparent;

pub(crate) use app::{Routes, app};
pub(crate) use auth::{AuthSettings, Authenticator};
pub(crate) use health::{Health, router as health};
pub(crate) use server::{Server, serve};
