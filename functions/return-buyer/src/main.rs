//! GET and POST /v1/return/{id}: the Lambda.

use std::process::ExitCode;

fn main() -> ExitCode {
    runtime::boot(return_buyer::handle)
}
