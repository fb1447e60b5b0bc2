//! What is to be looked at before the sweep's next minute.

use serde::{Deserialize, Serialize};

use crate::id::PaymentId;

/// The body of a message in the wake queue: the relay's word to the sweep.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WakeUp {
    /// Payments with an operation in doubt that is due when the message arrives. A message of older code names none.
    #[serde(default)]
    pub payments: Vec<PaymentId>,
}
