//! POST /v1/payments: the Lambda.

use std::process::ExitCode;

fn main() -> ExitCode {
    runtime::boot(create_session::handle)
}
