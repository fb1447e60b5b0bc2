//! What a function's binary is made of: one that starts in a few milliseconds, can be unwound out of, and has one TLS stack.

use std::collections::BTreeSet;

use crate::read;

/// A section of a TOML file that has nothing but plain entries.
fn section(path: &str, name: &str) -> BTreeSet<String> {
    let text = read(path);
    let rest = text.split_once(&format!("[{name}]\n")).unwrap_or_else(|| panic!("{path} has no {name}")).1;
    rest.lines().take_while(|line| !line.starts_with('[')).filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

#[test]
fn a_release_is_small_and_can_still_unwind() {
    let wanted = ["opt-level = \"z\"", "lto = \"fat\"", "codegen-units = 1", "strip = true", "panic = \"unwind\""];
    assert_eq!(section("Cargo.toml", "profile.release"), wanted.map(str::to_owned).into());
}

/// It would choose a processor, and whatever [profile.release] did not say.
#[test]
fn cargo_lambda_adds_nothing_of_its_own() {
    let wanted = BTreeSet::from(["disable_optimizations = true".to_owned()]);
    assert_eq!(section("Cargo.toml", "workspace.metadata.lambda.build"), wanted);
}

#[test]
fn there_is_one_tls_stack() {
    let lock = read("Cargo.lock");
    let names: BTreeSet<&str> = lock.lines().filter_map(|line| line.strip_prefix("name = ")).collect();
    assert!(names.contains("\"rustls\"") && names.contains("\"ring\""));
    for other in ["aws-lc-rs", "aws-lc-sys", "openssl", "openssl-sys", "native-tls", "boring", "mbedtls"] {
        assert!(!names.contains(format!("\"{other}\"").as_str()), "{other} is another TLS stack");
    }
}
