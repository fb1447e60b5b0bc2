//! The functions' binaries, built once a run, and nothing else.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use serde_json::Value;

/// The binary of a function.
pub(crate) fn binary(function: &str) -> &'static Path {
    static BUILT: OnceLock<HashMap<String, PathBuf>> = OnceLock::new();
    let path = BUILT.get_or_init(build).get(function);
    path.unwrap_or_else(|| panic!("{function} is not among those that are built"))
}

fn build() -> HashMap<String, PathBuf> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    // Of the whole workspace: for a part of it, cargo would choose other features and build every dependency again.
    command.args(["build", "--locked", "--message-format=json-render-diagnostics", "--workspace"]);
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    for function in tests.join("../functions").read_dir().unwrap() {
        command.arg("--bin").arg(function.unwrap().file_name());
    }
    // What cargo tells this test of its own package is no business of build scripts, which would run again for it, and
    // everything behind them would be built again.
    let ours = |name: &str| ["CARGO_MANIFEST", "CARGO_PKG_"].iter().any(|begin| name.starts_with(begin));
    for (name, _) in std::env::vars().filter(|(name, _)| ours(name)) {
        command.env_remove(name);
    }
    let done = command.current_dir(tests).stderr(Stdio::inherit()).output().unwrap();
    assert!(done.status.success(), "{command:?} failed");
    let told = String::from_utf8(done.stdout).unwrap();
    let built = told.lines().filter_map(|line| {
        let artifact: Value = serde_json::from_str(line).ok()?;
        let binary = artifact["target"]["kind"].as_array()?.contains(&"bin".into());
        let name = artifact["target"]["name"].as_str()?.to_owned();
        binary.then_some((name, artifact["executable"].as_str()?.into()))
    });
    built.collect()
}
