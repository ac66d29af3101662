//! Every one-character deletion and every swap of adjacent punctuation of a policy: one mistake, one report, near it.

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

/// Every mutant with the offset of its mistake and a name for it.
fn mutants() -> Vec<(String, usize, String)> {
    let mut mutants = Vec::new();
    let letters: Vec<(usize, char)> = ATOMOS.char_indices().collect();
    for (at, letter) in &letters {
        let rest = &ATOMOS[at + letter.len_utf8()..];
        mutants.push((format!("{}{rest}", &ATOMOS[..*at]), *at, format!("without {letter:?}")));
    }
    for pair in letters.windows(2) {
        let [(at, first), (_, second)] = pair else { continue };
        if first != second && first.is_ascii_punctuation() && second.is_ascii_punctuation() {
            let swapped = format!("{}{second}{first}{}", &ATOMOS[..*at], &ATOMOS[at + 2..]);
            mutants.push((swapped, *at, format!("{first}{second} swapped")));
        }
    }
    mutants
}

#[test]
fn one_mistake_is_one_report_near_it() {
    let mut counts = [0_usize; 4];
    for (text, at, name) in mutants() {
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
            println!("{outcome:?} {place:?} {name}: {reports:?}\n    {}", source.slice(source.line_span(place.0)));
        }
    }
    let [valid, near, far, several] = counts;
    let wrong = near + far + several;
    let rate = near * 1000 / wrong;
    println!("{wrong} mistakes ({valid} mutants are right): {near} near, {far} far, {several} several, {rate} ‰ near");
    assert!(rate >= 950, "{rate} ‰ of the mistakes led to exactly one report within a line");
}
