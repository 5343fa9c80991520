//! Versions of the server.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

/// A release of Cassandra, as `release_version` of the system tables names it: `4.1.3`, `5.0-beta1`.
///
/// A pre-release comes before its release; pre-releases of one release are ordered by their names.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ReleaseVersion {
    major: u16,
    minor: u16,
    patch: u16,
    pre_release: Option<Box<str>>,
}

/// The text does not begin as a version does.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a release version")]
#[non_exhaustive]
pub struct ParseReleaseVersionError {
    text: Box<str>,
}

impl ReleaseVersion {
    /// The release of these numbers.
    #[must_use]
    pub const fn new(major: u16, minor: u16, patch: u16) -> Self {
        ReleaseVersion { major, minor, patch, pre_release: None }
    }

    /// The first number.
    #[must_use]
    pub const fn major(&self) -> u16 {
        self.major
    }

    /// The second number.
    #[must_use]
    pub const fn minor(&self) -> u16 {
        self.minor
    }

    /// The third number; 0 where there is none.
    #[must_use]
    pub const fn patch(&self) -> u16 {
        self.patch
    }

    /// What follows the numbers of a version that is not a release yet: `beta1`, `SNAPSHOT`.
    #[must_use]
    pub fn pre_release(&self) -> Option<&str> {
        self.pre_release.as_deref()
    }
}

impl FromStr for ReleaseVersion {
    type Err = ParseReleaseVersionError;

    /// Takes `major.minor[.patch[.…]][-pre-release][+build]`. What distributions add after the third number and as
    /// build is left out.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parse = || {
            let release = text.split('+').next()?;
            let (numbers, pre_release) = match release.split_once('-') {
                Some((numbers, label)) => (numbers, Some(label.into())),
                None => (release, None),
            };
            let mut numbers = numbers.split('.');
            let major = numbers.next()?.parse().ok()?;
            let minor = numbers.next()?.parse().ok()?;
            let patch = numbers.next().map_or(Some(0), |patch| patch.parse().ok())?;
            Some(ReleaseVersion { major, minor, patch, pre_release })
        };
        parse().ok_or_else(|| ParseReleaseVersionError { text: text.into() })
    }
}

impl Ord for ReleaseVersion {
    fn cmp(&self, other: &Self) -> Ordering {
        let numbers = |version: &Self| (version.major, version.minor, version.patch);
        numbers(self).cmp(&numbers(other)).then_with(|| match (&self.pre_release, &other.pre_release) {
            (None, Some(_)) => Ordering::Greater,
            (Some(_), None) => Ordering::Less,
            (mine, theirs) => mine.cmp(theirs),
        })
    }
}

impl PartialOrd for ReleaseVersion {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for ReleaseVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)?;
        self.pre_release.as_ref().map_or(Ok(()), |label| write!(f, "-{label}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(text: &str) -> ReleaseVersion {
        text.parse().unwrap()
    }

    #[test]
    fn versions_are_ordered_by_number_and_before_their_release() {
        let ordered = [
            "3.0.28",
            "3.11.4",
            "4.0-alpha1",
            "4.0-beta2",
            "4.0-rc1",
            "4.0",
            "4.0.11",
            "5.0-SNAPSHOT",
            "5.0.0",
        ];
        for pair in ordered.windows(2) {
            assert!(version(pair[0]) < version(pair[1]), "{pair:?}");
        }
        assert_eq!(version("4.1"), ReleaseVersion::new(4, 1, 0));
    }

    #[test]
    fn what_distributions_add_is_left_out() {
        assert_eq!(version("3.11.4.5+build7"), ReleaseVersion::new(3, 11, 4));
        assert_eq!(version("5.0.2-SNAPSHOT").pre_release(), Some("SNAPSHOT"));
    }

    #[test]
    fn other_text_is_refused() {
        for text in ["", "5", "five.0", "4.x", "4.0.x", "99999.0.0", "-4.0"] {
            assert!(text.parse::<ReleaseVersion>().is_err(), "{text:?}");
        }
    }
}
