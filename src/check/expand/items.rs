//! Phases, stages and items: what becomes a node, what is unrolled, what waits for a run.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use crate::catalogue::effect::Effects;
use crate::catalogue::value::Value;
use crate::check::eval::{self, Evaluated};
use crate::check::model::{
    self, BindingId, BindingKind, Block, Expr, For, If, Item, Observe, Phase, Policy, Require, Stage,
};
use crate::check::time::Alternative;
use crate::check::time::bounds::{self, Worst};
use crate::check::walk;
use crate::source::Place;

use super::failure::{FailureScope, Handling};
use super::node::{ExpandedNode, InStage, Member, Within, Work};
use super::{Expander, LetState, Refusal};

/// A part of a phase: what stands before, between and behind its stages, or a stage.
enum Segment<'p> {
    Items(Vec<&'p Item>),
    Stage(&'p Arc<Stage>),
}

impl Expander<'_> {
    /// All first stages of the selected phases, then all second ones, among phases without a dependency between them.
    pub(super) fn phases(&mut self, phases: &[Arc<Phase>]) {
        let several = phases.len() > 1;
        let (mut begin, mut needed) = (0, HashSet::new());
        for (at, phase) in phases.iter().enumerate() {
            if needed.contains(&*phase.name.text) {
                self.level(&phases[begin..at], several);
                begin = at;
                needed.clear();
            }
            needed.extend(phase.depends_on.iter().map(|on| &*on.text));
        }
        self.level(&phases[begin..], several);
    }

    fn level(&mut self, phases: &[Arc<Phase>], several: bool) {
        let parts: Vec<_> = phases
            .iter()
            .map(|phase| (phase, segments(self.policy, phase, self.selection.scenario.as_deref())))
            .collect();
        let most = parts.iter().map(|(_, segments)| segments.len()).max().unwrap_or(0);
        for number in 0..most {
            self.at.stage += 1;
            for (phase, segments) in &parts {
                let Some(segment) = segments.get(number) else { continue };
                self.enter_phase(phase, several);
                match segment {
                    Segment::Items(items) => items.iter().for_each(|item| self.item(item)),
                    Segment::Stage(stage) => self.stage(stage),
                }
            }
        }
    }

    fn enter_phase(&mut self, phase: &Arc<Phase>, several: bool) {
        self.at.phase = Arc::clone(&phase.name.text);
        self.at.stage_name = None;
        self.at.in_stage = InStage::default();
        let whole = Handling { on_failure: self.policy.on_failure.clone(), scope: FailureScope::Policy };
        self.at.handling = whole.inner(phase.on_failure.as_ref(), FailureScope::Phase(Arc::clone(&phase.name.text)));
        self.prefix = if several { format!("{}.", phase.name.text) } else { String::new() };
    }

    fn stage(&mut self, stage: &Arc<Stage>) {
        let outer = self.at.clone();
        self.at.stage_name = Some(Arc::clone(&stage.name.text));
        self.next_stage += 1;
        self.at.in_stage = InStage { number: self.next_stage, depth: self.at.within.len() };
        let scope = FailureScope::Stage(Arc::clone(&stage.name.text));
        self.at.handling = outer.handling.inner(stage.on_failure.as_ref(), scope);
        let from = self.out.nodes.len();
        self.block(&stage.body);
        let number = self.at.stage;
        self.at = outer;
        self.at.stage = number;
        let nodes = from..self.out.nodes.len();
        // One that says itself what happens when it fails takes no other way.
        let otherwise = stage.otherwise.as_ref().filter(|_| stage.on_failure.is_none() && !nodes.is_empty());
        if let Some(first) = otherwise {
            let mut worst = Worst::default();
            let ways = std::iter::successors(Some(&**first), |way| way.otherwise.as_deref());
            for way in ways {
                worst.add(self.foreseen_of(&way.body));
            }
            let (stage, Worst { worst, people, .. }) = (Arc::clone(&stage.name.text), worst);
            self.out.alternatives.push(Alternative { stage, nodes, worst, people });
        }
    }

    /// The worst case of what is not expanded: it is bounded by what the text and what is known by now say.
    fn foreseen_of(&mut self, block: &Block) -> Worst {
        let policy = Arc::clone(self.policy);
        let mut value = |expr: &Expr| {
            if walk::asks_the_world(expr) {
                return None;
            }
            // What it cannot be told of yet is no error before it runs.
            let errors = self.out.errors.len();
            let value = self.evaluate(expr);
            self.out.errors.truncate(errors);
            value
        };
        bounds::worst_of_block(&policy, block, policy.defaults.timeout, &mut value)
    }

    pub(super) fn block(&mut self, block: &Block) {
        block.items.iter().for_each(|item| self.item(item));
    }

    fn item(&mut self, item: &Item) {
        match item {
            Item::Let(binding) => self.bind(*binding, false),
            Item::Require(require) => self.require(require),
            Item::Observe(observe) => self.observe(observe),
            Item::Step(step) => self.step(step),
            Item::Verify(used) => self.verify(used),
            Item::Parallel(parallel) => self.members(&mut |this, next| {
                for item in &parallel.body.items {
                    next(this);
                    this.item(item);
                }
            }),
            Item::For(each) => self.each(each, item),
            Item::If(branch) => self.branch(branch, item),
            Item::Stage(stage) => {
                // A stage inside a block is a barrier of its own.
                self.at.stage += 1;
                self.stage(stage);
                self.at.stage += 1;
            }
        }
    }

    /// Runs `body` with a new `parallel` block around it; `next` begins its next member.
    fn members(&mut self, body: &mut dyn FnMut(&mut Self, &mut dyn FnMut(&mut Self))) {
        let outer = self.at.member;
        if outer.is_some() {
            // Inside another block the outer vow covers this one.
            return body(self, &mut |_| {});
        }
        let block = self.next_block;
        self.next_block += 1;
        let mut index = 0;
        body(self, &mut |this| {
            this.at.member = Some(Member { block, index });
            index += 1;
        });
        self.at.member = outer;
    }

    fn each(&mut self, each: &Arc<For>, item: &Item) {
        let Some(list) = self.list(&each.iter, each.filter.as_ref(), each.var) else {
            return self.dynamic(item, each.place, &each.iter, &[&each.body]);
        };
        let tolerated = each.tolerate.map(|tolerate| {
            self.next_loop += 1;
            (self.next_loop, tolerate.of(list.len()))
        });
        let (locals, suffix, also) = (Arc::clone(&self.locals), self.suffix.clone(), self.at.also.clone());
        let outer = Arc::clone(&self.at.within);
        let words: Option<Arc<str>> = each.at_once.map(|window| match window {
            1 => Arc::from("one at a time"),
            _ => Arc::from(format!("at most {window} at once")),
        });
        // The nodes of each item so far.
        let mut items: Vec<std::ops::Range<usize>> = Vec::new();
        let mut iterate = |this: &mut Self, next: &mut dyn FnMut(&mut Self)| {
            for (number, value) in list.iter().enumerate() {
                if this.exhausted(each.place) {
                    break;
                }
                next(this);
                let mut inner = (*locals).clone();
                inner.insert(each.var, value.clone());
                this.locals = Arc::new(inner);
                this.suffix = format!("{suffix}[{}]", label(value));
                if let (Some(window), Some(words)) = (each.at_once, &words)
                    && let Some(earlier) = number.checked_sub(window).and_then(|earlier| items.get(earlier)).cloned()
                {
                    // The members of a `parallel` item stand in a row: the last one is the end of all.
                    let earlier = if each.parallel {
                        earlier.end.saturating_sub(1).max(earlier.start)..earlier.end
                    } else {
                        earlier
                    };
                    this.at.also.extend(earlier.map(|node| (node, Arc::clone(words))));
                }
                if let Some((each, tolerated)) = tolerated {
                    let item = Within { each, item: number as u32, tolerated, of: list.len() };
                    this.at.within = outer.iter().copied().chain([item]).collect();
                }
                let before = this.out.nodes.len();
                this.block(&each.body);
                items.push(before..this.out.nodes.len());
                this.at.also.clone_from(&also);
            }
        };
        if each.parallel {
            self.members(&mut iterate);
        } else {
            iterate(self, &mut |_| {});
        }
        self.at.within = outer;
        self.locals = locals;
        self.suffix = suffix;
    }

    fn branch(&mut self, branch: &Arc<If>, item: &Item) {
        match self.evaluate(&branch.condition) {
            Some(Value::Bool(true)) => self.block(&branch.body),
            Some(Value::Bool(false)) => {
                if let Some(otherwise) = &branch.otherwise {
                    self.block(otherwise);
                }
            }
            _ => {
                let ways: Vec<&Block> = std::iter::once(&branch.body).chain(&branch.otherwise).collect();
                self.dynamic(item, branch.place, &branch.condition, &ways);
            }
        }
    }

    /// The elements of a loop's list, when they are known now.
    pub(super) fn list(&mut self, iter: &Expr, filter: Option<&Expr>, var: BindingId) -> Option<Vec<Value>> {
        let Value::List(items) = self.evaluate(iter)? else { return None };
        let Some(filter) = filter else { return Some(items.to_vec()) };
        let outer = Arc::clone(&self.locals);
        let mut kept = Vec::new();
        for item in items.iter() {
            if self.exhausted(iter.place) {
                return None;
            }
            let mut inner = (*outer).clone();
            inner.insert(var, item.clone());
            self.locals = Arc::new(inner);
            let holds = self.evaluate(filter);
            self.locals = Arc::clone(&outer);
            match holds? {
                Value::Bool(true) => kept.push(item.clone()),
                Value::Bool(false) => {}
                _ => return None,
            }
        }
        Some(kept)
    }

    /// One sequential node for what only a run can unroll: the united effects of everything inside.
    /// `ways`: what may be done, of which one is.
    fn dynamic(&mut self, item: &Item, place: Place, head: &Expr, ways: &[&Block]) {
        // Expanded aside with the variable unknown, for its effects and its worst case.
        let (from, skipped, lets) = (self.out.nodes.len(), self.out.skipped.len(), self.out.lets.len());
        let outer = self.out.alternatives.len();
        let (later, member) = (self.later.clone(), self.at.member.take());
        let (mut worst, mut people) = (Duration::ZERO, Duration::ZERO);
        for way in ways {
            let begin = self.out.nodes.len();
            self.block(way);
            let nodes = &self.out.nodes[begin..];
            let others: Vec<Alternative> = self.out.alternatives.drain(outer..).collect();
            worst = worst.max(nodes.iter().map(|node| node.worst).chain(others.iter().map(|other| other.worst)).sum());
            people =
                people.max(nodes.iter().map(|node| node.people).chain(others.iter().map(|other| other.people)).sum());
        }
        let inside = self.take_nodes(from);
        self.out.skipped.truncate(skipped);
        self.out.lets.truncate(lets);
        self.later = later;
        self.at.member = member;
        self.pending_after.retain(|(node, _)| *node < from);
        let mut effects = self.reads(head);
        let mut uses = Vec::new();
        for node in &inside {
            effects.extend(node.effects.clone());
            uses.extend(node.uses.iter().filter(|(index, _)| *index < from).cloned());
        }
        // What one round makes of an entry, the next one meets.
        effects = self.remade.widened(effects, self.look);
        uses.extend(self.uses_of([head].into_iter()));
        let kind = if matches!(item, Item::For(_)) { "for" } else { "if" };
        let key = self.key(kind, place);
        let index = self.push(key, Work::Dynamic(Arc::new(item.clone())), place, effects);
        let node = &mut self.out.nodes[index];
        // It is asked when it runs: also what stands in it.
        node.pinned.clear();
        node.gate = inside.iter().any(|node| node.gate);
        node.inexact = inside.iter().find_map(|node| node.inexact.clone());
        node.changes = inside.iter().any(|node| node.changes);
        node.mitigates = inside.iter().any(|node| node.mitigates);
        (node.worst, node.people, node.timeout, node.uses) = (worst, people, worst, uses);
    }

    /// Binds a `let`: now, when nothing before it writes what it reads, else when run.
    pub(super) fn bind(&mut self, binding: BindingId, top: bool) {
        let policy = Arc::clone(self.policy);
        let def = &policy.bindings[binding.0 as usize];
        let BindingKind::Let(expr) = &def.kind else { return };
        let name = if top { def.name.text.to_string() } else { format!("{}.{}", self.at.phase, def.name.text) };
        let reads = self.reads(expr);
        let relative = reads != Effects::none();
        let state = match self.evaluated(expr) {
            Some(Evaluated::Known(value)) if self.holds(&value, expr.place) => {
                self.out.values.insert(binding, value.clone());
                Ok(value)
            }
            Some(Evaluated::Known(_)) => Err(Arc::from("it has room")),
            Some(Evaluated::Unknown { after }) => Err(after),
            None => Err(Arc::from("it can be evaluated")),
        };
        if let Err(after) = &state {
            let depends = !self.uses_of([expr].into_iter()).is_empty();
            // The checker has no world; what a plan will know gets no node there.
            let node = (!top && (self.look.is_some() || depends || self.last_writer(&reads).is_some()))
                .then(|| self.bind_node(binding, expr, &def.name, reads));
            self.later.insert(binding, (node, Arc::clone(after)));
        }
        self.out.lets.push(LetState { binding, name, state, relative });
    }

    fn bind_node(&mut self, binding: BindingId, expr: &Expr, name: &model::Name, reads: Effects) -> usize {
        let uses = self.uses_of([expr].into_iter());
        let worst = self.probing(expr);
        let key = self.unique(format!("{}let {}{}", self.prefix, name.text, self.suffix));
        let index = self.push(key, Work::Bind(binding), name.place, reads);
        let node = &mut self.out.nodes[index];
        node.uses = uses;
        node.worst = worst;
        index
    }

    fn require(&mut self, require: &Arc<Require>) {
        self.require_now(require);
        let effects = self.reads(&require.condition);
        let uses = self.uses_of([&require.condition].into_iter());
        let worst = self.probing(&require.condition);
        let key = self.key("require", require.place);
        let index = self.push(key, Work::Require(Arc::clone(require)), require.place, effects);
        let node = &mut self.out.nodes[index];
        node.gate = true;
        node.uses = uses;
        node.worst = worst;
        node.timeout = node.timeout.max(worst);
    }

    /// Records a refusal when the condition is known to be false.
    pub(super) fn require_now(&mut self, require: &Require) {
        if self.evaluate(&require.condition) != Some(Value::Bool(false)) {
            return;
        }
        let why = require.why.as_ref().and_then(|why| self.evaluate(why)).map(|why| plain(&why));
        let policy = Arc::clone(self.policy);
        let values = self.with_scope(|scope| eval::traced(&policy, &require.condition, scope).1);
        self.out.refusals.push(Refusal { place: require.place, why, values });
    }

    fn observe(&mut self, observe: &Arc<Observe>) {
        let policy = Arc::clone(self.policy);
        let name = &policy.bindings[observe.binding.0 as usize].name;
        let effects = self.reads(&observe.probe);
        let uses = self.uses_of([&observe.probe].into_iter());
        let worst = self.probing(&observe.probe);
        let key = self.unique(format!("{}observe {}", self.prefix, name.text));
        let index = self.push(key, Work::Observe(Arc::clone(observe)), observe.place, effects);
        let node = &mut self.out.nodes[index];
        node.gate = true;
        node.uses = uses;
        node.worst = worst;
        node.timeout = node.timeout.max(worst);
        self.later.insert(observe.binding, (Some(index), Arc::clone(&name.text)));
    }

    pub(super) fn verify(&mut self, used: &Arc<model::VerifyUse>) {
        let policy = Arc::clone(self.policy);
        let verify = &policy.verifies[used.verify.0 as usize];
        let within = used.within.or(verify.within).unwrap_or(model::Verify::WITHIN);
        let hold = used.hold.or(verify.hold).unwrap_or_default();
        let mut effects = Effects::none();
        let mut exprs: Vec<&Expr> = verify.checks.iter().map(|check| &check.condition).collect();
        for binding in &verify.lets {
            if let BindingKind::Let(expr) = &policy.bindings[binding.0 as usize].kind {
                exprs.push(expr);
            }
        }
        for expr in &exprs {
            effects.extend(self.reads(expr));
        }
        let uses = self.uses_of(exprs.into_iter());
        let key = self.unique(format!("{}{}{}", self.prefix, verify.name.text, self.suffix));
        let mut worst = within + hold;
        if let Some(handler) = &verify.on_failure {
            worst += self.aside(handler) + within + hold;
        }
        let index = self.push(key, Work::Verify(Arc::clone(verify), Arc::clone(used)), used.place, effects);
        self.pending_after.extend(used.after.iter().map(|name| (index, name.clone())));
        let handling = self.at.handling.inner(used.on_failure.as_ref(), FailureScope::Node);
        let node = &mut self.out.nodes[index];
        node.title.clone_from(&verify.title);
        node.gate = true;
        node.uses = uses;
        node.handling = handling;
        node.mitigates = used.mitigates;
        (node.worst, node.timeout) = (worst, worst);
    }

    /// The worst case of a block that runs one after the other, expanded aside.
    fn aside(&mut self, block: &Block) -> Duration {
        let (from, outer) = (self.out.nodes.len(), self.out.alternatives.len());
        let later = self.later.clone();
        self.block(block);
        self.later = later;
        self.pending_after.retain(|(node, _)| *node < from);
        let others: Duration = self.out.alternatives.drain(outer..).map(|other| other.worst).sum();
        self.take_nodes(from).into_iter().map(|node| node.worst).sum::<Duration>() + others
    }

    fn key(&mut self, word: &str, place: Place) -> Arc<str> {
        let (line, _) = self.policy.sources.get(place.file).line_column(place.span.start);
        self.unique(format!("{}{word}@{line}{}", self.prefix, self.suffix))
    }

    pub(super) fn unique(&mut self, key: String) -> Arc<str> {
        let count = self.keys.entry(key.clone()).or_insert(0);
        *count += 1;
        if *count == 1 { Arc::from(key) } else { Arc::from(format!("{key}#{count}")) }
    }

    /// Adds a node that changes nothing yet, at this place.
    pub(super) fn push(&mut self, key: Arc<str>, work: Work, place: Place, effects: Effects) -> usize {
        let index = self.out.nodes.len();
        let mut also = self.at.also.clone();
        // Nodes of one member of a `parallel` block run in the order of the text.
        if let (Some(member), Some(last)) = (self.at.member, self.out.nodes.last())
            && last.member == Some(member)
        {
            also.push((index - 1, Arc::from("it stands before in the same member")));
        }
        self.out.nodes.push(ExpandedNode {
            key,
            title: None,
            work,
            place,
            phase: Arc::clone(&self.at.phase),
            stage: self.at.stage,
            stage_name: self.at.stage_name.clone(),
            locals: Arc::clone(&self.locals),
            by: None,
            calls: Vec::new(),
            shows: Vec::new(),
            pinned: std::mem::take(&mut self.pinned),
            effects,
            gate: false,
            inexact: None,
            member: self.at.member,
            uses: Vec::new(),
            after: Vec::new(),
            also,
            worst: Duration::ZERO,
            people: Duration::ZERO,
            timeout: self.policy.defaults.timeout,
            mitigates: false,
            changes: false,
            handling: self.at.handling.clone(),
            within: Arc::clone(&self.at.within),
            in_stage: self.at.in_stage,
        });
        index
    }
}

/// The parts of a phase in the order of the text, the chosen scenario at its place.
fn segments<'p>(policy: &Policy, phase: &'p Phase, scenario: Option<&str>) -> Vec<Segment<'p>> {
    let mut items: Vec<(Place, &Item)> = phase.body.items.iter().map(|item| (place_of(policy, item), item)).collect();
    for chosen in phase.scenarios.iter().filter(|found| Some(&*found.name.text) == scenario) {
        items.extend(chosen.body.items.iter().map(|item| (place_of(policy, item), item)));
    }
    // Only scenarios move: the others are in order already, and the sort is stable.
    if !phase.scenarios.is_empty() {
        items.sort_by_key(|(place, _)| *place);
    }
    let mut segments: Vec<Segment<'p>> = Vec::new();
    for (_, item) in items {
        match (item, segments.last_mut()) {
            (Item::Stage(stage), _) => segments.push(Segment::Stage(stage)),
            (_, Some(Segment::Items(items))) => items.push(item),
            _ => segments.push(Segment::Items(vec![item])),
        }
    }
    segments
}

fn place_of(policy: &Policy, item: &Item) -> Place {
    match item {
        Item::Let(binding) => policy.bindings[binding.0 as usize].name.place,
        Item::Require(require) => require.place,
        Item::Observe(observe) => observe.place,
        Item::Step(step) => step.place,
        Item::Verify(used) => used.place,
        Item::Parallel(parallel) => parallel.place,
        Item::For(each) => each.place,
        Item::If(branch) => branch.place,
        Item::Stage(stage) => stage.name.place,
    }
}

/// An element of a loop in the keys of its nodes. Of a listing it is the path: an age is another one each time.
fn label(value: &Value) -> String {
    let Value::Record(record) = value else { return plain(value) };
    record.get("path").or_else(|| record.get("name")).map_or_else(|| plain(value), plain)
}

/// A value as it stands in keys and messages.
pub(super) fn plain(value: &Value) -> String {
    value.as_text().map_or_else(|| value.to_string(), str::to_owned)
}
