//! The direction of imports (`ARCHITECTURE.md`): a stage knows only those before it, so none can be skipped.

use std::collections::BTreeSet;

use crate::support::source::{crate_paths, reached};
use crate::support::{files_below, none_wrong, project, short, text_of};

/// The stages, the first one first. Those of one line do not know each other's order, and none needs it.
const ORDER: &[&[&str]] = &[
    &["source"],
    &["diagnostics"],
    &["syntax"],
    &["catalogue"],
    &["check"],
    &["plan", "doc"],
    &["actions", "probes", "sandbox", "store"],
    &["run"],
    &["watch", "notify", "incident", "report"],
    &["lsp", "dashboard"],
    &["cli"],
];

fn level(stage: &str) -> Option<usize> {
    ORDER.iter().position(|stages| stages.contains(&stage))
}

/// The stage that a source belongs to, and how many folders deep its module stands below the crate.
fn stage_of(name: &str) -> Option<(&str, usize)> {
    let inside = name.strip_prefix("src/")?.strip_suffix(".rs")?;
    let module = inside.strip_suffix("/mod").unwrap_or(inside);
    let stage = module.split('/').next()?;
    (!matches!(stage, "lib" | "main")).then(|| (stage, module.split('/').count()))
}

fn is_test(name: &str) -> bool {
    name.ends_with("/tests.rs") || name.ends_with("_tests.rs") || name.contains("/tests/")
}

/// What is wrong with one source.
fn wrong_imports(name: &str, text: &str) -> Vec<String> {
    let Some((stage, depth)) = stage_of(name) else { return Vec::new() };
    let Some(own) = level(stage) else { return vec![format!("{name}: `{stage}` is not in the order of stages")] };
    let to_say = |(line, other): (usize, String)| match level(&other) {
        Some(level) if level > own => {
            Some(format!("{name}:{line}: `{stage}` comes before `{other}` and may not know it"))
        }
        Some(_) => None,
        // What `lib.rs` joins is for those who come after all stages.
        None if own >= ORDER.len() - 2 => None,
        None => Some(format!("{name}:{line}: `{stage}` uses `crate::{other}`, which is no stage before it")),
    };
    crate_paths(text, depth).into_iter().filter_map(to_say).collect()
}

#[test]
fn no_stage_knows_a_later_one() {
    let sources = files_below("src", ".rs");
    assert!(sources.len() > 10, "no sources were found");
    let wrong: Vec<String> = sources
        .iter()
        .map(|path| (short(path), path))
        .filter(|(name, _)| !is_test(name))
        .flat_map(|(name, path)| wrong_imports(&name, &text_of(path)))
        .collect();
    none_wrong("imports that run up the stages", &wrong);
}

#[test]
fn every_source_is_part_of_the_program() {
    let (mut seen, mut lost) = (BTreeSet::new(), Vec::new());
    for root in ["src/lib.rs", "src/main.rs", "tests/it.rs"] {
        let (files, missing) = reached(&project().join(root));
        seen.extend(files);
        lost.extend(missing);
    }
    let sources = files_below("src", ".rs").into_iter().chain(files_below("tests", ".rs"));
    let forgotten =
        sources.filter(|path| !seen.contains(path)).map(|path| format!("{}: no `mod` names it", short(&path)));
    none_wrong("files that are not compiled", &forgotten.chain(lost).collect::<Vec<_>>());
}

#[test]
fn an_import_up_the_stages_is_seen_in_every_form() {
    let seen = |text: &str| wrong_imports("src/plan/order.rs", text).len();
    assert_eq!(seen("use crate::run::event::Event;"), 1);
    assert_eq!(seen("use crate::{check::model, run::event, source::{Place, Span}, report};"), 2);
    assert_eq!(seen("fn f() { crate::actions::all(); }"), 1);
    assert_eq!(seen("use super::super::run::event;"), 1);
    assert_eq!(seen("fn f() { crate::joined(); }"), 1);
    assert_eq!(seen("use crate::check::model; use super::model::Plan; use crate::plan::graph;"), 0);
    assert_eq!(seen("// use crate::run;\n/* crate::run */ let a = \"crate::run\"; let b = r#\"crate::run\"#;"), 0);
    assert_eq!(wrong_imports("src/cli/run.rs", "use crate::run; use crate::catalogue_of_all;").len(), 0);
    assert_eq!(wrong_imports("src/elsewhere.rs", "").len(), 1);
}
