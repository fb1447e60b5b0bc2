//! POST /v1/webhooks/billie-psp/{merchant}: the Lambda.

use std::process::ExitCode;

fn main() -> ExitCode {
    runtime::boot(webhook_billie_psp::handle)
}
