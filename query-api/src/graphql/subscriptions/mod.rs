//! Subscriptions: `GET /graphql` with an upgrade to a WebSocket that speaks `graphql-transport-ws`.
//!
//! An org that somebody listens to has one `tail`: it reads what is new once, when the read models have come to it. Operations that
//! show the same share one `shape`, which puts each value into words once. A `socket` takes from there what its client has not had:
//! nothing waits in a buffer for one that is slow. Not here: what can be subscribed to (`views`), who calls (the gateway).

mod admit;
mod budget;
mod close;
mod door;
mod hub;
mod message;
mod operation;
mod recent;
mod render;
mod shape;
mod socket;
mod stats;
mod tail;
#[cfg(test)]
mod tests;

pub use admit::Admits;
pub use door::Sockets;
pub use stats::SocketStats;
