//! POST /v1/payments/{id}/orders/{action}: the Lambda.

use std::process::ExitCode;

fn main() -> ExitCode {
    runtime::boot(manage_order::handle)
}
