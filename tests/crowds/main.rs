//! Crowds: many clients ask for everything at one payment at the same time, under keys that they share, at providers that
//! are slow and lose calls. However it ends, the provider's books are the API's answers to the cent, no key did anything
//! twice, and every success that was told is true.
//!
//! Every run has a seed and prints it; `PAYLATER_SEED` runs one again.
#![cfg(test)]

mod crowd;
mod shop;

use crowd::Crowd;
use shop::{Asked, Shop};

/// Crowds, one after the other at payments of their own.
const ROUNDS: usize = 3;

/// Who runs at the same time.
const CLIENTS: usize = 24;

/// What each of them asks for.
const REQUESTS: usize = 4;

async fn check(provider: &'static str, kinds: &'static [Asked]) {
    let given = std::env::var("PAYLATER_SEED").ok().map(|seed| seed.parse().expect("PAYLATER_SEED is a number"));
    let seed = given.unwrap_or_else(|| fastrand::u64(..));
    println!("PAYLATER_SEED={seed} is what {provider} ran with");
    let mut random = fastrand::Rng::with_seed(seed);
    let shop = Shop::at(provider).await;
    for round in 0..ROUNDS {
        let crowd = Crowd::new(&shop, kinds, &mut random, round).await;
        let answers = crowd.runs().await;
        crowd.comes_to_rest().await;
        crowd.is_true(&answers).await;
        crowd.asks_again().await;
    }
}

#[tokio::test]
async fn a_crowd_at_a_provider_with_partial_captures() {
    check("billie_pad", &[Asked::Capture, Asked::Capture, Asked::Final, Asked::Refund, Asked::Cancel, Asked::Amend])
        .await;
}

#[tokio::test]
async fn a_crowd_at_a_provider_that_captures_in_full() {
    check("buckaroo_billink", &[Asked::Capture, Asked::Refund, Asked::Refund, Asked::Refund, Asked::Cancel]).await;
}
