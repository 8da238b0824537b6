//! Numbers as people write them.

use std::time::Duration;

/// `1,204,331`.
pub(super) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.char_indices() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `1 finding`, `1,204 findings`.
pub(super) fn counted(number: usize, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", count(number as u64))
}

/// `812 bytes`, `38.2 MB`: powers of a thousand, as disks and networks are measured.
pub(super) fn bytes(number: u64) -> String {
    const UNITS: [&str; 5] = ["kB", "MB", "GB", "TB", "PB"];
    if number < 1000 {
        return counted(usize::try_from(number).unwrap_or(usize::MAX), "byte");
    }
    let mut value = number as f64 / 1000.0;
    let mut unit = 0;
    // What would be printed as 1000.0 belongs to the next unit.
    while value >= 999.95 && unit + 1 < UNITS.len() {
        value /= 1000.0;
        unit += 1;
    }
    format!("{value:.1} {}", UNITS[unit])
}

/// `12 ms`, `4.21 s`, `3 min 20 s`.
pub(super) fn duration(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    if seconds < 0.001 {
        "under 1 ms".to_owned()
    } else if seconds < 0.9995 {
        format!("{:.0} ms", seconds * 1000.0)
    } else if seconds < 59.995 {
        format!("{seconds:.2} s")
    } else {
        let whole = seconds.round() as u64;
        format!("{} min {} s", count(whole / 60), whole % 60)
    }
}

/// `93.1 MB/s`; nothing where there was too little to do to tell.
pub(super) fn rate(number: u64, time: Duration) -> Option<String> {
    let seconds = time.as_secs_f64();
    (seconds >= 0.001 && number >= 1_000_000)
        .then(|| format!("{}/s", bytes((number as f64 / seconds) as u64)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_people_write_them() {
        for (given, want) in [
            (0, "0"),
            (999, "999"),
            (1000, "1,000"),
            (1_204_331, "1,204,331"),
        ] {
            assert_eq!(count(given), want);
        }
        for (given, want) in [
            (1, "1 byte"),
            (999, "999 bytes"),
            (1000, "1.0 kB"),
            (999_949, "999.9 kB"),
            (999_950, "1.0 MB"),
            (38_240_000, "38.2 MB"),
            (u64::MAX, "18446.7 PB"),
        ] {
            assert_eq!(bytes(given), want);
        }
        for (given, want) in [
            (0, "under 1 ms"),
            (12_000, "12 ms"),
            (999_600, "1.00 s"),
            (4_210_000, "4.21 s"),
            (59_999_000, "1 min 0 s"),
            (200_000_000, "3 min 20 s"),
        ] {
            assert_eq!(duration(Duration::from_micros(given)), want);
        }
    }

    #[test]
    fn no_rate_is_told_of_an_instant_or_of_next_to_nothing() {
        assert_eq!(rate(5_000_000, Duration::ZERO), None);
        assert_eq!(rate(999_999, Duration::from_secs(1)), None);
        assert_eq!(
            rate(186_200_000, Duration::from_secs(2)).as_deref(),
            Some("93.1 MB/s")
        );
    }
}
