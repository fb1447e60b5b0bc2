//! The zones that providers mean without saying so. Of those with a name, only this one is compiled in.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// What a Dutch provider's clock shows.
pub(crate) static AMSTERDAM: TimeZone = jiff::tz::get!("Europe/Amsterdam");

/// A time as it is written, in this zone where it names none.
pub(crate) fn time_in(zone: &TimeZone, text: &str) -> Option<Timestamp> {
    let zoneless = || text.parse::<DateTime>().ok()?.to_zoned(zone.clone()).ok().map(|time| time.timestamp());
    text.parse().ok().or_else(zoneless)
}
