//! POST /v1/payments/{id}/captures: the Lambda.

use std::process::ExitCode;

fn main() -> ExitCode {
    runtime::boot(capture::handle)
}
