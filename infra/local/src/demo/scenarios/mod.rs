//! What is played at each provider: a file each.

use serde_json::{Value, json};

/// One payment's life.
pub(super) struct Scenario {
    pub(super) provider: &'static str,
    /// Whether the buyer meets a page of the provider.
    pub(super) has_page: bool,
    /// Whether the shop confirms; the provider tells us by itself otherwise.
    pub(super) confirms: bool,
    /// Bodies of the captures, one after the other.
    pub(super) captures: Vec<Value>,
    /// Minor units to give back in part.
    pub(super) refund: Option<i64>,
    /// Whether what is left is released in the end.
    pub(super) cancels_rest: bool,
    /// The status in the end.
    pub(super) status: &'static str,
    /// The ledger in the end.
    pub(super) amounts: Value,
}

impl Scenario {
    pub(super) fn steps(&self) -> u64 {
        let captures = u64::try_from(self.captures.len()).unwrap_or(1);
        3 + u64::from(self.has_page) + captures + u64::from(self.refund.is_some()) + u64::from(self.cancels_rest)
    }
}

macro_rules! scenarios {
    ($($provider:ident),+ $(,)?) => {
        $(mod $provider;)+

        /// One of each provider, in the order of their sandboxes.
        pub(super) fn all() -> Vec<Scenario> {
            vec![$($provider::scenario()),+]
        }
    };
}

providers::every_provider!(scenarios);

fn amounts(authorized: i64, released: i64, captured: i64, refunded: i64) -> Value {
    json!({ "authorized": authorized, "released": released, "capturing": 0, "captured": captured, "refunding": 0, "refunded": refunded })
}

/// A consumer in the Netherlands; the provider captures in full only.
fn captured_in_full(provider: &'static str) -> Scenario {
    Scenario {
        provider,
        has_page: true,
        confirms: true,
        captures: vec![json!({})],
        refund: Some(2_500),
        cancels_rest: false,
        status: "captured",
        amounts: amounts(12_600, 0, 12_600, 2_500),
    }
}

#[cfg(test)]
mod tests {
    use super::all;

    #[test]
    fn a_payment_is_played_at_every_provider() {
        let played: Vec<&str> = all().iter().map(|scenario| scenario.provider).collect();
        for known in providers::REGISTRY {
            let provider = known.capabilities.provider;
            assert!(played.contains(&provider), "no payment is played at {provider}");
        }
    }
}
