//! Names that nothing uses.

use std::collections::HashSet;

use crate::check::checker::Checker;
use crate::check::model::{BindingKind, Policy};
use crate::diagnostics::{Code, Diagnostic};
use crate::source::Place;
use crate::syntax::ast::Keyword;

impl Checker<'_> {
    /// Warns of params, lets, functions and secrets that are never used; a name that begins with `_` is meant to be.
    pub fn unused(&mut self, policy: &Policy, library: bool) {
        let mut found: Vec<(String, Place, &str)> = Vec::new();
        // A function that nobody calls is still checked, with arguments of any type.
        for index in 0..self.functions.len() as u32 {
            if !self.used_functions.contains(&index) {
                let function = &self.functions[index as usize];
                let (name, place) = (function.name.to_owned(), function.place);
                let depth = function.depth;
                let noun = if function.decl.keyword == Keyword::Probe { "probe" } else { "function" };
                if depth == 0 {
                    let types = self.declared_types(index);
                    // It may be meant for a trigger or a message.
                    (self.series, self.told) = (true, true);
                    self.instance(index, types);
                    (self.series, self.told) = (false, false);
                }
                // What a file offers to others need not be used by this one.
                if self.is_own(place) && !(library && depth == 0) {
                    found.push((name, place, noun));
                }
            }
        }
        // A misspelt use is an error already, and the name is not to blame.
        if self.refused_before || self.report.has_errors() {
            return;
        }
        for (binding, used) in self.bindings.iter().zip(&self.used) {
            let noun = match binding.kind {
                BindingKind::Param => "param",
                BindingKind::Let(_) => "`let`",
                _ => continue,
            };
            if !used && self.is_own(binding.name.place) && !library {
                found.push((binding.name.text.to_string(), binding.name.place, noun));
            }
        }
        self.unused_variables(policy);
        for action in &self.actions {
            if !self.used_actions.contains(&action.place) && self.is_own(action.place) && !library {
                found.push((action.name.to_owned(), action.place, "action"));
            }
        }
        for secret in &policy.secrets {
            if !self.used_secrets.contains(&*secret.name.text) {
                found.push((secret.name.text.to_string(), secret.name.place, "secret"));
            }
        }
        for (name, place, noun) in found {
            self.never_used(&name, place, noun);
        }
    }

    /// Warns of variables of loops and parameters of functions that nothing uses. A function is checked for each of its
    /// calls: one use is enough.
    fn unused_variables(&mut self, policy: &Policy) {
        let asked = policy.around.incident.iter().flat_map(|incident| &incident.asks);
        // What a person fills in is kept, used or not.
        let mut used: HashSet<Place> = asked.map(|(name, _)| name.place).collect();
        let variables =
            || self.bindings.iter().zip(&self.used).filter(|(of, _)| matches!(of.kind, BindingKind::Variable));
        used.extend(variables().filter(|(_, used)| **used).map(|(binding, _)| binding.name.place));
        let mut found = Vec::new();
        for (binding, _) in variables() {
            let name = &binding.name;
            if !name.text.starts_with('_') && self.is_own(name.place) && used.insert(name.place) {
                found.push(name.clone());
            }
        }
        for name in found {
            let text = &name.text;
            self.push(
                Diagnostic::new(Code::UnusedVariable, name.place, format!("`{text}` is never used"))
                    .label("given here, used nowhere")
                    .help(format!("use it, or call it `_{text}` where only the number of times matters")),
            );
        }
    }

    fn never_used(&mut self, name: &str, place: Place, noun: &str) {
        if name.starts_with('_') || name.is_empty() {
            return;
        }
        let found = Diagnostic::new(Code::UnusedName, place, format!("the {noun} `{name}` is never used"))
            .label("given here, used nowhere")
            .help(format!("use it, leave it out, or call it `_{name}`"));
        self.push(found);
    }
}
