//! What `preview CALL` of a step or action shows: asked for a person who reads the plan, never for a run.
//!
//! A call that runs a command is made only under `--probe`; one of another probe always, as it only looks. What is told
//! is bounded, and secrets are taken out of it before it is cut, so that no half of one is left.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::catalogue::error::ErrorKind;
use crate::catalogue::look::Look;
use crate::catalogue::value::{Record, Value};
use crate::check::expand::{Present, Show, runs_command};

use super::model::{Plan, Shown, Told};

/// What one that is no command may take, and all of those together.
const QUICK: Duration = Duration::from_secs(4);
const ALL: Duration = Duration::from_secs(8);
/// Lines of an answer, and characters of a line.
const LINES: usize = 40;
const WIDE: usize = 300;

/// Asks all of it now, and notes the answers in the plan. `scrub` takes secrets out of a text.
pub fn ask(plan: &mut Plan, look: &Look, scrub: &dyn Fn(String) -> String) {
    let until = Instant::now() + ALL;
    let answers: Vec<Vec<Shown>> = plan
        .nodes
        .iter()
        .map(|node| node.shows.iter().map(|show| shown(plan, show, look, until, scrub)).collect())
        .collect();
    for (node, shown) in plan.nodes.iter_mut().zip(answers) {
        node.shown = shown;
    }
}

fn shown(plan: &Plan, show: &Show, look: &Look, until: Instant, scrub: &dyn Fn(String) -> String) -> Shown {
    let policy = &plan.policy;
    let written = policy.sources.get(show.expr.place.file).slice(show.expr.place.span);
    let call = written.split_whitespace().collect::<Vec<_>>().join(" ");
    let command = runs_command(policy, &show.expr);
    if command && !plan.request.probe {
        return Shown { call, told: Told::NotAsked };
    }
    let limit =
        if command { policy.defaults.timeout } else { QUICK.min(until.saturating_duration_since(Instant::now())) };
    let look = if command { look.allowing_exec() } else { look.clone() };
    let mut present = Present {
        policy: Arc::clone(policy),
        values: Arc::new(show.values.clone()),
        untold: Arc::new(BTreeMap::new()),
        pinning: Arc::new(plan.pinning.clone()),
        look: look.within(limit),
    };
    let told = match present.value(&show.expr) {
        Ok(value) => told(&value, scrub),
        Err(error) if error.kind == ErrorKind::TimedOut => {
            Told::Failed { why: "no answer in the time that a plan has for it".to_owned(), lines: Vec::new() }
        }
        Err(error) => Told::Failed { why: scrub(error.what), lines: Vec::new() },
    };
    Shown { call, told }
}

fn told(value: &Value, scrub: &dyn Fn(String) -> String) -> Told {
    let text = match value {
        Value::Record(record) => match output(record) {
            Some(text) => text,
            None => value.to_string(),
        },
        Value::None => String::new(),
        other => other.as_text().map_or_else(|| other.to_string(), str::to_owned),
    };
    let text = scrub(text);
    let lines: Vec<String> = text.lines().take(LINES).map(line).collect();
    let more = text.lines().count().saturating_sub(LINES);
    match value {
        Value::Record(record) if record.get("ok") == Some(&Value::Bool(false)) => {
            let exit = record.get("exit").map_or_else(String::new, |exit| format!("it ended with exit code {exit}"));
            let why = if exit.is_empty() { "its answer is not ok".to_owned() } else { exit };
            Told::Failed { why, lines }
        }
        _ => Told::Said { lines, more },
    }
}

/// What a command wrote.
fn output(record: &Record) -> Option<String> {
    let text = |field: &str| record.get(field)?.as_text().map(str::to_owned);
    let (out, err) = (text("stdout")?, text("stderr").unwrap_or_default());
    Some(if out.is_empty() || err.is_empty() { out + &err } else { format!("{out}\n{err}") })
}

/// A line as a terminal may be given it: nothing that moves its cursor.
fn line(text: &str) -> String {
    let plain = |char: char| {
        if char == '\t' {
            ' '
        } else if char.is_control() {
            '·'
        } else {
            char
        }
    };
    let mut line: String = text.chars().take(WIDE).map(plain).collect();
    if text.chars().nth(WIDE).is_some() {
        line.push('…');
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_bounded_and_cannot_steer_a_terminal() {
        let text = format!("a\x1b[2Jb\n{}\n{}", "x".repeat(1000), "y\n".repeat(100));
        let Told::Said { lines, more } = told(&Value::str(text), &|text| text) else { panic!() };
        assert_eq!(lines[0], "a·[2Jb");
        assert_eq!(lines[1].chars().count(), WIDE + 1);
        assert_eq!((lines.len(), more), (LINES, 62));
    }

    #[test]
    fn secrets_are_taken_out_before_a_line_is_cut() {
        let text = format!("{}SECRET", "x".repeat(WIDE - 3));
        let Told::Said { lines, .. } = told(&Value::str(text), &|text| text.replace("SECRET", "*")) else { panic!() };
        assert!(!lines[0].contains("SEC"), "{lines:?}");
    }
}
