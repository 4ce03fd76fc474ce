//! Days before and after a day, as texts.

/// `2026-03-02` and so many days.
pub(super) fn day_plus(day: &str, days: i64) -> String {
    let number = |range: std::ops::Range<usize>| day[range].parse::<i64>().expect("a day");
    let (mut year, mut month, mut of_month) = (number(0..4), number(5..7), number(8..10) + days);
    while of_month > length(year, month) {
        of_month -= length(year, month);
        (year, month) = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
    }
    while of_month < 1 {
        (year, month) = if month == 1 { (year - 1, 12) } else { (year, month - 1) };
        of_month += length(year, month);
    }
    format!("{year:04}-{month:02}-{of_month:02}")
}

/// The same time of day, so many days later.
pub(super) fn moment_plus(moment: &str, days: i64) -> String {
    let (day, time) = moment.split_at("2026-03-02".len());
    format!("{}{time}", day_plus(day, days))
}

fn length(year: i64, month: i64) -> i64 {
    match month {
        2 if (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::{day_plus, moment_plus};

    #[test]
    fn days_go_over_months_and_years_in_both_directions() {
        assert_eq!(day_plus("2026-12-30", 3), "2027-01-02");
        assert_eq!(day_plus("2024-03-01", -1), "2024-02-29");
        assert_eq!(day_plus("2027-01-01", -3), "2026-12-29");
        assert_eq!(day_plus("2026-03-02", 365), "2027-03-02");
        assert_eq!(moment_plus("2026-11-21T20:25:06.000001Z", 14), "2026-12-05T20:25:06.000001Z");
    }
}
