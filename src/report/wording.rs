//! How events read in one line; shared by every reader, so that they say the same.

use std::fmt::Write;

use crate::catalogue::error::Error;
use crate::catalogue::show;
use crate::plan::model::Target;
use crate::run::event::{Event, NodeOutcome, Outcome};

/// A sign that reads at a glance; the word beside it says the same.
pub const fn mark(outcome: NodeOutcome) -> &'static str {
    match outcome {
        NodeOutcome::Done | NodeOutcome::Already => "✓",
        NodeOutcome::Degraded | NodeOutcome::Warned => "!",
        NodeOutcome::Skipped => "·",
        NodeOutcome::TakenBack => "↺",
        NodeOutcome::Unknown => "?",
        NodeOutcome::Failed
        | NodeOutcome::Refused
        | NodeOutcome::Declined
        | NodeOutcome::Inconclusive
        | NodeOutcome::Interrupted => "✗",
    }
}

pub const fn run_mark(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Done => "✓",
        Outcome::Degraded | Outcome::Warned => "!",
        _ => "✗",
    }
}

/// Milliseconds as `12ms`, `3.4s`, `2m10s`.
pub fn millis(count: u64) -> String {
    show::duration(count as f64 * 1e6)
}

/// The error, and behind it what to do.
pub fn error(error: &Error) -> Vec<String> {
    let mut lines: Vec<String> = error.what.lines().map(str::to_owned).collect();
    lines.extend(error.hint.as_ref().map(|hint| format!("→ {hint}")));
    lines
}

/// `production · /srv/app on web1 as deploy · operator ana (unverified)`
pub fn target(target: &Target) -> String {
    let mut text = String::new();
    if let Some(environment) = &target.environment {
        let _ = write!(text, "environment {environment} · ");
    }
    text.push_str(&target.root);
    if !target.host.is_empty() {
        let _ = write!(text, " on {}", target.host);
    }
    if !target.user.is_empty() {
        let _ = write!(text, " as {}", target.user);
    }
    if let Some(operator) = &target.operator {
        let _ = write!(text, " · operator {operator} (unverified)");
    }
    text
}

/// One line for what is worth one outside a node's beginning and end; the node it belongs to, and the text.
pub fn news(event: &Event) -> Option<(Option<&str>, String)> {
    Some(match event {
        Event::Retrying { node, attempt, error, pause_ms, captured, ran, .. } => {
            let restored = match (captured, ran) {
                (true, _) => ", what was captured of it is restored",
                (false, true) => ", what a command changed stays",
                (false, false) => "",
            };
            let pause = if *pause_ms == 0 { String::new() } else { format!(" in {}", millis(*pause_ms)) };
            (Some(node), format!("attempt {attempt}{pause}{restored}: {}", error.what))
        }
        Event::Round { node, round, holds, of, detail } if !detail.is_empty() => {
            (Some(node), format!("round {round}: {holds} of {of} hold: {}", detail.join("; ")))
        }
        Event::Bound { node, name, value, .. } => (Some(node), format!("{name} = {value}")),
        Event::Sampled { name, when, value } if when != "during" => (None, format!("{name} {when}: {value}")),
        Event::TakingBack { node, why } => (Some(node), format!("is to be taken back: {why}")),
        Event::TakenBack { node, error: Some(error) } => {
            (Some(node), format!("could not be taken back: {}", error.what))
        }
        Event::TakenBack { node, error: None } => (Some(node), "taken back".to_owned()),
        Event::NotUndone { node, title, why } => {
            (None, format!("left as it is: `{}`, {why}", title.as_ref().unwrap_or(node)))
        }
        Event::DeadlineMissed { promise, limit_ms, took_ms, .. } => {
            (None, format!("deadline missed: {promise} took {} of {}", millis(*took_ms), millis(*limit_ms)))
        }
        Event::Stopping { why, urgency } => match urgency.as_str() {
            "kill" => (None, format!("{why}: ending what runs; once more leaves at once")),
            _ => (None, format!("{why}: nothing new starts, what runs may finish")),
        },
        Event::Note { node, text } => (node.as_deref(), text.clone()),
        _ => return None,
    })
}
