//! `exec` and `sh` as steps: a command that may change anything. Nothing of it can be foreseen, captured or undone.

use std::path::PathBuf;
use std::sync::Arc;

use crate::catalogue::args::Args;
use crate::catalogue::effect::Effects;
use crate::catalogue::error::{Error, Result};
use crate::catalogue::keep::Keep;
use crate::catalogue::look::Look;
use crate::catalogue::signature::Signature;
use crate::catalogue::touch::Touch;
use crate::catalogue::unit::{Action, Capture, Change, Fingerprint, Preview};
use crate::catalogue::value::Value;
use crate::probes::{exec, scripts};

/// All actions of this family.
pub(super) fn all() -> Vec<Arc<dyn Action>> {
    vec![Arc::new(Run(&exec::EXEC)), Arc::new(Run(&exec::SH))]
}

struct Run(&'static Signature);

impl Run {
    fn is_shell(&self) -> bool {
        self.0.name == "sh"
    }
}

impl Action for Run {
    fn signature(&self) -> &'static Signature {
        self.0
    }

    fn effects(&self, _args: &Args, _look: Option<&Look>) -> Effects {
        Effects::touches_world()
    }

    fn preview(&self, args: &Args, look: &Look) -> Result<Preview> {
        let mut preview = Preview {
            opaque: Some(if self.is_shell() {
                "a shell command may change anything that its user may".to_owned()
            } else {
                "a program may change anything that its user may".to_owned()
            }),
            ..Preview::default()
        };
        let first = if self.is_shell() { "command" } else { "argv" };
        if args.is_unknown(first) || args.is_unknown("cwd") {
            preview.summary.push_str("run a command that is not known yet");
            return Ok(preview);
        }
        let words = exec::argv(args)?;
        let cwd = exec::cwd(args, look);
        let shown = if self.is_shell() { args.code("command")?.text.to_string() } else { shown(&words) };
        preview.summary = format!("run {shown}");
        if let Some(user) = args.text_or_none("user") {
            preview.notes.push(format!("as user `{user}`"));
        }
        exec::startable(&shown, &words, &cwd)?;
        let below = cwd.strip_prefix(look.root()).map_or_else(|_| cwd.clone(), std::path::Path::to_owned);
        let below = if below.as_os_str().is_empty() { ".".to_owned() } else { below.display().to_string() };
        preview.changes.push(Change::Command { argv: words, cwd: below });
        Ok(preview)
    }

    fn starts(&self, args: &Args, look: &Look) -> Vec<PathBuf> {
        let cwd = exec::cwd(args, look);
        if self.is_shell() {
            return args.code("command").map(|code| scripts::of_line(&code.text, &cwd)).unwrap_or_default();
        }
        exec::argv(args).map(|argv| scripts::of(&argv, &cwd)).unwrap_or_default()
    }

    fn fingerprint(&self, _args: &Args, _look: &Look) -> Result<Option<Fingerprint>> {
        Ok(None)
    }

    fn capture(&self, _args: &Args, _look: &Look, _keep: &dyn Keep) -> Result<Capture> {
        Ok(Capture::Nothing)
    }

    fn run(&self, args: &Args, touch: &Touch) -> Result<Value> {
        let command = exec::command(args, touch)?;
        let finished = touch.spawn().run(&command, touch.cancel())?;
        let ok = exec::accepted(args);
        exec::judge(&command, &finished, &ok)?;
        Ok(exec::record(&finished, &ok))
    }

    fn undo(&self, _capture: &Capture, _touch: &Touch, _keep: &dyn Keep) -> Result<()> {
        Err(Error::refused(format!("what `{}` did is not known, so it cannot be taken back", self.0.name))
            .hint("give the step an `undo { … }` of its own, or say `irreversible \"why\"`"))
    }
}

fn shown(argv: &[String]) -> String {
    let command = crate::catalogue::command::Command { argv: argv.to_vec(), ..Default::default() };
    command.shown().trim_matches('`').to_owned()
}
