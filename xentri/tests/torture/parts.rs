//! What the system is made of.

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Role {
    Api,
    Relay,
    Worker,
    Scheduler,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Part {
    /// Of the processes with that role, counted from 0.
    Process(Role, usize),
    Postgres,
    Kafka,
}

impl Role {
    pub(crate) const ALL: [Self; 4] = [Self::Api, Self::Relay, Self::Worker, Self::Scheduler];

    pub(crate) fn processes(self) -> usize {
        if self == Self::Scheduler { 1 } else { 2 }
    }

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Api => "api",
            Self::Relay => "relay",
            Self::Worker => "worker",
            Self::Scheduler => "scheduler",
        }
    }

    pub(crate) fn words(self) -> &'static [&'static str] {
        match self {
            Self::Api => &["serve", "--alone"],
            Self::Relay => &["relay"],
            Self::Worker => &["work"],
            Self::Scheduler => &["schedule"],
        }
    }
}
