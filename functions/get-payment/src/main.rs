//! GET /v1/payments/{id} and its timeline: the Lambda.

use std::process::ExitCode;

fn main() -> ExitCode {
    runtime::boot(get_payment::handle)
}
