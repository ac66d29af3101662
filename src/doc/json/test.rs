//! Tests as JSON: what is given, what is expected.

use serde_json::{Value, json};

use crate::check::model::{Expectation, Given, Samples};

use super::{Json, seconds};

impl Json<'_> {
    pub(super) fn given(&self, given: &Given) -> Value {
        match given {
            Given::Series { metric, args, pieces } => json!({
                "metric": &*self.policy.watching.metrics[metric.0 as usize].name.text,
                "of": args.iter().map(|arg| self.expr(arg)).collect::<Vec<_>>(),
                "series": pieces.iter().map(|piece| {
                    let (from, step, list) = match &piece.samples {
                        Samples::Line { from, step } => (self.expr(from), self.maybe(step.as_ref()), Value::Null),
                        Samples::List(list) => (Value::Null, Value::Null, self.expr(list)),
                    };
                    json!({
                        "from": from, "step": step, "list": list,
                        "every": piece.every.map(seconds), "for": piece.lasting.map(seconds),
                    })
                }).collect::<Vec<_>>(),
            }),
            Given::Param(id, value) => {
                json!({ "param": &*self.policy.bindings[id.0 as usize].name.text, "value": self.expr(value) })
            }
            Given::Now(value) => json!({ "now": self.expr(value) }),
            Given::Files(files) => json!({ "files": files.iter().map(|(path, text)| json!({
                "path": &**path, "text": self.expr(text),
            })).collect::<Vec<_>>() }),
            Given::StepFails(step) => json!({ "step_fails": &*step.text }),
        }
    }

    pub(super) fn test_expectation(&self, expect: &Expectation) -> Value {
        match expect {
            Expectation::Fired { trigger, severity, within, not, .. } => json!({
                "fired": &*trigger.text,
                "severity": severity.as_ref().map(|severity| severity.text.to_string()),
                "in": within.map(|(from, to)| [seconds(from), seconds(to)]),
                "not": not,
            }),
            Expectation::Outcome { run, outcome, not, .. } => json!({
                "run": &*run.phase.text,
                "scenario": run.scenario.as_ref().map(|scenario| scenario.text.to_string()),
                "severity": run.severity.as_ref().map(|severity| severity.text.to_string()),
                "outcome": outcome,
                "not": not,
            }),
            Expectation::Holds { condition, why, .. } => {
                json!({ "condition": self.expr(condition), "why": self.maybe(why.as_ref()) })
            }
        }
    }
}
