//! Signatures: what checking, suggestions, completion and the reference know of a unit.

use super::ty::Type;

/// How what an action did is taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UndoKind {
    /// Captured and restored byte for byte; such a call may run ahead (`language.md` §7).
    Exact,
    /// Done again after the restore (restart, reload): its `undo` does that, by its capture.
    Repeat,
    /// Taken back by an opposite action, not byte for byte (a stop by a start).
    Inverse,
    /// Not taken back: the step says `undo { … }`, `idempotent` or `irreversible "why"`.
    None,
    /// Changes nothing, so there is nothing to take back (`wait`).
    Nothing,
}

/// Whether a unit changes something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Changes something: only in a step, `undo`, `always`, a handler.
    Action,
    /// Only reads: in any expression.
    Probe,
    /// A command: an action in a step, a read-only probe in an expression.
    Command,
}

/// The signature of an action or probe.
#[derive(Debug)]
pub struct Signature {
    /// `file.copy`, `exec`, `wait_until`.
    pub name: &'static str,
    /// Whether it changes something.
    pub role: Role,
    /// Positional parameters first, in order; then the labelled ones.
    pub params: &'static [Parameter],
    /// The type of its result, in the syntax of the language; `none` for most actions.
    pub returns: Returns,
    /// How it is taken back (probes: [`UndoKind::Nothing`]).
    pub undo: UndoKind,
    /// Whether a step that contains it is a gate (`wait`, `wait_until`, `manual`).
    pub gate: bool,
    /// One line.
    pub doc: &'static str,
    /// Its page under `docs/`.
    pub page: &'static str,
}

/// What a call gives.
#[derive(Clone, Copy, Debug)]
pub enum Returns {
    /// In the syntax of the language.
    Type(&'static str),
    /// A record.
    Record(&'static super::ty::RecordType),
    /// A list of records.
    Records(&'static super::ty::RecordType),
    /// Nothing.
    None,
}

/// A parameter.
#[derive(Debug)]
pub struct Parameter {
    /// Its name; the label, when it is labelled.
    pub name: &'static str,
    /// In the syntax of the language; or what kind of text it is, as [`Holds`] says.
    pub ty: &'static str,
    /// Where it stands and whether it must.
    pub form: Form,
    /// One line.
    pub doc: &'static str,
}

/// A text in which some characters mean something. A value inside of one that is written in a policy never does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holds {
    /// `glob`: paths, with `*`, `?`, `[…]` and `{…}`.
    Paths,
    /// `pattern`: names, with `*`, `?` and `[…]`.
    Names,
    /// `key`: names with dots between them, in quotes where they have some.
    Key,
    /// `replacement`: `$1` is a group of the regex that is given beside it; without one it is any text.
    Groups,
}

/// How an argument is passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// By position, required.
    Positional,
    /// By position, may be left out.
    OptionalPositional,
    /// By label, required.
    Required,
    /// By label, may be left out; absent means as documented.
    Optional,
    /// By label or position, not evaluated: the expression itself is passed (`elapsed`, `wait_until`, `ready:`).
    Lazy,
    /// As [`Form::Lazy`], by label, may be left out.
    OptionalLazy,
}

impl Signature {
    /// The parameter called `name` and its index.
    #[must_use]
    pub fn param(&self, name: &str) -> Option<(usize, &'static Parameter)> {
        self.params.iter().enumerate().find(|(_, param)| param.name == name)
    }

    /// The type of its result.
    ///
    /// # Panics
    /// When the registry holds a type that does not parse; a test keeps that from happening.
    #[must_use]
    pub fn result(&self) -> Type {
        match self.returns {
            Returns::Type(text) => Type::parse(text).expect("types in the registry parse"),
            Returns::Record(record) => Type::Record(record),
            Returns::Records(record) => Type::list(Type::Record(record)),
            Returns::None => Type::None,
        }
    }
}

impl Parameter {
    /// Its type.
    ///
    /// # Panics
    /// When the registry holds a type that does not parse; a test keeps that from happening.
    #[must_use]
    pub fn parsed_type(&self) -> Type {
        Type::parse(self.shown_type()).expect("types in the registry parse")
    }

    /// Its type as people read it.
    #[must_use]
    pub fn shown_type(&self) -> &'static str {
        if self.holds().is_some() { "string" } else { self.ty }
    }

    /// What of its text means something, where it is more than any text.
    #[must_use]
    pub fn holds(&self) -> Option<Holds> {
        match self.ty {
            "glob" => Some(Holds::Paths),
            "pattern" => Some(Holds::Names),
            "key" => Some(Holds::Key),
            "replacement" => Some(Holds::Groups),
            _ => None,
        }
    }
}
