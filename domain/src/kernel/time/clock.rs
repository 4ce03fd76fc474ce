use super::Timestamp;

/// Where `now` comes from. Decisions never ask it; whoever calls them does, and hands in what it said.
/// The implementations live outside, among them one that tests can set.
pub trait Clock: Send + Sync {
    fn now(&self) -> Timestamp;
}
