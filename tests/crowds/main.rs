//! Crowds.
#![cfg(test)]
