//! The rows: what is done, with what, and what of it is counted.

use crate::dispatched::Spread;
use crate::postgres_es;
use crate::rows::CROWD;
use crate::table::thousands;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    Kafka,
    Ledger,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pace {
    /// So many commands a second.
    At(u64),
    /// As many as the read models keep up with.
    Steady,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Row {
    /// From the commit until its rows can be read.
    Visible(Source, Pace),
    /// All read models from the first event on.
    CatchUp,
    /// One read model made anew from the first event on, beside what is read.
    Rebuild(Spread),
    /// The same by postgres-es: all events of a table given to a view.
    Replay,
    /// Commands while a rebuild goes on, against commands while it does not.
    Beside,
    /// Every event of the ledger.
    Verify,
    /// To Kafka, from the first event on.
    Relay,
}

/// In the order of the table.
pub(crate) const ALL: [Row; 11] = [
    Row::Visible(Source::Kafka, Pace::At(500)),
    Row::Visible(Source::Ledger, Pace::At(500)),
    Row::Visible(Source::Kafka, Pace::Steady),
    Row::Visible(Source::Ledger, Pace::Steady),
    Row::CatchUp,
    Row::Rebuild(Spread::Even),
    Row::Rebuild(Spread::OneHasMost),
    Row::Replay,
    Row::Beside,
    Row::Verify,
    Row::Relay,
];

impl Row {
    pub(crate) fn name(self) -> String {
        format!("fan-out {}, {}", self.what(), self.how())
    }

    pub(crate) fn what(self) -> &'static str {
        match self {
            Self::Visible(Source::Kafka, _) => "visible via Kafka",
            Self::Visible(Source::Ledger, _) => "visible via the ledger",
            Self::CatchUp => "catch-up",
            Self::Rebuild(_) => "rebuild",
            Self::Replay => "postgres-es replay",
            Self::Beside => "append beside a rebuild",
            Self::Verify => "audit verify",
            Self::Relay => "relay",
        }
    }

    pub(crate) fn how(self) -> String {
        match self {
            Self::Visible(_, Pace::At(rate)) => format!("{rate} commands/s"),
            Self::Visible(_, Pace::Steady) => "highest steady rate".to_owned(),
            Self::CatchUp => "all read models".to_owned(),
            Self::Rebuild(Spread::Even) => "leads".to_owned(),
            Self::Rebuild(Spread::OneHasMost) => "one org has 80 % of all leads".to_owned(),
            Self::Replay => format!("leads, {} events at most", thousands(postgres_es::MOST.into())),
            Self::Beside => format!("{CROWD} clients"),
            Self::Verify => "all orgs".to_owned(),
            Self::Relay => "all topics".to_owned(),
        }
    }

    pub(crate) fn needs_kafka(self) -> bool {
        matches!(self, Self::Visible(Source::Kafka, _) | Self::Relay)
    }

    /// Of the rate.
    pub(crate) fn unit(self) -> &'static str {
        match self {
            Self::Visible(..) => "commands/s",
            Self::CatchUp | Self::Rebuild(_) | Self::Replay | Self::Verify => "events/s",
            Self::Beside => "× alone",
            Self::Relay => "messages/s",
        }
    }

    /// A rate of it, without its unit.
    pub(crate) fn shown(self, rate: f64) -> String {
        match self {
            Self::Beside => format!("{rate:.2}"),
            _ => thousands(rate),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_can_be_chosen_alone() {
        for row in ALL {
            let others = ALL.into_iter().filter(|other| *other != row);
            let chosen: Vec<_> = others.map(Row::name).filter(|name| name.contains(&row.name())).collect();
            assert!(chosen.is_empty(), "{}: {chosen:?}", row.name());
        }
    }
}
