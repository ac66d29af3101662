//! Functions that a policy defines: `let burn(s, w) = …` and `probe up(host: string): bool = …`.
//!
//! A body is checked anew for each tuple of argument types, as a template is, and is evaluated where it is called. It
//! sees what its declaration saw, never the names around a call.

use super::calls::{UNIVERSAL, Universal};
use super::checker::Checker;
use super::model::{BindingId, BindingKind, Expr, ExprKind, Name};
use super::names::Meaning;
use super::types::constant;
use crate::catalogue::ty::Type;
use crate::catalogue::value::Value;
use crate::diagnostics::Code;
use crate::source::{FileId, Place, Span};
use crate::syntax::ast::{self, Decl, Keyword, Param, Stmt, StmtKind};

/// What a call must know of a definition.
#[derive(Clone, Copy)]
pub struct Definition<'a> {
    pub params: &'a [Param],
    pub file: FileId,
    pub module: u32,
    pub depth: u32,
    pub place: Place,
    /// A declared type counts as it is written, whatever fits it: so a body means the same in every call. A `let` is a
    /// template instead.
    pub strict: bool,
}

impl<'a> Checker<'a> {
    /// A call of function `index`.
    pub fn apply(&mut self, index: u32, call: &'a ast::Call, span: Span) -> Expr {
        self.used_functions.insert(index);
        let name = self.slice(call.callee.span);
        let place = self.place(span);
        let Some(args) = self.given(self.function(index), name, call, None) else { return self.broken(span) };
        let types: Vec<Type> = args.iter().map(|arg| arg.ty.clone()).collect();
        let place_of_call = (self.series, self.told);
        let function = &self.functions[index as usize];
        let known = function
            .instances
            .iter()
            .find(|(of, place, _)| *of == types && *place == place_of_call)
            .map(|(.., id)| *id);
        if known.is_none() && function.open {
            let (own, at) = (function.name, function.place);
            self.refers_to_itself(
                own,
                at,
                call.callee.span,
                "functions and probes of a policy are inlined and so never recursive",
            );
            return self.broken(span);
        }
        let id = known.unwrap_or_else(|| {
            let from = self.report.diagnostics.len();
            let id = self.instance(index, types);
            if self.functions[index as usize].decl.keyword == Keyword::Probe {
                self.expanded_here(from, name, self.place(call.callee.span));
            }
            id
        });
        let ty = self.bindings[id.0 as usize].ty.clone();
        Expr { kind: ExprKind::Apply(id, args), ty, place }
    }

    fn function(&self, index: u32) -> Definition<'a> {
        let function = &self.functions[index as usize];
        let params = function.decl.params.as_deref().unwrap_or_default();
        let (file, module, depth) = (function.file, function.module, function.depth);
        let strict = function.decl.keyword == Keyword::Probe;
        Definition { params, file, module, depth, place: function.place, strict }
    }

    /// The types that the parameters of a function say; where one says nothing, any will do.
    pub fn declared_types(&mut self, index: u32) -> Vec<Type> {
        let of = self.function(index);
        let ty = |checker: &mut Self, param: &'a Param| {
            param.ty.as_ref().filter(|_| of.strict).map_or(Type::Error, |ty| checker.written_type(ty))
        };
        self.inside(of, |checker| of.params.iter().map(|param| ty(checker, param)).collect())
    }

    /// The ring of definitions that leads from `own` back to itself.
    pub fn refers_to_itself(&mut self, own: &'a str, place: Place, at: Span, help: &str) {
        let from = self.opened.iter().position(|(_, opened)| *opened == place).unwrap_or(0);
        let ring: Vec<_> = self.opened[from..].to_vec();
        let path: Vec<_> = ring.iter().map(|(name, _)| format!("`{name}`")).chain([format!("`{own}`")]).collect();
        let label = if ring.len() > 1 { path.join(" → ") } else { "again here".to_owned() };
        let found = self.error(Code::SelfReference, at, format!("`{own}` refers to itself"));
        found.set_label(label).add_place(place, "given here").set_help(help);
        for (name, place) in ring.iter().skip(1) {
            found.add_place(*place, format!("through `{name}`"));
        }
    }

    /// The arguments of a call, one for each parameter; `universal`: what every call of an action may be given besides.
    pub fn given(
        &mut self,
        of: Definition<'a>,
        name: &str,
        call: &'a ast::Call,
        mut universal: Option<&mut Universal>,
    ) -> Option<Vec<Expr>> {
        let Definition { params, place: declared, .. } = of;
        let mut slots: Vec<Option<Expr>> = (0..params.len()).map(|_| None).collect();
        let wanted = self.inside(of, |checker| {
            params.iter().map(|param| param.ty.as_ref().map(|ty| checker.written_type(ty))).collect::<Vec<_>>()
        });
        let names: Vec<&str> = {
            let text = &self.sources.get(of.file).text;
            params.iter().map(|param| &text[param.name.0.range()]).collect()
        };
        let mut next = 0;
        let mut stray = false;
        for arg in &call.args {
            let slot = match arg.label {
                None => {
                    next += 1;
                    Some(next - 1).filter(|slot| *slot < params.len())
                }
                Some(label) => {
                    let word = self.word(label);
                    let found = names.iter().position(|name| *name == word);
                    if found.is_none() {
                        if let Some(universal) = universal.as_deref_mut()
                            && UNIVERSAL.contains(&word)
                        {
                            self.universal(word, arg, super::calls::Position::Statement, universal);
                            continue;
                        }
                        let help = self.guess(word, names.iter().copied());
                        self.error(Code::UnknownLabel, label.0, format!("`{name}` has no argument `{word}`"))
                            .set_label("no such argument")
                            .help = help;
                        self.expr(&arg.value);
                        stray = true;
                        continue;
                    }
                    found
                }
            };
            let Some(slot) = slot else {
                self.expr(&arg.value);
                self.error(
                    Code::TooManyArguments,
                    arg.value.span,
                    format!("`{name}` takes {} arguments", params.len()),
                )
                .set_label("not expected")
                .add_place(declared, "given here");
                continue;
            };
            if slots[slot].is_some() {
                let word = names[slot];
                self.error(Code::DuplicateArgument, arg.value.span, format!("`{word}` is given twice"))
                    .set_label("given again here");
            }
            slots[slot] = Some(match &wanted[slot] {
                Some(want) => self.expr_as(&arg.value, want, format_args!("`{}` of `{name}`", names[slot])),
                None => self.expr(&arg.value),
            });
        }
        let mut args = Vec::with_capacity(slots.len());
        for (slot, given) in slots.into_iter().enumerate() {
            args.push(match (given, &params[slot].default, &wanted[slot]) {
                (Some(given), ..) => given,
                (None, Some(default), want) => self.inside(of, |checker| match want {
                    Some(want) => checker.expr_as(default, want, format_args!("the default")),
                    None => checker.expr(default),
                }),
                // What may be absent need not be given.
                (None, None, Some(want @ Type::Optional(_))) => {
                    constant(Value::None, want.clone(), self.place(call.callee.span))
                }
                (None, None, _) if stray => return None,
                (None, None, _) => {
                    self.error(Code::MissingArgument, call.callee.span, format!("`{name}` needs `{}`", names[slot]))
                        .set_label(format!("{} of {} arguments given", call.args.len(), params.len()))
                        .add_place(declared, "given here");
                    return None;
                }
            });
        }
        for (arg, want) in args.iter_mut().zip(&wanted).filter(|_| of.strict) {
            if let Some(want) = want
                && arg.ty != Type::Error
            {
                arg.ty = want.clone();
            }
        }
        Some(args)
    }

    /// Checks the body of a function for arguments of these types.
    pub fn instance(&mut self, index: u32, types: Vec<Type>) -> BindingId {
        let function = &self.functions[index as usize];
        let (decl, own, at) = (function.decl, function.name, function.place);
        let of = types.clone();
        self.functions[index as usize].open = true;
        self.opened.push((own, at));
        let (params, body, name) = self.inside(self.function(index), |checker| {
            checker.scope.enter();
            let params = checker.parameters(decl.params.as_deref().unwrap_or_default(), of);
            let want = decl.ty.as_ref().map(|ty| checker.written_type(ty));
            let body = match (&decl.value, &decl.body) {
                (Some(value), _) => checker.result(value, want.as_ref(), decl),
                (None, Some(block)) => checker.probe_block(&block.stmts, want.as_ref(), decl),
                (None, None) => {
                    checker
                        .error(Code::MissingPart, decl.word, "a probe gives a value")
                        .set_label("none")
                        .set_help("write `probe name(…): TYPE = EXPR`, or a block that ends with the value");
                    checker.broken(decl.word)
                }
            };
            checker.scope.leave();
            let name = decl.name.map(|name| checker.name(name));
            (params, body, name)
        });
        self.opened.pop();
        self.functions[index as usize].open = false;
        let name = name.unwrap_or_else(|| Name { text: "".into(), place: at });
        let ty = body.ty.clone();
        let id = self.bind(name, ty, BindingKind::Function { params, body });
        self.used[id.0 as usize] = true;
        let place_of_call = (self.series, self.told);
        self.functions[index as usize].instances.push((types, place_of_call, id));
        id
    }

    /// Binds parameters to what they are given, in a scope of their own.
    pub fn parameters(&mut self, formal: &'a [Param], types: Vec<Type>) -> Vec<BindingId> {
        let bind = |(param, ty): (&'a Param, Type)| {
            let id = self.bind(self.name(param.name), ty, BindingKind::Variable);
            let (word, place) = (self.word(param.name), self.place(param.name.0));
            if let super::names::Declared::Twice(first) = self.scope.declare(word, Meaning::Binding(id), place) {
                self.twice(param.name, "argument", first);
            }
            id
        };
        formal.iter().zip(types).map(bind).collect()
    }

    fn result(&mut self, value: &'a ast::Expr, want: Option<&Type>, decl: &'a Decl) -> Expr {
        match want {
            Some(want) => {
                let mut typed = self.expr_as(value, want, format_args!("this `{}`", decl.keyword.text()));
                // What it says counts: `int?` may be absent for all who ask.
                if decl.keyword == Keyword::Probe && typed.ty != Type::Error {
                    typed.ty = want.clone();
                }
                typed
            }
            None => self.expr(value),
        }
    }

    /// The block of a probe: `let`s, then its value. A `let` is a function of one argument around what follows it.
    fn probe_block(&mut self, stmts: &'a [Stmt], want: Option<&Type>, decl: &'a Decl) -> Expr {
        let Some((first, rest)) = stmts.split_first() else {
            self.error(Code::MissingPart, decl.word, "a probe gives a value")
                .set_label("its block ends without one")
                .set_help("write the value on a line of its own, as the last one");
            return self.broken(decl.word);
        };
        match &first.kind {
            StmtKind::Expr(value) if rest.is_empty() => self.result(value, want, decl),
            StmtKind::Decl(inner) if inner.keyword == Keyword::Let && inner.params.is_none() => {
                let (Some(name), Some(value)) = (inner.name, &inner.value) else {
                    return self.probe_block(rest, want, decl);
                };
                let given = match &inner.ty {
                    Some(ty) => {
                        let ty = self.written_type(ty);
                        self.expr_as(value, &ty, format_args!("this `let`"))
                    }
                    None => self.expr(value),
                };
                let id = self.declare_binding(name, given.ty.clone(), BindingKind::Variable);
                let body = self.probe_block(rest, want, decl);
                let (ty, place) = (body.ty.clone(), body.place);
                let around = self.bind(self.name(name), ty.clone(), BindingKind::Function { params: vec![id], body });
                self.used[around.0 as usize] = true;
                Expr { kind: ExprKind::Apply(around, vec![given]), ty, place }
            }
            // A name alone on its line reads like a clause.
            StmtKind::Clause(clause) if rest.is_empty() && clause.operands.is_empty() && clause.block.is_none() => {
                let typed = self.value_name(clause.word.0);
                let Some(want) = want else { return typed };
                let mut typed = self.coerce(typed, want, format_args!("this `probe`"));
                if typed.ty != Type::Error {
                    typed.ty = want.clone();
                }
                typed
            }
            StmtKind::Error => self.broken(first.span),
            kind => {
                let (message, help) = match kind {
                    StmtKind::Expr(_) => ("only the last line of a probe is its value", "bind it: `let x = …`"),
                    StmtKind::Clause(_) if rest.is_empty() => {
                        ("this reads like a clause, not like a value", "put the value into parentheses")
                    }
                    _ => ("a probe only finds something out", "it holds `let`s, and its value last"),
                };
                self.error(Code::WrongPlace, first.span, message).set_label("not expected here").set_help(help);
                self.broken(first.span)
            }
        }
    }

    /// Runs `work` in the file and scope of a definition.
    pub fn inside<T>(&mut self, of: Definition<'a>, work: impl FnOnce(&mut Self) -> T) -> T {
        let before = self.file;
        let module = self.turn_to(of.module);
        self.open(of.file);
        let hidden = self.scope.hide(of.depth);
        // What a phase binds is no concern of a function outside of it.
        let phase = if of.depth == 0 { self.phase.take() } else { self.phase };
        let result = work(self);
        self.phase = phase;
        self.scope.reveal(hidden);
        self.turn_to(module);
        self.open(before);
        result
    }
}
