use proptest::prelude::*;

use super::TimeZone;
use crate::kernel::{Coded, Date, Timestamp};

fn zone(name: &str) -> TimeZone {
    TimeZone::parse(name).unwrap()
}

#[test]
fn the_day_depends_on_the_zone() {
    for (moment, name, day) in [
        ("2025-12-31T23:30:00Z", "Europe/Madrid", "2026-01-01"),
        ("2025-12-31T23:30:00Z", "UTC", "2025-12-31"),
        ("2026-01-01T04:59:59Z", "America/New_York", "2025-12-31"),
        ("2026-07-01T03:59:59Z", "America/New_York", "2026-06-30"),
        ("2025-12-31T10:00:00Z", "Pacific/Kiritimati", "2026-01-01"),
        ("2026-01-01T18:14:59Z", "Asia/Kathmandu", "2026-01-01"),
        ("2026-01-01T18:15:00Z", "Asia/Kathmandu", "2026-01-02"),
        ("1970-01-01T00:00:00Z", "America/Lima", "1969-12-31"),
    ] {
        let day = Date::parse(day).unwrap();
        assert_eq!(zone(name).local_date(Timestamp::parse(moment).unwrap()), day, "{moment} {name}");
    }
}

#[test]
fn a_day_starts_when_its_clocks_say_so() {
    for (name, day, start) in [
        ("Europe/Madrid", "2026-01-31", "2026-01-30T23:00:00Z"),
        ("Europe/Madrid", "2026-07-31", "2026-07-30T22:00:00Z"),
        // Clocks went from midnight to one.
        ("America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00:00Z"),
    ] {
        let start = Timestamp::parse(start).unwrap();
        assert_eq!(zone(name).start_of(Date::parse(day).unwrap()), Ok(start), "{name} {day}");
    }
    assert!(zone("UTC").start_of(Date::parse("1969-12-31").unwrap()).is_err());
    assert!(zone("UTC").start_of(Date::parse("9999-12-31").unwrap()).is_err());
}

#[test]
fn only_names_of_the_database_are_zones() {
    for bad in [
        "",
        "utc",
        "europe/madrid",
        "Europe/Atlantis",
        "CEST",
        "+01:00",
        "EST5EDT4",
        "../etc/passwd",
        "Europe/Madrid ",
        "Etc/Unknown",
        "local",
    ] {
        assert_eq!(TimeZone::parse(bad).unwrap_err().code(), "unknown_time_zone", "{bad:?}");
    }
    assert_eq!(serde_json::to_string(&zone("Europe/Madrid")).unwrap(), r#""Europe/Madrid""#);
    assert_eq!(zone("UTC"), TimeZone::UTC);
}

#[test]
fn every_zone_knows_the_day_of_every_moment() {
    let names: Vec<_> =
        jiff::tz::TimeZoneDatabase::bundled().available().map(|name| name.to_string()).collect();
    assert!(names.len() > 400);
    for name in names.iter().filter(|name| *name != "Etc/Unknown") {
        let zone = zone(name);
        assert_eq!(zone.as_str(), name);
        zone.local_date(Timestamp::MIN);
        zone.local_date(Timestamp::MAX);
    }
}

proptest! {
    #[test]
    fn a_day_contains_its_moments(micros in 86_400_000_000..Timestamp::MAX.as_micros() - 86_400_000_000, name in prop_oneof!["Europe/Madrid", "America/New_York", "Asia/Kolkata", "UTC"]) {
        let zone = zone(&name);
        let moment = Timestamp::from_micros(micros).unwrap();
        let day = zone.local_date(moment);
        prop_assert!(zone.start_of(day).unwrap() <= moment);
        prop_assert!(moment < zone.start_of(day.plus_days(1).unwrap()).unwrap());
    }
}
