//! A plan for a person to review: where it acts, what it pinned, what each step changes, what happens if it fails.

use std::fmt::Write;
use std::time::Duration;

use crate::catalogue::show;
use crate::catalogue::signature::UndoKind;
use crate::catalogue::unit::{Change, FileChange, Preview};
use crate::check::expand::OwnUndo;
use crate::check::model::{CheckKind, Expr, Item, Undo};
use crate::plan::graph::{self, Graph};
use crate::plan::model::{Node, Pin, Plan, Work};

use super::paint::Paint;

/// How long a diff may be before it is cut, in lines; `--format json` has all of it.
const DIFF_LINES: usize = 60;
/// How many changes of one call are listed.
const CHANGES: usize = 20;

struct Text<'p> {
    plan: &'p Plan,
    paint: Paint,
    width: usize,
    out: String,
}

/// The whole plan.
#[must_use]
pub fn render(plan: &Plan, color: bool, width: usize) -> String {
    let mut text = Text { plan, paint: Paint { color }, width: width.max(40), out: String::new() };
    text.header();
    text.pins();
    text.nodes();
    text.always();
    text.times();
    text.after();
    text.out
}

impl Text<'_> {
    fn line(&mut self, line: &str) {
        self.out.push_str(line.trim_end());
        self.out.push('\n');
    }

    fn header(&mut self) {
        let plan = self.plan;
        let request = &plan.request;
        let mut title = format!("{} › {}", plan.policy.name.text, plan.phases.join(", "));
        if let Some(severity) = &request.severity {
            let _ = write!(title, "   {severity}");
        }
        if let Some(scenario) = &request.scenario {
            let _ = write!(title, ", scenario {scenario}");
        }
        let title = self.paint.bold(&title);
        self.line(&title);
        let target = &plan.target;
        let mut parts = Vec::new();
        if let Some(environment) = &target.environment {
            parts.push(format!("environment {environment}"));
        }
        parts.push(format!("root {}", target.root));
        parts.push(format!("host {}", target.host));
        parts.push(format!("user {}", target.user));
        if let Some(operator) = &target.operator {
            parts.push(format!("operator {operator} (unverified)"));
        }
        self.line(&parts.join(" · "));
        let worst = plan.times.to_mitigation.unwrap_or(plan.times.machine);
        let limit = plan.times.deadlines.iter().map(|deadline| deadline.limit).min();
        let limit = limit.map_or_else(String::new, |limit| format!(" of {}", length(limit)));
        self.line(&format!("worst case {}{limit}", length(worst)));
        for (key, why) in &plan.skipped {
            let line = self.paint.dim(&format!("left out: {key} ({why})"));
            self.line(&line);
        }
        self.out.push('\n');
    }

    fn pins(&mut self) {
        let plan = self.plan;
        for param in &plan.params {
            self.line(&format!("  {} = {}   {}", param.name, param.value, self.paint.dim(&param.origin)));
        }
        for pin in plan.pins.iter().filter(|pin| pin.relative || pin.value.is_none() || pin.name.contains('.')) {
            self.line(&self.pin(pin));
        }
        if !self.out.ends_with("\n\n") {
            self.out.push('\n');
        }
    }

    fn pin(&self, pin: &Pin) -> String {
        let name = pin.name.rsplit('.').next().unwrap_or(&pin.name);
        let (value, color): (String, fn(Paint, &str) -> String) = match (&pin.value, &pin.after) {
            (Some(value), _) => (shortened(&value.to_string(), self.width / 2), Paint::info),
            (None, after) => (format!("known after {}", after.as_deref().unwrap_or("it runs")), Paint::warn),
        };
        let taken = name.chars().count() + value.chars().count() + 8;
        let how = if pin.relative && pin.value.is_some() { "pinned: " } else { "" };
        let from = shortened(&format!("{how}{}", pin.from), self.width.saturating_sub(taken).max(20));
        format!("  {name} = {}   {}", color(self.paint, &value), self.paint.dim(&from))
    }

    fn nodes(&mut self) {
        let graph = graph::of(self.plan);
        let widest = self.plan.nodes.iter().map(|node| node.key.chars().count()).max().unwrap_or(0).min(28);
        for node in &self.plan.nodes {
            self.node(node, &graph, widest);
        }
    }

    fn node(&mut self, node: &Node, graph: &Graph<'_>, widest: usize) {
        let number = node.id.0 + 1;
        let key = format!("{:<widest$}", node.key);
        let summary = self.summary(node);
        let indent = " ".repeat(widest + 6);
        let head = node.title.as_ref().map_or(&summary, |title| title);
        self.line(&format!("{number:>3} {}  {head}", self.paint.bold(&key)));
        if node.title.is_some() {
            self.line(&format!("{indent}{summary}"));
        }
        for preview in &node.previews {
            if node.previews.len() > 1 {
                self.line(&format!("{indent}{}", preview.preview.summary));
            }
            self.details(&preview.preview, &indent);
        }
        self.checks(node, &indent);
        for (name, after) in &node.known_after {
            let text = self.paint.warn(&format!("`{name}` is known after `{after}`"));
            self.line(&format!("{indent}{text}"));
        }
        for (from, reason) in graph::waits_for(graph, node.id) {
            let key = &self.plan.node(from).key;
            let text = format!("after {key}: {}", super::reason(reason, key));
            self.line(&format!("{indent}{}", self.paint.dim(&text)));
        }
        let mitigated = if node.mitigates { " · mitigated here" } else { "" };
        let fails = format!("if it fails: {}{mitigated}", node.if_it_fails);
        self.line(&format!("{indent}{}", self.paint.dim(&fails)));
    }

    fn summary(&self, node: &Node) -> String {
        match &node.work {
            Work::Step(_) => match node.previews.as_slice() {
                [] => "changes nothing".to_owned(),
                [one] => one.preview.summary.clone(),
                many => format!("{} calls, in this order:", many.len()),
            },
            Work::Verify(verify, used) => {
                let within = used.within.or(verify.within).unwrap_or(crate::check::model::Verify::WITHIN);
                format!(
                    "{} expectation{} within {}",
                    verify.checks.len(),
                    if verify.checks.len() == 1 { "" } else { "s" },
                    length(within)
                )
            }
            Work::Require(require) => {
                let text = self.plan.policy.sources.get(require.place.file).slice(require.condition.place.span);
                format!("require {}", one_line(text))
            }
            Work::Bind(id) => format!("binds `{}`", self.plan.policy.bindings[id.0 as usize].name.text),
            Work::Observe(observe) => {
                let text = self.plan.policy.sources.get(observe.place.file).slice(observe.probe.place.span);
                format!("samples {}", one_line(text))
            }
            Work::Dynamic(_) => "known when it runs: one after the other".to_owned(),
        }
    }

    /// What a verification asks, and why a `require` is there.
    fn checks(&mut self, node: &Node, indent: &str) {
        let plan = self.plan;
        let width = self.width.saturating_sub(indent.len() + 12).max(30);
        let source = |expr: &Expr| {
            let text = plan.policy.sources.get(expr.place.file).slice(expr.place.span);
            shortened(&one_line(text), width)
        };
        match &node.work {
            Work::Verify(verify, _) => {
                for check in verify.checks.iter().take(CHANGES) {
                    let word = match check.kind {
                        CheckKind::Expect => "expect",
                        CheckKind::Should => "should",
                        CheckKind::FailWhen => "fail when",
                    };
                    self.line(&format!("{indent}{word} {}", source(&check.condition)));
                }
            }
            Work::Require(require) => {
                if let Some(why) = &require.why {
                    self.line(&format!("{indent}or else {}", source(why)));
                }
            }
            _ => {}
        }
    }

    fn details(&mut self, preview: &Preview, indent: &str) {
        if let Some(opaque) = &preview.opaque {
            let text = self.paint.warn(&format!("opaque: {opaque}"));
            self.line(&format!("{indent}{text}"));
        }
        for note in &preview.notes {
            let text = self.paint.warn(note);
            self.line(&format!("{indent}{text}"));
        }
        for change in preview.changes.iter().take(CHANGES) {
            if !said(preview, change) {
                self.change(change, indent);
            }
        }
        let more = preview.changes.len().saturating_sub(CHANGES);
        if more > 0 {
            let text = self.paint.dim(&format!("… and {more} more; `--format json` lists all"));
            self.line(&format!("{indent}{text}"));
        }
    }

    fn change(&mut self, change: &Change, indent: &str) {
        match change {
            Change::File { path, what, diff, size } => {
                let mark = match what {
                    FileChange::Create => self.paint.good("+"),
                    FileChange::Delete => self.paint.bad("-"),
                    _ => self.paint.warn("~"),
                };
                let sizes = match size {
                    (Some(before), Some(after)) if before != after => {
                        format!("  {} → {}", show::bytes(*before as f64), show::bytes(*after as f64))
                    }
                    (None, Some(size)) | (Some(size), None) => format!("  {}", show::bytes(*size as f64)),
                    _ => String::new(),
                };
                self.line(&format!("{indent}{mark} {path}{}", self.paint.dim(&sizes)));
                if let Some(diff) = diff.as_ref().filter(|_| *what != FileChange::Delete) {
                    self.diff(diff, indent);
                }
            }
            Change::Rows { summary, sample } => {
                self.line(&format!("{indent}~ {summary}"));
                for row in sample {
                    let row = self.paint.dim(row);
                    self.line(&format!("{indent}    {row}"));
                }
            }
            Change::Command { argv, cwd } => {
                let command = shlex::try_join(argv.iter().map(String::as_str)).unwrap_or_else(|_| argv.join(" "));
                let place = if cwd.is_empty() || cwd == "." { String::new() } else { format!("   in {cwd}") };
                self.line(&format!("{indent}$ {}{}", one_line(&command), self.paint.dim(&place)));
            }
            Change::Process { summary } | Change::Other { summary } => self.line(&format!("{indent}~ {summary}")),
        }
    }

    fn diff(&mut self, diff: &str, indent: &str) {
        for line in diff.lines().filter(|line| !line.starts_with("---") && !line.starts_with("+++")).take(DIFF_LINES) {
            let line = self.paint.diff(line);
            self.line(&format!("{indent}  {line}"));
        }
        let more = diff.lines().count().saturating_sub(DIFF_LINES + 2);
        if more > 0 {
            let text = self.paint.dim(&format!("… {more} more lines; `--format json` has all"));
            self.line(&format!("{indent}  {text}"));
        }
    }

    /// `always` blocks are no nodes: they run last, whatever happened.
    fn always(&mut self) {
        let policy = &self.plan.policy;
        for phase in policy.phases.iter().filter(|phase| self.plan.phases.iter().any(|name| **name == *phase.name.text))
        {
            let Some(block) = &phase.always else { continue };
            let names: Vec<_> = block
                .items
                .iter()
                .filter_map(|item| match item {
                    Item::Step(step) => Some(&*step.name.text),
                    _ => None,
                })
                .collect();
            self.line(&format!("    always, at the end: {}", names.join(", ")));
        }
    }

    fn times(&mut self) {
        let times = &self.plan.times;
        self.out.push('\n');
        let mut line = format!("worst case {}", length(times.machine));
        if !times.people.is_zero() {
            let _ = write!(line, ", people up to {} beside it", length(times.people));
        }
        if let Some(time) = times.to_mitigation {
            let _ = write!(line, ", {} to mitigation", length(time));
        }
        let _ = write!(line, " · default time limit {}", length(self.plan.policy.defaults.timeout));
        self.line(&line);
        let links: Vec<_> = times.path.iter().filter(|(_, took)| !took.is_zero()).collect();
        if links.len() > 1 {
            let shown: Vec<_> = links.iter().take(12).map(|(key, took)| format!("{key} {}", length(*took))).collect();
            let more = if links.len() > 12 { format!(" + {} more", links.len() - 12) } else { String::new() };
            let text = self.paint.dim(&format!("  {}{more}", shown.join(" + ")));
            self.line(&text);
        }
        for deadline in &times.deadlines {
            let text = format!("  {}: {} of {}", deadline.of, length(deadline.worst), length(deadline.limit));
            let text = if deadline.worst > deadline.limit {
                self.paint.bad(&format!("{text}, too long"))
            } else {
                self.paint.good(&format!("{text}, holds"))
            };
            self.line(&text);
        }
    }

    fn after(&mut self) {
        let (mut exact, mut repeated, mut lost) = (Vec::<&str>::new(), Vec::<&str>::new(), Vec::<&str>::new());
        for node in self.plan.nodes.iter().filter(|node| node.changes) {
            let Work::Step(step) = &node.work else { continue };
            let undoable = |kind: UndoKind| {
                node.calls.iter().any(|call| call.own_undo.is_none() && call.call.signature().undo == kind)
            };
            let own = |way: OwnUndo| node.calls.iter().any(|call| call.own_undo == Some(way));
            match &step.clauses.undo {
                _ if step.clauses.irreversible.is_some() => lost.push(node.key.as_str()),
                Undo::None => lost.push(&node.key),
                Undo::Repeat => repeated.push(&node.key),
                Undo::Block(_) => exact.push(&node.key),
                Undo::Restore if own(OwnUndo::Never) || undoable(UndoKind::None) => lost.push(&node.key),
                Undo::Restore if own(OwnUndo::Repeat) || undoable(UndoKind::Repeat) => repeated.push(&node.key),
                Undo::Restore => exact.push(&node.key),
            }
        }
        let list = |names: &[&str]| {
            let shown: Vec<_> = names.iter().take(12).copied().collect();
            let more = names.len().saturating_sub(12);
            if more > 0 { format!("{} and {more} more", shown.join(", ")) } else { shown.join(", ") }
        };
        if !exact.is_empty() {
            self.line(&format!("undo: `rbk undo last` takes back {}", list(&exact)));
        }
        if !repeated.is_empty() {
            self.line(&format!("      and then runs {} again", list(&repeated)));
        }
        if !lost.is_empty() {
            let text = self.paint.warn(&format!("not undoable: {}", list(&lost)));
            self.line(&text);
        }
    }
}

fn length(time: Duration) -> String {
    show::duration(time.as_nanos() as f64)
}

/// Whether the summary is this command already.
fn said(preview: &Preview, change: &Change) -> bool {
    let Change::Command { argv, cwd } = change else { return false };
    let command = argv.join(" ");
    let quoted = shlex::try_join(argv.iter().map(String::as_str)).unwrap_or_default();
    (cwd.is_empty() || cwd == ".")
        && (preview.summary == format!("run {command}") || preview.summary == format!("run {quoted}"))
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn shortened(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        text.to_owned()
    } else {
        format!("{}…", text.chars().take(most.max(8)).collect::<String>())
    }
}
