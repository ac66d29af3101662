//! What an undo verifies at its end: that what was restored is what was captured, and what the policy's verifications
//! say of the state that it went back to.

use std::collections::{HashMap, HashSet};
use std::time::{Duration, Instant};

use super::compare::{above, lies_in};
use super::database::database;
use super::names::{COMMIT, Names, Once, lasts};
use super::plan::UndoPlan;
use super::trail::Called;
use super::verification::Verification;
use super::walk::How;
use crate::catalogue::error::{Error, ErrorKind, Result};
use crate::catalogue::signature::UndoKind;
use crate::catalogue::snapshot::{NodeState, PathState, tops};
use crate::catalogue::unit::{Catalogue, Fingerprint};
use crate::check::model::Verify;
use crate::run::dispatcher::graph::Fail;
use crate::run::event::{Event, NodeOutcome};
use crate::run::executor::Executor;

/// The longest that one look may take where nothing has to hold.
const LOOK: Duration = Duration::from_secs(5);

/// Whether what was restored is what was there before the run.
pub(super) fn is_as_before(plan: &UndoPlan, exec: &Executor, catalogue: &Catalogue) -> Result<()> {
    let mut differ = Vec::new();
    let whole = captured(plan, exec, catalogue, &mut differ)?;
    let last_block = plan.steps.iter().rposition(|step| matches!(step.how, How::Block(..) | How::GroupBlock(..)));
    let databases = plan.trail.calls.iter().map(|called| database(called.before.as_ref()?));
    let databases: Vec<Option<String>> = databases.collect();
    let (mut seen, mut rows_of): (HashSet<&str>, HashSet<&str>) = (HashSet::new(), HashSet::new());
    // What was changed through another name was so before the call that used this one.
    let (mut names, mut earlier) = (Names::default(), None::<&Fingerprint>);
    let (once, mut files) = (Once::of(&plan.trail.calls), HashSet::new());
    // Databases that were in use: their rows go back, not their bytes, so that the file is another one.
    let in_use = plan.trail.calls.iter().filter(|called| called.capture.states().is_empty());
    let rows: HashSet<String> = in_use.filter_map(|called| database(called.before.as_ref()?)).collect();
    let look = exec.calm();
    for (called, database) in plan.trail.calls.iter().zip(&databases) {
        let (Some(before), Some((action, args))) = (&called.before, called.unit(catalogue)) else { continue };
        // Of a database whose file an earlier call wrote, that one knows what was there before.
        let replaced = database.as_deref().is_some_and(|file| lies_in(file, |at| seen.contains(at)));
        let known = |part: &str| {
            replaced && part.starts_with("db:") || lies_in(part, |at| seen.contains(at) || rows_of.contains(at))
        };
        let new = |part: &&str| !known(part);
        let first: Vec<&str> = before.parts.keys().map(String::as_str).filter(new).collect();
        seen.extend(before.parts.keys().map(String::as_str));
        // A folder that it made, and what a later call met in it, was not there before.
        let made = called.capture.states().iter().filter(|state| state.node == NodeState::NoParent);
        seen.extend(made.map(|state| state.path.as_str()));
        // A database tells tables; what a later call met is the file with what this one wrote into it.
        rows_of.extend(database.as_deref());
        if let Some(earlier) = earlier.replace(before) {
            names.add(earlier.parts.keys().map(String::as_str));
            files.extend(earlier.parts.keys().map(|part| once.file(part)));
        }
        let restored = plan.steps.iter().rposition(|step| matches!(&step.how, How::Restore(c) if c.seq == called.seq));
        // What a block of the author's did behind it is no difference.
        let restored = restored.is_some_and(|index| last_block.is_none_or(|block| block < index));
        if first.is_empty() || !restored || whole.contains(&called.seq) || action.signature().undo != UndoKind::Exact {
            continue;
        }
        let Ok(Some(now)) = action.fingerprint(&args, &look) else { continue };
        let same_commit = now.parts.get(COMMIT) == before.parts.get(COMMIT);
        let other = |part: &&str| {
            now.parts.get(*part) != before.parts.get(*part) && (same_commit || lasts(part, &called.capture))
        };
        let differing: Vec<&str> = first.into_iter().filter(other).collect();
        differ.extend(
            differing
                .into_iter()
                .filter(|part| !files.contains(once.file(part)) && !names.hold(&look, part) && !rows.contains(*part))
                .map(|part| format!("`{part}`")),
        );
    }
    differ.sort_unstable();
    differ.dedup();
    if differ.is_empty() {
        return Ok(());
    }
    Err(Error::failed(format!("restored, but not as before the run: {}", differ.join(", ")))
        .hint("something else writes there at the same time; look at it before anything else"))
}

/// What is not as its captured state has it, into `differ`; the numbers of the calls whose every path was compared so.
fn captured(plan: &UndoPlan, exec: &Executor, catalogue: &Catalogue, differ: &mut Vec<String>) -> Result<HashSet<u64>> {
    let look = exec.calm();
    let mut calls: Vec<&Called> = Vec::new();
    // Who restored a path last, with all that is below it.
    let mut last: HashMap<&str, usize> = HashMap::new();
    // The same of files, by all of their names.
    let once = Once::of(&plan.trail.calls);
    let mut last_of: HashMap<&str, usize> = HashMap::new();
    // Which folders the calls put back around what they restore, by the last one.
    let mut around: HashMap<&str, usize> = HashMap::new();
    let databases = plan.steps.iter().map(|step| match &step.how {
        How::Restore(called) => called.before.as_ref().and_then(database),
        _ => None,
    });
    let databases: Vec<Option<String>> = databases.collect();
    for (step, database) in plan.steps.iter().zip(&databases) {
        match &step.how {
            How::Restore(called) => {
                last.extend(database.as_deref().map(|path| (path, calls.len())));
                let parts = called.before.iter().flat_map(|before| before.parts.keys()).map(String::as_str);
                let paths = tops(called.capture.states()).map(|state| state.path.as_str());
                // A folder that the call had made goes with it.
                let made = called.capture.states().iter().filter(|state| state.node == NodeState::NoParent);
                let made = made.map(|state| state.path.as_str());
                let parents = called.capture.states().iter().filter(|s| matches!(s.node, NodeState::Parent { .. }));
                around.extend(parents.map(|state| (state.path.as_str(), calls.len())));
                last.extend(parts.chain(paths).chain(made).map(|path| (path, calls.len())));
                let file = |state: &&PathState| matches!(&state.node, NodeState::File { .. });
                let files = called.capture.states().iter().filter(file);
                last_of.extend(files.map(|state| (once.file(&state.path), calls.len())));
                calls.push(called);
            }
            // It may have changed anything that was restored before it.
            How::Block(..) | How::GroupBlock(..) => {
                last.values_mut().chain(last_of.values_mut()).for_each(|index| *index = usize::MAX);
            }
            How::Repeat(..) | How::Again(_) | How::GroupRepeat(..) => {}
        }
    }
    let mut whole = HashSet::new();
    for (index, called) in calls.into_iter().enumerate() {
        let states = called.capture.states();
        // A unit that says by path how it left things restores them as paths; others, such as databases, do not.
        let Some((action, args)) = called.unit(catalogue) else { continue };
        let now = match action.left(&called.capture, &args, &look) {
            Ok(Some(now)) => now,
            Ok(None) => continue,
            // What it names may be elsewhere by now, or not be there yet: a database that was moved, the commit of a tag.
            Err(_) if called.before.as_ref().and_then(database).is_some() => continue,
            Err(_) if called.action.starts_with("git.") => look.digest_of(states)?,
            Err(error) => return Err(error),
        };
        let mut tops = tops(states).peekable();
        if tops.peek().is_none() || !tops.all(|state| now.parts.contains_key(&state.path)) {
            continue;
        }
        whole.insert(called.seq);
        for state in states.iter().filter(|s| !matches!(s.node, NodeState::Parent { .. } | NodeState::NoParent)) {
            let path = state.path.as_str();
            let of_file = last_of.get(once.file(path)).is_none_or(|&last| last <= index);
            let is_last =
                of_file && std::iter::once(path).chain(above(path)).all(|at| last.get(at).is_none_or(|&l| l <= index));
            let Some(found) = now.parts.get(path) else { continue };
            // Nothing was there for this call, and a folder for one that was restored after it.
            if state.node == NodeState::Absent && around.get(path).is_some_and(|&later| later > index) {
                continue;
            }
            // A large folder or file is told in other words, by its size.
            let outlined = found == "a directory" || (found.contains(" of ") && !found.starts_with("link "));
            let same = outlined || *found == state.node.described();
            if is_last && !same {
                differ.push(format!("`{path}`"));
            }
        }
    }
    Ok(whole)
}

/// Evaluates the verifications; an answer is why the undo has failed.
pub(super) fn all(plan: &UndoPlan, exec: &Executor) -> Result<()> {
    let mut failed = Vec::new();
    for verification in &plan.verifications {
        if exec.look.cancel().check().is_err() {
            exec.journal
                .note(Event::Note { node: None, text: "interrupted before everything was verified".to_owned() });
            break;
        }
        if let Some(why) = one(verification, exec)? {
            failed.push(format!("`{}`: {why}", verification.key));
        }
    }
    if failed.is_empty() {
        return Ok(());
    }
    let what = format!("everything is restored, but what held before does not hold again: {}", failed.join("; "));
    Err(Error::failed(what).hint("look at what it names; `rbk undo` verifies once more"))
}

fn one(verification: &Verification, exec: &Executor) -> Result<Option<String>> {
    let node = verification.key.clone();
    let clock = Instant::now();
    exec.journal.commit(vec![Event::NodeStarted { node: node.clone(), attempt: 1 }])?;
    let (outcome, error, note, failed) = if let Some(name) = exec.lacks(&verification.verify) {
        let note = format!("not asked: it needs `{name}`, which only the run knew");
        (NodeOutcome::Skipped, None, Some(note), None)
    } else if verification.must {
        match exec.verify_again(&node, &verification.verify, &verification.place) {
            Ok(false) => (NodeOutcome::Done, None, None, None),
            Ok(true) => (NodeOutcome::Degraded, None, None, None),
            Err(halt) if halt.fail == Fail::Interrupted || halt.error.kind == ErrorKind::Cancelled => {
                (NodeOutcome::Interrupted, Some(halt.error), None, None)
            }
            Err(halt) => {
                let why = halt.error.what.clone();
                (NodeOutcome::Failed, Some(halt.error), None, Some(why))
            }
        }
    } else {
        let limit = verification.place.within.or(verification.verify.within).unwrap_or(Verify::WITHIN).min(LOOK);
        match exec.holds_now(&node, &verification.verify, limit) {
            Ok(wrong) if wrong.is_empty() => (NodeOutcome::Done, None, None, None),
            Ok(wrong) => (NodeOutcome::Warned, None, Some(remark(&wrong.join("; "))), None),
            Err(error) => (NodeOutcome::Warned, None, Some(remark(&error.what)), None),
        }
    };
    if let Some(text) = note {
        exec.journal.note(Event::Note { node: Some(node.clone()), text });
    }
    exec.journal.note(Event::NodeEnded { node, outcome, error, millis: clock.elapsed().as_millis() as u64 });
    Ok(failed)
}

fn remark(why: &str) -> String {
    format!("does not hold now: {why}; it describes the state after the rollback, so the undo stands")
}
