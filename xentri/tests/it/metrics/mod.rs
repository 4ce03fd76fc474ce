//! What a running system tells at its admin address.

mod everything;
mod page;
mod roles;
