//! String literals by the type that is wanted: interpolation follows the parameter (`language.md` §2).

use std::sync::Arc;

use super::super::checker::Checker;
use super::super::functions;
use super::super::model::{Expr, ExprKind, Part};
use super::constant;
use crate::catalogue::ty::{Dialect, Type};
use crate::catalogue::value::{self, Value};
use crate::diagnostics::{Code, suggest};
use crate::source::Span;
use crate::syntax::ast::{self, Piece};
use crate::syntax::string;

impl<'a> Checker<'a> {
    /// A literal, as `hint` where a text can be one.
    pub fn string(&mut self, literal: &'a ast::Str, span: Span, hint: Option<&Type>) -> Expr {
        let hint = hint.map(Type::required);
        if literal.pieces.iter().any(|piece| matches!(piece, Piece::Hole(_))) {
            return self.interpolation(literal, span, hint);
        }
        let text = self.plain_text(literal);
        let place = self.place(span);
        let (value, ty) = match hint {
            Some(Type::Code(dialect)) => {
                let code = value::Code { text, binds: Vec::new() };
                (Value::Code(Arc::new(code)), Type::Code(*dialect))
            }
            Some(Type::Regex) => {
                if let Err(error) = regex::Regex::new(&text) {
                    self.bad_regex(span, &error);
                    return self.broken(span);
                }
                (Value::Regex(text), Type::Regex)
            }
            Some(Type::Path | Type::Flags) => (Value::Path(text), Type::Path),
            Some(Type::Host) => (Value::Host(text), Type::Host),
            Some(Type::Url) => {
                if !functions::is_url(&text) {
                    let (label, help) = if text.contains("://") {
                        ("its host or port cannot be read", "write it as `\"http://localhost:5000/path\"`".to_owned())
                    } else {
                        let whole = format!("write it whole, such as `\"http://{}\"`", text.trim_start_matches('/'));
                        ("no scheme and host", whole)
                    };
                    self.error(Code::BadLiteral, span, format!("{text:?} is no URL")).set_label(label).set_help(help);
                    return self.broken(span);
                }
                (Value::Url(text), Type::Url)
            }
            Some(Type::Version) => match functions::read_version(&text) {
                Some(version) => (Value::version(version), Type::Version),
                None => {
                    self.error(Code::BadLiteral, span, format!("{text:?} is no version"))
                        .set_label("not a semantic version")
                        .set_help("write it as `\"1.4.0\"`");
                    return self.broken(span);
                }
            },
            Some(Type::Time) => match text.parse() {
                Ok(time) => (Value::Time(time), Type::Time),
                Err(_) => {
                    self.error(Code::BadLiteral, span, format!("{text:?} is no point in time"))
                        .set_label("not RFC 3339")
                        .set_help("write it as `\"2026-03-01T12:00:00Z\"`");
                    return self.broken(span);
                }
            },
            Some(Type::Enum(words)) => {
                if !words.contains(&text) {
                    let names: Vec<&str> = words.iter().map(|word| &**word).collect();
                    let help = self
                        .guess(&text, names.iter().copied())
                        .unwrap_or_else(|| format!("write {}", suggest::alternatives(&names, "or")));
                    self.error(Code::BadLiteral, span, format!("{text:?} is none of the choices"))
                        .set_label("not a choice")
                        .set_help(help);
                    return self.broken(span);
                }
                (Value::Str(text), Type::Enum(Arc::clone(words)))
            }
            _ => (Value::Str(text), Type::String),
        };
        constant(value, ty, place)
    }

    /// The decoded text of a literal without holes.
    pub fn plain_text(&self, literal: &ast::Str) -> Arc<str> {
        Arc::from(string::literal(self.sources.get(self.file), literal).unwrap_or_default())
    }

    fn interpolation(&mut self, literal: &'a ast::Str, span: Span, hint: Option<&Type>) -> Expr {
        let ty = match hint {
            Some(ty @ (Type::Code(_) | Type::Regex | Type::Path | Type::Url | Type::Host)) => ty.clone(),
            Some(Type::Flags) => Type::Path,
            _ => Type::String,
        };
        let source = self.sources.get(self.file);
        let mut parts = Vec::new();
        let mut pattern = String::new();
        // Where a secret is taken, a text may hold one.
        let mut sealed = false;
        for (index, part) in string::parts(source, literal).into_iter().enumerate() {
            match part {
                string::Part::Text(piece) => {
                    pattern.push_str(&piece);
                    parts.push(Part::Text(Arc::from(&*piece)));
                }
                string::Part::Hole(hole) => {
                    pattern.push('x');
                    let typed = self.expr(hole);
                    if typed.ty == Type::Secret && hint == Some(&Type::Secret) {
                        sealed = true;
                    } else {
                        self.check_hole(&typed, &ty, index == 0);
                    }
                    parts.push(Part::Hole(typed));
                }
            }
        }
        if ty == Type::Regex
            && let Err(error) = regex::Regex::new(&pattern)
        {
            self.bad_regex(span, &error);
        }
        let ty = if sealed { Type::Secret } else { ty };
        Expr { kind: ExprKind::Interpolate(parts), ty, place: self.place(span) }
    }

    /// Whether a value may stand in a hole of a text of type `of`; a leading one of that type goes in as it is.
    fn check_hole(&mut self, hole: &Expr, of: &Type, leading: bool) {
        let span = hole.place.span;
        let refusal = match hole.ty.required() {
            Type::Secret => return self.secret_flow(span, format_args!("this text")),
            own if own == of && leading => return,
            Type::Db | Type::Flags | Type::Channel | Type::Record(_) | Type::Range(_) => "it has no text",
            Type::Code(_) => "a command or query only stands at the beginning of another",
            Type::Map(_) if *of != Type::String => "it has no one text",
            // In a shell command a list is one word for each element.
            Type::List(_) if !matches!(of, Type::String | Type::Code(Dialect::Shell)) => "it has no one text",
            Type::None => "it is always absent",
            _ => return,
        };
        let message = format!("{} does not go into a text: {refusal}", hole.ty);
        let label = format!("this is {}", hole.ty);
        let help = match hole.ty.required() {
            Type::List(_) => Some("write `${join(…, \", \")}`"),
            Type::Record(_) => Some("name one of its fields"),
            _ => None,
        };
        self.error(Code::Mismatch, span, message).set_label(label).help = help.map(str::to_owned);
    }

    fn bad_regex(&mut self, span: Span, error: &regex::Error) {
        let text = error.to_string();
        // The crate draws the pattern over several lines; its last line is the reason.
        let reason = text.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
        self.error(Code::BadLiteral, span, format!("this is no regex: {reason}"))
            .set_label("does not compile")
            .set_help("escape what is meant literally, as in `\\\\.`; in `r\"…\"` one backslash is enough");
    }
}
