//! The items of a policy, one file per kind, and the order in which they are checked.
//!
//! First every name of the file, then what others rest on (params, lets, roles, severities), then phases: so that an
//! item may refer to a later one, but a value only to an earlier one.

mod action;
mod around;
mod block;
mod channel;
mod environment;
mod failure;
mod let_;
mod lints;
mod message;
mod metric;
mod observe;
mod param;
mod phase;
mod policy;
mod repeat;
mod require;
mod role;
mod scenario;
mod secret;
mod severity;
mod stage;
mod statements;
mod step;
mod test;
mod trigger;
mod unused;
mod verify;

use std::sync::Arc;

use super::checker::Checker;
use super::imports;
use super::model::{Name, Policy};
use super::names::{Meaning, Space};
use crate::diagnostics::{Code, Diagnostic};
use crate::source::{FileId, Place, Span};
use crate::syntax::ast::{Decl, Keyword, StmtKind, Tree};

impl<'a> Checker<'a> {
    /// Checks every item; the policy is whole only when nothing was reported.
    pub fn items(&mut self, trees: &'a [(FileId, Tree)]) -> Option<Policy> {
        let all = trees;
        // The policy's own file; the others are reached through their imports.
        let trees = trees.get(..1).unwrap_or_default();
        let library = trees.iter().any(|(file, tree)| imports::is_library(self.sources.get(*file), tree));
        let decls: Vec<(FileId, &'a Decl)> = trees
            .iter()
            .flat_map(|(file, tree)| tree.items.iter().map(move |stmt| (*file, stmt)))
            .filter_map(|(file, stmt)| match &stmt.kind {
                StmtKind::Decl(decl) => Some((file, &**decl)),
                _ => None,
            })
            .collect();
        let mut policy = self.header(trees, &decls, library);
        if let Some((file, _)) = trees.first() {
            self.modules[0].file = *file;
            self.modules[0].open = true;
            self.imports(all, *file, &mut policy.lets);
        }
        for (file, decl) in &decls {
            self.open(*file);
            self.declare_item(decl);
        }
        self.each(&decls, Keyword::Secret, |checker, decl| policy.secrets.extend(checker.secret(decl)));
        for (file, decl) in &decls {
            self.open(*file);
            match decl.keyword {
                Keyword::Param => policy.params.extend(self.param(decl)),
                Keyword::Let if decl.params.is_none() => policy.lets.extend(self.top_let(decl)),
                _ => {}
            }
        }
        self.each(&decls, Keyword::Role, super::checker::Checker::role);
        self.each(&decls, Keyword::Severity, |checker, decl| policy.severities.extend(checker.severity(decl)));
        self.each(&decls, Keyword::Environment, |checker, decl| policy.environments.extend(checker.environment(decl)));
        self.each(&decls, Keyword::Metric, |checker, decl| policy.watching.metrics.extend(checker.metric(decl)));
        self.each(&decls, Keyword::Host, |checker, decl| policy.around.hosts.extend(checker.host(decl)));
        let messages = &mut policy.messages;
        self.each(&decls, Keyword::Channel, |checker, decl| messages.channels.extend(checker.channel(decl)));
        self.each(&decls, Keyword::Template, |checker, decl| messages.templates.extend(checker.template(decl)));
        self.each(&decls, Keyword::Contact, |checker, decl| messages.contacts.push(checker.contact(decl)));
        for (file, tree) in trees {
            self.open(*file);
            for stmt in &tree.items {
                if let StmtKind::Clause(clause) = &stmt.kind {
                    self.top_clause(clause, &mut policy);
                }
            }
        }
        self.each(&decls, Keyword::Verify, super::checker::Checker::define_verify);
        self.default_failure(trees, &mut policy);
        self.each(&decls, Keyword::Phase, |checker, decl| policy.phases.extend(checker.phase(decl)));
        let (around, messages) = (&mut policy.around, &mut policy.messages);
        self.each(&decls, Keyword::Preflight, |checker, decl| checker.preflight(decl, around));
        self.each(&decls, Keyword::Prepare, |checker, decl| checker.prepare(decl, around));
        self.each(&decls, Keyword::Incident, |checker, decl| checker.incident(decl, around));
        self.each(&decls, Keyword::Escalation, |checker, decl| messages.escalations.push(checker.escalation(decl)));
        self.each(&decls, Keyword::On, |checker, decl| messages.events.extend(checker.on_event(decl)));
        self.each(&decls, Keyword::Every, |checker, decl| messages.reminders.extend(checker.reminder(decl)));
        // After everything that may call a function of the policy: in triggers its body may look at metrics.
        let (triggers, severities) = (&mut policy.watching.triggers, &policy.severities);
        self.each(&decls, Keyword::Trigger, |checker, decl| triggers.push(checker.trigger(decl, severities)));
        self.each(&decls, Keyword::Test, |checker, decl| policy.around.tests.push(checker.test(decl)));
        self.check_actions();
        self.unused(&policy, library);
        policy.actions = self.actions.iter().filter_map(|action| action.checked.clone()).collect();
        policy.roles = std::mem::take(&mut self.roles);
        policy.verifies = std::mem::take(&mut self.verifies);
        policy.bindings = std::mem::take(&mut self.bindings);
        policy.sources = Arc::new(self.sources.clone());
        (!self.report.has_errors() && !library).then_some(policy)
    }

    /// Calls `check` with every declaration of one kind, in text order.
    fn each(&mut self, decls: &[(FileId, &'a Decl)], keyword: Keyword, mut check: impl FnMut(&mut Self, &'a Decl)) {
        for (file, decl) in decls {
            if decl.keyword == keyword {
                self.open(*file);
                check(self, decl);
            }
        }
    }

    /// Makes the name of an item known, before anything is checked.
    pub fn declare_item(&mut self, decl: &'a Decl) {
        let Some(name) = decl.name else {
            if matches!(
                decl.keyword,
                Keyword::Phase | Keyword::Severity | Keyword::Verify | Keyword::Param | Keyword::Let
            ) {
                self.nameless(decl);
            }
            return;
        };
        match decl.keyword {
            Keyword::Severity => self.declare_in(Space::Severity, name),
            Keyword::Role => self.declare_in(Space::Role, name),
            Keyword::Environment => self.declare_in(Space::Environment, name),
            Keyword::Phase => {
                self.declare_in(Space::Phase, name);
                self.note_scenarios(decl, name);
            }
            Keyword::Channel => self.declare_in(Space::Channel, name),
            Keyword::Template => self.declare_in(Space::Template, name),
            Keyword::Trigger => self.declare_in(Space::Trigger, name),
            Keyword::Contact => self.declare_in(Space::Contact, name),
            Keyword::Host => self.declare_in(Space::Host, name),
            Keyword::Secret => self.declare(name, Meaning::Secret),
            Keyword::Verify => self.declare(name, Meaning::Verify),
            Keyword::Metric => self.declare_metric(decl, name),
            Keyword::Let if decl.params.is_some() => self.declare_function(decl, name),
            Keyword::Action | Keyword::Probe => self.declare_own(decl, name),
            Keyword::Param | Keyword::Let => {
                let place = self.place(name.0);
                self.coming.entry(self.word(name)).or_insert(place);
            }
            _ => {}
        }
    }

    fn nameless(&mut self, decl: &'a Decl) {
        let word = decl.keyword.text();
        self.error(Code::MissingPart, decl.word, format!("a `{word}` needs a name"))
            .set_label("no name")
            .set_help(format!("write `{word} name …`"));
    }

    /// The name of a declaration; one without gets its keyword, with a report.
    pub fn name_of(&mut self, decl: &'a Decl) -> Name {
        match decl.name {
            Some(name) => self.name(name),
            None => {
                self.nameless(decl);
                Name { text: Arc::from(decl.keyword.text()), place: self.place(decl.word) }
            }
        }
    }

    /// A declaration where none of its kind may stand.
    pub fn misplaced(&mut self, decl: &'a Decl, block: &str) {
        let word = decl.keyword.text();
        let place: Place = self.place(decl.word);
        let found = Diagnostic::new(Code::WrongPlace, place, format!("`{word}` does not stand in {block}"))
            .label("not expected here");
        let help = match decl.keyword {
            Keyword::Step | Keyword::Parallel | Keyword::Stage => Some("it stands in a phase, stage or scenario"),
            Keyword::Scenario | Keyword::Always => Some("it stands in a phase"),
            Keyword::Undo => Some("it stands in a step"),
            Keyword::Run => Some("for an action write its call on a line of its own"),
            _ => None,
        };
        self.push(match help {
            Some(help) => found.help(help),
            None => found,
        });
    }
}

/// The span of a declaration's header: its keyword and name.
fn header_span(decl: &Decl) -> Span {
    decl.name.map_or(decl.word, |name| decl.word.to(name.0))
}
