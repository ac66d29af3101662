//! `param NAME: TYPE = default where EXPR "doc"`

use crate::catalogue::ty::Type;
use crate::catalogue::value::Value;
use crate::check::checker::Checker;
use crate::check::constant;
use crate::check::model::{BindingKind, ParamItem};
use crate::diagnostics::Code;
use crate::syntax::ast::{Decl, ExprKind};

impl<'a> Checker<'a> {
    pub fn param(&mut self, decl: &'a Decl) -> Option<ParamItem> {
        let name = decl.name?;
        let ty = match (&decl.ty, &decl.value) {
            (Some(ty), _) => self.written_type(ty),
            (None, Some(_)) => Type::Error,
            (None, None) => {
                let word = self.word(name);
                self.error(Code::MissingPart, name.0, "a `param` needs a type")
                    .set_label("no type")
                    .set_help(format!("write `param {word}: string`"));
                Type::Error
            }
        };
        let text = format!("the default of `{}`", self.word(name));
        let default = decl.value.as_ref().map(|value| {
            if decl.ty.is_some() { self.expr_as(value, &ty, format_args!("{text}")) } else { self.expr(value) }
        });
        // Without a written type the default says it.
        let ty = match (&decl.ty, &default) {
            (None, Some(default)) => default.ty.clone(),
            _ => ty,
        };
        if let Some(default) = &default {
            self.no_probe(default, "the default of a param");
        }
        self.coming.remove(self.word(name));
        let binding = self.declare_binding(name, ty, BindingKind::Param);
        let mut doc = self.title(decl.title.as_ref());
        let mut condition = None;
        for clause in &decl.clauses {
            let mut operands = self.operands(clause);
            if let Some(value) = operands.value() {
                condition = Some(self.condition(value, format_args!("`where`")));
            }
            if let Some(text) = operands.value()
                && matches!(text.kind, ExprKind::Str(_))
            {
                doc = self.plain(text, "a doc");
            }
        }
        // That a condition mentions its own param is no use of it.
        self.used[binding.0 as usize] = false;
        if let (Some(condition), Some(default)) = (&condition, &default) {
            self.no_probe(condition, "the condition of a param");
            let value = self.known(default);
            let holds = value.and_then(|value| constant::value(condition, &self.bindings, Some((binding, &value))));
            if holds == Some(Value::Bool(false)) {
                let place = condition.place;
                self.error(Code::OutOfRange, default.place.span, "the default does not fulfil the condition")
                    .set_label("this is the default")
                    .add_place(place, "this does not hold for it")
                    .set_help("choose another default, or widen the condition");
            }
        }
        Some(ParamItem { binding, default, condition, doc })
    }
}
