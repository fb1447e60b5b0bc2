//! Being written.
use crate::{AccountError, Adapter, BestEvidence, Capabilities, Transport};
pub(crate) static CAPABILITIES: Capabilities = Capabilities {
    provider: "x", name: "x", webhook_path: "x", flows: &[], capture_modes: &[], operations: &[], countries: &[], currencies: &[],
    buyers: &[], limits: &[], required_fields: &[], evidence: BestEvidence::Observation, finds_by_reference: true,
    quiet_seconds: 60, timeout_seconds: 20, session_seconds: None,
};
pub(crate) fn open(_account: &serde_json::Value, _transport: Transport) -> Result<Box<dyn Adapter>, AccountError> {
    Err(AccountError { field: "/".into(), rule: "being written".into() })
}
