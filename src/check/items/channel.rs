//! `channel NAME = slack(hook)`: the kinds, and what each takes. A secret is passed as one, never written out.

use crate::catalogue::signature::{Form, Parameter, Returns, Role, Signature, UndoKind};
use crate::catalogue::ty::Type;
use crate::check::calls::Position;
use crate::check::checker::Checker;
use crate::check::items::header_span;
use crate::check::model::{CallArg, Channel, Expr, ExprKind};
use crate::diagnostics::{Code, suggest};
use crate::syntax::ast::{self, Decl};

const fn kind(name: &'static str, params: &'static [Parameter], doc: &'static str) -> Signature {
    let (role, returns, undo) = (Role::Action, Returns::None, UndoKind::None);
    Signature { name, role, params, returns, undo, gate: false, doc, page: "language.md" }
}

const fn param(name: &'static str, ty: &'static str, form: Form, doc: &'static str) -> Parameter {
    Parameter { name, ty, form, doc }
}

/// The kinds of channels.
pub static KINDS: &[Signature] = &[
    kind(
        "slack",
        &[param("hook", "secret", Form::Positional, "The address of an incoming webhook.")],
        "A channel of Slack.",
    ),
    kind("teams", &[param("hook", "secret", Form::Positional, "The address of a workflow.")], "A channel of Teams."),
    kind(
        "email",
        &[
            param("to", "list[string]", Form::Positional, "The addresses of whom it goes to."),
            param("server", "string", Form::Required, "Host and port of a mail server."),
            param("from", "string", Form::Optional, "The sender's address."),
            param("user", "string", Form::Optional, "Who signs in."),
            param("password", "secret", Form::Optional, "With which secret."),
        ],
        "Mail.",
    ),
    kind(
        "webhook",
        &[
            param("url", "url", Form::Positional, "Where the message is posted, as JSON."),
            param("headers", "map[secret]", Form::Optional, "Headers of the request."),
        ],
        "A request to an address of one's own.",
    ),
    kind(
        "pagerduty",
        &[param("key", "secret", Form::Positional, "The key of an integration.")],
        "An alert of PagerDuty.",
    ),
    kind("file", &[param("path", "path", Form::Positional, "The file.")], "A line at the end of a file."),
    kind("desktop", &[], "A notice on the desktop of this machine."),
];

/// The kinds of hosts.
pub static HOSTS: &[Signature] = &[kind(
    "ssh",
    &[
        param("address", "string", Form::Positional, "`user@host` or `host`."),
        param("port", "int", Form::Optional, "Its port."),
        param("key", "path", Form::Optional, "The file of the private key."),
    ],
    "A machine that is reached by SSH.",
)];

impl<'a> Checker<'a> {
    pub fn channel(&mut self, decl: &'a Decl) -> Option<Channel> {
        let name = self.name_of(decl);
        let (kind, args, timeout) = self.kind_of(decl.value.as_ref()?, KINDS, "channel")?;
        if let Some(block) = &decl.body {
            self.error(Code::WrongPlace, block.span_of_opener(), "a channel takes no block")
                .set_label("a block")
                .set_help("what it needs stands in the parentheses");
        }
        Some(Channel { name, kind, args, timeout, place: self.place(header_span(decl)) })
    }

    /// `slack(hook)`: the kind that is named, with its arguments.
    pub fn kind_of(
        &mut self,
        value: &'a ast::Expr,
        kinds: &'static [Signature],
        noun: &str,
    ) -> Option<(&'static Signature, Vec<CallArg>, Option<Expr>)> {
        let names: Vec<&str> = kinds.iter().map(|kind| kind.name).collect();
        let ast::ExprKind::Call(call) = &value.kind else {
            self.error(Code::MissingPart, value.span, format!("a {noun} says how it is reached"))
                .set_label(format!("not a kind of {noun}"))
                .set_help(format!("write {}, with its address", suggest::alternatives(&names, "or")));
            return None;
        };
        let word = self.slice(call.callee.span);
        let Some(kind) = kinds.iter().find(|kind| kind.name == word) else {
            let help = self
                .guess(word, names.iter().copied())
                .unwrap_or_else(|| format!("there are {}", suggest::alternatives(&names, "and")));
            self.error(Code::UnknownUnit, call.callee.span, format!("there is no kind of {noun} `{word}`"))
                .set_label("no such kind")
                .set_help(help);
            for arg in &call.args {
                self.expr(&arg.value);
            }
            return None;
        };
        let (args, universal) = self.arguments(kind, call, Position::Value);
        for (param, arg) in kind.params.iter().zip(&args) {
            if let CallArg::Value(value) = arg {
                self.no_probe(value, &format!("a {noun}"));
                if param.ty.contains("secret") {
                    self.not_written_out(value, param.name);
                }
            }
        }
        Some((kind, args, universal.timeout))
    }

    /// Refuses a literal where a secret belongs: the policy lies in a repository.
    fn not_written_out(&mut self, value: &Expr, param: &str) {
        let text = match &value.kind {
            ExprKind::Map(entries) => {
                for (key, value) in entries {
                    // A header such as `Content-Type` is no secret; one that signs in is.
                    if key.eq_ignore_ascii_case("authorization") || key.to_ascii_lowercase().contains("token") {
                        self.not_written_out(value, key);
                    }
                }
                return;
            }
            ExprKind::Secret(_) => return,
            ExprKind::Interpolate(_) if value.ty == Type::Secret => return,
            _ if matches!(value.ty.required(), Type::Error) => return,
            ExprKind::Const(crate::catalogue::value::Value::None) => return,
            ExprKind::Const(_) | ExprKind::Interpolate(_) => "written out",
            _ => "a plain value",
        };
        self.error(Code::SecretWritten, value.place.span, format!("`{param}` takes a secret, and this one is {text}"))
            .set_label("readable for everybody who reads the policy")
            .set_help(format!(
                "declare it, `secret {} = env(\"NAME\")`, and pass its name",
                param.to_ascii_lowercase().replace('-', "_")
            ));
    }
}
