//! Commands as they are written, in steps and in expressions, for the lints that read them.

use crate::catalogue::signature::{Role, Signature};
use crate::catalogue::value::Value;
use crate::check::model::{CallArg, Expr, ExprKind, Part};
use crate::check::walk;
use crate::source::Place;

use super::everything::Everything;

/// `exec([…])` or `sh("…")`.
pub struct Command<'p> {
    /// What is run: a list of words, or a line for the shell.
    pub run: &'p Expr,
    pub is_shell: bool,
    /// Whether it changes something, as a step.
    pub acts: bool,
    /// Whether nothing else is said: no `env:`, `cwd:`, `user:`.
    pub bare: bool,
    pub place: Place,
}

/// Every command.
pub fn commands<'p>(all: &Everything<'p>) -> Vec<Command<'p>> {
    let mut found: Vec<Command<'p>> =
        all.calls.iter().filter_map(|call| command(call.signature(), &call.args, call.place, true)).collect();
    for &expr in &all.exprs {
        walk::expressions(expr, &mut |part: &'p Expr| {
            if let ExprKind::Probe(call) = &part.kind {
                found.extend(command(call.probe.signature(), &call.args, call.place, false));
            }
        });
    }
    found
}

fn command<'p>(signature: &Signature, args: &'p [CallArg], place: Place, acts: bool) -> Option<Command<'p>> {
    let (Role::Command, [CallArg::Value(run), others @ ..]) = (signature.role, args) else { return None };
    let bare = others.iter().all(|arg| matches!(arg, CallArg::Absent));
    Some(Command { run, is_shell: signature.name == "sh", acts, bare, place })
}

impl<'p> Command<'p> {
    /// The words of a list that is written out.
    pub fn words(&self) -> Option<&'p [Expr]> {
        let mut expr = self.run;
        while let ExprKind::Convert(inner) = &expr.kind {
            expr = inner;
        }
        match &expr.kind {
            ExprKind::List(words) if !self.is_shell => Some(words),
            _ => None,
        }
    }

    /// The words as texts, where all of them are written out.
    pub fn plain(&self) -> Option<Vec<&'p str>> {
        self.words()?.iter().map(plain).collect()
    }

    /// Each line for a shell in it, with `VALUE` for what is inserted.
    pub fn lines(&self) -> Vec<(String, Place)> {
        if self.is_shell {
            return line(self.run).into_iter().map(|text| (text, self.run.place)).collect();
        }
        self.script().and_then(|script| Some((line(script)?, script.place))).into_iter().collect()
    }

    /// The script of `["sh", "-c", SCRIPT]`.
    pub fn script(&self) -> Option<&'p Expr> {
        const SHELLS: &[&str] = &["sh", "bash", "dash", "ash", "zsh", "ksh"];
        let [program, rest @ ..] = self.words()? else { return None };
        if !SHELLS.contains(&plain(program)?.rsplit('/').next()?) {
            return None;
        }
        let flag = rest.iter().position(|word| !plain(word).is_some_and(|text| is_flag(text) && !takes(text)))?;
        let script = rest.get(flag + 1)?;
        plain(&rest[flag]).is_some_and(takes).then_some(script)
    }
}

fn is_flag(text: &str) -> bool {
    text.len() > 1 && text.starts_with('-')
}

/// Whether the word behind a flag of a shell is the script: `-c`, `-ec`.
fn takes(text: &str) -> bool {
    is_flag(text) && !text.starts_with("--") && text.contains('c')
}

/// A text without values in it.
pub fn plain(expr: &Expr) -> Option<&str> {
    match &expr.kind {
        ExprKind::Const(Value::Code(code)) => Some(&code.text),
        ExprKind::Const(value) => value.as_text(),
        ExprKind::Convert(inner) => plain(inner),
        _ => None,
    }
}

fn line(expr: &Expr) -> Option<String> {
    match &expr.kind {
        ExprKind::Interpolate(parts) => Some(
            parts
                .iter()
                .map(|part| match part {
                    Part::Text(text) => &**text,
                    Part::Hole(_) => "VALUE",
                })
                .collect(),
        ),
        _ => plain(expr).map(str::to_owned),
    }
}
