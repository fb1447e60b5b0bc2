//! The public API against its contract: the document itself, what is refused, and what is listed.
#![cfg(test)]

mod desk;
mod lists;
mod openapi;
mod refusals;
mod timeline;
mod unreadable;
