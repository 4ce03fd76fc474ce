//! Who is killed, when, and for how long: made of a seed alone.

use std::fmt;
use std::time::Duration;

use rand::RngExt as _;
use rand::rngs::StdRng;
use rand::seq::{IndexedRandom as _, SliceRandom as _};

use crate::parts::{Part, Role};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Of(Role),
    Postgres,
    /// Not killed, but told to end at once, with all its sessions.
    PostgresAtOnce,
    Kafka,
    /// Stopped, for longer than others wait for it, and then let go on: it does not know that it was away.
    Frozen(Role),
}

impl Kind {
    /// All that end something.
    pub(crate) const KILLS: [Self; 7] = [
        Self::Of(Role::Api),
        Self::Of(Role::Relay),
        Self::Of(Role::Worker),
        Self::Of(Role::Scheduler),
        Self::Postgres,
        Self::PostgresAtOnce,
        Self::Kafka,
    ];
}

impl fmt::Display for Kind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Self::Of(role) => role.as_str(),
            Self::Postgres => "Postgres",
            Self::PostgresAtOnce => "Postgres at once",
            Self::Kafka => "Kafka",
            Self::Frozen(Role::Api) => "frozen api",
            Self::Frozen(Role::Relay) => "frozen relay",
            Self::Frozen(Role::Worker) => "frozen worker",
            Self::Frozen(Role::Scheduler) => "frozen scheduler",
        })
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Blow {
    pub(crate) kind: Kind,
    pub(crate) part: Part,
    /// How long it stays away.
    pub(crate) away: Duration,
}

/// One moment; its blows fall together.
#[derive(Debug, Clone)]
pub(crate) struct Strike {
    /// After all that the one before has hit is there again.
    pub(crate) after: Duration,
    pub(crate) blows: Vec<Blow>,
}

/// Strikes with every kill, one of them a pair.
pub(crate) const SHORT: usize = Kind::KILLS.len();

/// Every kill once, Kafka's together with another's, for it takes the longest to come back; then whatever comes, of which
/// one in four is a pair, and one in ten is no kill.
pub(crate) fn plan(strikes: usize, random: &mut StdRng) -> Vec<Strike> {
    let alone = Kind::KILLS.iter().filter(|kind| **kind != Kind::Kafka);
    let mut kinds: Vec<Vec<Kind>> = alone.map(|kind| vec![*kind]).collect();
    kinds.push(vec![Kind::Kafka, Kind::Of(*Role::ALL.choose(random).expect("there are some"))]);
    kinds.shuffle(random);
    kinds.resize_with(strikes.max(kinds.len()), || match random.random_range(0..20) {
        0..5 => pair(random),
        5..7 => vec![Kind::Frozen(*Role::ALL.choose(random).expect("there are some"))],
        _ => vec![one(random)],
    });
    kinds.into_iter().take(strikes).map(|kinds| strike(&kinds, random)).collect()
}

fn one(random: &mut StdRng) -> Kind {
    *Kind::KILLS.choose(random).expect("there are some")
}

/// Of different parts.
fn pair(random: &mut StdRng) -> Vec<Kind> {
    let is_postgres = |kind: Kind| matches!(kind, Kind::Postgres | Kind::PostgresAtOnce);
    loop {
        let (first, second) = (one(random), one(random));
        if first != second && !(is_postgres(first) && is_postgres(second)) {
            return vec![first, second];
        }
    }
}

fn strike(kinds: &[Kind], random: &mut StdRng) -> Strike {
    let blows = kinds.iter().map(|kind| blow(*kind, random)).collect();
    Strike { after: Duration::from_millis(random.random_range(0..2000)), blows }
}

fn blow(kind: Kind, random: &mut StdRng) -> Blow {
    let part = match kind {
        Kind::Of(role) | Kind::Frozen(role) => Part::Process(role, random.random_range(0..role.processes())),
        Kind::Postgres | Kind::PostgresAtOnce => Part::Postgres,
        Kind::Kafka => Part::Kafka,
    };
    // Leases are taken over after four seconds.
    let away = if matches!(kind, Kind::Frozen(_)) { 5000..9000 } else { 0..1500 };
    Blow { kind, part, away: Duration::from_millis(random.random_range(away)) }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use rand::SeedableRng as _;

    use super::*;

    #[test]
    fn the_shortest_plan_has_every_kill_and_a_pair_and_is_the_same_from_the_same_seed() {
        for seed in 0..50 {
            let make = || plan(SHORT, &mut StdRng::seed_from_u64(seed));
            let strikes = make();
            let kinds: BTreeSet<_> =
                strikes.iter().flat_map(|strike| &strike.blows).map(|blow| blow.kind).collect();
            assert_eq!((strikes.len(), kinds.len()), (SHORT, Kind::KILLS.len()));
            assert!(strikes.iter().any(|strike| strike.blows.len() == 2));
            assert_eq!(format!("{strikes:?}"), format!("{:?}", make()));
        }
    }

    #[test]
    fn nothing_is_hit_twice_by_one_strike() {
        for strike in plan(500, &mut StdRng::seed_from_u64(1)) {
            let parts: BTreeSet<_> = strike.blows.iter().map(|blow| blow.part).collect();
            assert_eq!(parts.len(), strike.blows.len());
        }
    }
}
