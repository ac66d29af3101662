//! Phases as numbered lists: what is done in which order, what must hold, in which way it may go wrong.

use std::fmt::Write;
use std::sync::Arc;

use crate::check::model::{BindingKind, Block, Item, Phase, Policy, Stage, Tolerance, Verify, VerifyUse};

use super::pen::{Pen, expectation, reaction};
use super::step;
use super::text::{Texts, code, joined, length, plain, table};
use super::worst::Foreseen;

pub fn write(policy: &Arc<Policy>, phase: &Phase, foreseen: &Foreseen, texts: &Texts, out: &mut String) {
    let title = phase.title.as_deref().map_or_else(String::new, |title| format!(": {}", plain(title)));
    let _ = writeln!(out, "## Phase {}{title}\n", code(&phase.name.text));
    let names =
        |names: &[crate::check::model::Name]| joined(&names.iter().map(|name| code(&name.text)).collect::<Vec<_>>());
    if !phase.depends_on.is_empty() {
        let _ = writeln!(out, "Depends on {}: this phase is rolled back first.\n", names(&phase.depends_on));
    }
    if !phase.includes.is_empty() {
        let _ = writeln!(out, "Includes {}.\n", names(&phase.includes));
    }
    if let Some((limit, _)) = phase.within {
        let _ = writeln!(out, "Takes at most {}.\n", length(limit));
    }
    if let Some(on_failure) = &phase.on_failure {
        let _ = writeln!(out, "When something in it fails: {}.\n", reaction(on_failure));
    }
    times(foreseen, out);
    let mut pen = Pen { policy, foreseen, texts, out };
    pen.block(&phase.body, 0);
    pen.out.push('\n');
    for scenario in &phase.scenarios {
        let title = scenario.title.as_deref().map_or_else(String::new, |title| format!(": {}", plain(title)));
        let _ = writeln!(pen.out, "### Scenario {}{title}\n", code(&scenario.name.text));
        if !scenario.symptoms.is_empty() {
            let symptoms: Vec<_> = scenario.symptoms.iter().map(|symptom| plain(symptom)).collect();
            let _ = writeln!(pen.out, "Symptoms: {}.\n", symptoms.join("; "));
        }
        if let Some(detect) = &scenario.detect {
            let _ = writeln!(pen.out, "It is this one when {}.\n", texts.code(detect));
        }
        pen.block(&scenario.body, 0);
        pen.out.push('\n');
    }
    if let Some(always) = &phase.always {
        pen.out.push_str("At the end, whatever happened:\n\n");
        pen.block(always, 0);
        pen.out.push('\n');
    }
}

/// What a deployment runs beforehand.
pub fn prepare(policy: &Arc<Policy>, foreseen: &Foreseen, texts: &Texts, out: &mut String) {
    let Some(phase) = policy.phases.first() else { return };
    let title = phase.title.as_deref().map_or_else(String::new, |title| format!(": {}", plain(title)));
    let _ = writeln!(out, "## Before a deployment: prepare{title}\n");
    times(foreseen, out);
    let mut pen = Pen { policy, foreseen, texts, out };
    pen.block(&phase.body, 0);
    pen.out.push('\n');
}

/// The worst case by severity and scenario.
fn times(foreseen: &Foreseen, out: &mut String) {
    let rows: Vec<Vec<String>> = foreseen
        .worst
        .iter()
        .map(|worst| {
            let name = |name: &Option<Arc<str>>, none: &str| name.as_deref().map_or_else(|| none.to_owned(), code);
            let counted = worst.to_mitigation.unwrap_or(worst.machine);
            let limit = worst.limit.map_or_else(|| "no deadline".to_owned(), length);
            let people = if worst.people.is_zero() { String::new() } else { length(worst.people) };
            let all = length(worst.machine);
            vec![name(&worst.severity, "none named"), name(&worst.scenario, ""), length(counted), limit, all, people]
        })
        .collect();
    let scenarios = foreseen.worst.iter().any(|worst| worst.scenario.is_some());
    let people = foreseen.worst.iter().any(|worst| !worst.people.is_zero());
    let columns = [
        ("severity", true),
        ("scenario", scenarios),
        ("mitigated after at most", true),
        ("deadline", true),
        ("done after at most", true),
        ("people besides", people),
    ];
    let kept = |row: &Vec<String>| {
        row.iter().zip(columns).filter(|(_, (_, shown))| *shown).map(|(text, _)| text.clone()).collect::<Vec<_>>()
    };
    let head: Vec<&str> = columns.iter().filter(|(_, shown)| *shown).map(|(name, _)| *name).collect();
    out.push_str(&table(&head, &rows.iter().map(kept).collect::<Vec<_>>()));
}

impl Pen<'_> {
    fn block(&mut self, block: &Block, depth: usize) {
        for (index, item) in block.items.iter().enumerate() {
            self.item(item, index + 1, depth);
        }
        if block.items.is_empty() {
            self.line(depth, "-", "nothing");
        }
    }

    fn item(&mut self, item: &Item, number: usize, depth: usize) {
        let mark = format!("{number}.");
        match item {
            Item::Let(id) => {
                let binding = &self.policy.bindings[id.0 as usize];
                if let BindingKind::Let(value) = &binding.kind {
                    let text = format!("Find {} = {}.", code(&binding.name.text), self.texts.code(value));
                    self.line(depth, &mark, &text);
                }
            }
            Item::Require(require) => {
                let text = self.required(require);
                self.line(depth, &mark, &text);
            }
            Item::Observe(observe) => {
                let name = &self.policy.bindings[observe.binding.0 as usize].name.text;
                let text =
                    format!("Note {} before, during and after: {}.", code(name), self.texts.code(&observe.probe));
                self.line(depth, &mark, &text);
            }
            Item::Step(step) => step::write(self, step, &mark, depth),
            Item::Verify(used) => self.verify(used, &mark, depth),
            Item::Parallel(parallel) => {
                self.line(depth, &mark, "At the same time:");
                self.block(&parallel.body, depth + 1);
            }
            Item::For(each) => {
                let var = &self.policy.bindings[each.var.0 as usize].name.text;
                let filter = each
                    .filter
                    .as_ref()
                    .map_or_else(String::new, |filter| format!(" where {}", self.texts.code(filter)));
                let mut how: Vec<String> = Vec::new();
                how.extend(each.parallel.then(|| "at the same time".to_owned()));
                how.extend(each.at_once.map(|at_once| match at_once {
                    1 => "one at a time".to_owned(),
                    count => format!("at most {count} at once"),
                }));
                how.extend(each.tolerate.map(|tolerate| match tolerate {
                    Tolerance::Count(count) => format!("{count} may fail"),
                    Tolerance::Percent(percent) => format!("{percent} % may fail"),
                }));
                let how = if how.is_empty() { String::new() } else { format!(", {}", how.join(", ")) };
                let text = format!("For each {} in {}{filter}{how}:", code(var), self.texts.code(&each.iter));
                self.line(depth, &mark, &text);
                self.block(&each.body, depth + 1);
            }
            Item::If(branch) => {
                let text = format!("If {}:", self.texts.code(&branch.condition));
                self.line(depth, &mark, &text);
                self.block(&branch.body, depth + 1);
                if let Some(otherwise) = &branch.otherwise {
                    self.line(depth, &mark, "Otherwise:");
                    self.block(otherwise, depth + 1);
                }
            }
            Item::Stage(stage) => self.stage(stage, &mark, depth),
        }
    }

    fn stage(&mut self, stage: &Stage, mark: &str, depth: usize) {
        let title = stage.title.as_deref().map_or_else(String::new, |title| format!(" {}", plain(title)));
        let mut says: Vec<String> = Vec::new();
        says.extend(stage.within.map(|(limit, _)| format!("at most {}", length(limit))));
        says.extend(stage.on_failure.as_ref().map(|on_failure| format!("when it fails, {}", reaction(on_failure))));
        let says = if says.is_empty() { String::new() } else { format!(" ({})", says.join("; ")) };
        self.line(depth, mark, &format!("Stage **{}**{title}{says}, as a whole before what follows:", stage.name.text));
        self.block(&stage.body, depth + 1);
        if let Some(otherwise) = &stage.otherwise {
            self.line(depth + 1, "-", "When that fails it is taken back, and instead:");
            self.stage(otherwise, "-", depth + 1);
        }
    }

    fn verify(&mut self, used: &VerifyUse, mark: &str, depth: usize) {
        let verify = Arc::clone(&self.policy.verifies[used.verify.0 as usize]);
        let title = verify.title.as_deref().map_or_else(String::new, |title| format!(" {}", plain(title)));
        let mitigates = if used.mitigates { " The severity's deadline is met here." } else { "" };
        let within = used.within.or(verify.within).unwrap_or(Verify::WITHIN);
        let every = used.every.or(verify.every).unwrap_or(Verify::EVERY);
        let hold = used.hold.or(verify.hold);
        let hold = hold.map_or_else(String::new, |hold| format!(", and for {} on end", length(hold)));
        let text = format!(
            "Verify **{}**{title}: within {}, looking every {}{hold}.{mitigates}",
            verify.name.text,
            length(within),
            length(every)
        );
        self.line(depth, mark, &text);
        for check in &verify.checks {
            let text = expectation(check, self.texts);
            self.line(depth + 1, "-", &text);
        }
        if !used.after.is_empty() {
            let names: Vec<_> = used.after.iter().map(|name| code(&name.text)).collect();
            self.line(depth + 1, "-", &format!("After {}.", joined(&names)));
        }
        if let Some(block) = &verify.on_failure {
            self.line(depth + 1, "-", "When it does not hold, this once, then it is verified again:");
            self.block(block, depth + 2);
        }
        if let Some(on_failure) = &used.on_failure {
            self.line(depth + 1, "-", &format!("When it does not hold: {}.", reaction(on_failure)));
        }
    }
}

/// Verifications that no phase uses: they are for `rbk verify`.
pub fn verifications(policy: &Policy, texts: &Texts, out: &mut String) {
    let mut used = std::collections::BTreeSet::new();
    let mut note = |block: &Block| {
        let mut open = vec![block];
        while let Some(block) = open.pop() {
            for item in &block.items {
                match item {
                    Item::Verify(verify) => {
                        used.insert(verify.verify);
                    }
                    Item::Parallel(parallel) => open.push(&parallel.body),
                    Item::For(each) => open.push(&each.body),
                    Item::If(branch) => open.extend(std::iter::once(&branch.body).chain(&branch.otherwise)),
                    Item::Stage(stage) => {
                        let mut stage = Some(&**stage);
                        while let Some(this) = stage {
                            open.push(&this.body);
                            stage = this.otherwise.as_deref();
                        }
                    }
                    Item::Let(_) | Item::Require(_) | Item::Observe(_) | Item::Step(_) => {}
                }
            }
        }
    };
    for phase in &policy.phases {
        note(&phase.body);
        phase.scenarios.iter().for_each(|scenario| note(&scenario.body));
        phase.always.iter().for_each(&mut note);
    }
    policy.around.prepare.iter().for_each(|phase| note(&phase.body));
    let rest: Vec<_> = policy
        .verifies
        .iter()
        .enumerate()
        .filter(|(index, _)| !used.contains(&crate::check::model::VerifyId(*index as u32)))
        .map(|(_, verify)| verify)
        .collect();
    if rest.is_empty() {
        return;
    }
    out.push_str("## Further verifications\n\nNo phase uses them; `rbk verify` evaluates them.\n\n");
    for verify in rest {
        let title = verify.title.as_deref().map_or_else(String::new, |title| format!(" {}", plain(title)));
        let _ = writeln!(out, "- **{}**{title}", verify.name.text);
        for check in &verify.checks {
            let _ = writeln!(out, "   - {}", expectation(check, texts));
        }
    }
    out.push('\n');
}
