//! POST /v1/payments/{id}/refunds: the Lambda.

use std::process::ExitCode;

fn main() -> ExitCode {
    runtime::boot(refund::handle)
}
