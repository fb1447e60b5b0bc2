//! A consumer in the Netherlands whose credit is checked without a page.

use super::{Scenario, captured_in_full};

pub(super) fn scenario() -> Scenario {
    Scenario { has_page: false, ..captured_in_full("billink_v1") }
}
