//! From a typed policy and the present world to a plan: a graph of nodes with reasons, and what each would change.
//!
//! Looks, never touches: everything here works on a [`Look`].

pub mod asides;
pub mod authority;
pub mod diagnose;
pub mod drift;
pub mod expectations;
mod failure;
mod foreseen;
mod given;
pub mod graph;
pub mod model;
mod nodes;
pub mod params;
pub mod render;
pub mod saved;
mod scripts;
pub mod secrets;
pub mod shows;
mod strict;
mod times;
pub mod unavailable;
mod uses;
pub mod writers;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::catalogue::error::Error;
use crate::catalogue::look::Look;
use crate::catalogue::value::Value;
use crate::check::expand::{self, Expansion, Pinning, Refusal, Selection};
use crate::check::model::{BindingId, Environment, Muted, Policy, RunField};
use crate::check::nodes::order_nodes;
use crate::check::order::{self, Trouble};
use crate::diagnostics::suggest;
use crate::source::Place;

use model::{Edge, NodeId, Pin, Plan, Request, Target};

/// Why there is no plan.
#[derive(Debug)]
pub enum PlanError {
    /// The call is wrong: what, and what to do.
    Call { what: String, hint: String },
    /// A param has no value; somebody must give it.
    Missing { name: String, hint: String },
    /// A `require` does not hold: nothing was changed.
    Refused { what: String, values: Vec<String> },
    /// The world does not answer, or not as it must.
    World { place: Place, error: Error },
    /// Several reasons of one kind, at least two.
    Several(Vec<PlanError>),
    /// Steps that would have to wait for each other.
    Order { what: String },
}

impl PlanError {
    /// Fails with all of them, if there are any; what is said twice is said once.
    fn none_of(found: Vec<Self>) -> Result<(), Self> {
        let mut all: Vec<Self> = Vec::with_capacity(found.len());
        for one in found {
            if !all.iter().any(|known| known.says(&one)) {
                all.push(one);
            }
        }
        match all.len() {
            0 => Ok(()),
            1 => Err(all.remove(0)),
            _ => Err(Self::Several(all)),
        }
    }

    /// Whether both say the same of the same place.
    fn says(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::World { place, error }, Self::World { place: at, error: found }) => {
                place == at && error.what == found.what
            }
            (Self::Refused { what, .. }, Self::Refused { what: found, .. }) => what == found,
            _ => false,
        }
    }

    /// Whether the world, or a value that is given, is the reason; not the policy or the call.
    #[must_use]
    pub fn is_of_world(&self) -> bool {
        match self {
            Self::World { .. } | Self::Missing { .. } => true,
            Self::Several(all) => all.iter().all(Self::is_of_world),
            _ => false,
        }
    }
}

/// What is drawn or known when planned, so that a saved plan can be made again.
#[derive(Clone, Debug)]
pub struct Drawn {
    /// The id of the plan and of its run.
    pub id: uuid::Uuid,
    /// When it was made.
    pub made: jiff::Timestamp,
}

impl Drawn {
    /// Draws anew.
    #[must_use]
    pub fn now() -> Self {
        Self { id: uuid::Uuid::now_v7(), made: jiff::Timestamp::now() }
    }
}

/// Plans `request` of `policy` in the world of `look`.
pub fn plan(policy: &Arc<Policy>, request: Request, look: &Look, drawn: &Drawn) -> Result<Plan, PlanError> {
    let selection = selection(&request);
    let phases = expand::selected_phases(policy, &selection)
        .map_err(|wrong| PlanError::Call { what: wrong.what, hint: wrong.hint })?;
    let phases: Vec<String> = phases.iter().map(|phase| phase.name.text.to_string()).collect();
    make(policy, request, look, drawn, phases, |values, pinning, look| {
        expand::expand(policy, &selection, values, pinning, Some(look))
    })
}

/// Plans only verifications: those called `names`, or all that need nothing of a phase.
pub fn verifications(
    policy: &Arc<Policy>,
    names: &[String],
    request: Request,
    look: &Look,
    drawn: &Drawn,
) -> Result<Plan, PlanError> {
    let uses = expand::selected_verifies(policy, names)
        .map_err(|wrong| PlanError::Call { what: wrong.what, hint: wrong.hint })?;
    make(policy, request, look, drawn, Vec::new(), |values, pinning, look| {
        expand::expand_verifies(policy, &uses, values, pinning, look)
    })
}

/// What both have in common: params, expansion, order, times, previews.
fn make(
    policy: &Arc<Policy>,
    request: Request,
    look: &Look,
    drawn: &Drawn,
    phases: Vec<String>,
    expand: impl FnOnce(BTreeMap<BindingId, Value>, &Pinning, &Look) -> Expansion,
) -> Result<Plan, PlanError> {
    let look = if request.probe { look.allowing_exec() } else { look.clone() };
    let environment = environment(policy, request.environment.as_deref())?;
    let (params, values) = params::effective(policy, &request, environment)?;
    let pinning = pinning(policy, &request, environment, drawn, &phases);
    let expansion = expand(values, &pinning, &look);
    refusals(policy, &expansion)?;
    if let Some((place, error)) = expansion.excess {
        return Err(PlanError::World { place, error });
    }
    let order = order::order(&order_nodes(&expansion.nodes));
    if let Some(trouble) = order.trouble.first() {
        return Err(PlanError::Order { what: trouble_text(&expansion.nodes, trouble) });
    }
    let times = times::of(policy, &request, environment, &expansion, &order);
    let pins = pins(policy, &expansion.lets);
    let edges = order
        .direct(expansion.nodes.len())
        .into_iter()
        .map(|edge| Edge { from: NodeId(edge.from as u32), to: NodeId(edge.to as u32), reason: edge.reason })
        .collect();
    let found = expansion.errors.into_iter().map(|(place, error)| PlanError::World { place, error }).collect();
    let nodes = nodes::complete(policy, expansion.nodes, &look, found)?;
    Ok(Plan {
        id: drawn.id,
        made: drawn.made,
        policy: Arc::clone(policy),
        target: target(&look, environment, &request),
        phases,
        request,
        params,
        pins,
        values: expansion.values,
        nodes,
        edges,
        pinning,
        skipped: expansion.skipped,
        times,
        typical: None,
    })
}

fn selection(request: &Request) -> Selection {
    Selection {
        phases: request.phases.clone(),
        all: request.all,
        with_dependents: request.with_dependents,
        severity: request.severity.clone(),
        scenario: request.scenario.clone(),
        emergency: request.emergency,
    }
}

/// A param without a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// Its name.
    pub name: String,
    /// Its type, as the language writes it.
    pub ty: String,
    /// What it is for.
    pub doc: Option<String>,
}

/// The first param that nobody gives a value. What is wrong with the others is an error.
pub fn missing(policy: &Policy, request: &Request) -> Result<Option<Missing>, PlanError> {
    let environment = environment(policy, request.environment.as_deref())?;
    let name = match params::effective(policy, request, environment) {
        Err(PlanError::Missing { name, .. }) => name,
        other => return other.map(|_| None),
    };
    let found = policy.params.iter().find_map(|param| {
        let binding = &policy.bindings[param.binding.0 as usize];
        (*binding.name.text == *name).then(|| (binding.ty.to_string(), param.doc.clone()))
    });
    let (ty, doc) = found.unwrap_or_default();
    Ok(Some(Missing { name, ty, doc }))
}

/// The environment that was named, or the default one.
pub fn environment<'p>(policy: &'p Policy, name: Option<&str>) -> Result<Option<&'p Environment>, PlanError> {
    let Some(name) = name else { return Ok(policy.environments.iter().find(|found| found.default)) };
    let found = policy.environments.iter().find(|found| &*found.name.text == name);
    found.map(Some).ok_or_else(|| {
        let known: Vec<&str> = policy.environments.iter().map(|found| &*found.name.text).collect();
        let hint = match suggest::similar(name, known.iter().copied()).first() {
            Some(near) => format!("did you mean `{near}`?"),
            None if known.is_empty() => "the policy has no environments".to_owned(),
            None => format!("the environments are {}", known.join(", ")),
        };
        PlanError::Call { what: format!("no environment `{name}`"), hint }
    })
}

fn pinning(
    policy: &Policy,
    request: &Request,
    environment: Option<&Environment>,
    drawn: &Drawn,
    phases: &[String],
) -> Pinning {
    let text = |text: &str| Value::str(text);
    let mut fields = vec![(RunField::Policy, text(&policy.name.text)), (RunField::Phase, text(&phases.join(", ")))];
    let optional = [
        (RunField::Severity, request.severity.as_deref()),
        (RunField::Reason, request.reason.as_deref()),
        (RunField::Operator, request.operator.as_deref()),
        (RunField::Environment, environment.map(|found| &*found.name.text)),
    ];
    fields.extend(optional.into_iter().map(|(field, value)| (field, value.map_or(Value::None, text))));
    Pinning { run_id: Some(model::run_id(drawn.id, drawn.made)), planned: Some(drawn.made), fields }
}

fn refusals(policy: &Policy, expansion: &Expansion) -> Result<(), PlanError> {
    let refused = expansion.refusals.iter().map(|Refusal { place, why, values }| {
        let condition = policy.sources.get(place.file).slice(place.span);
        let what = why.clone().unwrap_or_else(|| format!("`{}` does not hold", condition.trim()));
        let shown = values
            .iter()
            .map(|(place, value)| format!("{} = {value}", policy.sources.get(place.file).slice(place.span)))
            .collect();
        PlanError::Refused { what: format!("{what} ({})", policy.sources.locate(*place)), values: shown }
    });
    PlanError::none_of(refused.collect())
}

fn trouble_text(nodes: &[expand::ExpandedNode], trouble: &Trouble) -> String {
    let key = |index: &usize| format!("`{}`", nodes[*index].key);
    match trouble {
        Trouble::Cycle(path) => {
            format!("{} wait for each other", path.iter().map(key).collect::<Vec<_>>().join(" → "))
        }
        Trouble::AfterLater { node, later } => {
            format!("{} waits for {}, which stands behind it", key(node), key(later))
        }
        Trouble::ParallelConflict { a, b, conflict } => format!(
            "{} and {} cannot run in parallel: one {} {}, the other {} it",
            key(a),
            key(b),
            conflict.earlier_verb,
            crate::check::effects::shown(&conflict.earlier),
            conflict.later_verb
        ),
        Trouble::GateInBlock { node } => format!("{} is a gate and stands inside `parallel`", key(node)),
    }
}

/// Every `let` with what it was bound to and how it came about.
fn pins(policy: &Policy, lets: &[expand::LetState]) -> Vec<Pin> {
    let compared = uses::compared(policy, lets);
    lets.iter()
        .zip(compared)
        .map(|(state, compared)| {
            let binding = &policy.bindings[state.binding.0 as usize];
            let from = match &binding.kind {
                crate::check::model::BindingKind::Let(expr) => {
                    let text = policy.sources.get(expr.place.file).slice(expr.place.span);
                    text.split_whitespace().collect::<Vec<_>>().join(" ")
                }
                _ => String::new(),
            };
            Pin {
                name: state.name.clone(),
                value: state.state.as_ref().ok().cloned(),
                from,
                after: state.state.as_ref().err().map(ToString::to_string),
                relative: state.relative,
                compared,
            }
        })
        .collect()
}

fn target(look: &Look, environment: Option<&Environment>, request: &Request) -> Target {
    Target {
        environment: environment.map(|found| found.name.text.to_string()),
        says: environment.map_or_else(Vec::new, says),
        root: look.root().display().to_string(),
        host: rustix::system::uname().nodename().to_string_lossy().into_owned(),
        user: user(),
        operator: request.operator.clone(),
    }
}

/// What an environment says besides values of params.
fn says(environment: &Environment) -> Vec<String> {
    let mut says = Vec::new();
    says.extend(environment.confirm_typed.then(|| "its name is typed before anything acts on it".to_owned()));
    says.extend(environment.deadlines_advisory.then(|| "deadlines are advisory".to_owned()));
    says.extend(environment.automatic_off.then(|| "triggers start nothing by themselves".to_owned()));
    if !environment.mutes.is_empty() {
        let name = |muted: &Muted| match muted {
            Muted::Channel(name) => name.text.to_string(),
            Muted::Kind(kind) => (*kind).to_owned(),
        };
        says.push(format!(
            "nothing is sent through {}",
            environment.mutes.iter().map(name).collect::<Vec<_>>().join(", ")
        ));
    }
    says
}

/// The name of the user that rbk runs as, or its number.
fn user() -> String {
    let id = rustix::process::geteuid().as_raw();
    let name = std::fs::read_to_string("/etc/passwd").ok().and_then(|text| {
        text.lines().find_map(|line| {
            let mut parts = line.split(':');
            let name = parts.next()?;
            (parts.nth(1)? == id.to_string()).then(|| name.to_owned())
        })
    });
    name.unwrap_or_else(|| id.to_string())
}
