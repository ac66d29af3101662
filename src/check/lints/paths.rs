//! W6056 and W6057: paths that mean something to one person, or nothing to anybody.

use crate::catalogue::value::Value;
use crate::check::model::{CallArg, Expr, ExprKind, Part};
use crate::check::walk;
use crate::diagnostics::{Code, Diagnostic};

use super::advice::Advice;
use super::command::{commands, plain};
use super::everything::Everything;

pub fn lint(all: &Everything<'_>, advice: &mut Advice<'_>) {
    let mut roots = Vec::new();
    for root in std::iter::once(&advice.policy.root).chain(&advice.policy.roots) {
        roots.extend(home(root));
    }
    for expr in &all.exprs {
        walk::expressions(expr, &mut |part| {
            // A root in somebody's home is their own affair.
            if let Some(owner) = begin(part).and_then(home).filter(|owner| !roots.contains(owner)) {
                advice.push(
                    Diagnostic::new(Code::HomePath, part.place, format!("this path is in the home of `{owner}`"))
                        .label("is not there for anybody else")
                        .help("name a path below the root, or make it a `param`"),
                );
            }
            if matches!(&part.kind, ExprKind::Const(Value::Path(text)) if text.starts_with("~/")) {
                tilde(part, advice);
            }
        });
    }
    for command in commands(all) {
        let Some(words) = command.words() else { continue };
        let script = command.script().map(|script| script.place);
        for word in words.iter().filter(|word| Some(word.place) != script) {
            if plain(word).is_some_and(|text| text.starts_with("~/")) {
                tilde(word, advice);
            }
        }
    }
    for call in &all.calls {
        for arg in &call.args {
            if let CallArg::Value(value) = arg
                && value.ty == crate::catalogue::ty::Type::Path
                && begin(value).is_some_and(|text| text.starts_with("~/"))
            {
                tilde(value, advice);
            }
        }
    }
}

fn tilde(expr: &Expr, advice: &mut Advice<'_>) {
    advice.push(
        Diagnostic::new(Code::TildePath, expr.place, "`~` is no home here, but a folder of this name")
            .label("only a shell makes a home of it")
            .help("write the path, below the root; in a command, `sh(\"…\")` knows `~`"),
    );
}

/// What a text begins with.
fn begin(expr: &Expr) -> Option<&str> {
    match &expr.kind {
        ExprKind::Interpolate(parts) => match parts.first() {
            Some(Part::Text(text)) => Some(text),
            _ => None,
        },
        ExprKind::Const(_) => plain(expr),
        _ => None,
    }
}

/// Whose home a path is in.
fn home(path: &str) -> Option<&str> {
    let rest = ["/home/", "/Users/"].iter().find_map(|home| path.strip_prefix(home))?;
    let (owner, _) = rest.split_once('/')?;
    let shared = ["Shared", "linuxbrew"].contains(&owner);
    (!owner.is_empty() && !shared && !path.contains(char::is_whitespace)).then_some(owner)
}
