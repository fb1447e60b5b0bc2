//! Whole lives at Billie Pay After Delivery.

mod captures;
mod checkout;
mod refunds;
