//! API Gateway's Lambda authorizer: the Lambda.

use std::process::ExitCode;

fn main() -> ExitCode {
    runtime::boot_event(runtime::App::from_env(), authorize::handle)
}
