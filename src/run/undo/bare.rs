//! A policy without content, for undos that need nothing but captures although the frozen sources no longer compile.

use std::sync::Arc;

use crate::check::model::{Around, Defaults, Messages, Name, OnFailure, Policy, Watching};
use crate::source::{Place, Sources};

/// A policy that only has a name.
pub fn policy(name: &str) -> Arc<Policy> {
    Arc::new(Policy {
        name: Name { text: Arc::from(name), place: Place::default() },
        title: None,
        owner: None,
        root: ".".to_owned(),
        roots: Vec::new(),
        defaults: Defaults { timeout: Defaults::TIMEOUT },
        on_failure: OnFailure::Stop,
        sources: Arc::new(Sources::default()),
        bindings: Vec::new(),
        params: Vec::new(),
        lets: Vec::new(),
        requires: Vec::new(),
        severities: Vec::new(),
        roles: Vec::new(),
        environments: Vec::new(),
        secrets: Vec::new(),
        verifies: Vec::new(),
        phases: Vec::new(),
        actions: Vec::new(),
        watching: Watching::default(),
        messages: Messages::default(),
        around: Around::default(),
    })
}
