//! The pay-later providers behind one trait.
