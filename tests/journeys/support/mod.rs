//! What the journeys share: a shop at one provider, its payments, and the ways to go wrong.

mod backstage;
mod deal;
mod merchant;
mod shop;
mod spy;
mod step;

pub(crate) use backstage::Backstage;
pub(crate) use deal::Deal;
pub(crate) use merchant::Accounts;
pub(crate) use shop::{AMOUNT, At, Shop, at_once};
pub(crate) use spy::{Consumed, Fault, Spy};
pub(crate) use step::{Ready, Step, Told};
