//! Days since 1970-01-01 to the proleptic Gregorian calendar and back (Hinnant's algorithms on 400-year eras).

const DAYS_PER_ERA: i64 = 146_097;
/// From 0000-03-01, where an era starts, to 1970-01-01.
const DAYS_TO_EPOCH: i64 = 719_468;

/// Days since 1970-01-01 of a day that exists. Years before 1 count 0, -1 …
pub(super) fn days_of(year: i32, month: u32, day: u32) -> Option<i64> {
    if day == 0 || day > days_in(year, month)? {
        return None;
    }
    // Years start in March, so that the leap day is the last.
    let year = i64::from(year) - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let month_from_march = i64::from((month + 9) % 12);
    let day_of_year = (153 * month_from_march + 2) / 5 + i64::from(day) - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    Some(era * DAYS_PER_ERA + day_of_era - DAYS_TO_EPOCH)
}

/// Year, month and day of a number of days within ±2^40, far beyond any CQL value.
pub(super) fn date_of(days: i64) -> (i64, u32, u32) {
    let days = days + DAYS_TO_EPOCH;
    let era = days.div_euclid(DAYS_PER_ERA);
    let day_of_era = days.rem_euclid(DAYS_PER_ERA);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    // Both are small and positive by construction.
    (year, u32::try_from(month).unwrap_or(1), u32::try_from(day).unwrap_or(1))
}

fn days_in(year: i32, month: u32) -> Option<u32> {
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => Some(31),
        4 | 6 | 9 | 11 => Some(30),
        2 => Some(if is_leap { 29 } else { 28 }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_dates_are_inverse() {
        assert_eq!(days_of(1970, 1, 1), Some(0));
        assert_eq!(days_of(2020, 1, 2), Some(18_263));
        assert_eq!(days_of(1, 1, 1), Some(-719_162));
        assert_eq!((days_of(2023, 2, 29), days_of(2024, 2, 29)), (None, Some(19_782)));
        assert_eq!((days_of(2024, 13, 1), days_of(2024, 4, 31), days_of(2024, 4, 0)), (None, None, None));
        for days in (-800_000..800_000).step_by(13).chain([i64::from(i32::MIN), i64::from(i32::MAX)]) {
            let (year, month, day) = date_of(days);
            assert_eq!(days_of(i32::try_from(year).unwrap(), month, day), Some(days));
        }
    }
}
