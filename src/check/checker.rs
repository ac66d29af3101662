//! The state of a check: the names known so far, the bindings made, the findings.
//!
//! Owns reporting and declaring. What an item or expression means stands in the files of their own.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;
use std::sync::Arc;

use super::model::{self, Binding, BindingId, BindingKind, Name, OnFailure, Verify};
use super::names::{Anchors, Declared, Meaning, Module, Namespace, Scope, Space};
use crate::catalogue::signature::Signature;
use crate::catalogue::ty::Type;
use crate::catalogue::unit::Catalogue;
use crate::catalogue::value::Value;
use crate::diagnostics::{Code, Diagnostic, Report, suggest};
use crate::source::{FileId, Place, Sources, Span};
use crate::syntax::ast::{self, Decl, Ident};

/// After so many unknown names no more are guessed at: a file of nothing but mistakes must not cost minutes.
const GUESSES: usize = 100;

/// A `let` with parameters or a `probe`, checked anew for each tuple of argument types.
pub struct UserFunction<'a> {
    pub decl: &'a Decl,
    pub file: FileId,
    /// The file whose names its body sees: index into the checker's modules.
    pub module: u32,
    /// How deep its declaration stands: its body sees nothing deeper.
    pub depth: u32,
    /// By argument types, and by whether metrics and the end of the run were known where it was called.
    pub instances: Vec<(Vec<Type>, (bool, bool), BindingId)>,
    /// Whether its body is being checked just now.
    pub open: bool,
    pub place: Place,
    pub name: &'a str,
}

/// An `action` of the policy's own, checked once: its parameters have types.
pub struct UserAction<'a> {
    pub decl: &'a Decl,
    pub file: FileId,
    pub module: u32,
    pub place: Place,
    pub name: &'a str,
    pub checked: Option<Arc<model::OwnAction>>,
    /// Whether its body is being checked just now.
    pub open: bool,
}

/// A metric, as far as those who use it must know.
pub struct Metric {
    pub name: Name,
    pub ty: Type,
    pub params: Vec<Type>,
    pub baseline: bool,
    pub missing: bool,
}

/// A verification that is defined at the top level.
pub struct Defined {
    pub id: model::VerifyId,
    /// `on failure` other than steps, the default of every use.
    pub on_failure: Option<OnFailure>,
}

pub struct Checker<'a> {
    pub sources: &'a Sources,
    pub catalogue: &'a Catalogue,
    pub report: Report,
    /// The file that is being checked, and its text.
    pub file: FileId,
    pub text: &'a str,
    pub scope: Scope<'a>,
    pub spaces: HashMap<Space, Namespace<'a>>,
    pub bindings: Vec<Binding>,
    /// Which bindings are used, by id.
    pub used: Vec<bool>,
    pub functions: Vec<UserFunction<'a>>,
    pub actions: Vec<UserAction<'a>>,
    /// The definitions whose bodies are being checked, outermost first: a ring among them has its path.
    pub opened: Vec<(&'a str, Place)>,
    /// The files, that of the policy first; `module` is the one whose names are known now.
    pub modules: Vec<Module<'a>>,
    pub module: u32,
    pub used_functions: HashSet<u32>,
    pub used_actions: HashSet<Place>,
    pub used_secrets: HashSet<&'a str>,
    pub metrics: Vec<Metric>,
    pub verifies: Vec<Arc<Verify>>,
    pub defined: HashMap<&'a str, Defined>,
    /// Names of actions, probes and libraries that this version refuses; uses of them are not reported again.
    pub unavailable: HashSet<&'a str>,
    /// Parameter types by signature, parsed once.
    pub signatures: HashMap<*const Signature, Rc<[Type]>>,
    /// Whether an earlier stage reported an error.
    pub refused_before: bool,
    /// Numbers that the parser refused already.
    pub bad_numbers: Vec<Place>,
    /// Inside triggers: metrics and functions over series may be used.
    pub series: bool,
    /// Inside messages, records and exports: what is known only when a run has ended may be used.
    pub told: bool,
    /// Top-level `let`s that come later in the text, for a better message.
    pub coming: HashMap<&'a str, Place>,
    /// The phase that is being checked, and every name that it binds anywhere (filled at the first unknown one).
    pub phase: Option<&'a Decl>,
    pub phase_lets: Option<HashMap<&'a str, Place>>,
    /// The `let` whose value is being checked.
    pub defining: Option<(&'a str, Place)>,
    /// Names of steps, stages and verifications that `after` may mean, innermost last.
    pub anchors: Vec<Anchors<'a>>,
    pub default_environment: Option<Place>,
    /// Scenarios by phase.
    pub scenarios: HashMap<&'a str, Vec<&'a str>>,
    /// Names of steps, of all phases.
    pub steps: HashSet<&'a str>,
    pub roots: Vec<String>,
    pub roles: Vec<model::Role>,
    guesses: usize,
}

impl<'a> Checker<'a> {
    pub fn new(sources: &'a Sources, catalogue: &'a Catalogue) -> Self {
        Self {
            sources,
            catalogue,
            report: Report::default(),
            file: FileId(0),
            text: "",
            scope: Scope::default(),
            spaces: HashMap::new(),
            bindings: Vec::new(),
            used: Vec::new(),
            functions: Vec::new(),
            actions: Vec::new(),
            opened: Vec::new(),
            modules: vec![Module::default()],
            module: 0,
            used_functions: HashSet::new(),
            used_actions: HashSet::new(),
            used_secrets: HashSet::new(),
            metrics: Vec::new(),
            verifies: Vec::new(),
            defined: HashMap::new(),
            unavailable: HashSet::new(),
            signatures: HashMap::new(),
            refused_before: false,
            bad_numbers: Vec::new(),
            series: false,
            told: false,
            coming: HashMap::new(),
            phase: None,
            phase_lets: None,
            defining: None,
            anchors: Vec::new(),
            default_environment: None,
            scenarios: HashMap::new(),
            steps: HashSet::new(),
            roots: Vec::new(),
            roles: Vec::new(),
            guesses: 0,
        }
    }

    /// Turns to another file.
    pub fn open(&mut self, file: FileId) {
        self.file = file;
        self.text = &self.sources.get(file).text;
    }

    pub fn slice(&self, span: Span) -> &'a str {
        &self.text[span.range()]
    }

    pub fn word(&self, ident: Ident) -> &'a str {
        self.slice(ident.0)
    }

    pub fn place(&self, span: Span) -> Place {
        Place::new(self.file, span)
    }

    pub fn name(&self, ident: Ident) -> Name {
        Name { text: Arc::from(self.word(ident)), place: self.place(ident.0) }
    }

    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.report.push(diagnostic);
    }

    /// Reports an error; the caller goes on with [`Checker::broken`] or nothing.
    pub fn error(&mut self, code: Code, span: Span, message: impl Into<String>) -> &mut Diagnostic {
        let place = self.place(span);
        self.report.push(Diagnostic::new(code, place, message));
        self.report.diagnostics.last_mut().expect("one was pushed just now")
    }

    /// The expression that stands for one that was refused.
    pub fn broken(&self, span: Span) -> model::Expr {
        model::Expr { kind: model::ExprKind::Const(Value::None), ty: Type::Error, place: self.place(span) }
    }

    /// `did you mean …?`, as long as guessing is cheap.
    pub fn guess<'n>(&mut self, wanted: &str, names: impl IntoIterator<Item = &'n str>) -> Option<String> {
        self.guesses += 1;
        if self.guesses > GUESSES { None } else { suggest::did_you_mean(wanted, names) }
    }

    /// Makes a binding without a name in any scope.
    pub fn bind(&mut self, name: Name, ty: Type, kind: BindingKind) -> BindingId {
        let id = BindingId(self.bindings.len() as u32);
        self.bindings.push(Binding { name, ty, kind });
        self.used.push(false);
        id
    }

    /// Declares a name for a value, with a report when it is there already or hides another.
    pub fn declare(&mut self, ident: Ident, meaning: Meaning) {
        let word = self.word(ident);
        let place = self.place(ident.0);
        if word == "run" {
            self.error(Code::DuplicateName, ident.0, "`run` is the name of the run itself")
                .set_label("already taken")
                .set_help("choose another name");
            return;
        }
        match self.scope.declare(word, meaning, place) {
            Declared::New => {}
            Declared::Twice(first) => self.twice(ident, "name", first),
            Declared::Hides(first) => {
                self.error(Code::Shadowed, ident.0, format!("`{word}` hides an outer `{word}`"))
                    .set_label("from here on this one is meant")
                    .set_help("give one of both another name")
                    .add_place(first, "the hidden one");
            }
        }
    }

    /// Binds a value and declares its name.
    pub fn declare_binding(&mut self, ident: Ident, ty: Type, kind: BindingKind) -> BindingId {
        let id = self.bind(self.name(ident), ty, kind);
        self.declare(ident, Meaning::Binding(id));
        id
    }

    /// A name that is given twice, with both places.
    pub fn twice(&mut self, ident: Ident, noun: &str, first: Place) {
        let word = self.word(ident);
        let place = self.place(ident.0);
        let diagnostic = Diagnostic::new(Code::DuplicateName, place, format!("the {noun} `{word}` is given twice"))
            .label("given again here")
            .also(first, "given first here")
            .help("give one of both another name");
        self.push(diagnostic);
    }

    /// Declares an item's name in its namespace.
    pub fn declare_in(&mut self, space: Space, ident: Ident) {
        let (word, place) = (self.word(ident), self.place(ident.0));
        if let Some(first) = self.spaces.entry(space).or_default().declare(word, place) {
            self.twice(ident, space.noun(), first);
        }
    }

    /// The item that `ident` names, with a report when there is none.
    pub fn resolve_in(&mut self, space: Space, ident: Ident) -> Option<Name> {
        let word = self.word(ident);
        if self.spaces.get(&space).and_then(|names| names.find(word)).is_some() {
            return Some(self.name(ident));
        }
        let known = self.spaces.get(&space).map(Namespace::names).unwrap_or_default();
        let help = self.guess(word, known.iter().copied()).or_else(|| {
            (!known.is_empty() && known.len() <= 6)
                .then(|| format!("this policy has {}", suggest::alternatives(&known, "and")))
        });
        let noun = space.noun();
        let (code, help) = match space {
            Space::Role => (
                Code::UnknownAuthority,
                help.or_else(|| Some(format!("declare it: `role {word} {{ members \"name\"; may approve }}`"))),
            ),
            _ => (Code::UnknownName, help),
        };
        self.error(code, ident.0, format!("there is no {noun} `{word}`")).set_label(format!("no such {noun}")).help =
            help;
        None
    }
}

/// The name that a bare word expression is.
pub fn bare_word(expr: &ast::Expr) -> Option<Ident> {
    matches!(expr.kind, ast::ExprKind::Name).then_some(Ident(expr.span))
}
