//! `secret NAME = env("X") | file("…") | exec([…])`

use crate::catalogue::ty::Type;
use crate::check::checker::Checker;
use crate::check::model::{Secret, SecretSource};
use crate::diagnostics::Code;
use crate::syntax::ast::{Decl, ExprKind};

const SOURCES: &[&str] = &["env", "file", "exec"];
const USAGE: &str = "write `env(\"NAME\")`, `file(\"path\")` or `exec([\"program\", \"argument\"])`";

impl<'a> Checker<'a> {
    pub fn secret(&mut self, decl: &'a Decl) -> Option<Secret> {
        let name = self.name_of(decl);
        let value = decl.value.as_ref()?;
        let ExprKind::Call(call) = &value.kind else {
            self.error(Code::MissingPart, value.span, "a secret says where it comes from")
                .set_label("not a source")
                .set_help(USAGE);
            return None;
        };
        let source = self.slice(call.callee.span);
        if !SOURCES.contains(&source) {
            let help = self.guess(source, SOURCES.iter().copied()).unwrap_or_else(|| USAGE.to_owned());
            self.error(Code::UnknownUnit, call.callee.span, format!("a secret does not come from `{source}`"))
                .set_label("no such source")
                .set_help(help);
            return None;
        }
        let [arg] = &*call.args else {
            let (code, what) = if call.args.is_empty() {
                (Code::MissingArgument, "takes one argument")
            } else {
                (Code::TooManyArguments, "takes one argument only")
            };
            self.error(code, call.callee.span, format!("`{source}` {what}")).set_help(USAGE);
            return None;
        };
        let source = match source {
            "env" => SecretSource::Env(self.plain(&arg.value, "the name of a variable")?),
            "file" => {
                let path = self.expr_as(&arg.value, &Type::Path, format_args!("`file`"));
                SecretSource::File(path)
            }
            _ => {
                let command = self.expr_as(&arg.value, &Type::list(Type::String), format_args!("`exec`"));
                SecretSource::Exec(command)
            }
        };
        Some(Secret { name, source })
    }
}
