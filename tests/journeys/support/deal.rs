//! One payment of a shop.

use std::ops::Deref;

use super::Shop;

/// One payment, and the shop that has it.
#[derive(Clone)]
pub(crate) struct Deal<'a> {
    pub(crate) shop: &'a Shop,
    deal: tests::Deal,
}

impl<'a> Deal<'a> {
    pub(crate) fn of(shop: &'a Shop, id: &str) -> Self {
        Self { shop, deal: tests::Deal::of(&shop.api, &shop.sandbox, id) }
    }
}

impl Deref for Deal<'_> {
    type Target = tests::Deal;

    fn deref(&self) -> &tests::Deal {
        &self.deal
    }
}
