//! Which types fit where, which may be compared, what converts silently, and what is said when one does not fit.

// The order of the arms is the order of the rules.
#![allow(clippy::match_same_arms)]

use std::fmt;
use std::sync::Arc;

use super::super::checker::Checker;
use super::super::model::{Expr, ExprKind};
use super::super::quantity;
use crate::catalogue::ty::{Dialect, Dim, Type};
use crate::catalogue::value::Value;
use crate::diagnostics::Code;
use crate::source::Span;

/// How a value of one type becomes one of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    /// As it is.
    Same,
    /// By a silent conversion.
    Convert,
    /// Not at all.
    No,
}

/// Whether a value of type `from` may stand where `to` is wanted.
pub fn fit(from: &Type, to: &Type) -> Fit {
    match (from, to) {
        (Type::Error, _) | (_, Type::Error) => Fit::Same,
        (a, b) if a == b => Fit::Same,
        // Handles and secrets are no data.
        (Type::Secret | Type::Db | Type::Flags | Type::Channel, Type::Json) => Fit::No,
        // A file of flags.
        (Type::Path, Type::Flags) => Fit::Same,
        (_, Type::Json) | (Type::None, Type::Optional(_)) | (Type::String, Type::Secret) => Fit::Same,
        (Type::Optional(from), Type::Optional(to)) => fit(from, to),
        (from, Type::Optional(to)) => fit(from, to),
        (Type::Int, Type::Float)
        | (Type::String | Type::Enum(_), Type::Path | Type::Url | Type::Host | Type::Flags)
        | (Type::Path | Type::Url | Type::Host | Type::Enum(_), Type::String) => Fit::Convert,
        (Type::Enum(from), Type::Enum(to)) if from.iter().all(|word| to.contains(word)) => Fit::Same,
        // Checked once, when it runs.
        (
            Type::Json,
            Type::Bool
            | Type::Int
            | Type::Float
            | Type::String
            | Type::Quantity(_)
            | Type::Time
            | Type::Path
            | Type::Url
            | Type::Version
            | Type::Host
            | Type::Enum(_)
            | Type::List(_)
            | Type::Map(_),
        ) => Fit::Convert,
        (Type::List(from), Type::List(to)) | (Type::Map(from), Type::Map(to)) => fit(from, to),
        _ => Fit::No,
    }
}

/// The type that holds values of both.
pub fn unify(a: &Type, b: &Type) -> Option<Type> {
    let text = |ty: &Type| matches!(ty, Type::String | Type::Path | Type::Url | Type::Host | Type::Enum(_));
    Some(match (a, b) {
        (Type::Error, _) | (_, Type::Error) => Type::Error,
        (a, b) if a == b => a.clone(),
        (Type::None, other) | (other, Type::None) => Type::optional(other.clone()),
        (Type::Optional(a), Type::Optional(b)) => Type::optional(unify(a, b)?),
        (Type::Optional(a), b) | (b, Type::Optional(a)) => Type::optional(unify(a, b)?),
        (Type::Int, Type::Float) | (Type::Float, Type::Int) => Type::Float,
        (Type::Secret, Type::String) | (Type::String, Type::Secret) => Type::Secret,
        (Type::Secret, _) | (_, Type::Secret) => return None,
        (Type::Json, _) | (_, Type::Json) => Type::Json,
        (a, b) if text(a) && text(b) => Type::String,
        (Type::List(a), Type::List(b)) => {
            // An empty list fits every list.
            match (&**a, &**b) {
                (Type::Error, other) | (other, Type::Error) => Type::list(other.clone()),
                (a, b) => Type::list(unify(a, b)?),
            }
        }
        (Type::Map(a), Type::Map(b)) => match (&**a, &**b) {
            (Type::Error, other) | (other, Type::Error) => Type::Map(Arc::new(other.clone())),
            (a, b) => Type::Map(Arc::new(unify(a, b)?)),
        },
        _ => return None,
    })
}

impl Checker<'_> {
    /// The expression as `want`, with a conversion where one is silent, or a report.
    pub fn coerce(&mut self, mut expr: Expr, want: &Type, what: fmt::Arguments<'_>) -> Expr {
        match fit(&expr.ty, want) {
            Fit::Same => {
                if let Type::Optional(_) | Type::Json | Type::Error = want {
                    return expr;
                }
                if expr.ty != Type::Error {
                    expr.ty = want.clone();
                }
                expr
            }
            Fit::Convert => {
                let ty = want.required().clone();
                let place = expr.place;
                if let Some(turned) = constant_as(&expr.kind, &ty) {
                    return Expr { kind: ExprKind::Const(turned), ty, place };
                }
                Expr { kind: ExprKind::Convert(Box::new(expr)), ty, place }
            }
            Fit::No => {
                self.misfit(&expr, want, what);
                expr.ty = Type::Error;
                expr
            }
        }
    }

    /// Says why `expr` does not fit `want`.
    fn misfit(&mut self, expr: &Expr, want: &Type, what: fmt::Arguments<'_>) {
        let span = expr.place.span;
        let from = &expr.ty;
        if expr.place.file != self.file {
            // A body of a function in another file: its place is the call.
            return;
        }
        let label = format!("this is {from}");
        match (from, want.required()) {
            (Type::Secret, _) => self.secret_flow(span, what),
            (Type::Int | Type::Float, Type::Quantity(dim)) => {
                let number = self.slice(span);
                let help = number
                    .bytes()
                    .all(|byte| byte.is_ascii_digit() || byte == b'.' || byte == b'_')
                    .then(|| quantity::examples(number, *dim))
                    .flatten();
                let help = help.or_else(|| quantity::examples("1", *dim).map(|one| format!("… * 1 of a unit: {one}")));
                self.error(
                    Code::BareNumber,
                    span,
                    format!("{what} takes {}, not a bare number", article(want.required())),
                )
                .set_label("a number without a unit")
                .help = help.map(|help| if help.starts_with('…') { help } else { format!("write {help}") });
            }
            (Type::String, Type::Quantity(_) | Type::Int | Type::Float)
                if let Some(number) = number_in_quotes(expr) =>
            {
                let help = format!("write `{number}`, without quotes");
                self.error(Code::Mismatch, span, format!("{what} takes {}, not a text", article(want.required())))
                    .set_label("a number in quotes is a text")
                    .set_help(help);
            }
            (Type::Quantity(_), Type::Quantity(dim)) => {
                let help = quantity::examples("10", *dim)
                    .map(|example| format!("write {}, such as {example}", article(want.required())));
                self.error(
                    Code::DimensionMismatch,
                    span,
                    format!("{what} takes {}, not {}", article(want.required()), article(from)),
                )
                .set_label(label)
                .help = help;
            }
            (Type::String | Type::Path | Type::Url | Type::Host, Type::Code(_) | Type::Regex) => {
                self.error(
                    Code::BuiltText,
                    span,
                    format!("{what} takes a literal, not a string put together elsewhere"),
                )
                .set_label("a plain string: values in it could become code")
                .set_help("write the text here, with its values as `${…}`: they are quoted as it needs");
            }
            (Type::Optional(inner), required) if fit(inner, required) != Fit::No => {
                self.error(Code::Mismatch, span, format!("{what} takes {}, and this may be absent", article(want)))
                    .set_label(label)
                    .set_help("say what then: `… otherwise 0`, or `… otherwise refuse(\"why\")`");
            }
            (Type::String, Type::List(of)) if **of == Type::String => {
                let words: Vec<_> = match &expr.kind {
                    ExprKind::Const(Value::Str(text)) => {
                        text.split_whitespace().map(|word| format!("{word:?}")).collect()
                    }
                    _ => vec!["…".to_owned()],
                };
                let help = format!("write a list, one text for each word: `[{}]`", words.join(", "));
                self.error(Code::Mismatch, span, format!("{what} takes a list of texts, not one"))
                    .set_label(label)
                    .set_help(help);
            }
            (from, required) => {
                let help = conversion(from, required);
                let wanted = if let Type::Enum(_) = required { format!("one of {want}") } else { article(required) };
                self.error(Code::Mismatch, span, format!("{what} takes {wanted}, not {}", article(from)))
                    .set_label(label)
                    .help = help.map(str::to_owned);
            }
        }
    }

    /// A secret where it would be seen.
    pub fn secret_flow(&mut self, span: Span, what: fmt::Arguments<'_>) {
        self.error(Code::SecretFlow, span, format!("a secret would be seen in {what}")).set_label("a secret").set_help(
            "pass it to a parameter that takes a secret, `env: { TOKEN: token }`, or put it into a text there: \
                 `headers: { \"Authorization\": \"Bearer ${token}\" }`",
        );
    }
}

/// The text of a literal that would be a number or quantity without its quotes.
pub fn number_in_quotes(expr: &Expr) -> Option<&str> {
    let ExprKind::Const(Value::Str(text)) = &expr.kind else { return None };
    quantity::read(text).is_ok().then_some(&**text)
}

/// What to write to turn one into the other.
fn conversion(from: &Type, to: &Type) -> Option<&'static str> {
    Some(match (from, to) {
        (_, Type::Bool) => "write a condition, such as `x == 1`",
        (Type::Float, Type::Int) => "write `round(…)`, or `int(…)` to cut",
        (_, Type::Int) => "write `int(…)`",
        (_, Type::Float) => "write `float(…)`",
        (_, Type::Version) => "write `version(…)`",
        (_, Type::Time) => "write `time(…)`",
        (Type::List(_), Type::String) => "write `join(…, \", \")`",
        (_, Type::String) => "write `string(…)`, or put it into a text as `\"${…}\"`",
        (_, Type::Db) => "write `sqlite(\"file.db\")`",
        (_, Type::Flags) => "write the path of a file, `flags_redis(…)` or `flags_http(…)`",
        _ => return None,
    })
}

/// A literal converted when it is checked.
fn constant_as(kind: &ExprKind, ty: &Type) -> Option<Value> {
    let ExprKind::Const(value) = kind else { return None };
    Some(match (value, ty) {
        (Value::Int(number), Type::Float) => Value::Float(*number as f64),
        (Value::Str(text) | Value::Path(text) | Value::Url(text) | Value::Host(text), ty) => match ty {
            Type::String | Type::Enum(_) => Value::Str(Arc::clone(text)),
            Type::Path | Type::Flags => Value::Path(Arc::clone(text)),
            Type::Host => Value::Host(Arc::clone(text)),
            _ => return None,
        },
        _ => return None,
    })
}

/// A type with its article, for sentences: `a duration`, `an int`, `bytes`.
pub fn article(ty: &Type) -> String {
    match ty {
        Type::None | Type::Error | Type::Json | Type::Enum(_) => ty.to_string(),
        Type::Quantity(dim) if *dim != Dim::TIME => ty.to_string(),
        Type::Code(Dialect::Sql | Dialect::PromQl) => ty.to_string(),
        Type::Int | Type::Record(_) if ty.to_string().starts_with(['a', 'e', 'i', 'o', 'u']) => format!("an {ty}"),
        _ => format!("a {ty}"),
    }
}

/// Whether values of both types may be equal.
pub fn comparable(a: &Type, b: &Type) -> bool {
    let text = |ty: &Type| matches!(ty, Type::String | Type::Path | Type::Url | Type::Host | Type::Enum(_));
    match (a.required(), b.required()) {
        (Type::Error | Type::None | Type::Json, _) | (_, Type::Error | Type::None | Type::Json) => true,
        (Type::Code(_) | Type::Regex, _) | (_, Type::Code(_) | Type::Regex) => false,
        (Type::Int | Type::Float, Type::Int | Type::Float) => true,
        (Type::Enum(a), Type::Enum(b)) => a.iter().any(|word| b.contains(word)),
        (a, b) if text(a) && text(b) => true,
        (Type::List(a), Type::List(b)) | (Type::Map(a), Type::Map(b)) | (Type::Range(a), Type::Range(b)) => {
            comparable(a, b)
        }
        (a, b) => a == b,
    }
}
