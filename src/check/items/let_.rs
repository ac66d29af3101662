//! `let NAME = EXPR`, at the top and in blocks, and `let NAME(params) = EXPR`.

use std::collections::HashSet;

use crate::check::checker::{Checker, UserAction, UserFunction};
use crate::check::model::{BindingId, BindingKind, Expr, ExprKind};
use crate::check::names::Meaning;
use crate::check::walk;
use crate::diagnostics::Code;
use crate::source::Place;
use crate::syntax::ast::{Decl, Ident, Keyword};

impl<'a> Checker<'a> {
    /// A top-level `let`: it has no probes.
    pub fn top_let(&mut self, decl: &'a Decl) -> Option<BindingId> {
        let bound = self.bind_let(decl)?;
        if let BindingKind::Let(value) = self.bindings[bound.0 as usize].kind.clone() {
            self.no_probe(&value, "a top-level `let`");
        }
        Some(bound)
    }

    /// A `let` of a block; one with parameters binds nothing.
    pub fn local_let_item(&mut self, decl: &'a Decl) -> Option<BindingId> {
        if decl.params.is_some() {
            if let Some(name) = decl.name {
                self.declare_function(decl, name);
            }
            return None;
        }
        self.bind_let(decl)
    }

    fn bind_let(&mut self, decl: &'a Decl) -> Option<BindingId> {
        let name = decl.name?;
        let value = decl.value.as_ref()?;
        let word = self.word(name);
        let place = self.place(name.0);
        let outer = self.defining.replace((word, place));
        let expr = match &decl.ty {
            Some(ty) => {
                let want = self.written_type(ty);
                let mut typed = self.expr_as(value, &want, format_args!("`{word}`"));
                if typed.ty != crate::catalogue::ty::Type::Error {
                    typed.ty = want;
                }
                typed
            }
            None => self.expr(value),
        };
        self.defining = outer;
        if self.coming.get(word) == Some(&place) {
            self.coming.remove(word);
        }
        let ty = expr.ty.clone();
        Some(self.declare_binding(name, ty, BindingKind::Let(expr)))
    }

    /// A `let` with parameters.
    pub fn declare_function(&mut self, decl: &'a Decl, name: Ident) {
        let index = self.functions.len() as u32;
        self.functions.push(UserFunction {
            decl,
            file: self.file,
            module: self.module,
            depth: self.scope.depth(),
            instances: Vec::new(),
            open: false,
            place: self.place(name.0),
            name: self.word(name),
        });
        self.declare(name, Meaning::Function(index));
    }

    /// A `probe`, or an `action`.
    pub fn declare_own(&mut self, decl: &'a Decl, name: Ident) {
        if self.hides_built_in(decl, name) {
            return;
        }
        if decl.keyword == Keyword::Probe {
            return self.declare_function(decl, name);
        }
        let index = self.actions.len() as u32;
        let (file, module, place) = (self.file, self.module, self.place(name.0));
        let name_of = self.word(name);
        self.actions.push(UserAction { decl, file, module, place, name: name_of, checked: None, open: false });
        self.declare(name, Meaning::Action(index));
    }

    /// Refuses a probe where nothing may be asked of the world.
    pub fn no_probe(&mut self, expr: &Expr, place: &str) {
        if let Some(asked) = self.asks(expr) {
            let at = if asked.file == expr.place.file { asked } else { expr.place };
            if at.file != self.file {
                return;
            }
            self.error(Code::WrongPlace, at.span, format!("{place} cannot ask the world"))
                .set_label("a probe")
                .set_help("move it into the phase that needs it, as a `let` there");
        }
    }

    /// Where an expression asks the world, if it does.
    pub fn asks(&self, expr: &Expr) -> Option<Place> {
        self.asks_in(expr, &mut HashSet::new())
    }

    /// Each function once: those that use one another twice would else take for ever.
    fn asks_in(&self, expr: &Expr, seen: &mut HashSet<BindingId>) -> Option<Place> {
        match &expr.kind {
            ExprKind::Probe(call) => return Some(call.place),
            ExprKind::Apply(id, _) => {
                if let BindingKind::Function { body, .. } = &self.bindings[id.0 as usize].kind
                    && seen.insert(*id)
                    && self.asks_in(body, seen).is_some()
                {
                    return Some(expr.place);
                }
            }
            _ => {}
        }
        let mut found = None;
        walk::parts(expr, &mut |part| {
            if found.is_none() {
                found = self.asks_in(part, seen);
            }
        });
        found
    }
}
