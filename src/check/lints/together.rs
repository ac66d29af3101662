//! W6074: phases that run together and write the same file, each something else.

use std::collections::HashMap;
use std::sync::Arc;

use crate::catalogue::effect::{Kind, Resource};
use crate::check::cases::whole_runs;
use crate::check::effects::shown;
use crate::check::model::{Call, Policy};
use crate::diagnostics::{Code, Diagnostic};
use crate::source::Place;

use super::advice::Advice;

/// Calls that leave a file as they say, whatever it was: of two of them one was for nothing.
const WHOLE: &[&str] = &["file.write", "file.copy", "file.move", "file.link", "file.remove"];

/// A call that surely writes a file.
struct Write {
    file: Resource,
    call: Arc<Call>,
}

pub fn lint(policy: &Arc<Policy>, advice: &mut Advice<'_>) {
    let mut writes: HashMap<(String, Option<String>), Vec<Write>> = HashMap::new();
    for (first, second, place, how) in pairs(policy) {
        for key in [&first, &second] {
            if !writes.contains_key(key) {
                writes.insert(key.clone(), of_phase(policy, key));
            }
        }
        let conflict = writes[&first].iter().find_map(|one| {
            let other = writes[&second].iter().find(|other| is_other(one, other, advice))?;
            Some((one, other))
        });
        if let Some((one, other)) = conflict {
            let message = format!("`{}` and `{}` run together and both write {}", first.0, second.0, shown(&one.file));
            advice.push(
                Diagnostic::new(Code::PhasesOverwrite, place, message)
                    .label(how)
                    .also(one.call.place, format!("`{}` writes it here", first.0))
                    .also(other.call.place, format!("`{}` here, something else", second.0))
                    .help("let one of them write it, or let them not run together"),
            );
        }
    }
}

/// A phase, and which of its scenarios.
type Key = (String, Option<String>);

/// Phases of which a run of one is a run of both, the place that says so, and how.
fn pairs(policy: &Policy) -> Vec<(Key, Key, Place, String)> {
    let mut pairs = Vec::new();
    for phase in &policy.phases {
        let own = (phase.name.text.to_string(), None);
        for other in &phase.depends_on {
            let how = format!("rolled back with `{}`, as it depends on it", other.text);
            pairs.push((own.clone(), (other.text.to_string(), None), phase.name.place, how));
        }
        for other in &phase.includes {
            let how = format!("it includes `{}`", other.text);
            pairs.push((own.clone(), (other.text.to_string(), None), phase.name.place, how));
        }
    }
    for trigger in &policy.watching.triggers {
        let key = |at: usize| {
            let start = &trigger.starts[at];
            (start.phase.text.to_string(), start.scenario.as_ref().map(|name| name.text.to_string()))
        };
        for second in 1..trigger.starts.len() {
            for first in 0..second {
                let how = format!("trigger `{}` starts both", trigger.name.text);
                pairs.push((key(first), key(second), trigger.starts[second].phase.place, how));
            }
        }
    }
    pairs
}

/// What the steps of a phase itself surely write.
fn of_phase(policy: &Arc<Policy>, (phase, scenario): &Key) -> Vec<Write> {
    let mut found: Vec<Write> = Vec::new();
    for (selection, expansion, _) in whole_runs(policy, phase) {
        let meant = scenario.is_none() || selection.scenario == *scenario;
        if !meant {
            continue;
        }
        for node in expansion.nodes.iter().filter(|node| *node.phase == **phase) {
            for call in node.calls.iter().filter(|call| call.certain && WHOLE.contains(&call.call.signature().name)) {
                let files = call.effects.writes.iter().filter(|written| written.kind == Kind::File);
                let known = files.filter(|written| !written.name.contains('*'));
                found.extend(known.map(|file| Write { file: file.clone(), call: Arc::clone(&call.call) }));
            }
        }
    }
    found
}

fn is_other(one: &Write, other: &Write, advice: &Advice<'_>) -> bool {
    let removes = |write: &Write| write.call.signature().name == "file.remove";
    one.file == other.file
        && !(removes(one) && removes(other))
        && one.call.place != other.call.place
        && advice.text(one.call.place) != advice.text(other.call.place)
}
