//! The whole door, through real HTTP, against the real binary: what callers rely on, and what attackers try.

mod answers;
mod background;
mod crash;
mod dlq;
mod errors;
mod fields;
mod hostile;
mod idempotency;
mod numbers;
mod orgs;
mod outage;
mod pulse;
mod rates;
mod slow;
mod status;
mod stop;
pub(crate) mod support;
mod tenants;
mod timing;
mod tokens;
