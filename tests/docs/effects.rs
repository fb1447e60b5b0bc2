//! Where the right to make an effectful call is made: once behind each write that reserves it. What compiles cannot use
//! one twice; this is that nobody makes himself another.

use crate::names::collect;

#[test]
fn an_effect_is_made_where_its_reservation_was_written_and_nowhere_else() {
    let (root, mut files) = (crate::root(), Vec::new());
    for folder in ["shared", "functions", "infra/local"] {
        collect(&root, folder, &mut files);
    }
    files.retain(|path| !path.contains("/tests/") && path != "shared/providers/src/effect.rs");
    files.sort();
    let made = |path: &String| std::fs::read_to_string(root.join(path)).unwrap().matches("of_reserved_attempt").count();
    let found: Vec<_> = files.iter().map(|path| (path.as_str(), made(path))).filter(|(_, made)| *made > 0).collect();
    assert_eq!(found, [("shared/service/src/activate.rs", 1), ("shared/service/src/work.rs", 1)]);
}
