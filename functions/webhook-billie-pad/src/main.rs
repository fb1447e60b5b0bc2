//! POST /v1/webhooks/billie-pad/{merchant}: the Lambda.

use std::process::ExitCode;

fn main() -> ExitCode {
    runtime::boot(webhook_billie_pad::handle)
}
