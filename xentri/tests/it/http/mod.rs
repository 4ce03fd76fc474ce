//! The whole door, through real HTTP, against the real binary: what callers rely on, and what attackers try.

mod answers;
mod background;
mod crash;
mod dlq;
mod errors;
mod feed;
mod fields;
mod graphql;
mod hostile;
mod idempotency;
mod numbers;
mod orgs;
mod outage;
mod pulse;
mod pulse_reads;
mod rates;
mod rebuild;
mod schemas;
mod slow;
mod status;
mod stop;
mod streams;
mod subscriptions;
pub(crate) mod support;
mod tenants;
mod timing;
mod tokens;
