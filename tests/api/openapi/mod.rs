//! `openapi.yaml` says what the code does, and nothing else.

mod document;
mod examples;
mod fields;
mod holds;
mod options;
mod words;
