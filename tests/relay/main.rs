//! The relay between the table's stream and the queues, and the sweep that stands behind it: what goes wrong with one
//! queue, one record or one stranger's messages delays nothing else, and nothing is lost by it.
#![cfg(test)]

mod bench;
mod conflicts;
mod drift;
mod gauges;
mod lags;
mod proxy;
mod refusals;
mod silence;
mod sweep;
mod unreadable;
mod wake;
