//! One argument of a unit: its type, lists of things, unevaluated expressions, paths that leave the root.

use std::rc::Rc;

use super::checker::Checker;
use super::lengths;
use super::model::{CallArg, Expr, ExprKind};
use super::roots;
use crate::catalogue::signature::{Form, Parameter, Signature};
use crate::catalogue::ty::Type;
use crate::catalogue::value::Value;
use crate::diagnostics::Code;
use crate::source::Span;
use crate::syntax::ast;

impl<'a> Checker<'a> {
    /// The argument for parameter `index` of `signature`.
    pub fn argument(&mut self, signature: &'static Signature, index: usize, value: &'a ast::Expr) -> CallArg {
        let param = &signature.params[index];
        let want = self.parameter_type(signature, index);
        let name = param.name;
        match param.form {
            Form::Lazy | Form::OptionalLazy => {
                // Any value will do, as in `elapsed(…)`.
                let typed = if matches!(want, Type::Json | Type::Error) {
                    self.expr(value)
                } else {
                    self.expr_as(value, &want, format_args!("`{name}`"))
                };
                CallArg::lazy(typed)
            }
            Form::Optional | Form::OptionalPositional => {
                // An absent value is as good as none.
                let want = Type::optional(want);
                CallArg::value(self.one_or_many(signature, index, value, &want))
            }
            Form::Positional | Form::Required => CallArg::value(self.one_or_many(signature, index, value, &want)),
        }
    }

    fn parameter_type(&mut self, signature: &'static Signature, index: usize) -> Type {
        let key: *const Signature = signature;
        let types = self
            .signatures
            .entry(key)
            .or_insert_with(|| signature.params.iter().map(Parameter::parsed_type).collect::<Rc<[Type]>>());
        types[index].clone()
    }

    /// A value for `want`. Where that is a list of things, one thing will do, and where a path is expected by position,
    /// a list means all of them at once. A list of texts is always written as one: a command in one text is a mistake
    /// of its own.
    fn one_or_many(&mut self, signature: &'static Signature, index: usize, value: &'a ast::Expr, want: &Type) -> Expr {
        let param = &signature.params[index];
        let by_position = matches!(param.form, Form::Positional | Form::OptionalPositional);
        let (one, many) = match want.required() {
            Type::List(of) if **of != Type::String => (Some((**of).clone()), want.required().clone()),
            Type::Path | Type::Flags if by_position => {
                (Some(want.required().clone()), Type::list(want.required().clone()))
            }
            _ => (None, want.required().clone()),
        };
        let hint = match &one {
            Some(one) if matches!(value.kind, ast::ExprKind::Str(_)) => one,
            _ => &many,
        };
        let typed = self.hinted(value, Some(hint));
        let is_list = matches!(typed.ty.required(), Type::List(_));
        let wanted = match one {
            Some(one) if !is_list => one,
            _ => many,
        };
        let wanted = if matches!(want, Type::Optional(_)) { Type::optional(wanted) } else { wanted };
        let typed = self.coerce(typed, &wanted, format_args!("`{}` of `{}`", param.name, signature.name));
        self.stays_inside(&typed);
        if *want.required() == Type::DURATION {
            self.fits_length(lengths::called(signature, param), &typed);
        }
        typed
    }

    /// Refuses literal paths that leave the root (and the further roots) whatever the world looks like.
    pub fn stays_inside(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Const(Value::Path(path)) => self.literal_path(path, expr.place.span),
            ExprKind::List(items) => items.iter().for_each(|item| self.stays_inside(item)),
            _ => {}
        }
    }

    fn literal_path(&mut self, path: &str, span: Span) {
        if roots::holds(&self.roots, path) {
            return;
        }
        self.error(Code::OutsideRoot, span, format!("`{path}` leaves the root"))
            .set_label("outside of it")
            .set_help("name a path below the root, or list the other folder in `roots [\"…\"]` of the policy");
    }
}
