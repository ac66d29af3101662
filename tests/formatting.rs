//! The laws of the formatter on every policy of the project: examples, cases, pages.
//!
//! The same tree, no comment lost, nothing left to change; and `--check` shows what would change and changes nothing.

use rbk::diagnostics::Report;
use rbk::source::{SourceFile, Sources};
use rbk::syntax;

use crate::pages::policy;
use crate::support::markdown::blocks;
use crate::support::{Sandbox, files_below, none_wrong, project, short, text_of};

/// Every text of the project that parses as a policy, with where it stands.
fn policies() -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = ["examples", "src", "tests", "benches"]
        .iter()
        .flat_map(|folder| files_below(folder, ".rbk"))
        .map(|path| (short(&path), text_of(&path)))
        .collect();
    let pages = ["docs", "examples", "tests/cases"].iter().flat_map(|folder| files_below(folder, ".md"));
    for path in pages.chain([project().join("README.md")]) {
        for block in blocks(&text_of(&path)).iter().filter(|block| block.language == "rbk") {
            if let Ok(text) = String::from_utf8(policy(block)) {
                found.push((format!("{}:{}", short(&path), block.line), text));
            }
        }
    }
    found
}

/// The tree of a text, when it has no mistake of syntax.
fn parsed(text: &str) -> Option<(Sources, syntax::ast::Tree)> {
    let (mut sources, mut report) = (Sources::default(), Report::default());
    let id = sources.add(SourceFile::new("policy.rbk", text));
    let tree = syntax::parse(id, sources.get(id), &mut report);
    (!report.has_errors()).then_some((sources, tree))
}

fn file(sources: &Sources) -> &SourceFile {
    sources.iter().next().expect("one file was added").1
}

/// What stands behind each `#`, sorted: a comment that nothing can hold moves in front.
fn comments(sources: &Sources, tree: &syntax::ast::Tree) -> Vec<String> {
    let mut found: Vec<String> =
        tree.comments.iter().map(|comment| file(sources).slice(comment.span).trim_end().to_owned()).collect();
    found.sort();
    found
}

/// Which law the formatting of a text breaks.
fn broken(text: &str) -> Option<&'static str> {
    let (sources, tree) = parsed(text)?;
    let Ok(out) = syntax::format(file(&sources), &tree) else { return Some("it was not formatted") };
    let Some((again, again_tree)) = parsed(&out) else { return Some("it does not parse any more") };
    if !syntax::same(file(&sources), &tree, file(&again), &again_tree) {
        return Some("it means something else");
    }
    if comments(&sources, &tree) != comments(&again, &again_tree) {
        return Some("a comment was lost");
    }
    if syntax::format(file(&again), &again_tree).as_deref() != Ok(out.as_str()) {
        return Some("formatting it again changes it");
    }
    let wide = |line: &str| line.chars().count() > 100 && !line.contains('"') && !line.contains('#');
    if out.lines().any(wide) {
        return Some("a line is too long");
    }
    let broken_up = out.lines().enumerate().any(|(number, line)| one_line(line) && !breaks_at_the_edge(&out, number));
    broken_up.then_some("a block of one line does not break just when it is longer than 100 columns")
}

/// Whether a line holds a named block as a whole.
fn one_line(line: &str) -> bool {
    let words = ["step ", "phase ", "verify ", "severity ", "stage ", "scenario "];
    let inside = line.trim_start();
    line.len() < 100
        && words.iter().any(|word| inside.starts_with(word))
        && line.ends_with('}')
        && line.matches('{').count() == line.matches('}').count()
        && line.matches('"').count().is_multiple_of(2)
        && !line.contains('#')
        && !line.contains("{}") // nothing is in it that could break
}

/// Whether the block on a line stays on it while the name is made longer, up to 100 columns, and not beyond.
fn breaks_at_the_edge(text: &str, number: usize) -> bool {
    let widened = |width: usize| {
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        let line = &lines[number];
        let name = line.len() - line.trim_start().len() + line.trim_start().find(' ').map_or(0, |blank| blank + 1);
        let longer = "x".repeat(width - line.chars().count());
        let line = format!("{}{longer}{}", &line[..name], &line[name..]);
        lines[number].clone_from(&line);
        let (sources, tree) = parsed(&(lines.join("\n") + "\n"))?;
        let out = syntax::format(file(&sources), &tree).ok()?;
        Some(out.lines().any(|other| other == line))
    };
    widened(100) == Some(true) && widened(101) == Some(false)
}

#[test]
fn the_laws_hold_for_every_policy_of_the_project() {
    let policies = policies();
    let sound = policies.iter().filter(|(_, text)| parsed(text).is_some()).count();
    assert!(sound > 200, "only {sound} of {} policies parse", policies.len());
    let wrong: Vec<String> =
        policies.iter().filter_map(|(name, text)| Some(format!("{name}: {}", broken(text)?))).collect();
    none_wrong("laws of the formatter", &wrong);
}

#[test]
fn the_laws_can_be_broken() {
    assert!(broken("policy p { owner \"x\" }\nphase a {\n  step s { timeout 3s }\n}\n").is_none());
    assert!(one_line("  step s { timeout 3s }") && !one_line("  step s {") && !one_line("  }"));
    // A line that another one follows in the same block cannot be made to break alone; one that does not exist never does.
    assert!(!breaks_at_the_edge("phase a {\n  step s {\n    timeout 3s\n  }\n}", 2));
}

#[test]
fn check_prints_the_diff_of_every_file_that_would_change() {
    let sandbox = Sandbox::new();
    let mut expected = Vec::new();
    for (index, (name, text)) in policies().iter().enumerate() {
        let Some((sources, tree)) = parsed(text) else { continue };
        sandbox.write(&format!("{index}.rbk"), text);
        if syntax::format(file(&sources), &tree).as_deref() != Ok(text.as_str()) {
            expected.push((format!("--- {index}.rbk"), name.clone()));
        }
    }
    assert!(expected.len() > 10, "only {} would change", expected.len());
    let before = sandbox.tree();
    let checked = sandbox.run(["fmt", "--check", "."]).exits(1);
    sandbox.unchanged_since(&before);
    let missing = expected.iter().filter(|(header, _)| !checked.stdout().lines().any(|line| line == header));
    none_wrong("no diff", &missing.map(|(_, name)| name.clone()).collect::<Vec<_>>());
    assert_eq!(checked.stdout().lines().filter(|line| line.starts_with("+++ ")).count(), expected.len());
    sandbox.run(["fmt", "."]).exits(0);
    sandbox.run(["fmt", "--check", "."]).exits(0).stdout_is_empty();
}
