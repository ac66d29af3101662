//! The arguments of a unit: which parameter each is for, what every call may be given besides, what is missing.
//!
//! How one argument becomes a value stands in `arguments`.

use super::calls::{Position, UNIVERSAL, Universal};
use super::checker::{Checker, bare_word};
use super::model::{CallArg, OnFailure};
use crate::catalogue::signature::{Form, Signature};
use crate::catalogue::ty::Type;
use crate::diagnostics::{Code, suggest};
use crate::source::Span;
use crate::syntax::ast::{self, Arg};

impl<'a> Checker<'a> {
    /// The arguments of a unit, in the order of its parameters.
    pub fn arguments(
        &mut self,
        signature: &'static Signature,
        call: &'a ast::Call,
        position: Position,
    ) -> (Vec<CallArg>, Universal) {
        let mut slots: Vec<CallArg> = (0..signature.params.len()).map(|_| CallArg::Absent).collect();
        let mut given: Vec<Option<Span>> = vec![None; signature.params.len()];
        let mut universal = Universal::default();
        let mut seen: Vec<(&str, Span)> = Vec::new();
        let mut next = 0;
        // An argument that fits nowhere may well be the one that is missing: one mistake, one report.
        let mut stray = false;
        for arg in &call.args {
            let index = match arg.label {
                None => {
                    let found = (next..signature.params.len()).find(|index| by_position(signature.params[*index].form));
                    let Some(index) = found else {
                        self.too_many(signature, arg, &given);
                        stray = true;
                        continue;
                    };
                    next = index + 1;
                    index
                }
                Some(label) => {
                    let word = self.word(label);
                    if let Some((index, _)) = signature.param(word) {
                        index
                    } else if UNIVERSAL.contains(&word) {
                        if let Some((_, first)) = seen.iter().find(|(known, _)| *known == word) {
                            let first = self.place(*first);
                            self.given_twice(word, label.0, first);
                        }
                        seen.push((word, label.0));
                        self.universal(word, arg, position, &mut universal);
                        continue;
                    } else {
                        self.unknown_label(signature, label, &arg.value);
                        stray = true;
                        continue;
                    }
                }
            };
            let param = &signature.params[index];
            let at = arg.label.map_or(arg.value.span, |label| label.0);
            if let Some(first) = given[index] {
                let first = self.place(first);
                self.given_twice(param.name, at, first);
            }
            given[index] = Some(at);
            slots[index] = self.argument(signature, index, &arg.value);
        }
        for (index, param) in signature.params.iter().enumerate() {
            let required = matches!(param.form, Form::Positional | Form::Required | Form::Lazy);
            if required && given[index].is_none() && !stray {
                universal.refused = true;
                let labelled = if param.form == Form::Required {
                    format!("`{}: …`", param.name)
                } else {
                    format!("`{}`", param.name)
                };
                self.error(Code::MissingArgument, call.callee.span, format!("`{}` needs {labelled}", signature.name))
                    .set_label(format!("no {}: {}", param.name, param.doc.trim_end_matches('.')))
                    .set_help(format!("write `{}`", usage(signature)));
            }
        }
        universal.refused |= stray;
        super::eval::within::keep_values_plain(signature, &mut slots);
        (slots, universal)
    }

    fn given_twice(&mut self, word: &str, at: Span, first: crate::source::Place) {
        self.error(Code::DuplicateArgument, at, format!("`{word}` is given twice"))
            .set_label("given again here")
            .add_place(first, "given first here");
    }

    fn too_many(&mut self, signature: &'static Signature, arg: &'a Arg, given: &[Option<Span>]) {
        self.expr(&arg.value);
        let text = self.slice(arg.value.span);
        let text = if text.len() > 40 || text.contains('\n') { "…" } else { text };
        let labelled = signature.params.iter().zip(given).find(|(param, given)| {
            given.is_none() && matches!(param.form, Form::Required | Form::Optional | Form::OptionalLazy)
        });
        let help = match labelled {
            Some((param, _)) => format!("say what it is: `{}: {text}`", param.name),
            None => format!("write `{}`", usage(signature)),
        };
        self.error(
            Code::TooManyArguments,
            arg.value.span,
            format!("`{}` takes no further argument by position", signature.name),
        )
        .set_label("not expected")
        .set_help(help);
    }

    fn unknown_label(&mut self, signature: &'static Signature, label: ast::Ident, value: &'a ast::Expr) {
        self.expr(value);
        let word = self.word(label);
        let own = signature.params.iter().map(|param| param.name);
        let labels: Vec<_> = own.chain(UNIVERSAL.iter().copied()).collect();
        let own: Vec<String> = signature
            .params
            .iter()
            .filter(|param| !matches!(param.form, Form::Positional | Form::OptionalPositional))
            .map(|param| format!("{}:", param.name))
            .collect();
        let own: Vec<&str> = own.iter().map(String::as_str).collect();
        let help = self.guess(word, labels).unwrap_or_else(|| {
            if own.is_empty() {
                format!("write `{}`", usage(signature))
            } else {
                format!("it takes {}", suggest::alternatives(&own, "and"))
            }
        });
        self.error(Code::UnknownLabel, label.0, format!("`{}` has no argument `{word}`", signature.name))
            .set_label("no such argument")
            .set_help(help);
    }

    pub fn universal(&mut self, word: &str, arg: &'a Arg, position: Position, into: &mut Universal) {
        let span = arg.label.map_or(arg.value.span, |label| label.0);
        match word {
            "timeout" => {
                let typed = self.expr_as(&arg.value, &Type::DURATION, format_args!("`timeout`"));
                self.fits_length("timeout", &typed);
                into.timeout = Some(typed);
            }
            "at" => {
                self.error(Code::NotAvailable, span, "other hosts are not available in this version")
                    .set_label("runs on this machine only")
                    .set_help("leave `at:` out");
            }
            _ if position == Position::Value => {
                self.error(Code::UnknownLabel, span, format!("a probe has no argument `{word}`"))
                    .set_label("only for actions")
                    .set_help("let a `verify` or `wait_until` ask again, and `otherwise` stand in for an absent value");
            }
            "retry" => into.retry = self.count(&arg.value, 0, 1000, "`retry`").map(|count| count as u32),
            _ => into.fails = self.fails(&arg.value),
        }
    }

    /// `fails: warn`
    fn fails(&mut self, value: &'a ast::Expr) -> Option<OnFailure> {
        let word = bare_word(value).map(|ident| self.word(ident)).unwrap_or_default();
        match word {
            "stop" => Some(OnFailure::Stop),
            "undo" => Some(OnFailure::Undo),
            "warn" => Some(OnFailure::Warn),
            "continue" => Some(OnFailure::Continue),
            _ => {
                let help = self
                    .guess(word, ["stop", "undo", "warn", "continue"])
                    .unwrap_or_else(|| "write `stop`, `undo`, `warn` or `continue`".to_owned());
                self.error(Code::UnknownName, value.span, "`fails` takes one of four words")
                    .set_label("none of them")
                    .set_help(help);
                None
            }
        }
    }
}

const fn by_position(form: Form) -> bool {
    matches!(form, Form::Positional | Form::OptionalPositional | Form::Lazy)
}

/// `file.copy(from, to: path)`: how a unit is called, for help.
pub fn usage(signature: &Signature) -> String {
    let parts: Vec<_> = signature
        .params
        .iter()
        .filter_map(|param| match param.form {
            Form::Positional | Form::Lazy => Some(param.name.to_owned()),
            Form::Required => Some(format!("{}: {}", param.name, param.shown_type())),
            Form::OptionalPositional | Form::Optional | Form::OptionalLazy => None,
        })
        .collect();
    let more = signature
        .params
        .iter()
        .any(|param| matches!(param.form, Form::Optional | Form::OptionalLazy | Form::OptionalPositional));
    format!(
        "{}({}{})",
        signature.name,
        parts.join(", "),
        if more && parts.is_empty() {
            "…"
        } else if more {
            ", …"
        } else {
            ""
        }
    )
}
