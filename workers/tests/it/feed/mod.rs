//! The feed, from a real ledger and a real topic.

mod faults;
mod heads;
mod ledger;
mod restore;
mod speed;
mod support;
mod topic;
mod without_kafka;
mod world;
