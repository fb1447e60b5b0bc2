//! The journeys over `sam local start-api`: whatever is left out is said, with its reason.

use std::collections::BTreeSet;
use std::path::Path;

use crate::{file, read};

/// The names of all journeys, as the test binary lists them.
fn journeys() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    collect(&file("tests/journeys"), "", &mut names);
    names
}

fn collect(folder: &Path, module: &str, names: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let own = path.file_stem().unwrap().to_str().unwrap().to_owned();
        if path.is_dir() {
            collect(&path, &format!("{module}{own}::"), names);
            continue;
        }
        let inside = if own == "mod" || own == "main" { module.to_owned() } else { format!("{module}{own}::") };
        let code = std::fs::read_to_string(&path).unwrap();
        let tests = code.split("test]\n").skip(1).filter_map(|rest| rest.split_once("fn ")?.1.split_once('('));
        names.extend(tests.map(|(name, _)| format!("{inside}{name}")));
    }
}

/// The journeys that a line of infra/sam/excluded stands for.
fn meant<'a>(line: &str, journeys: &'a BTreeSet<String>) -> Vec<&'a String> {
    journeys.iter().filter(|name| *name == line || (line.ends_with("::") && name.starts_with(line))).collect()
}

#[test]
fn what_is_left_out_under_sam_local_is_there_and_has_a_reason() {
    let journeys = journeys();
    assert!(journeys.len() > 200, "{}", journeys.len());
    let text = read("infra/sam/excluded");
    let mut left_out = BTreeSet::new();
    for part in text.split("\n\n").skip(1) {
        let (reason, lines): (Vec<&str>, Vec<&str>) = part.lines().partition(|line| line.starts_with('#'));
        assert!(reason.concat().len() > 40 && !lines.is_empty(), "{part}");
        for line in lines {
            let meant = meant(line, &journeys);
            assert!(!meant.is_empty(), "no journey is called {line}");
            for name in meant {
                assert!(left_out.insert(name), "{name} is left out twice");
            }
        }
    }
    let run = journeys.len() - left_out.len();
    assert!(run > 100, "{run} of {} are run", journeys.len());
}

#[test]
fn what_ci_runs_of_them_is_not_left_out() {
    let (journeys, check) = (journeys(), read("infra/sam/check"));
    let quick = check.split_once("\njourneys=(\n").unwrap().1.split_once("\n)\n").unwrap().0;
    let left_out = read("infra/sam/excluded");
    let left_out = left_out.lines().flat_map(|line| meant(line, &journeys)).collect::<BTreeSet<_>>();
    for name in quick.lines().map(str::trim) {
        assert!(journeys.contains(name), "no journey is called {name}");
        assert!(!left_out.contains(&name.to_owned()), "{name} proves nothing there");
    }
}
