//! What a run does only in some cases: other ways of stages, handlers of failures, and what is done at the end whatever
//! happened. It is no node of the graph, since nobody knows beforehand whether it runs; a plan shows it all the same.

use std::collections::HashSet;

use crate::check::expand::FailureScope;
use crate::check::model::{Block, Item, OnFailure, Policy, Stage, Step, StepItem};
use crate::source::Place;

use super::failure::stages;
use super::model::{Node, NodeId, Plan, Work};

/// Steps that run only then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Aside {
    /// When: `` if `restart` fails ``.
    pub when: String,
    /// The nodes that lead there, in the order of the text.
    pub after: Vec<NodeId>,
    pub steps: Vec<AsideStep>,
}

/// A step or verification of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AsideStep {
    pub name: String,
    pub title: Option<String>,
    /// What it calls, as the policy writes it.
    pub calls: Vec<String>,
}

impl Aside {
    /// The names of its steps: `note, tell`.
    #[must_use]
    pub fn names(&self) -> String {
        self.steps.iter().map(|step| step.name.as_str()).collect::<Vec<_>>().join(", ")
    }
}

/// Everything that `plan` does only in some cases, in the order of the text.
#[must_use]
pub fn of(plan: &Plan) -> Vec<Aside> {
    let mut asides = Asides { policy: &plan.policy, all: Vec::new() };
    let stages = stages(&plan.policy);
    let mut known: HashSet<(String, Option<Place>)> = HashSet::new();
    for node in &plan.nodes {
        if let Work::Verify(verify, _) = &node.work
            && let Some(block) = &verify.on_failure
        {
            let when = format!("if `{}` does not hold, before it is verified once more", node.key);
            asides.add(when, vec![node.id], block);
        }
        let mut other = node.stage_name.as_ref().and_then(|name| stages.get(&(node.phase.as_str(), &**name)).copied());
        if let Some(stage) = other
            && !known.insert((format!("{}/{}", node.phase, stage.name.text), Some(stage.name.place)))
        {
            other = None;
        }
        while let Some(Stage { name, otherwise: Some(next), .. }) = other {
            let in_it = |one: &&Node| one.phase == node.phase && one.stage_name.as_deref() == Some(&*name.text);
            let after = plan.nodes.iter().filter(in_it).map(|one| one.id).collect();
            asides.add(format!("instead of stage `{}`, if it fails", name.text), after, &next.body);
            other = Some(next);
        }
        if let OnFailure::Steps(block) = &node.handling.on_failure {
            let (when, alike) = match &node.handling.scope {
                FailureScope::Node => (format!("if `{}` fails", node.key), None),
                FailureScope::Stage(name) => (format!("if stage `{name}` fails"), Some(&node.handling.scope)),
                FailureScope::Phase(name) => (format!("if phase `{name}` fails"), Some(&node.handling.scope)),
                FailureScope::Policy => ("if the run fails".to_owned(), Some(&node.handling.scope)),
            };
            let in_phase = if node.handling.scope == FailureScope::Policy { "" } else { &node.phase };
            if !known.insert((format!("{in_phase}/{when}"), None)) {
                continue;
            }
            let covered = |one: &&Node| match alike {
                None => one.id == node.id,
                Some(scope) => one.handling.scope == *scope && (in_phase.is_empty() || one.phase == node.phase),
            };
            let after = plan.nodes.iter().filter(covered).map(|one| one.id).collect();
            asides.add(when, after, block);
        }
    }
    for phase in plan.policy.phases.iter().filter(|phase| plan.phases.iter().any(|name| **name == *phase.name.text)) {
        let Some(block) = &phase.always else { continue };
        let last = plan.nodes.iter().rfind(|node| *node.phase == *phase.name.text);
        asides.add("always, at the end".to_owned(), last.map(|node| node.id).into_iter().collect(), block);
    }
    asides.all
}

struct Asides<'p> {
    policy: &'p Policy,
    all: Vec<Aside>,
}

impl Asides<'_> {
    fn add(&mut self, when: String, after: Vec<NodeId>, block: &Block) {
        let mut steps = Vec::new();
        self.steps(block, &mut steps);
        self.all.push(Aside { when, after, steps });
    }

    fn steps(&self, block: &Block, into: &mut Vec<AsideStep>) {
        for item in &block.items {
            match item {
                Item::Step(step) => into.push(self.step(step)),
                Item::Verify(used) => {
                    let verify = &self.policy.verifies[used.verify.0 as usize];
                    let checks =
                        verify.checks.iter().map(|check| format!("expect {}", self.written(check.condition.place)));
                    into.push(AsideStep {
                        name: verify.name.text.to_string(),
                        title: verify.title.clone(),
                        calls: checks.collect(),
                    });
                }
                Item::Parallel(parallel) => self.steps(&parallel.body, into),
                Item::For(each) => self.steps(&each.body, into),
                Item::If(branch) => {
                    self.steps(&branch.body, into);
                    branch.otherwise.iter().for_each(|block| self.steps(block, into));
                }
                Item::Stage(stage) => self.steps(&stage.body, into),
                Item::Let(_) | Item::Require(_) | Item::Observe(_) => {}
            }
        }
    }

    fn step(&self, step: &Step) -> AsideStep {
        let mut calls = Vec::new();
        self.calls(&step.body, &mut calls);
        let title = step.title.as_ref().and_then(|title| title.plain()).map(str::to_owned);
        AsideStep { name: step.name.text.to_string(), title, calls }
    }

    fn calls(&self, items: &[StepItem], into: &mut Vec<String>) {
        for item in items {
            match item {
                StepItem::Call(call) => into.push(self.written(call.place)),
                StepItem::Group(group) => into.push(self.written(group.place)),
                StepItem::For(each) => self.calls(&each.body, into),
                StepItem::If(branch) => {
                    self.calls(&branch.body, into);
                    self.calls(&branch.otherwise, into);
                }
                StepItem::Let(_) | StepItem::Require(_) | StepItem::Expect(_) => {}
            }
        }
    }

    /// As the policy has it, in one line.
    fn written(&self, place: Place) -> String {
        let text = self.policy.sources.get(place.file).slice(place.span);
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}
