//! A consumer in the Netherlands, at Billink's page.

use super::{Scenario, captured_in_full};

pub(super) fn scenario() -> Scenario {
    captured_in_full("billink")
}
