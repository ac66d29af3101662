//! One mistake in a policy is one error near it, with all that a check says: the grammar and everything behind it.
//!
//! The syntax alone has its own test, of every mutant; here a sample of them is compiled.

use std::path::Path;

use rayon::prelude::*;

use super::load::compile_sources;
use crate::diagnostics::Level;
use crate::source::{SourceFile, Sources};

/// Of each policy every so many-th mutant is compiled.
const STRIDE: usize = 5;
/// ‰ of the mistakes that give exactly one error, within a line. May only rise.
const FLOOR: usize = 880;

/// The policies under `examples/`, and the whole ones of the pages.
fn policies() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut policies = Vec::new();
    for folder in ["examples", "docs/actions", "docs/guides", "docs/language.md"] {
        for entry in walkdir::WalkDir::new(root.join(folder)).sort_by_file_name() {
            let path = entry.expect("the folder can be read").into_path();
            let ext = path.extension().and_then(|ext| ext.to_str()).unwrap_or_default().to_owned();
            if !matches!(&*ext, "rbk" | "md") {
                continue;
            }
            let text = std::fs::read_to_string(path).expect("it is text");
            if ext == "rbk" {
                policies.push(text);
                continue;
            }
            let blocks = text.split("```rbk\n").skip(1).filter_map(|rest| rest.split_once("```"));
            policies.extend(blocks.map(|(block, _)| block.to_owned()).filter(|block| block.contains("policy ")));
        }
    }
    policies
}

/// Every deletion of a character, and every swap of adjacent punctuation, with the offset of the mistake.
fn mutants(policy: &str) -> Vec<(usize, String)> {
    let mut mutants = Vec::new();
    let letters: Vec<(usize, char)> = policy.char_indices().collect();
    for (at, letter) in &letters {
        mutants.push((*at, format!("{}{}", &policy[..*at], &policy[at + letter.len_utf8()..])));
    }
    for pair in letters.windows(2) {
        let [(at, first), (_, second)] = pair else { continue };
        if first != second && first.is_ascii_punctuation() && second.is_ascii_punctuation() {
            mutants.push((*at, format!("{}{second}{first}{}", &policy[..*at], &policy[at + 2..])));
        }
    }
    mutants
}

/// The line and the message of every error.
fn errors(policy: &str) -> Vec<(usize, String)> {
    let mut sources = Sources::default();
    sources.add(SourceFile::new("policy.rbk", policy));
    let compiled = compile_sources(sources, &crate::catalogue());
    let errors = compiled.report.diagnostics.iter().filter(|found| found.level == Level::Error);
    errors
        .map(|found| {
            (compiled.sources.get(found.place().file).line_column(found.span().start).0, found.message.clone())
        })
        .collect()
}

#[test]
fn one_mistake_is_one_error_near_it() {
    let policies: Vec<String> = policies().into_iter().filter(|policy| errors(policy).is_empty()).collect();
    assert!(policies.len() > 20, "only {} policies are right as they are", policies.len());
    let sample: Vec<(&String, usize, String)> = policies
        .iter()
        .flat_map(|policy| mutants(policy).into_iter().step_by(STRIDE).map(move |(at, text)| (policy, at, text)))
        .collect();
    let [right, near, far, several] = sample
        .par_iter()
        .map(|(policy, at, text)| {
            let line = policy[..*at].matches('\n').count() + 1;
            let errors = errors(text);
            let which = match errors.as_slice() {
                [] => 0,
                [(found, _)] if found.abs_diff(line) <= 1 => 1,
                [_] => 2,
                _ => 3,
            };
            if which > 1 {
                let shown = policy.lines().nth(line - 1).unwrap_or_default();
                println!(
                    "{} line {line} {:?}: {errors:?}\n    {shown}",
                    ["", "", "far", "several"][which],
                    &policy[*at..=*at].chars().next()
                );
            }
            std::array::from_fn(|at| usize::from(at == which))
        })
        .reduce(|| [0; 4], |one, other| std::array::from_fn(|at| one[at] + other[at]));
    let wrong = near + far + several;
    let rate = near * 1000 / wrong;
    println!("{wrong} mistakes ({right} mutants are right): {near} near, {far} far, {several} several, {rate} ‰ near");
    assert!(rate >= FLOOR, "{rate} ‰ of the mistakes led to exactly one error within a line");
}
