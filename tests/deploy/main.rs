//! What is deployed, as far as it runs without AWS: the events of `sam local invoke`, and the stack on an emulator.
#![cfg(test)]

mod events;
