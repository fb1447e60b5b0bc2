//! A sale by card: captured with the authorization, and nothing after it by the provider's API.

use super::{Scenario, amounts};

pub(super) fn scenario() -> Scenario {
    Scenario {
        provider: "billagain",
        has_page: true,
        confirms: false,
        captures: Vec::new(),
        refund: None,
        cancels_rest: false,
        status: "captured",
        amounts: amounts(12_600, 0, 12_600, 0),
    }
}
