//! A run from its first record to its last.

use std::sync::Arc;
use std::time::Instant;

use super::event::{Event, NodeInfo, NodeOutcome, Outcome, RunKind};
use super::executor::{Executor, Missed, Sampler};
use super::frozen::Frozen;
use super::journal::Journal;
use super::promises;
use super::reporter::{Feed, Reporter};
use super::secrets::Secrets;
use super::shell::{Over, Shell};
use super::signals::Signals;
use super::undo::left::LeftAsIs;
use super::undo::{Standing, standing};
use crate::catalogue::cancel::Cancel;
use crate::catalogue::error::{Error, Result};
use crate::catalogue::keep::Keep;
use crate::catalogue::look::Look;
use crate::catalogue::shelf::Taker;
use crate::catalogue::unit::Catalogue;
use crate::plan::model::{Node, Plan, Target, Work};
use crate::store::lock::Lock;
use crate::store::shelf::Shelved;
use crate::store::{Head, RunNo, Store};

/// What a run or an undo happens in.
pub struct Setting {
    /// Its journal and captured content.
    pub store: Arc<dyn Store>,
    /// The lock of the root, held until the run has ended. Taken by the caller, so that what it checks before (drift)
    /// stands under it too.
    pub lock: Lock,
    /// The world.
    pub look: Look,
    /// The units.
    pub catalogue: Arc<Catalogue>,
    /// Who hears of it.
    pub reporters: Vec<Box<dyn Reporter>>,
    /// Whether SIGINT, SIGTERM and SIGHUP are taken as requests to end; not so in tests.
    pub signals: bool,
    /// What was agreed before it began, for the record.
    pub said: Vec<String>,
    /// What must not be told; that of the policy is added.
    pub secrets: Secrets,
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Ended {
    /// Its id.
    pub run: String,
    pub outcome: Outcome,
    /// What was done, what was not, and why.
    pub summary: String,
    /// The next command.
    pub next: Option<String>,
    /// The failure that ended it.
    pub error: Option<Error>,
    /// Why its end is not in the journal, where that was not known before: nothing that it told says so.
    pub unrecorded: Option<Error>,
    /// Whether an event has told of it, and so those who read them.
    pub told: bool,
}

/// Runs a plan to its end. It is refused (an error, nothing changed) when it ran already or the journal cannot be
/// begun; everything after that is an outcome.
pub fn run(plan: Plan, setting: Setting) -> Result<Ended> {
    go(plan, setting, RunKind::Run)
}

/// As [`run`], for a plan of verifications alone, in a store that is thrown away: nothing in what it says refers to it.
pub fn verify(plan: Plan, setting: Setting) -> Result<Ended> {
    go(plan, setting, RunKind::Verify)
}

fn go(plan: Plan, setting: Setting, kind: RunKind) -> Result<Ended> {
    let clock = Instant::now();
    let plan = Arc::new(plan);
    let id = plan.run_id().to_string();
    // Who only verifies captures nothing.
    let keep = match kind {
        RunKind::Verify => setting.store.keep(),
        _ => super::sealed::keep(&*setting.store, Some(&plan.policy))?,
    };
    let started = jiff::Timestamp::now();
    let secrets = setting.secrets.clone();
    secrets.load(&plan.policy, &setting.look);
    let frozen = Frozen::of(&plan);
    let mut kept = frozen.clone().without(&secrets);
    if kind == RunKind::Run {
        kept.secrets = super::frozen::digests(&plan.policy, &setting.look, &*keep);
    }
    let no = setting.store.begin(Head {
        id: id.clone(),
        kind: "run".to_owned(),
        policy: frozen.policy.clone(),
        of: None,
        started,
        frozen: kept.json(),
    })?;
    let feed = Feed::start(setting.reporters);
    let journal = Arc::new(Journal::new(Arc::clone(&setting.store), no, id.clone(), secrets.clone(), feed));
    let cancel = Cancel::new();
    let look = match kind {
        // Its store is thrown away: snapshots are those that were there before.
        RunKind::Verify => setting.look.clone(),
        _ => shelved(&setting.look, &setting.store, &keep, &plan.target, &id),
    };
    let jobs = jobs(&plan);
    let exec = Arc::new(Executor::new(
        Arc::clone(&plan.policy),
        Arc::new(frozen.facts(&id, started)),
        &look.with_cancel(cancel.clone()),
        keep,
        Arc::clone(&journal),
        secrets,
        plan.values.clone(),
        jobs,
        Some(&plan),
    ));
    let mut first = vec![Event::RunStarted {
        kind,
        policy: frozen.policy,
        phases: plan.phases.clone(),
        target: plan.target.clone(),
        nodes: infos(&plan),
        of: None,
    }];
    first.extend(setting.said.into_iter().map(|text| Event::Note { node: None, text }));
    let begun = journal.commit(first);
    let mut over = match begun {
        Ok(_) => {
            let shell = Shell::new(
                Arc::clone(&plan),
                Arc::clone(&exec),
                Arc::clone(&setting.store),
                Arc::clone(&setting.catalogue),
                cancel,
                jobs,
            );
            let over = attend(&shell, &exec, setting.signals);
            drop(shell);
            over?
        }
        Err(error) => Over {
            outcome: Outcome::Failed,
            errors: Vec::new(),
            outcomes: vec![Some(NodeOutcome::Skipped); plan.nodes.len()],
            journal_lost: Some(error),
            spans: vec![None; plan.nodes.len()],
            always: Vec::new(),
        },
    };
    exec.note_what_is_left();
    let mut missed = exec.missed();
    if kind == RunKind::Run {
        for promise in promises::missed(&plan, &over, clock.elapsed()) {
            journal.note(promise.event(None));
            missed.push(promise);
        }
    }
    let (summary, next) = if kind == RunKind::Verify {
        over.outcome = answered(&over);
        (verdict(&plan, &over), None)
    } else {
        let stands = what_stands(&*setting.store, &setting.catalogue, no, &exec, &over);
        story(&plan, &over, &id, &stands, &missed)
    };
    let end = Event::RunEnded {
        outcome: over.outcome,
        millis: clock.elapsed().as_millis() as u64,
        summary: summary.clone(),
        next: next.clone(),
    };
    let durable = journal.end(end, over.outcome);
    drop(setting.lock);
    let unrecorded = durable.err().filter(|_| over.journal_lost.is_none());
    let told = over.journal_lost.is_none();
    let error = over.journal_lost.or_else(|| over.errors.into_iter().next().map(|(_, error)| error));
    Ok(Ended { run: id, outcome: over.outcome, summary, next, error, unrecorded, told })
}

/// The world with the snapshots of its root, which what is done as `run` may take and remove.
pub(super) fn shelved(look: &Look, store: &Arc<dyn Store>, keep: &Arc<dyn Keep>, target: &Target, run: &str) -> Look {
    let by = target.operator.clone().unwrap_or_else(|| target.user.clone());
    let taker = Taker { by, run: run.to_owned() };
    look.with_shelf(Arc::new(Shelved::new(Arc::clone(store), Arc::clone(keep), look.root(), taker)))
}

fn attend(shell: &Arc<Shell>, exec: &Arc<Executor>, signals: bool) -> Result<Over> {
    let watched = Arc::downgrade(shell);
    let signals = signals.then(|| {
        Signals::watch(move |signal, urgency| {
            if let Some(shell) = watched.upgrade() {
                shell.interrupt(signal, urgency);
            }
        })
    });
    let signals = signals.transpose()?;
    let observes = shell.plan.nodes.iter().any(|node| matches!(node.work, Work::Observe(_)));
    let sampler = observes.then(|| Sampler::start(Arc::clone(exec)));
    let over = shell.run();
    drop(sampler);
    if observes && over.journal_lost.is_none() {
        exec.sample_observed("after");
    }
    drop(signals);
    Ok(over)
}

/// How many may run at once: what was asked for, else one for each processor.
fn jobs(plan: &Plan) -> usize {
    match plan.request.jobs {
        0 => std::thread::available_parallelism().map_or(2, std::num::NonZero::get),
        asked => asked,
    }
}

fn infos(plan: &Plan) -> Vec<NodeInfo> {
    let mut after = vec![Vec::new(); plan.nodes.len()];
    for edge in &plan.edges {
        after[edge.to.0 as usize].push(plan.nodes[edge.from.0 as usize].key.clone());
    }
    let critical = |node: &Node| plan.times.path.iter().any(|(key, _)| *key == node.key);
    let info = |(node, after): (&Node, Vec<String>)| NodeInfo {
        key: node.key.clone(),
        title: node.title.clone(),
        kind: node.work.kind().to_owned(),
        after,
        critical: critical(node),
    };
    plan.nodes.iter().zip(after).map(info).collect()
}

/// How verifications ended that were all asked, whatever the others said.
fn answered(over: &Over) -> Outcome {
    let any = |wanted: NodeOutcome| over.outcomes.iter().flatten().any(|outcome| *outcome == wanted);
    match over.outcome {
        Outcome::Partial if any(NodeOutcome::Inconclusive) && !any(NodeOutcome::Failed) => Outcome::Inconclusive,
        Outcome::Partial => Outcome::Failed,
        other => other,
    }
}

/// Which verifications hold.
fn verdict(plan: &Plan, over: &Over) -> String {
    let keys = |wanted: fn(NodeOutcome) -> bool| -> String {
        let nodes = plan.nodes.iter().zip(&over.outcomes);
        let keys: Vec<&str> = nodes.filter(|(_, o)| o.is_some_and(wanted)).map(|(node, _)| node.key.as_str()).collect();
        keys.join(", ")
    };
    let told = [
        ("holds", keys(NodeOutcome::good)),
        ("does not hold", keys(|o| o == NodeOutcome::Failed)),
        ("cannot be told", keys(|o| matches!(o, NodeOutcome::Inconclusive | NodeOutcome::Unknown))),
        ("not asked", keys(|o| matches!(o, NodeOutcome::Skipped | NodeOutcome::Interrupted))),
    ];
    let mut parts: Vec<String> =
        told.into_iter().filter(|(_, keys)| !keys.is_empty()).map(|(word, keys)| format!("{word}: {keys}")).collect();
    if over.outcome == Outcome::Degraded {
        parts.insert(0, over.outcome.meaning().to_owned());
    }
    if let Some(error) = &over.journal_lost {
        parts.push(format!("stopped, because {}", error.what));
    }
    parts.join("; ")
}

/// What an undo would still have to do; where that cannot be told, it is looked at then.
fn what_stands(store: &dyn Store, catalogue: &Catalogue, no: RunNo, exec: &Executor, over: &Over) -> Standing {
    let unsure = Standing { undoable: true, left: Vec::new() };
    // Of what ended well nobody asks, and a lost journal tells nothing.
    if matches!(over.outcome, Outcome::Done | Outcome::Degraded | Outcome::Warned) || over.journal_lost.is_some() {
        return unsure;
    }
    let written = exec.journal.commit(vec![]);
    let read = |_| standing(store, no, exec.journal.run(), &exec.map(), catalogue);
    written.and_then(read).unwrap_or(unsure)
}

/// What was done, what was not, and the next command.
fn story(plan: &Plan, over: &Over, id: &str, stands: &Standing, missed: &[Missed]) -> (String, Option<String>) {
    let keys = |wanted: fn(NodeOutcome) -> bool| -> Vec<&str> {
        let nodes = plan.nodes.iter().zip(&over.outcomes);
        nodes.filter(|(_, o)| o.is_some_and(wanted)).map(|(node, _)| node.key.as_str()).collect()
    };
    let some = |keys: &[&str]| -> String {
        const SHOWN: usize = 8;
        let rest = keys.len().saturating_sub(SHOWN);
        let more = if rest == 0 { String::new() } else { format!(" and {rest} more") };
        format!("{}{more}", keys[..keys.len().min(SHOWN)].join(", "))
    };
    let mut parts = vec![over.outcome.meaning().to_owned()];
    if let Some(error) = &over.journal_lost {
        parts.push(format!("stopped, because {}", error.what));
    }
    // What went on although something inside of it failed is done; what failed itself is not.
    let failed = |node: usize| over.errors.iter().any(|(other, _)| *other == node);
    let named = |wanted: &dyn Fn(usize, NodeOutcome) -> bool| -> Vec<&str> {
        let nodes = plan.nodes.iter().zip(&over.outcomes).enumerate();
        nodes.filter(|(at, (_, o))| o.is_some_and(|o| wanted(*at, o))).map(|(_, (node, _))| node.key.as_str()).collect()
    };
    let done = named(&|at, o| o.good() || (o == NodeOutcome::Warned && !failed(at)));
    let let_pass = named(&|at, o| o == NodeOutcome::Warned && failed(at));
    if over.outcome != Outcome::Done && !done.is_empty() {
        parts.push(format!("done: {}", some(&done)));
    }
    if !let_pass.is_empty() {
        parts.push(format!("failed, which the policy lets pass: {}", some(&let_pass)));
    }
    for (node, error) in over.errors.iter().take(3) {
        parts.push(format!("{}: {}", plan.nodes[*node].key, error.what));
    }
    for (word, wanted) in [
        ("taken back", (|o| o == NodeOutcome::TakenBack) as fn(NodeOutcome) -> bool),
        ("not done", |o| o == NodeOutcome::Skipped),
        ("unknown", |o| o == NodeOutcome::Unknown),
    ] {
        let keys = keys(wanted);
        if !keys.is_empty() {
            parts.push(format!("{word}: {}", some(&keys)));
        }
    }
    parts.extend(over.always.iter().cloned());
    if !missed.is_empty() {
        let told: Vec<String> = missed.iter().map(Missed::text).collect();
        let told: Vec<&str> = told.iter().map(String::as_str).collect();
        parts.push(format!("deadline missed: {}", some(&told)));
    }
    if !stands.left.is_empty() {
        parts.push(format!("left as it is: {}", LeftAsIs::list(&stands.left)));
    }
    let next = match over.outcome {
        Outcome::Done | Outcome::Degraded | Outcome::Warned => None,
        Outcome::Refused => Some("mend what it names, then plan again".to_owned()),
        Outcome::Declined => Some("settle it with who declined, then run it again".to_owned()),
        Outcome::UndoFailed => Some(format!("look at what could not be taken back; then `rbk undo {id}` goes on")),
        _ if stands.undoable => {
            Some(format!("`rbk show {id}` tells the whole story, `rbk undo {id}` takes back what was done"))
        }
        // What ended so counts as rolled back, so that nobody runs it twice unasked.
        Outcome::Partial => Some(format!(
            "`rbk show {id}` tells the whole story; an undo has nothing to take back, so mend the cause, then run it with \
             `--again`"
        )),
        _ => Some(format!(
            "`rbk show {id}` tells the whole story; an undo has nothing to take back, so mend the cause, then run it again"
        )),
    };
    (parts.join("; "), next)
}
