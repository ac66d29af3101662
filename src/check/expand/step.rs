//! Steps: their calls with loops unrolled, their effects, whether they may run ahead, their worst case.

use std::sync::Arc;
use std::time::Duration;

use crate::catalogue::args::{Arg, Args};
use crate::catalogue::effect::{Effects, Kind, Resource};
use crate::catalogue::error::{Error, ErrorKind};
use crate::catalogue::look::Look;
use crate::catalogue::reach;
use crate::catalogue::signature::UndoKind;
use crate::catalogue::value::Value;
use crate::catalogue::visible::visible_line;
use crate::check::effects;
use crate::check::eval;
use crate::check::lengths;
use crate::check::model::{
    BindingId, BindingKind, Call, CallArg, Expr, ExprKind, Group, Part, Step, StepFor, StepIf, StepItem, Title, Undo,
};

use crate::check::time::bounds::pauses;

use super::Expander;
use super::failure::FailureScope;
use super::gathered::Gathered;
use super::node::{ExpandedCall, OwnUndo, Show, Via, Work};
use super::present::named;
use super::remade::Remade;
use super::scope::deferred;

/// How a call on paths reaches them.
type Reach = fn(Option<&Look>, &[&str]) -> Effects;

/// How long a step waits for its approval.
pub const APPROVAL: Duration = Duration::from_mins(10);

/// What was gathered of a step's body.
#[derive(Default)]
struct Body {
    calls: Vec<ExpandedCall>,
    shows: Vec<Show>,
    effects: Gathered,
    gate: bool,
    /// Waits and people, beyond the time limit of the step.
    waits: Duration,
    people: Duration,
    /// Effects of the calls so far: what a later `let` of the step must not have missed.
    written: Gathered,
    /// How many conditions and loops stand around that only the run can tell.
    perhaps: usize,
    /// The calls of actions around, outermost first.
    via: Vec<Via>,
    /// An action around says how its calls are taken back.
    undo_said: bool,
    /// How the outermost action around that says so is taken back.
    way: Option<OwnUndo>,
    /// An action says itself how it is taken back, so the step has no exact undo.
    own_undo: bool,
    /// The time limits that actions say themselves, and whether some call of the step is under none of them.
    limits: Duration,
    limited: bool,
    silent: bool,
}

impl Body {
    /// Widens what was gathered, its calls from number `calls` on, where a path leads through what `remade` knows.
    fn widen(&mut self, calls: usize, remade: &Remade, look: Option<&Look>) {
        let effects = remade.widened(std::mem::take(&mut self.effects).effects, look);
        self.effects.extend(effects);
        let written = remade.widened(std::mem::take(&mut self.written).effects, look);
        self.written.extend(written);
        for call in &mut self.calls[calls..] {
            call.effects = remade.widened(std::mem::take(&mut call.effects), look);
        }
    }
}

impl Expander<'_> {
    pub(super) fn step(&mut self, step: &Arc<Step>) {
        let clauses = &step.clauses;
        if clauses.graceful
            && let Some(by) = self.selection.skips_graceful(self.policy)
        {
            self.out.skipped.push((
                format!("{}{}{}", self.prefix, step.name.text, self.suffix),
                format!("graceful: left out by {by}"),
            ));
            return;
        }
        let key = self.unique(format!("{}{}{}", self.prefix, step.name.text, self.suffix));
        let mut body = Body::default();
        self.walk(&step.body, &mut body);
        clauses.preview.iter().for_each(|preview| body.shows.push(self.show(preview)));
        for header in headers(step) {
            body.effects.extend(self.reads(header));
        }
        let resources = |this: &mut Self, list: &Option<Vec<Expr>>| list.as_ref().map(|list| this.resources(list));
        let said =
            [resources(self, &clauses.reads), resources(self, &clauses.writes), resources(self, &clauses.touches)];
        let effects = self.narrowed(&mut body, 0, said, [&clauses.reads, &clauses.writes, &clauses.touches]);
        let mut exprs = Vec::new();
        gather(self.policy, &step.body, &mut exprs);
        let uses = self.uses_of(headers(step).chain(exprs));
        let limit = clauses.timeout.as_ref().and_then(|limit| self.evaluate(limit)?.as_duration());
        // What an action says of its time counts for its calls; the default is for all the others together.
        let rest = if body.silent || body.limits.is_zero() { self.policy.defaults.timeout } else { Duration::ZERO };
        let timeout = limit.unwrap_or(body.limits + rest) + body.waits;
        let by = clauses.by.as_ref().and_then(|by| self.evaluate(by)?.as_duration());
        let (attempts, pauses) =
            clauses.retry.as_ref().map_or((1, Duration::ZERO), |retry| (retry.times + 1, pauses(retry)));
        let inexact = match &clauses.undo {
            Undo::Block(_) | Undo::None | Undo::Repeat => Some(Arc::from("undo")),
            Undo::Restore if body.own_undo => Some(Arc::from("undo")),
            Undo::Restore => {
                body.calls.iter().find(|call| !call.exact).map(|call| Arc::from(call.call.signature().name))
            }
        };
        let handling = self.at.handling.inner(clauses.on_failure.as_ref(), FailureScope::Node);
        let approval = if clauses.approve_by.is_some() { APPROVAL } else { Duration::ZERO };
        let title = step.title.as_ref().map(|title| self.title(title));
        body.calls.shrink_to_fit();
        let index = self.push(key, Work::Step(Arc::clone(step)), step.place, effects);
        self.pending_after.extend(clauses.after.iter().map(|name| (index, name.clone())));
        let node = &mut self.out.nodes[index];
        node.title = title;
        node.by = by;
        node.gate = body.gate || clauses.approve_by.is_some();
        node.inexact = inexact;
        node.uses = uses;
        node.changes = body.calls.iter().any(|call| call.call.signature().undo != UndoKind::Nothing);
        node.calls = body.calls;
        node.shows = body.shows;
        node.timeout = timeout;
        node.worst = timeout * attempts + pauses + approval;
        node.people = body.people * attempts + approval;
        node.mitigates = clauses.mitigates;
        node.handling = handling;
    }

    /// The title of one node; what is known only later is left open.
    fn title(&mut self, title: &Title) -> String {
        let whole = match title {
            Title::Plain(text) => return text.clone(),
            Title::Built(whole) => whole,
        };
        let ExprKind::Interpolate(parts) = &whole.kind else { return self.text(whole) };
        parts.iter().fold(String::new(), |text, part| match part {
            Part::Text(fixed) => text + fixed,
            Part::Hole(_) => {
                let alone = Expr { kind: ExprKind::Interpolate(vec![part.clone()]), ..(**whole).clone() };
                // One line, and no order to a terminal: else a value might pass for a line of the plan.
                text + &visible_line(&self.text(&alone))
            }
        })
    }

    fn text(&mut self, expr: &Expr) -> String {
        match self.evaluate(expr) {
            Some(Value::Str(text)) => text.to_string(),
            _ => "…".to_owned(),
        }
    }

    fn walk(&mut self, items: &[StepItem], body: &mut Body) {
        for item in items {
            match item {
                StepItem::Call(call) => self.call(call, body),
                StepItem::Let(binding) => {
                    let policy = Arc::clone(self.policy);
                    if let BindingKind::Let(expr) = &policy.bindings[binding.0 as usize].kind {
                        let reads = self.reads(expr);
                        let value = self.not_overtaken(body, &reads, |this| this.evaluate(expr)).flatten();
                        self.bind_in_step(*binding, value, !body.via.is_empty());
                        body.effects.extend(reads);
                    }
                }
                StepItem::Group(group) => self.group(group, body),
                StepItem::Require(require) => {
                    body.gate = true;
                    body.effects.extend(self.reads(&require.condition));
                }
                StepItem::Expect(check) => body.effects.extend(self.reads(&check.condition)),
                StepItem::For(each) => {
                    let StepFor { var, iter, filter, body: inner, .. } = &**each;
                    let mut reads = self.reads(iter);
                    filter.iter().for_each(|filter| reads.extend(self.reads(filter)));
                    body.effects.extend(reads.clone());
                    let list =
                        self.not_overtaken(body, &reads, |this| this.list(iter, filter.as_ref(), *var)).flatten();
                    let Some(list) = list else {
                        // Once, with the variable unknown: its effects widen. What it is told now it need not be told the
                        // next time round.
                        let outer = std::mem::take(&mut self.pinned);
                        let (calls, before) = (body.calls.len(), std::mem::take(&mut body.effects));
                        body.perhaps += 1;
                        self.walk(inner, body);
                        body.perhaps -= 1;
                        // What one round makes of an entry, the next one meets.
                        body.widen(calls, &self.remade, self.look);
                        body.effects.extend(before.effects);
                        let inside = std::mem::replace(&mut self.pinned, outer);
                        self.pinned.retain(|asked, _| !inside.contains_key(asked));
                        continue;
                    };
                    let outer = Arc::clone(&self.locals);
                    for value in list {
                        if self.exhausted(iter.place) {
                            break;
                        }
                        let mut locals = (*outer).clone();
                        locals.insert(*var, value);
                        self.locals = Arc::new(locals);
                        self.walk(inner, body);
                    }
                    self.locals = outer;
                }
                StepItem::If(branch) => {
                    let StepIf { condition, body: inner, otherwise, .. } = &**branch;
                    let reads = self.reads(condition);
                    body.effects.extend(reads.clone());
                    match self.not_overtaken(body, &reads, |this| this.evaluate(condition)).flatten() {
                        Some(Value::Bool(true)) => self.walk(inner, body),
                        Some(Value::Bool(false)) => self.walk(otherwise, body),
                        _ => {
                            body.perhaps += 1;
                            self.walk(inner, body);
                            self.walk(otherwise, body);
                            body.perhaps -= 1;
                        }
                    }
                }
            }
        }
    }

    /// Binds a `let` of a step, or of an action: then for this call of it alone.
    fn bind_in_step(&mut self, binding: BindingId, value: Option<Value>, local: bool) {
        if local {
            let locals = Arc::make_mut(&mut self.locals);
            locals.remove(&binding);
            locals.extend(value.clone().map(|value| (binding, value)));
        }
        match value {
            Some(_) if local => {}
            Some(value) => drop(self.out.values.insert(binding, value)),
            None => {
                // Another round or call may have known it.
                self.out.values.remove(&binding);
                self.later.insert(binding, (None, Arc::from("this step")));
            }
        }
    }

    /// A call of an action of the policy's own: its items, with its parameters bound and its world narrowed.
    fn group(&mut self, group: &Arc<Group>, body: &mut Body) {
        let action = &group.action;
        let (outer, errors) = (Arc::clone(&self.locals), self.out.errors.len());
        let mut values = Vec::with_capacity(group.args.len());
        for arg in &group.args {
            let reads = self.reads(arg);
            values.push(self.not_overtaken(body, &reads, |this| this.evaluate(arg)).flatten());
            body.effects.extend(reads);
        }
        for (param, value) in action.params.iter().zip(values) {
            self.bind_in_step(*param, value, true);
        }
        body.via.push(Via { name: Arc::clone(&group.name.text), place: group.name.place });
        let (said, way) = (body.undo_said, body.way);
        body.undo_said |= action.speaks_of_undo();
        body.own_undo |= !matches!(action.undo, Undo::Restore);
        body.way = body.way.or_else(|| OwnUndo::of(action));
        let limit = group.timeout.as_ref().or(action.timeout.as_ref());
        self.walk(&action.head, body);
        let limit = limit.and_then(|limit| self.evaluate(limit)?.as_duration());
        let limited = body.limited;
        body.limited |= limit.is_some();
        if let Some(limit) = limit.filter(|_| !limited) {
            body.limits += limit * (group.retry.unwrap_or(0) + 1);
        }
        // Narrowed by itself: what stands around it touches what it touched before.
        let (calls, effects) = (body.calls.len(), std::mem::take(&mut body.effects));
        action.preview.iter().for_each(|preview| body.shows.push(self.show(preview)));
        self.walk(&action.run, body);
        let resources = |this: &mut Self, list: &Option<Vec<Expr>>| list.as_ref().map(|list| this.resources(list));
        let named = [resources(self, &action.reads), resources(self, &action.writes), resources(self, &action.touches)];
        let own = self.narrowed(body, calls, named, [&action.reads, &action.writes, &action.touches]);
        body.effects = effects;
        body.effects.extend(own);
        // Asked before and after: where a path leads then is what the calls have made of it.
        for header in action.timeout.iter().chain(&action.done_when) {
            body.effects.extend(self.reads(header));
        }
        body.limited = limited;
        (body.undo_said, body.way) = (said, way);
        if let Some(via) = body.via.pop() {
            for (_, error) in self.out.errors.iter_mut().skip(errors) {
                error.what = via.around(&error.what, &self.policy.sources);
            }
        }
        self.locals = outer;
    }

    /// What a plan asks, with what is known where it stands.
    fn show(&self, expr: &Arc<Expr>) -> Show {
        let value = |id: BindingId| self.locals.get(&id).or_else(|| self.out.values.get(&id)).cloned();
        let values = named(self.policy, expr).into_iter().filter_map(|id| Some((id, value(id)?))).collect();
        Show { expr: Arc::clone(expr), values }
    }

    fn call(&mut self, call: &Arc<Call>, body: &mut Body) {
        let policy = Arc::clone(self.policy);
        let signature = call.signature();
        let (mut probes, mut lazy) = (Effects::none(), Effects::none());
        for arg in &call.args {
            match arg {
                CallArg::Value(expr) => probes.extend(self.reads(expr)),
                // Asked while it runs, so it does not matter what is written before.
                CallArg::Lazy(expr) => lazy.extend(self.reads(expr)),
                CallArg::Absent => {}
            }
        }
        let args = self.not_overtaken(body, &probes, |this| {
            match this.with_scope(|scope| eval::args(&policy, signature, &call.args, scope)) {
                Ok(args) => args,
                Err(mut error) => {
                    let given = |arg: &CallArg| matches!(arg, CallArg::Value(expr) if this.is_of_the_world(expr));
                    if matches!(error.kind, ErrorKind::Value | ErrorKind::Absent) && call.args.iter().any(given) {
                        error.kind = ErrorKind::Failed;
                    }
                    if eval::room::is_excess(&error) {
                        this.exceeded(call.place, error.clone());
                    }
                    this.out.errors.push((call.place, error));
                    unknown(signature)
                }
            }
        });
        if let Some(args) = &args {
            self.lengths(call, args);
        }
        self.counts_call();
        for arg in args.iter().flat_map(Args::all) {
            if let Arg::Known(value) = arg {
                self.holds(value, call.place);
            }
        }
        let args = not_asked_yet(&args.unwrap_or_else(|| unknown(signature)));
        probes.extend(lazy);
        let plain = call.action.effects(&args, self.look);
        // What a snapshot will hold is not known where an earlier call takes another one of its name.
        let retaken = self.snapshots.retaken(&plain);
        let look = self.look.filter(|_| !retaken);
        let plain = if retaken { call.action.effects(&args, look) } else { plain };
        self.snapshots.enter(&plain);
        let effects = self.remade.widened(plain.clone(), self.look);
        self.remade.enter(&plain, call.action.entries(&args, look));
        body.gate |= signature.gate;
        body.silent |= !body.limited && !signature.gate;
        if signature.gate {
            // Known by their names in every gate's signature: how long it waits, and whether for a person.
            let within = ["within", "length"]
                .iter()
                .filter(|name| signature.param(name).is_some())
                .find_map(|name| args.duration(name));
            let within = within.unwrap_or(self.policy.defaults.timeout);
            body.waits += within;
            if signature.name == "manual" || signature.name == "approve" {
                body.people += within;
            }
        }
        body.written.extend(effects.clone());
        body.effects.extend(effects.clone());
        body.effects.extend(probes);
        let exact = call.action.exact_undo(&args) || signature.undo == UndoKind::Nothing;
        body.calls.push(ExpandedCall {
            call: Arc::clone(call),
            args,
            effects,
            exact,
            certain: body.perhaps == 0,
            locals: Arc::clone(&self.locals),
            via: body.via.clone().into(),
            undo_said: body.undo_said,
            own_undo: body.way,
        });
    }

    /// Durations that were no constants, such as those of params: what the checker would have refused.
    fn lengths(&mut self, call: &Call, args: &Args) {
        for param in call.signature().params.iter().filter(|param| param.ty == "duration") {
            if let Arg::Known(value) = args.raw(param.name)
                && let Some(why) = lengths::unfit(lengths::called(call.signature(), param), value)
            {
                let error = Error::new(ErrorKind::Value, format!("{why}, and this is {value}"));
                self.out.errors.push((call.place, error));
            }
        }
    }

    /// What `ask` finds out, unless earlier calls of the step write what it reads: then only the run can tell, what it
    /// was told is not pinned, and what could not be told is no error yet.
    fn not_overtaken<T>(&mut self, body: &Body, reads: &Effects, ask: impl FnOnce(&mut Self) -> T) -> Option<T> {
        let (outer, errors) = (std::mem::take(&mut self.pinned), self.out.errors.len());
        let found = ask(self);
        let told = std::mem::replace(&mut self.pinned, outer);
        let reads_nothing = reads.reads.is_empty() && reads.writes.is_empty();
        if reads_nothing || effects::conflict(&body.written.effects, reads).is_none() {
            self.pinned.extend(told);
            return Some(found);
        }
        self.pinned.retain(|asked, _| !told.contains_key(asked));
        self.out.errors.truncate(errors);
        None
    }

    /// The effects of `body` as the lists `said` of what it reads, writes and touches (written as `lists`) narrow them. What
    /// its calls from number `calls` on are said to write may be links by then, also for the calls among these.
    fn narrowed(
        &mut self,
        body: &mut Body,
        calls: usize,
        said: [Option<Vec<Resource>>; 3],
        lists: [&Option<Vec<Expr>>; 3],
    ) -> Effects {
        let mut named = Effects::none();
        let [reads, writes, touches] = &said;
        named.reads.extend(reads.iter().chain(touches).flatten().cloned());
        named.writes.extend(writes.iter().chain(touches).flatten().cloned());
        named.extend(self.by_other_names(lists));
        let named = self.remade.widened(named, self.look);
        let commands = body.calls[calls..].iter().any(|call| call.effects.writes.contains(&Resource::world()));
        if commands && !named.writes.is_empty() {
            let mut remade = Remade::default();
            remade.enter_said(&named.writes);
            body.widen(calls, &remade, self.look);
            self.remade.enter_said(&named.writes);
        }
        let [reads, writes, touches] = said;
        let mut effects = effects::narrow(std::mem::take(&mut body.effects).effects, reads, writes, touches);
        effects.extend(named);
        effects
    }

    /// What lists of resources lead to by links and other names of one file: they are texts, the world has the links.
    fn by_other_names(&mut self, [reads, writes, touches]: [&Option<Vec<Expr>>; 3]) -> Effects {
        let mut found = Effects::none();
        let Some(look) = self.look else { return found };
        for (list, how) in [
            (reads, &[reach::reads as Reach][..]),
            (writes, &[reach::writes_through]),
            (touches, &[reach::reads, reach::writes_through]),
        ] {
            for expr in list.iter().flatten() {
                let Some(value) = self.evaluate(expr) else { continue };
                for path in value.elements().iter().filter_map(Value::as_text).filter_map(effects::fixed_path) {
                    let linked = look.locate_following(path).is_ok_and(|at| !at.links.is_empty());
                    for reached in how.iter().map(|how| how(Some(look), &[path])) {
                        // Without a link on the way its own name says all, but for other names of the same file.
                        let tells = |resource: &Resource| linked || resource.kind != Kind::File;
                        found.reads.extend(reached.reads.into_iter().filter(tells));
                        found.writes.extend(reached.writes.into_iter().filter(tells));
                    }
                }
            }
        }
        found
    }

    /// `writes "server/**", list` as resources; what is not known widens to everything.
    fn resources(&mut self, list: &[Expr]) -> Vec<Resource> {
        let mut found = Vec::new();
        for expr in list {
            match self.evaluate(expr) {
                Some(value) => {
                    found.extend(value.elements().iter().filter_map(Value::as_text).map(effects::parse_resource));
                }
                None => found.push(Resource::world()),
            }
        }
        found
    }
}

fn unknown(signature: &'static crate::catalogue::signature::Signature) -> Args {
    Args::new(signature, vec![Arg::Unknown; signature.params.len()])
}

/// Arguments of an action: what it is passed unevaluated is for its run. A plan asks it itself, all such at once.
fn not_asked_yet(args: &Args) -> Args {
    let values = args.signature().params.iter().map(|param| match args.raw(param.name) {
        Arg::Lazy(_) => Arg::Lazy(deferred()),
        other => other.clone(),
    });
    Args::new(args.signature(), values.collect())
}

/// The expressions of a step's clauses.
fn headers(step: &Step) -> impl Iterator<Item = &Expr> {
    let clauses = &step.clauses;
    let all = [&clauses.timeout, &clauses.done_when, &clauses.within, &clauses.by];
    all.into_iter().filter_map(Option::as_deref)
}

/// Every expression of a step's body, for the values that it uses.
fn gather<'s>(policy: &'s crate::check::model::Policy, items: &'s [StepItem], into: &mut Vec<&'s Expr>) {
    for item in items {
        match item {
            StepItem::Call(call) => {
                for arg in &call.args {
                    if let CallArg::Value(expr) | CallArg::Lazy(expr) = arg {
                        into.push(expr);
                    }
                }
            }
            StepItem::Let(binding) => {
                if let BindingKind::Let(expr) = &policy.bindings[binding.0 as usize].kind {
                    into.push(expr);
                }
            }
            StepItem::Group(group) => {
                into.extend(&group.args);
                into.extend(group.action.timeout.iter().chain(&group.action.done_when));
                gather(policy, &group.action.head, into);
                gather(policy, &group.action.run, into);
            }
            StepItem::Require(require) => into.push(&require.condition),
            StepItem::Expect(check) => into.push(&check.condition),
            StepItem::For(each) => {
                let StepFor { iter, filter, body, .. } = &**each;
                into.push(iter);
                into.extend(filter);
                gather(policy, body, into);
            }
            StepItem::If(branch) => {
                let StepIf { condition, body, otherwise, .. } = &**branch;
                into.push(condition);
                gather(policy, body, into);
                gather(policy, otherwise, into);
            }
        }
    }
}
