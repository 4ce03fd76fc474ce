use std::time::Duration;

use proptest::prelude::*;

use super::Timestamp;
use crate::kernel::Coded;

fn at(raw: &str) -> Timestamp {
    Timestamp::parse(raw).unwrap()
}

#[test]
fn it_is_written_one_way() {
    for (raw, written) in [
        ("2026-01-31T09:30:00Z", "2026-01-31T09:30:00.000000Z"),
        ("2026-01-31t09:30:00z", "2026-01-31T09:30:00.000000Z"),
        ("2026-01-31T09:30:00.25+01:00", "2026-01-31T08:30:00.250000Z"),
        ("2025-12-31T23:59:59.999999999-05:30", "2026-01-01T05:29:59.999999Z"),
        ("2028-02-29T00:00:00-00:00", "2028-02-29T00:00:00.000000Z"),
        ("2026-03-01T00:00:00.0000019+23:59", "2026-02-28T00:01:00.000001Z"),
        ("1970-01-01T00:00:00Z", "1970-01-01T00:00:00.000000Z"),
        ("9999-12-30T21:59:59.999999Z", "9999-12-30T21:59:59.999999Z"),
    ] {
        assert_eq!(at(raw).to_string(), written);
    }
}

#[test]
fn what_is_no_moment_is_refused() {
    for bad in [
        "",
        "now",
        "2026-01-31",
        "2026-01-31T09:30Z",
        "2026-01-31T09:30:00",
        "2026-01-31 09:30:00Z",
        "2026-01-31T24:00:00Z",
        "2026-01-31T09:60:00Z",
        "2026-01-31T09:30:60Z",
        "2026-02-29T00:00:00Z",
        "2026-01-31T09:30:00.Z",
        "2026-01-31T09:30:00.1234567890Z",
        "2026-01-31T09:30:00.1.2Z",
        "2026-01-31T09:30:00+1:00",
        "2026-01-31T09:30:00+0100",
        "2026-01-31T09:30:00+24:00",
        "2026-01-31T09:30:00+01:60",
        "2026-01-31T09:30:00Z ",
        "2026-01-31T09:30:00Z[UTC]",
        "2026-01-31T9:30:00Z",
        "2026-01-31T09:30:00,5Z",
        "2026-01-31T+9:30:00Z",
        "1769851800",
        "é026-01-31T09:30:00Z",
        "2026-01-31T09:30:00é",
        "2026-01-31T09:30:0é",
        "20260-1-31T09:30:00Z",
    ] {
        assert_eq!(Timestamp::parse(bad).unwrap_err().code(), "bad_format", "{bad:?}");
    }
    for bad in [
        "1969-12-31T23:59:59Z",
        "1969-12-31T23:00:00-05:00",
        "1970-01-01T00:00:00+00:01",
        "9999-12-30T22:00:00Z",
        "9999-12-31T23:59:59-23:59",
    ] {
        assert_eq!(Timestamp::parse(bad).unwrap_err().code(), "out_of_range", "{bad:?}");
    }
}

#[test]
fn the_ends_lie_inside_what_jiff_can_hold() {
    assert_eq!(at("9999-12-30T21:59:59.999999Z"), Timestamp::MAX);
    assert_eq!(Timestamp::MAX.jiff().as_microsecond(), Timestamp::MAX.as_micros());
    assert_eq!(Timestamp::MIN.jiff(), jiff::Timestamp::UNIX_EPOCH);
    for micros in [i64::MIN, -1, Timestamp::MAX.as_micros() + 1, i64::MAX] {
        assert_eq!(Timestamp::from_micros(micros).unwrap_err().code(), "out_of_range");
    }
}

#[test]
fn moments_move_by_durations() {
    let five_minutes = Duration::from_mins(5);
    let start = at("2026-01-31T23:58:00Z");
    let later = at("2026-02-01T00:03:00Z");
    assert_eq!(start.plus(five_minutes), Ok(later));
    assert_eq!(later.minus(five_minutes), Ok(start));
    assert_eq!(later.since(start), Some(five_minutes));
    assert_eq!(start.since(later), None);
    assert_eq!(start.as_millis(), 1_769_903_880_000);
    assert!(Timestamp::MAX.plus(Duration::from_micros(1)).is_err());
    assert!(Timestamp::MIN.minus(Duration::from_micros(1)).is_err());
    assert!(start.plus(Duration::MAX).is_err() && start.minus(Duration::MAX).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn what_is_written_reads_back(micros in 0..=Timestamp::MAX.as_micros()) {
        let moment = Timestamp::from_micros(micros).unwrap();
        let written = moment.to_string();
        prop_assert_eq!(written.len(), 27);
        prop_assert_eq!(Timestamp::parse(&written), Ok(moment));
        let json = serde_json::to_string(&moment).unwrap();
        prop_assert_eq!(serde_json::from_str::<Timestamp>(&json).unwrap(), moment);
    }

    #[test]
    fn text_sorts_as_time_does(a in 0..=Timestamp::MAX.as_micros(), b in 0..=Timestamp::MAX.as_micros()) {
        let (a, b) = (Timestamp::from_micros(a).unwrap(), Timestamp::from_micros(b).unwrap());
        prop_assert_eq!(a.cmp(&b), a.to_string().cmp(&b.to_string()));
    }

    #[test]
    fn it_agrees_with_jiff(
        (year, month, day) in (1971_i16..9999, 1_i8..=12, 1_i8..=28),
        (hour, minute, second, nanos) in (0_i8..24, 0_i8..60, 0_i8..60, 0_i32..1_000_000_000),
        (sign, off_hour, off_minute) in (prop_oneof![Just('+'), Just('-')], 0..24, 0..60),
    ) {
        let raw = format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{nanos:09}{sign}{off_hour:02}:{off_minute:02}");
        let theirs: jiff::Timestamp = raw.parse().unwrap();
        prop_assert_eq!(Timestamp::parse(&raw).unwrap().as_micros(), theirs.as_microsecond());
    }

    #[test]
    fn no_text_makes_it_panic(raw in "\\PC{0,40}|[0-9TZ:.+-]{0,40}") {
        let _ = Timestamp::parse(&raw);
    }
}
