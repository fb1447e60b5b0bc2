//! POST /v1/payments/{id}/captures
