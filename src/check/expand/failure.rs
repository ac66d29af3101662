//! What happens when a node fails: the nearest `on failure` around it, and the block that it speaks of.

use std::sync::Arc;

use crate::check::model::OnFailure;

/// The effective `on failure` of a node.
#[derive(Clone)]
pub struct Handling {
    /// What is done.
    pub on_failure: OnFailure,
    /// Where it was said: `undo` takes back what is inside.
    pub scope: FailureScope,
}

/// The block that an `on failure` belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FailureScope {
    /// The step or verification itself.
    Node,
    /// A stage of a phase.
    Stage(Arc<str>),
    /// A phase.
    Phase(Arc<str>),
    /// The whole run.
    Policy,
}

impl Handling {
    /// The same, unless the inner block says something itself.
    #[must_use]
    pub fn inner(&self, own: Option<&OnFailure>, scope: FailureScope) -> Self {
        own.map_or_else(|| self.clone(), |own| Self { on_failure: own.clone(), scope })
    }

    /// Whether the run goes on after a failure here.
    #[must_use]
    pub const fn goes_on(&self) -> bool {
        matches!(self.on_failure, OnFailure::Warn | OnFailure::Continue)
    }
}
