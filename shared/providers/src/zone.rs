//! The one time zone that providers mean without saying so. Only this one is compiled in.

use jiff::tz::TimeZone;

/// What a Dutch provider's clock shows.
pub(crate) static AMSTERDAM: TimeZone = jiff::tz::get!("Europe/Amsterdam");
