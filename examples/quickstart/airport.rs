//! The airports of the file, and where on the globe they are.

use crate::Failure;

/// Compiled in, so that the program runs from any folder.
const FILE: &str = include_str!("../data/airports.csv");

/// A line of the file.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Airport {
    pub(crate) iata: String,
    pub(crate) icao: Option<String>,
    pub(crate) name: String,
    pub(crate) country: String,
    pub(crate) latitude: f64,
    pub(crate) longitude: f64,
    pub(crate) timezone: String,
    pub(crate) kind: String,
    pub(crate) scheduled: bool,
}

/// The columns in the order of the file, which is that of the queries too.
pub(crate) type Columns = (String, Option<String>, String, String, f64, f64, String, String, bool);

impl From<Columns> for Airport {
    fn from(columns: Columns) -> Self {
        let (iata, icao, name, country, latitude, longitude, timezone, kind, scheduled) = columns;
        Airport { iata, icao, name, country, latitude, longitude, timezone, kind, scheduled }
    }
}

impl Airport {
    /// Its place on a globe of radius 1. The nearer two airports, the nearer their points, at the date line and the
    /// poles too, where degrees are of no use.
    pub(crate) fn point(&self) -> [f32; 3] {
        #[allow(clippy::cast_possible_truncation, reason = "half a metre at most is lost")]
        self.exact_point().map(|coordinate| coordinate as f32)
    }

    fn exact_point(&self) -> [f64; 3] {
        let (latitude, longitude) = (self.latitude.to_radians(), self.longitude.to_radians());
        [latitude.cos() * longitude.cos(), latitude.cos() * longitude.sin(), latitude.sin()]
    }

    /// The distance over the ground.
    pub(crate) fn kilometres_to(&self, other: &Airport) -> f64 {
        const EARTH_RADIUS: f64 = 6371.0;
        let squares = self.exact_point().into_iter().zip(other.exact_point()).map(|(a, b)| (a - b).powi(2));
        let chord = squares.sum::<f64>().sqrt();
        2.0 * EARTH_RADIUS * (chord / 2.0).asin()
    }
}

/// All airports of the file.
pub(crate) fn read_file() -> Result<Vec<Airport>, Failure> {
    let mut airports = Vec::new();
    for line in csv::Reader::from_reader(FILE.as_bytes()).into_deserialize::<Columns>() {
        airports.push(line?.into());
    }
    Ok(airports)
}
