//! Whole lives of payments over HTTP, against a stack with a real table, real queues and strict stand-ins of the
//! providers, and everything that can go wrong on the way.
#![cfg(test)]

mod actions;
mod billagain;
mod billie_pad;
mod buckaroo;
mod desk;
mod doubt;
mod events;
mod idempotency;
mod late;
mod price;
mod privacy;
mod races;
mod replays;
mod requests;
mod support;
mod table;
mod told;
mod unreachable;
mod unsupported;
mod webhooks;
