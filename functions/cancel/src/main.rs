//! POST /v1/payments/{id}/cancel: the Lambda.

use std::process::ExitCode;

fn main() -> ExitCode {
    runtime::boot(cancel::handle)
}
