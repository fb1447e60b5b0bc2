//! The merchant document: its schema against the code that reads it, and the doctor.
#![cfg(test)]

mod deployed;
mod doctor;
mod schema;
mod switched_off;
