//! Personal data that cannot be printed.

use serde::{Deserialize, Serialize};

/// A value about a person. It can be stored and sent, never printed: there is no `Debug` and no `Display`.
///
/// ```compile_fail
/// let name = payment::Personal::new("Uno");
/// println!("{name:?}");
/// ```
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Personal<T>(T);

impl<T> Personal<T> {
    /// Marks a value as personal.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// The value, for the two places that may have it: the provider's request and the payment's owner.
    pub const fn reveal(&self) -> &T {
        &self.0
    }
}
