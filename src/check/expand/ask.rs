//! What an expression is when planned, what its probes read, how long they may take.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use crate::catalogue::effect::{Effects, Kind};
use crate::catalogue::error::ErrorKind;
use crate::catalogue::value::Value;
use crate::check::eval::{self, Evaluated};
use crate::check::model::{self, Expr};
use crate::check::{effects, walk};

use super::Expander;
use super::foretold::Foretold;
use super::scope::StaticScope;

impl Expander<'_> {
    /// How long asking the probes of `expr` may take; local ones count for nothing.
    pub(super) fn probing(&mut self, expr: &Expr) -> Duration {
        let own: Vec<Expr> = {
            let mut found = Vec::new();
            walk::expressions(expr, &mut |part| {
                if let model::ExprKind::Probe(call) = &part.kind {
                    found.extend(call.timeout.clone());
                }
            });
            found
        };
        if !own.is_empty() {
            return own.iter().filter_map(|limit| self.evaluate(limit)?.as_duration()).sum();
        }
        let outside = self.reads(expr).reads.iter().any(|read| read.kind == Kind::World);
        if outside { self.policy.defaults.timeout } else { Duration::ZERO }
    }

    /// What the probes of `expr` read.
    pub(super) fn reads(&mut self, expr: &Expr) -> Effects {
        if !walk::asks_the_world(expr) && !self.applies_functions(expr) {
            return Effects::none();
        }
        let mut foretold = Foretold {
            policy: self.policy,
            look: self.look,
            pinning: self.pinning,
            values: &self.out.values,
            later: &self.later,
            locals: &self.locals,
        };
        let reads = effects::expr::reads_of(self.policy, expr, &mut foretold, self.look);
        self.remade.widened(reads, self.look)
    }

    fn applies_functions(&self, expr: &Expr) -> bool {
        let mut found = false;
        walk::expressions(expr, &mut |part| found |= matches!(part.kind, model::ExprKind::Apply(..)));
        found
    }

    /// The value of `expr` now, when it is known. What cannot be evaluated is recorded.
    pub(super) fn evaluate(&mut self, expr: &Expr) -> Option<Value> {
        match self.evaluated(expr)? {
            Evaluated::Known(value) => Some(value),
            Evaluated::Unknown { .. } => None,
        }
    }

    pub(super) fn evaluated(&mut self, expr: &Expr) -> Option<Evaluated> {
        let policy = Arc::clone(self.policy);
        match self.with_scope(|scope| eval::eval(&policy, expr, scope)) {
            Ok(evaluated) => Some(evaluated),
            Err(mut error) => {
                // What the world gave is no value of the policy's own.
                if matches!(error.kind, ErrorKind::Value | ErrorKind::Absent) && self.is_of_the_world(expr) {
                    error.kind = ErrorKind::Failed;
                }
                if eval::room::is_excess(&error) {
                    self.exceeded(expr.place, error.clone());
                }
                self.out.errors.push((expr.place, error));
                None
            }
        }
    }

    /// Whether `expr` asks the world, or uses a `let` that did.
    pub(super) fn is_of_the_world(&self, expr: &Expr) -> bool {
        let mut found = walk::asks_the_world(expr);
        walk::bindings(expr, &mut |id| {
            found |= self.out.lets.iter().any(|bound| bound.binding == id && bound.relative);
        });
        found
    }

    /// Calls `with` in the scope of this place; answers that probes give are pinned for the node that comes next.
    pub(super) fn with_scope<T>(&mut self, with: impl FnOnce(&mut StaticScope<'_>) -> T) -> T {
        let mut pinned = std::mem::take(&mut self.pinned);
        let result = {
            let waits = |effects: &Effects| self.last_writer(effects).map(|node| Arc::clone(&self.out.nodes[node].key));
            let mut scope = StaticScope {
                policy: self.policy,
                look: self.look,
                pinning: self.pinning,
                values: &self.out.values,
                later: &self.later,
                locals: &self.locals,
                waits: &waits,
                pinned: &mut pinned,
            };
            with(&mut scope)
        };
        self.pinned = pinned;
        result
    }

    /// The earlier nodes whose values `exprs` use.
    pub(super) fn uses_of<'e>(&self, exprs: impl Iterator<Item = &'e Expr>) -> Vec<(usize, Arc<str>)> {
        let mut found = BTreeSet::new();
        for expr in exprs {
            walk::bindings(expr, &mut |id| {
                if let Some((Some(node), _)) = self.later.get(&id) {
                    found.insert((*node, Arc::clone(&self.policy.bindings[id.0 as usize].name.text)));
                }
            });
        }
        found.into_iter().collect()
    }
}
