//! Every minute: looks at everything that is due. The Lambda.

use std::process::ExitCode;

fn main() -> ExitCode {
    runtime::boot_event(runtime::App::from_env_with_address(), settle::handle)
}
