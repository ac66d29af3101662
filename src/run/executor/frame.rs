//! A frame: the execution of one node, or of a step inside one, with the values that it sees and what it has to tell.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::call::Kept;
use super::drift::Made;
use super::{Executor, Halt, Values};
use crate::catalogue::error::{Error, ErrorKind, Result};
use crate::catalogue::look::Look;
use crate::catalogue::value::Value;
use crate::check::model::{BindingId, BindingKind, Check, CheckKind, Expr, Require};
use crate::plan::model::Node;
use crate::run::event::Event;

/// Where something is executed.
#[allow(clippy::struct_excessive_bools, reason = "each is a fact that may become true independently")]
pub struct Frame<'a> {
    pub(super) exec: &'a Executor,
    /// The key that its events carry.
    pub(super) key: String,
    /// What it sees by name.
    pub(super) values: Values,
    /// `let`s of a verification that could not be told in its last round, and why.
    pub(super) untold: Arc<BTreeMap<BindingId, Error>>,
    pub(super) look: Look,
    /// Events that have not been given to the journal; they go with the next intent, in one flush.
    pub(super) pending: Vec<Event>,
    /// Calls so far.
    pub(super) calls: usize,
    /// Index in the plan, where it is a node of one.
    pub(super) planned: Option<usize>,
    /// How often each name was given inside.
    pub(super) names: BTreeMap<String, u32>,
    /// The calls that were made, for what they may have written.
    pub(super) made: Vec<Made>,
    /// What the present attempt captured, in order.
    pub(super) kept: Vec<Kept>,
    pub(super) wrote: bool,
    pub(super) already: bool,
    /// An own action in it was done already.
    pub(super) skipped: bool,
    pub(super) warned: bool,
    pub(super) partial: bool,
    pub(super) degraded: bool,
    /// It stands inside another frame, so an undo must be told what it is.
    pub(super) inner: bool,
}

impl<'a> Frame<'a> {
    pub(super) fn new(exec: &'a Executor, key: String, values: Values) -> Self {
        Self {
            exec,
            key,
            values,
            untold: Arc::default(),
            look: exec.look.clone(),
            pending: Vec::new(),
            calls: 0,
            planned: None,
            names: BTreeMap::new(),
            made: Vec::new(),
            kept: Vec::new(),
            wrote: false,
            already: false,
            skipped: false,
            warned: false,
            partial: false,
            degraded: false,
            inner: true,
        }
    }

    pub(super) fn of_node(exec: &'a Executor, index: usize, node: &Node) -> Self {
        let mut frame = Self::new(exec, node.key.clone(), exec.snapshot());
        frame.bind_locals(&node.locals);
        frame.planned = Some(index);
        frame.inner = false;
        frame.pending.push(Event::NodeStarted { node: node.key.clone(), attempt: 1 });
        frame
    }

    /// A frame inside this one, for a step with a key of its own: a second one of that name is `name#2`, since an undo
    /// tells the rounds of a loop apart by their keys.
    pub(super) fn inside(&mut self, name: &str) -> Self {
        let count = self.names.entry(name.to_owned()).or_insert(0);
        *count += 1;
        let key = if *count == 1 { format!("{}/{name}", self.key) } else { format!("{}/{name}#{count}", self.key) };
        let mut inner = Self::new(self.exec, key, Arc::clone(&self.values));
        inner.look = self.look.clone();
        inner.untold = Arc::clone(&self.untold);
        inner
    }

    /// Takes over what an inner frame found out.
    pub(super) fn absorb(&mut self, inner: &Frame<'_>) {
        self.wrote |= inner.wrote;
        self.warned |= inner.warned;
        self.partial |= inner.partial;
        self.degraded |= inner.degraded;
    }

    pub(super) fn bind_locals(&mut self, locals: &BTreeMap<BindingId, Value>) {
        if !locals.is_empty() {
            let values = Arc::make_mut(&mut self.values);
            values.extend(locals.iter().map(|(binding, value)| (*binding, value.clone())));
        }
    }

    pub(super) fn set(&mut self, binding: BindingId, value: Value) {
        Arc::make_mut(&mut self.values).insert(binding, value);
        if self.untold.contains_key(&binding) {
            Arc::make_mut(&mut self.untold).remove(&binding);
        }
    }

    /// Whoever looks at it meets the error.
    pub(super) fn set_untold(&mut self, binding: BindingId, error: Error) {
        Arc::make_mut(&mut self.values).remove(&binding);
        Arc::make_mut(&mut self.untold).insert(binding, error);
    }

    /// Gives what is pending to the journal, not waited for.
    pub(super) fn flush(&mut self) {
        if !self.pending.is_empty() {
            let _ordered_before_what_follows = self.exec.journal.append(std::mem::take(&mut self.pending));
        }
    }

    /// For what may take long before its first intent: readers should see that it began.
    pub(super) fn sent_at_once(&mut self) {
        self.flush();
    }

    pub(super) fn note(&mut self, text: impl Into<String>) {
        self.pending.push(Event::Note { node: Some(self.key.clone()), text: text.into() });
    }

    /// Whether a condition holds; an absent value does not.
    pub(super) fn holds(&self, condition: &Expr, look: &Look) -> Result<bool> {
        truth(self.eval(condition, look)?)
    }

    /// Evaluates a `let` and writes down what it is bound to.
    pub(super) fn bind_let(&mut self, binding: BindingId, look: &Look) -> Result<Value> {
        let policy = Arc::clone(&self.exec.policy);
        let named = &policy.bindings[binding.0 as usize];
        let BindingKind::Let(expr) = &named.kind else {
            return Err(Error::internal(format!("`{}` is bound like a `let` and is none", named.name.text)));
        };
        let value = self.eval_as_planned(expr, look)?;
        self.set(binding, value.clone());
        self.tell_bound(binding);
        Ok(value)
    }

    /// Writes down what a name is bound to, if it is.
    pub(super) fn tell_bound(&mut self, binding: BindingId) {
        let Some(value) = self.values.get(&binding).cloned() else { return };
        let name = self.exec.policy.bindings[binding.0 as usize].name.text.to_string();
        self.pending.push(Event::Bound { node: self.key.clone(), name, value, binding: Some(binding.0) });
    }

    /// Refuses when the condition does not hold, or cannot be known.
    pub(super) fn require(&mut self, require: &Require, look: &Look) -> Result<(), Halt> {
        let (result, detail) = self.trace_guard(&require.condition, look);
        let why = self.why(require.why.as_ref(), look);
        let written = self.written(&require.condition);
        let error = match result.and_then(truth) {
            Ok(true) => return Ok(()),
            Ok(false) => {
                let what = why.unwrap_or_else(|| format!("`require {written}` does not hold"));
                Error::refused(with_detail(what, &detail))
            }
            Err(error) if error.kind == ErrorKind::Cancelled => error,
            Err(error) => Error { what: format!("`require {written}` cannot be told: {}", error.what), ..error },
        };
        let mut halt = Halt::from(error);
        if halt.error.kind != ErrorKind::Cancelled {
            // A guard that cannot be asked guards: it refuses too.
            halt.fail = crate::run::dispatcher::graph::Fail::Refused;
        }
        Err(halt)
    }

    /// An `expect`, `should` or `fail when` between the calls of a step.
    pub(super) fn expect(&mut self, check: &Check, look: &Look) -> Result<(), Halt> {
        let (result, detail) = self.trace(&check.condition, look);
        let holds = match (check.kind, result.and_then(truth)) {
            (CheckKind::FailWhen, Ok(holds)) => !holds,
            (_, Ok(holds)) => holds,
            (CheckKind::Should, Err(error)) if error.kind != ErrorKind::Cancelled => {
                self.note(format!("`should {}` cannot be told: {}", self.written(&check.condition), error.what));
                self.degraded = true;
                return Ok(());
            }
            (_, Err(error)) => return Err(error.into()),
        };
        if holds {
            return Ok(());
        }
        let text = self.failed_check(check, &detail, look);
        if check.kind == CheckKind::Should {
            self.note(text);
            self.degraded = true;
            return Ok(());
        }
        Err(Halt::failed(Error::failed(text)))
    }

    /// What to say of a check that does not hold: the author's words, the expression, the values in it.
    pub(super) fn failed_check(&self, check: &Check, detail: &[String], look: &Look) -> String {
        let word = match check.kind {
            CheckKind::Expect => "expect",
            CheckKind::Should => "should",
            CheckKind::FailWhen => "fail when",
        };
        let written = format!("`{word} {}`", self.written(&check.condition));
        let verb = if check.kind == CheckKind::FailWhen { "holds" } else { "does not hold" };
        let what = match self.why(check.why.as_ref(), look) {
            Some(why) => format!("{why}: {written} {verb}"),
            None => format!("{written} {verb}"),
        };
        with_detail(what, detail)
    }

    fn why(&self, why: Option<&Expr>, look: &Look) -> Option<String> {
        let value = self.eval(why?, look).ok()?;
        Some(value.as_text().map_or_else(|| value.to_string(), str::to_owned))
    }

    /// An expression as its author wrote it, on one line.
    pub(super) fn written(&self, expr: &Expr) -> String {
        self.source(expr.place)
    }

    pub(super) fn source(&self, place: crate::source::Place) -> String {
        let text = self.exec.policy.sources.get(place.file).slice(place.span);
        if text.contains(['\n', '\t']) || text.contains("  ") {
            return text.split_whitespace().collect::<Vec<_>>().join(" ");
        }
        text.to_owned()
    }
}

/// A condition's value as a truth; an absent value is not true.
pub(super) fn truth(value: Value) -> Result<bool> {
    match value {
        Value::Bool(holds) => Ok(holds),
        Value::Json(json) if json.is_boolean() => Ok(json.as_bool() == Some(true)),
        Value::None => Ok(false),
        other => Err(Error::new(ErrorKind::Value, format!("a condition must be true or false, and this is {other}"))),
    }
}

pub(super) fn with_detail(what: String, detail: &[String]) -> String {
    if detail.is_empty() { what } else { format!("{what} ({})", detail.join("; ")) }
}
