//! What a change does to worst cases: said once where it is alike under every severity and scenario.

use serde_json::Value;

use super::words::shown;
use super::{Difference, Kind};

/// The figures of a worst case, and what they are called.
const FIGURES: &[(&str, &str)] = &[
    ("machine", "the worst case"),
    ("people", "what people may take at most"),
    ("to_mitigation", "the worst case up to the mitigation"),
];

/// Compares the worst cases of a phase, given as documents.
pub(super) fn worst_cases(old: &Value, new: &Value, found: &mut Vec<Difference>) {
    let name = new["name"].as_str().unwrap_or_default();
    let rows = |phase: &Value| phase["worst_cases"].as_array().cloned().unwrap_or_default();
    let (old, new) = (rows(old), rows(new));
    let run = |row: &Value| (row["severity"].clone(), row["scenario"].clone());
    for (figure, called) in FIGURES {
        // What changed, and the runs in which it did.
        let mut changes: Vec<(String, Vec<String>)> = Vec::new();
        let mut runs = 0;
        for row in &new {
            let Some(before) = old.iter().find(|other| run(other) == run(row)) else { continue };
            runs += 1;
            let (before, after) = (&before[figure], &row[figure]);
            if before == after {
                continue;
            }
            let words = format!("{called}: {} → {}", shown(figure, before), shown(figure, after));
            let of: Vec<String> = ["severity", "scenario"]
                .iter()
                .filter_map(|kind| Some(format!("{kind} `{}`", row[*kind].as_str()?)))
                .collect();
            match changes.iter_mut().find(|(known, _)| *known == words) {
                Some((_, all)) => all.push(of.join(", ")),
                None => changes.push((words, vec![of.join(", ")])),
            }
        }
        let everywhere = changes.len() == 1 && changes[0].1.len() == runs;
        for (words, of) in changes {
            let of: Vec<String> = of.into_iter().filter(|run| !run.is_empty()).collect();
            let what = if everywhere || of.is_empty() { words } else { format!("{words} ({})", of.join("; ")) };
            found.push(Difference { kind: Kind::Changed, place: format!("phase `{name}`"), what });
        }
    }
}
