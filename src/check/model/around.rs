//! What stands around a rollback: before a deployment, after a run, other machines.

use std::sync::Arc;
use std::time::Duration;

use crate::catalogue::signature::Signature;
use crate::source::Place;

use super::{BindingId, CallArg, Expr, Name, Phase, Require, Test};

/// Everything around a run.
#[derive(Clone, Default)]
pub struct Around {
    pub preflight: Option<Preflight>,
    /// `prepare { … }`: a phase that is no rollback, and is not among the policy's phases.
    pub prepare: Option<Arc<Phase>>,
    pub incident: Option<Incident>,
    pub tests: Vec<Test>,
    pub hosts: Vec<Host>,
}

/// `preflight { require …; confirm "…" by ROLE every 90d }`
#[derive(Clone)]
pub struct Preflight {
    pub title: Option<String>,
    /// In text order.
    pub items: Vec<PreflightItem>,
    pub place: Place,
}

/// What a preflight asks for.
#[derive(Clone)]
pub enum PreflightItem {
    Let(BindingId),
    Require(Require),
    Confirm(Confirm),
}

/// `confirm "Contacts current" by ops every 90d`
#[derive(Clone)]
pub struct Confirm {
    pub text: String,
    /// A role that somebody has.
    pub by: Name,
    /// How long a confirmation counts; absent: for one deployment.
    pub every: Option<Duration>,
    pub place: Place,
}

/// `incident { … }`: what is kept and asked after a run.
#[derive(Clone)]
pub struct Incident {
    pub title: Option<String>,
    /// The folder of records.
    pub records: Option<Expr>,
    /// Files that the story is appended to when it is closed.
    pub appends: Vec<Expr>,
    pub exports: Vec<Export>,
    /// What a person fills in, with its binding in exports.
    pub asks: Vec<(Name, BindingId)>,
    pub followups: Vec<Followup>,
    pub place: Place,
}

/// `export "r.jsonl" { field: EXPR }`: one line of JSON for each incident.
#[derive(Clone)]
pub struct Export {
    pub file: Expr,
    pub fields: Vec<(Arc<str>, Expr)>,
    pub place: Place,
}

/// `followup "RCA" by 24h owner lead covers "Logs", "Metrics"`
#[derive(Clone)]
pub struct Followup {
    pub text: String,
    /// Counted from the end of the run.
    pub by: Duration,
    /// A contact.
    pub owner: Option<Name>,
    pub covers: Vec<String>,
    pub place: Place,
}

/// `host NAME = ssh("…") { roles "app" }`
#[derive(Clone)]
pub struct Host {
    pub name: Name,
    /// Of the registry of kinds.
    pub kind: &'static Signature,
    pub args: Vec<CallArg>,
    pub timeout: Option<Expr>,
    pub roles: Vec<String>,
}
