//! A node of a plan as text: what it is, what it would change and find, what it waits for, what happens if it fails.

use crate::catalogue::show;
use crate::catalogue::unit::{Change, FileChange, Preview};
use crate::check::model::{CheckKind, Verify};
use crate::plan::graph::Graph;
use crate::plan::model::{Asked, Expectation, Node, Now, Shown, Told, Work};

use super::edges;
use super::page::{Style, Text, length, plain, typically};
use super::paint::Paint;

/// Where what belongs to a node stands.
const INDENT: usize = 6;

/// How much is told of a node.
struct Most {
    /// Lines of a diff; `--format json` has all of it.
    diff: usize,
    /// Changes of a call.
    changes: usize,
}

pub(super) fn tell(text: &mut Text<'_>, node: &Node, graph: &Graph<'_>, widest: usize) {
    let key = format!("{:<widest$}", node.key);
    let mark = format!("{:>3} {}  ", node.id.0 + 1, text.paint.bold(&key));
    let columns = 4.max(digits(node.id.0 + 1) + 1) + key.chars().count() + 2;
    let summary = summary(text, node);
    match &node.title {
        Some(title) => {
            text.say(0, (&mark, columns), title, plain);
            text.tell(INDENT, &summary, plain);
        }
        None => text.say(0, (&mark, columns), &summary, plain),
    }
    let many = node.previews.len() > 1;
    for preview in &node.previews {
        if many {
            text.tell(INDENT, &preview.preview.summary, plain);
        }
        details(text, &preview.preview, if many { INDENT + 2 } else { INDENT });
    }
    for one in &node.shown {
        shown(text, one);
    }
    if let Work::Require(require) = &node.work
        && let Some(why) = &require.why
    {
        let why = one_line(text.plan.policy.sources.get(why.place.file).slice(why.place.span));
        text.tell(INDENT, &format!("or else {why}"), plain);
    }
    for one in &node.expectations {
        if !text.brief || !good(one) {
            expectation(text, one);
        }
    }
    for (name, after) in &node.known_after {
        text.tell(INDENT, &format!("`{name}` is known after `{after}`"), Paint::warn);
    }
    let says_so = |note: &String| note.starts_with("waits for a person");
    if !node.people.is_zero() && !node.previews.iter().flat_map(|one| &one.preview.notes).any(says_so) {
        let role = match &node.work {
            Work::Step(step) => step.clauses.approve_by.as_ref().map(|role| &*role.text),
            _ => None,
        };
        let whom = role.map_or_else(|| "a person".to_owned(), |role| format!("the approval of `{role}`"));
        text.tell(INDENT, &format!("waits for {whom} up to {}", length(node.people)), Paint::warn);
    }
    for line in edges::of(text.plan, graph, node.id) {
        text.tell(INDENT, &line, Paint::dim);
    }
    if let Some((took, runs)) = text.plan.typical.as_ref().and_then(|typical| typical.nodes.get(&node.key)) {
        let line = format!("takes up to {}, typically {}", length(node.worst), typically(*took, *runs));
        text.tell(INDENT, &line, Paint::dim);
    }
    if node.mitigates {
        text.tell(INDENT, "mitigated here", Paint::good);
    }
    text.tell(INDENT, &format!("if it fails: {}", node.if_it_fails), Paint::dim);
}

fn digits(number: u32) -> usize {
    number.to_string().len()
}

fn summary(text: &Text<'_>, node: &Node) -> String {
    let source = |place: crate::source::Place| one_line(text.plan.policy.sources.get(place.file).slice(place.span));
    match &node.work {
        Work::Step(_) => match node.previews.as_slice() {
            [] => "changes nothing".to_owned(),
            [one] => one.preview.summary.clone(),
            many => format!("{} calls, in this order:", many.len()),
        },
        Work::Verify(verify, used) => {
            let within = used.within.or(verify.within).unwrap_or(Verify::WITHIN);
            let shoulds = verify.checks.iter().filter(|check| check.kind == CheckKind::Should).count();
            let count = verify.checks.len() - shoulds;
            let hold = used.hold.or(verify.hold);
            let hold = hold.map_or_else(String::new, |hold| format!(", for {}", length(hold)));
            let what = if count == 1 { "expectation" } else { "expectations" };
            let and = if shoulds > 0 { format!(" and {shoulds} `should`") } else { String::new() };
            format!("{count} {what}{and} within {}{hold}{}", length(within), tally(&node.expectations))
        }
        Work::Require(require) => format!("require {}", source(require.condition.place)),
        Work::Bind(id) => format!("binds `{}`", text.plan.policy.bindings[id.0 as usize].name.text),
        Work::Observe(observe) => format!("samples {}", source(observe.probe.place)),
        Work::Dynamic(_) => "known when it runs: one after the other".to_owned(),
    }
}

/// ` · now: 4 hold, 1 does not`
fn tally(expectations: &[Expectation]) -> String {
    if expectations.is_empty() {
        return String::new();
    }
    let told = |wanted: fn(&Now) -> bool| expectations.iter().filter(|one| wanted(&one.now)).count();
    let unknown = told(|now| matches!(now, Now::Unknown { .. }));
    let holds = expectations.iter().filter(|one| good(one)).count();
    let not = expectations.len() - unknown - holds;
    let mut parts = Vec::new();
    if holds > 0 {
        parts.push(format!("{holds} hold{}", if holds == 1 { "s" } else { "" }));
    }
    if not > 0 {
        parts.push(format!("{not} do{} not", if not == 1 { "es" } else { "" }));
    }
    if unknown > 0 {
        parts.push(format!("{unknown} not evaluated"));
    }
    format!(" · now: {}", parts.join(", "))
}

/// Whether the answer is the one that is wanted.
fn good(one: &Expectation) -> bool {
    match one.now {
        Now::Holds { .. } => one.asked != Asked::FailWhen,
        Now::Not { .. } => one.asked == Asked::FailWhen,
        Now::Unknown { .. } => false,
    }
}

fn expectation(text: &mut Text<'_>, one: &Expectation) {
    let word = match one.asked {
        Asked::Expect => "expect",
        Asked::Should => "should",
        Asked::FailWhen => "fail when",
        Asked::DoneWhen => "done when",
        Asked::Done => "done:",
        Asked::Until => "until",
    };
    // A step that is not done yet is nothing bad: that is why it runs.
    let is_goal = matches!(one.asked, Asked::DoneWhen | Asked::Done | Asked::Until);
    let (mark, style): (&str, Style) = match (&one.now, good(one)) {
        (Now::Unknown { .. }, _) => ("? ", Paint::warn),
        (_, true) => ("✓ ", Paint::good),
        (_, false) if is_goal => ("· ", Paint::info),
        (_, false) => ("✗ ", Paint::bad),
    };
    let now = match &one.now {
        Now::Unknown { why } => format!(" (not evaluated: {why})"),
        Now::Holds { .. } if one.asked == Asked::DoneWhen => " (holds now: the step would be left out)".to_owned(),
        Now::Holds { values } | Now::Not { values } if !good(one) || is_goal => {
            format!(" (now {})", values_of(&one.text, values, matches!(one.now, Now::Holds { .. })))
        }
        // Else the mark would seem to stand beside what has failed.
        Now::Not { .. } if one.asked == Asked::FailWhen => " (not so now)".to_owned(),
        _ => String::new(),
    };
    let why = match &one.why {
        Some(why) if !good(one) => format!(": {why}"),
        _ => String::new(),
    };
    let mark = style(text.paint, mark);
    text.say(INDENT, (&mark, 2), &format!("{word} {}{now}{why}", one.text), plain);
}

/// The values that led to an answer. What the condition begins with need not be told twice.
fn values_of(condition: &str, values: &[(String, String)], truth: bool) -> String {
    match values {
        [] => truth.to_string(),
        [(of, is)] if condition.starts_with(of.as_str()) => is.clone(),
        many => many.iter().map(|(of, is)| format!("{of} is {is}")).collect::<Vec<_>>().join(", "),
    }
}

fn details(text: &mut Text<'_>, preview: &Preview, indent: usize) {
    let most = if text.brief { Most { diff: 4, changes: 2 } } else { Most { diff: 60, changes: 20 } };
    if let Some(opaque) = &preview.opaque {
        text.tell(indent, &format!("opaque: {opaque}"), Paint::warn);
    }
    for note in &preview.notes {
        text.tell(indent, note, Paint::warn);
    }
    for one in preview.changes.iter().take(most.changes) {
        if !said(preview, one) {
            change(text, one, indent, &most);
        }
    }
    let more = preview.changes.len().saturating_sub(most.changes);
    if more > 0 {
        text.tell(indent, &format!("… and {more} more; `--format json` lists all"), Paint::dim);
    }
}

/// What a `preview` told, as it told it: its lines are not broken.
fn shown(text: &mut Text<'_>, shown: &Shown) {
    let most = if text.brief { 4 } else { usize::MAX };
    let (lines, more) = match &shown.told {
        Told::Said { lines, more } => {
            let end = if lines.is_empty() { " says nothing" } else { ":" };
            text.tell(INDENT, &format!("preview {}{end}", shown.call), plain);
            (lines, *more)
        }
        Told::Failed { why, lines } => {
            text.tell(INDENT, &format!("preview {} failed, which does not keep a run: {why}", shown.call), Paint::warn);
            (lines, 0)
        }
        Told::NotAsked => {
            let line =
                format!("preview {} runs a command: `rbk plan --probe` runs it and shows what it says", shown.call);
            return text.tell(INDENT, &line, Paint::warn);
        }
    };
    for line in lines.iter().take(most) {
        text.line(&format!("{}{line}", " ".repeat(INDENT + 2)));
    }
    let more = more + lines.len().saturating_sub(most);
    if more > 0 {
        text.tell(INDENT + 2, &format!("… {more} more lines"), Paint::dim);
    }
}

fn change(text: &mut Text<'_>, change: &Change, indent: usize, most: &Most) {
    match change {
        Change::File { path, what, diff: changed, size } => {
            let mark = match what {
                FileChange::Create => text.paint.good("+"),
                FileChange::Delete => text.paint.bad("-"),
                _ => text.paint.warn("~"),
            };
            let sizes = match size {
                (Some(before), Some(after)) if before != after => {
                    format!("  {} → {}", show::bytes(*before as f64), show::bytes(*after as f64))
                }
                (None, Some(size)) | (Some(size), None) => format!("  {}", show::bytes(*size as f64)),
                _ => String::new(),
            };
            text.say(indent, (&format!("{mark} "), 2), &format!("{path}{sizes}"), plain);
            if let Some(changed) = changed.as_ref().filter(|_| *what != FileChange::Delete) {
                diff(text, changed, indent + 2, most.diff);
            }
        }
        Change::Rows { summary, sample } => {
            text.say(indent, ("~ ", 2), summary, plain);
            for row in sample {
                text.tell(indent + 4, row, Paint::dim);
            }
        }
        Change::Command { argv, cwd } => {
            let command = shlex::try_join(argv.iter().map(String::as_str)).unwrap_or_else(|_| argv.join(" "));
            let place = if cwd.is_empty() || cwd == "." { "the root" } else { cwd };
            text.say(indent, ("$ ", 2), &format!("{}   in {place}", one_line(&command)), plain);
        }
        Change::Process { summary } | Change::Other { summary } => text.say(indent, ("~ ", 2), summary, plain),
    }
}

/// Lines of a diff are never broken: their first column and their indentation mean something.
fn diff(text: &mut Text<'_>, diff: &str, indent: usize, most: usize) {
    for line in diff.lines().filter(|line| !line.starts_with("---") && !line.starts_with("+++")).take(most) {
        let line = text.paint.diff(line);
        text.line(&format!("{}{line}", " ".repeat(indent)));
    }
    let more = diff.lines().count().saturating_sub(most + 2);
    if more > 0 {
        text.tell(indent, &format!("… {more} more lines; `--format json` has all"), Paint::dim);
    }
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
