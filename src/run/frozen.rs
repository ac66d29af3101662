//! What a run freezes at its start, so that it can be undone long after its policy has changed.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::executor::Facts;
use super::secrets::Secrets;
use crate::catalogue::error::{Error, Result};
use crate::catalogue::keep::Keep;
use crate::catalogue::look::Look;
use crate::catalogue::value::Value;
use crate::check::model::{BindingId, Policy};
use crate::plan::model::{Plan, Request};

/// Compiles frozen sources (path as given and text, the policy first) again.
pub type Compile<'a> = dyn Fn(&[(String, String)]) -> Result<Arc<Policy>> + 'a;

/// The frozen part of a run, as JSON in its head.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Frozen {
    /// The version of rbk that ran.
    pub rbk: String,
    /// Path as given and text of every source file.
    pub sources: Vec<(String, String)>,
    /// What was asked for.
    pub request: Request,
    /// When it was planned.
    pub planned: jiff::Timestamp,
    /// What was bound when planned, by the number of the binding.
    pub values: Vec<(u32, Value)>,
    /// The policy's name and the phases, joined.
    pub policy: String,
    pub phase: String,
    pub environment: Option<String>,
    /// Of each secret that could be had, a digest of its value that tells nothing without the key of captures: what was
    /// captured can only be shown while its values are known.
    #[serde(default)]
    pub secrets: BTreeMap<String, String>,
}

/// The digests of the secrets of `policy` that can be had now.
#[must_use]
pub fn digests(policy: &Policy, look: &Look, keep: &dyn Keep) -> BTreeMap<String, String> {
    let names = policy.secrets.iter().map(|secret| secret.name.text.to_string());
    names.filter_map(|name| keep.digest_of_secret(&look.secret(&name).ok()?).map(|digest| (name, digest))).collect()
}

impl Frozen {
    /// Freezes a plan.
    #[must_use]
    pub fn of(plan: &Plan) -> Self {
        let source = |file: &crate::source::SourceFile| (file.path.display().to_string(), file.text.to_string());
        Self {
            rbk: env!("CARGO_PKG_VERSION").to_owned(),
            sources: plan.policy.sources.iter().map(|(_, file)| source(file)).collect(),
            request: plan.request.clone(),
            planned: plan.made,
            values: plan.values.iter().map(|(binding, value)| (binding.0, value.clone())).collect(),
            policy: plan.policy.name.text.to_string(),
            phase: plan.phases.join(", "),
            environment: plan.target.environment.clone(),
            secrets: BTreeMap::new(),
        }
    }

    /// Without what holds a secret: a value is left out, as one with a mask in it would be another one.
    #[must_use]
    pub fn without(mut self, secrets: &Secrets) -> Self {
        let holds = |value: &Value| serde_json::to_string(value).is_ok_and(|json| secrets.scrub(&json).is_some());
        self.values.retain(|(_, value)| !holds(value));
        let mut request = serde_json::to_value(&self.request).expect("it is plain data");
        if secrets.scrub_json(&mut request)
            && let Ok(request) = serde_json::from_value(request)
        {
            self.request = request;
        }
        self
    }

    /// Reads what a run froze.
    pub fn parse(json: &str, run: &str) -> Result<Self> {
        serde_json::from_str(json).map_err(|error| {
            Error::refused(format!("what run `{run}` froze at its start cannot be read: {error}"))
                .hint(super::journal::DAMAGED)
        })
    }

    /// As JSON.
    #[must_use]
    pub fn json(&self) -> String {
        serde_json::to_string(self).expect("it is plain data")
    }

    /// The values by binding.
    #[must_use]
    pub fn bound(&self) -> BTreeMap<BindingId, Value> {
        self.values.iter().map(|(binding, value)| (BindingId(*binding), value.clone())).collect()
    }

    /// What `run.…` reads in a run with this id.
    #[must_use]
    pub fn facts(&self, id: &str, started: jiff::Timestamp) -> Facts {
        Facts {
            id: id.to_owned(),
            planned: self.planned,
            started,
            policy: self.policy.clone(),
            phase: self.phase.clone(),
            severity: self.request.severity.clone(),
            reason: self.request.reason.clone(),
            operator: self.request.operator.clone(),
            environment: self.environment.clone(),
            failure: Arc::default(),
        }
    }
}
