//! Sizes as people write them.

use std::fmt;
use std::str::FromStr;

/// A limit on the size of files: so many bytes, or none.
///
/// ```
/// use sluicegate::config::FileSize;
///
/// assert_eq!("10M".parse(), Ok(FileSize::bytes(10 * 1024 * 1024)));
/// assert_eq!("none".parse(), Ok(FileSize::UNLIMITED));
/// assert_eq!(FileSize::bytes(1536).to_string(), "1536");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileSize(Option<u64>);

/// Each 1024 times the one before.
const UNITS: [&str; 5] = ["", "K", "M", "G", "T"];

impl FileSize {
    /// No limit.
    pub const UNLIMITED: Self = Self(None);

    /// At most `count` bytes; 0 for no limit.
    pub fn bytes(count: u64) -> Self {
        Self((count > 0).then_some(count))
    }

    /// The number of bytes, if there is a limit.
    pub fn limit(self) -> Option<u64> {
        self.0
    }
}

/// The shortest text that parses back to the same size.
impl fmt::Display for FileSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(mut count) = self.0 else {
            return f.write_str("none");
        };
        let mut unit = 0;
        while count % 1024 == 0 && unit + 1 < UNITS.len() {
            count /= 1024;
            unit += 1;
        }
        write!(f, "{count}{}", UNITS[unit])
    }
}

impl FromStr for FileSize {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text.eq_ignore_ascii_case("none") {
            return Ok(Self::UNLIMITED);
        }
        let wrong = || {
            format!(
                "`{text}` is no size: write a number of bytes, such as 500K, 10M or 1G, or none"
            )
        };
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (number, unit) = text.split_at(digits);
        let number: u64 = number.parse().map_err(|_| wrong())?;
        let unit = unit.trim().to_ascii_uppercase();
        let unit = unit
            .strip_suffix("IB")
            .or(unit.strip_suffix('B'))
            .unwrap_or(&unit);
        let power = UNITS
            .iter()
            .position(|known| *known == unit)
            .ok_or_else(wrong)?;
        let count = (0..power)
            .try_fold(number, |count, _| count.checked_mul(1024))
            .ok_or_else(|| format!("`{text}` is more than can be counted"))?;
        Ok(Self::bytes(count))
    }
}

#[cfg(test)]
mod tests {
    use super::FileSize;

    #[test]
    fn sizes_are_read_as_people_write_them() {
        for (text, want) in [
            ("0", None),
            ("none", None),
            ("NONE", None),
            ("1", Some(1)),
            ("10k", Some(10 << 10)),
            ("10K", Some(10 << 10)),
            ("10 MB", Some(10 << 20)),
            ("10MiB", Some(10 << 20)),
            ("2G", Some(2 << 30)),
            ("1t", Some(1 << 40)),
            ("7B", Some(7)),
        ] {
            let size: FileSize = text.parse().expect(text);
            assert_eq!(size.limit(), want, "{text}");
            assert_eq!(size.to_string().parse(), Ok(size), "{text}");
        }
        for text in [
            "",
            "M",
            "-1",
            "1.5M",
            "10X",
            "10MM",
            "99999999999T",
            "1e3",
            "٣",
        ] {
            assert!(text.parse::<FileSize>().is_err(), "{text}");
        }
    }
}
