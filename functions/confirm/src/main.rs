//! POST /v1/payments/{id}/confirm: the Lambda.

use std::process::ExitCode;

fn main() -> ExitCode {
    runtime::boot(confirm::handle)
}
