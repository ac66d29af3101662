//! Functions that a policy defines: `let burn(s, w) = …`.
//!
//! A body is checked anew for each tuple of argument types, as a template is, and is evaluated where it is called. It
//! sees what its declaration saw, never the names around a call.

use super::checker::Checker;
use super::model::{BindingId, BindingKind, Expr, ExprKind, Name};
use super::names::Meaning;
use crate::catalogue::ty::Type;
use crate::diagnostics::Code;
use crate::source::Span;
use crate::syntax::ast;

impl<'a> Checker<'a> {
    /// A call of function `index`.
    pub fn apply(&mut self, index: u32, call: &'a ast::Call, span: Span) -> Expr {
        self.used_functions.insert(index);
        let decl = self.functions[index as usize].decl;
        let params = decl.params.as_deref().unwrap_or_default();
        let name = self.functions[index as usize].name;
        let declared = self.functions[index as usize].place;
        let mut slots: Vec<Option<Expr>> = (0..params.len()).map(|_| None).collect();
        let wanted = self.inside(index, |checker| {
            params.iter().map(|param| param.ty.as_ref().map(|ty| checker.written_type(ty))).collect::<Vec<_>>()
        });
        let names: Vec<&str> = {
            let text = &self.sources.get(self.functions[index as usize].file).text;
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
            args.push(match (given, &params[slot].default) {
                (Some(given), _) => given,
                (None, Some(default)) => self.inside(index, |checker| match &wanted[slot] {
                    Some(want) => checker.expr_as(default, want, format_args!("the default")),
                    None => checker.expr(default),
                }),
                (None, None) if stray => return self.broken(span),
                (None, None) => {
                    self.error(Code::MissingArgument, call.callee.span, format!("`{name}` needs `{}`", names[slot]))
                        .set_label(format!("{} of {} arguments given", call.args.len(), params.len()))
                        .add_place(declared, "given here");
                    return self.broken(span);
                }
            });
        }
        let types: Vec<Type> = args.iter().map(|arg| arg.ty.clone()).collect();
        let place_of_call = (self.series, self.told);
        let known = self.functions[index as usize]
            .instances
            .iter()
            .find(|(of, place, _)| *of == types && *place == place_of_call)
            .map(|(.., id)| *id);
        if known.is_none() && self.functions[index as usize].open {
            self.error(Code::SelfReference, call.callee.span, format!("`{name}` refers to itself"))
                .set_label("again here")
                .add_place(declared, "given here")
                .set_help("functions of a policy are inlined and so never recursive");
            return self.broken(span);
        }
        let id = known.unwrap_or_else(|| self.instance(index, types));
        let ty = self.bindings[id.0 as usize].ty.clone();
        Expr { kind: ExprKind::Apply(id, args), ty, place: self.place(span) }
    }

    /// Checks the body of a function for arguments of these types.
    pub fn instance(&mut self, index: u32, types: Vec<Type>) -> BindingId {
        let decl = self.functions[index as usize].decl;
        let of = types.clone();
        self.functions[index as usize].open = true;
        let (params, body, name) = self.inside(index, |checker| {
            checker.scope.enter();
            let formal = decl.params.as_deref().unwrap_or_default();
            let params: Vec<BindingId> = formal
                .iter()
                .zip(of)
                .map(|(param, ty)| {
                    let id = checker.bind(checker.name(param.name), ty, BindingKind::Variable);
                    let word = checker.word(param.name);
                    let place = checker.place(param.name.0);
                    if let super::names::Declared::Twice(first) =
                        checker.scope.declare(word, Meaning::Binding(id), place)
                    {
                        checker.twice(param.name, "argument", first);
                    }
                    id
                })
                .collect();
            let body = match (&decl.value, &decl.ty) {
                (Some(value), Some(ty)) => {
                    let want = checker.written_type(ty);
                    checker.expr_as(value, &want, format_args!("this `let`"))
                }
                (Some(value), None) => checker.expr(value),
                (None, _) => checker.broken(decl.word),
            };
            checker.scope.leave();
            let name = decl.name.map(|name| checker.name(name));
            (params, body, name)
        });
        self.functions[index as usize].open = false;
        let place = self.functions[index as usize].place;
        let name = name.unwrap_or_else(|| Name { text: "".into(), place });
        let ty = body.ty.clone();
        let id = self.bind(name, ty, BindingKind::Function { params, body });
        self.used[id.0 as usize] = true;
        let place_of_call = (self.series, self.told);
        self.functions[index as usize].instances.push((types, place_of_call, id));
        id
    }

    /// Runs `work` in the file and scope of a function's declaration.
    fn inside<T>(&mut self, index: u32, work: impl FnOnce(&mut Self) -> T) -> T {
        let function = &self.functions[index as usize];
        let (file, depth) = (function.file, function.depth);
        let before = self.file;
        self.open(file);
        let hidden = self.scope.hide(depth);
        // What a phase binds is no concern of a function outside of it.
        let phase = if depth == 0 { self.phase.take() } else { self.phase };
        let result = work(self);
        self.phase = phase;
        self.scope.reveal(hidden);
        self.open(before);
        result
    }
}
