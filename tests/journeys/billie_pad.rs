//! Whole lives at Billie Pay After Delivery.

mod amendments;
mod captures;
mod checkout;
mod refunds;
