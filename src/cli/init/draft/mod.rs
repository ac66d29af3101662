//! `rbk init --from`: a policy drafted from a runbook or a script. Its commands become steps in their order, and what is wrong
//! with the runbook itself is said where it stands.
//!
//! Nothing here runs anything or looks at the world: a runbook is text.

mod caution;
mod command;
mod outline;
mod pattern;
pub mod runbook;
mod shell;

use std::collections::BTreeSet;

use caution::{Caution, Fence};
use command::{Along, Out, literal};
use outline::{Kind, Part, Phase, Read, Script};
use runbook::{Runbook, bare};
use shell::Kind as Of;

use super::text::{quoted, slug};

/// What came of a runbook.
#[derive(Debug)]
pub struct Draft {
    pub text: String,
    pub cautions: Vec<Caution>,
    pub steps: usize,
    pub verifications: usize,
}

/// A draft of the policy `name` from what was read from `from`; nothing where there is no command in it.
pub fn draft(book: &Runbook, name: &str, from: &str) -> Option<Draft> {
    let (phases, numbers) = outline::outline(&book.blocks);
    let pieces: Vec<_> = book
        .blocks
        .iter()
        .map(|block| if outline::reading(block) == Read::Shell { shell::pieces(&block.text) } else { Vec::new() })
        .collect();
    let fences: Vec<Fence<'_>> = book
        .blocks
        .iter()
        .zip(&pieces)
        .zip(&numbers)
        .map(|((block, pieces), phase)| Fence {
            line: block.line,
            text: &block.text,
            pieces,
            phase: phase.unwrap_or(usize::MAX),
            python: outline::reading(block) == Read::Python,
        })
        .collect();
    let mut writer = Writer {
        cautions: caution::cautions(&fences),
        shown: BTreeSet::new(),
        names: BTreeSet::new(),
        out: Vec::new(),
        steps: 0,
        verifications: 0,
        before: 0,
    };
    for phase in &phases {
        writer.phase(phase);
    }
    if writer.steps + writer.verifications == 0 {
        return None;
    }
    let mut text = writer.head(book, name, from);
    text.push_str(&writer.out.join("\n"));
    text.push('\n');
    let mut cautions = writer.cautions;
    cautions.sort();
    Some(Draft { text, cautions, steps: writer.steps, verifications: writer.verifications })
}

struct Writer {
    cautions: Vec<Caution>,
    /// Those that were said where they belong.
    shown: BTreeSet<Caution>,
    names: BTreeSet<String>,
    out: Vec<String>,
    steps: usize,
    verifications: usize,
    /// How many steps there were when the phase began.
    before: usize,
}

impl Writer {
    /// What stands before the phases.
    fn head(&self, book: &Runbook, name: &str, from: &str) -> String {
        let mut out =
            format!("# A draft from {}, not tried by anybody: read it beside the runbook, line by line.\n", bare(from));
        out.push_str("# `rbk check` says what is still to be decided, `rbk plan` shows what it would change.\n");
        let elsewhere: Vec<Caution> = self.cautions.iter().filter(|one| !self.shown.contains(one)).cloned().collect();
        for (lines, text) in together(&elsewhere) {
            out.push_str(&format!("# CAUTION: {lines}: {text}\n"));
        }
        if !book.thresholds.is_empty() {
            out.push_str(
                "#\n# Limits that the runbook names. A `metric` measures, a `trigger` compares and starts a phase:\n",
            );
            for (line, text) in &book.thresholds {
                out.push_str(&format!("#   line {line}: {text}\n"));
            }
        }
        let code: Vec<String> = book
            .blocks
            .iter()
            .filter(|block| outline::reading(block) == Read::No && !block.language.is_empty())
            .map(|block| format!("{} ({})", block.line, bare(&block.language)))
            .collect();
        if !code.is_empty() {
            out.push_str(&format!(
                "#\n# Left out, as it is no command: the blocks of the lines {}.\n",
                code.join(", ")
            ));
        }
        let title = book.title.clone().unwrap_or_else(|| format!("From {from}"));
        out.push_str(&format!("policy {name} {} {{\n  owner \"your team\"\n  root \".\"\n", quoted(&title)));
        out.push_str("  defaults { timeout 2m }\n}\n\n");
        out
    }

    fn name(&mut self, title: &str, otherwise: &str) -> String {
        let words =
            title.trim_start_matches(|char: char| char.is_ascii_digit() || matches!(char, '.' | ' ' | '-' | ')'));
        let base = slug(words, 28, otherwise);
        let mut name = base.clone();
        let mut number = 1;
        while !self.names.insert(name.clone()) {
            number += 1;
            name = format!("{base}_{number}");
        }
        name
    }

    fn phase(&mut self, phase: &Phase<'_>) {
        let (steps, verifications) = (self.steps, self.verifications);
        self.before = steps;
        let title = titled(&phase.title);
        let name = self.name(&phase.title, "phase");
        let mut inside = Vec::new();
        for part in &phase.parts {
            self.part(part, &mut inside);
        }
        let plain = phase.parts.iter().all(|part| part.kind != Kind::Scenario);
        if self.steps + self.verifications == steps + verifications {
            // A phase without anything in it is none.
            self.out.push(format!("# Nothing of “{title}” can be run:"));
            self.out.extend(inside.into_iter().filter(|line| line.starts_with('#')));
            self.out.push(String::new());
            return;
        }
        self.out.push(format!("phase {name} {} {{", quoted(&title)));
        if plain && self.verifications == verifications {
            self.unverified(phase.line, &mut inside, 0);
        }
        self.out.append(&mut inside);
        self.out.push("}\n".to_owned());
    }

    fn unverified(&mut self, line: usize, inside: &mut Vec<String>, at: usize) {
        let text = "nothing of this part looks whether it worked: add `verify NAME { expect … }`".to_owned();
        inside.insert(at, format!("# CAUTION: line {line}: {text}"));
        let caution = Caution { line, text };
        self.shown.insert(caution.clone());
        self.cautions.push(caution);
    }

    fn part(&mut self, part: &Part<'_>, out: &mut Vec<String>) {
        let (steps, verifications) = (self.steps, self.verifications);
        let word = match part.kind {
            Kind::Plain => {
                part.scripts.iter().for_each(|script| self.script(script, out));
                return;
            }
            Kind::Stage => "stage",
            Kind::Scenario => "scenario",
        };
        let title = titled(&part.title);
        let name = self.name(&part.title, word);
        let mut inside = Vec::new();
        let symptoms: Vec<String> =
            part.scripts.iter().flat_map(|script| &script.block.symptoms).map(|one| quoted(one)).collect();
        if part.kind == Kind::Scenario && !symptoms.is_empty() {
            inside.push(format!("symptoms {}", symptoms.join(", ")));
        }
        let begin = inside.len();
        part.scripts.iter().for_each(|script| self.script(script, &mut inside));
        if self.steps + self.verifications == steps + verifications {
            out.push(format!("# Nothing of “{title}” can be run:"));
            out.extend(inside.into_iter().filter(|line| line.starts_with('#')));
            return;
        }
        if part.kind == Kind::Scenario && self.verifications == verifications {
            self.unverified(part.line, &mut inside, begin);
        }
        out.push(heading(word, &name, &title));
        out.append(&mut inside);
        out.push("}".to_owned());
    }

    fn script(&mut self, script: &Script<'_>, out: &mut Vec<String>) {
        let block = script.block;
        let label = block.label.clone().or_else(|| block.path.last().map(|(_, title)| title.clone()));
        let label = label.unwrap_or_else(|| "Do it".to_owned());
        let lines = block.text.lines().count();
        if outline::reading(block) == Read::Python {
            self.said(block.line, block.line + lines, out);
            let call = format!("exec([\"python\", \"-c\", {}])", literal(&block.text));
            return self.step(&label, &[call], out);
        }
        let first = self.steps == self.before;
        let mut along = Along::default();
        // What people do, and no command.
        let by_hand = script.pieces.iter().all(|piece| piece.kind == Of::Comment);
        let mut title = label.clone();
        let mut group = Group::default();
        let mut written = Vec::new();
        let mut from = 0;
        for piece in &script.pieces {
            if piece.kind == Of::Comment {
                self.group(&title, &mut group, (block.line + from, block.line + piece.line), &mut written);
                (title, from) = (bare(&piece.text), piece.line);
                if by_hand {
                    group.calls.push(format!("manual({}, within: 10m)", quoted(&titled(&title))));
                }
                continue;
            }
            for found in along.out(piece, &format!("{label} {title}")) {
                match found {
                    Out::Call(call) => group.calls.push(call),
                    Out::Check(check) => group.checks.push(check),
                    Out::Left(why) => {
                        let first = piece.text.lines().next().unwrap_or_default();
                        group.left.push(format!(
                            "# Left out: line {}: {}: {why}",
                            block.line + piece.line,
                            first.trim()
                        ));
                    }
                    Out::Silent => {}
                }
            }
        }
        self.group(&title, &mut group, (block.line + from, block.line + lines), &mut written);
        if first && let Some(step) = written.iter().position(|line| line.starts_with("step ")) {
            // Before anything was rolled back what is broken may fail it, and must not keep anybody from going on.
            for line in &mut written[..step] {
                if let Some(check) = line.strip_prefix("expect ") {
                    *line = format!("should {check}  # before the rollback: it only says so");
                }
            }
        }
        for (name, value) in std::mem::take(&mut along.lets) {
            // Blocks of one phase know each other's names.
            let mut unique = name.clone();
            let mut number = 1;
            while !self.names.insert(unique.clone()) {
                number += 1;
                unique = format!("{name}_{number}");
            }
            if unique != name {
                let (by_name, inside) = (format!("from: {name})"), format!("${{{name}}}"));
                for line in &mut written {
                    *line =
                        line.replace(&by_name, &format!("from: {unique})")).replace(&inside, &format!("${{{unique}}}"));
                }
            }
            out.push(format!("let {unique} = {value}"));
        }
        out.append(&mut written);
    }

    /// Writes what belongs under one comment of a script, from its line to before another.
    fn group(&mut self, title: &str, group: &mut Group, (from, to): (usize, usize), out: &mut Vec<String>) {
        self.said(from, to, out);
        out.append(&mut group.left);
        let calls = std::mem::take(&mut group.calls);
        if !calls.is_empty() {
            self.step(title, &calls, out);
        }
        let mut checks = std::mem::take(&mut group.checks);
        checks.dedup();
        if !checks.is_empty() {
            self.verifications += 1;
            let name = self.name(title, "check");
            let slow = checks.iter().any(|check| !check.starts_with("http"));
            if slow {
                out.push("# It is asked until it holds, so it must change nothing.".to_owned());
            }
            out.push(format!("verify {name} {} {{", quoted(&titled(title))));
            out.push(if slow { "within 5m every 30s" } else { "within 30s every 1s" }.to_owned());
            out.extend(checks.into_iter().map(|check| format!("expect {check}")));
            out.push("}".to_owned());
        }
    }

    fn step(&mut self, title: &str, calls: &[String], out: &mut Vec<String>) {
        self.steps += 1;
        let name = self.name(title, "step");
        out.push(heading("step", &name, &titled(title)));
        out.extend(calls.iter().cloned());
        out.push("}".to_owned());
    }

    /// Says the cautions of these lines; what holds for several of them once.
    fn said(&mut self, from: usize, to: usize, out: &mut Vec<String>) {
        let mut new = Vec::new();
        for one in self.cautions.iter().filter(|one| (from..to).contains(&one.line)) {
            if self.shown.insert(one.clone()) {
                new.push(one.clone());
            }
        }
        out.extend(together(&new).into_iter().map(|(lines, text)| format!("# CAUTION: {lines}: {text}")));
    }
}

/// Every text once, with its lines: `lines 60, 61`.
pub fn together(cautions: &[Caution]) -> Vec<(String, &str)> {
    let mut found: Vec<(Vec<usize>, &str)> = Vec::new();
    for one in cautions {
        match found.iter_mut().find(|(_, text)| *text == one.text) {
            Some((lines, _)) => lines.push(one.line),
            None => found.push((vec![one.line], &one.text)),
        }
    }
    let said = |lines: Vec<usize>| {
        let word = if lines.len() == 1 { "line" } else { "lines" };
        format!("{word} {}", lines.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))
    };
    found.into_iter().map(|(lines, text)| (said(lines), text)).collect()
}

/// What stands under one comment of a script.
#[derive(Default)]
struct Group {
    calls: Vec<String>,
    checks: Vec<String>,
    left: Vec<String>,
}

/// How a thing begins; a title that only says its name again is left out.
fn heading(word: &str, name: &str, title: &str) -> String {
    let letters = |text: &str| -> String { text.chars().filter(|letter| letter.is_alphanumeric()).collect() };
    if letters(name) == letters(&title.to_lowercase()) {
        return format!("{word} {name} {{");
    }
    format!("{word} {name} {} {{", quoted(title))
}

/// A title of the length that a line has room for.
fn titled(text: &str) -> String {
    let words = text.trim_start_matches(|char: char| char.is_ascii_digit() || matches!(char, '.' | ' ' | '-' | ')'));
    let words = if words.is_empty() { text } else { words };
    match words.char_indices().nth(80) {
        Some((end, _)) => format!("{}…", &words[..end]),
        None => words.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{draft, runbook};

    #[test]
    fn what_is_looked_at_before_a_rollback_does_not_keep_anybody_from_it() {
        let script = "# Look\ncurl -s http://a/b\n# Restore\ncp a b\n# Look again\ncurl -s http://a/b\n";
        let text = draft(&runbook::script(script, "x.sh"), "x", "x.sh").expect("it has commands").text;
        assert_eq!(
            (text.matches("should http.get").count(), text.matches("expect http.get").count()),
            (1, 1),
            "{text}"
        );
        assert!(text.find("should") < text.find("file.copy"), "{text}");
    }

    #[test]
    fn without_a_command_there_is_no_draft() {
        assert!(draft(&runbook::markdown("# Notes\n```rust\nfn a() {}\n```\n"), "x", "x.md").is_none());
    }
}
