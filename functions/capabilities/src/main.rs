//! GET /v1/capabilities: the Lambda.

use std::process::ExitCode;

fn main() -> ExitCode {
    runtime::boot(capabilities::handle)
}
