//! Every one-character deletion and every swap of adjacent punctuation of a policy: one mistake, one report, near it.

use rayon::prelude::*;

use super::pages::blocks;
use super::{ATOMOS, parsed};

/// What one mistake led to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Outcome {
    /// The text is still right.
    Valid,
    /// One report, at most one line from the mistake.
    Near,
    /// One report elsewhere.
    Far,
    /// Several reports.
    Several,
}

fn outcome(text: &str, at: usize) -> Outcome {
    let (source, _, report) = parsed(text);
    let line = source.line_column(at.min(text.len()) as u32).0;
    match report.diagnostics.as_slice() {
        [] => Outcome::Valid,
        [found] if source.line_column(found.span().start).0.abs_diff(line) <= 1 => Outcome::Near,
        [_] => Outcome::Far,
        _ => Outcome::Several,
    }
}

/// Every mutant of a policy, with the offset of its mistake and a name for it.
fn mutants(policy: &str) -> Vec<(String, usize, String)> {
    let mut mutants = Vec::new();
    let letters: Vec<(usize, char)> = policy.char_indices().collect();
    for (at, letter) in &letters {
        let rest = &policy[at + letter.len_utf8()..];
        mutants.push((format!("{}{rest}", &policy[..*at]), *at, format!("without {letter:?}")));
    }
    for pair in letters.windows(2) {
        let [(at, first), (_, second)] = pair else { continue };
        if first != second && first.is_ascii_punctuation() && second.is_ascii_punctuation() {
            let swapped = format!("{}{second}{first}{}", &policy[..*at], &policy[at + 2..]);
            mutants.push((swapped, *at, format!("{first}{second} swapped")));
        }
    }
    mutants
}

/// Whole policies: the worked one, those under `examples/`, and those of the pages.
fn policies() -> Vec<(String, String)> {
    let mut policies = vec![("the worked example".to_owned(), ATOMOS.to_owned())];
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    for folder in ["examples", "docs", "src/std"] {
        for entry in walkdir::WalkDir::new(root.join(folder)).sort_by_file_name() {
            let entry = entry.expect("the folder can be read");
            let name = entry.path().strip_prefix(root).expect("it lies there").display().to_string();
            let is = |wanted: &str| entry.path().extension().is_some_and(|ext| ext == wanted);
            let text = || std::fs::read_to_string(entry.path()).expect("it is text");
            if is("rbk") {
                policies.push((name, text()));
            } else if is("md") {
                let page = text();
                let whole = |block: &&str| block.lines().any(|line| line.starts_with("policy "));
                let found = blocks(&page, "rbk").into_iter().filter(whole);
                policies.extend(found.map(|block| (name.clone(), block.to_owned())));
            }
        }
    }
    policies
}

/// May only rise.
const FLOOR: usize = 985;

#[test]
fn one_mistake_is_one_report_near_it() {
    let policies = policies();
    assert!(policies.len() > 30, "there are only {} policies", policies.len());
    let counts = policies
        .par_iter()
        .map(|(policy, text)| {
            let mut counts = [0_usize; 4];
            // The modules of `std` are long, and alike in what can go wrong.
            let every = if policy.starts_with("src/std") { 7 } else { 1 };
            for (text, at, name) in mutants(text).into_iter().step_by(every) {
                let outcome = outcome(&text, at);
                counts[outcome as usize] += 1;
                if matches!(outcome, Outcome::Far | Outcome::Several) {
                    let (source, _, report) = parsed(&text);
                    let reports: Vec<_> = report
                        .diagnostics
                        .iter()
                        .map(|found| (source.line_column(found.span().start), &found.message))
                        .collect();
                    let place = source.line_column(at as u32);
                    let line = source.slice(source.line_span(place.0));
                    println!("{outcome:?} {policy} {place:?} {name}: {reports:?}\n    {line}");
                }
            }
            counts
        })
        .reduce(|| [0; 4], |one, other| std::array::from_fn(|at| one[at] + other[at]));
    let [valid, near, far, several] = counts;
    let wrong = near + far + several;
    let rate = near * 1000 / wrong;
    println!("{wrong} mistakes ({valid} mutants are right): {near} near, {far} far, {several} several, {rate} ‰ near");
    assert!(rate >= FLOOR, "{rate} ‰ of the mistakes led to exactly one report within a line");
}
