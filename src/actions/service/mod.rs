//! The `service` family: starts, stops, restarts and reloads units of systemd. Whether they start with the machine
//! (`enable`) is never changed.

mod verb;

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::catalogue::args::Args;
use crate::catalogue::effect::Effects;
use crate::catalogue::error::{Error, ErrorKind, Result};
use crate::catalogue::keep::Keep;
use crate::catalogue::look::Look;
use crate::catalogue::signature::{Signature, UndoKind};
use crate::catalogue::touch::Touch;
use crate::catalogue::unit::{Action, Capture, Change, Fingerprint, Preview};
use crate::catalogue::value::Value;
use crate::probes::service::{Service, complaint, resource};
use verb::Verb;

/// All actions of this family.
pub(super) fn all() -> Vec<Arc<dyn Action>> {
    [Verb::Start, Verb::Stop, Verb::Restart, Verb::Reload].map(|verb| Arc::new(Act(verb)) as Arc<dyn Action>).into()
}

struct Act(Verb);

/// What an undo needs to know.
#[derive(Serialize, Deserialize)]
struct Before {
    service: Service,
    /// Whether it ran, or was about to.
    up: bool,
    verb: Verb,
}

impl Action for Act {
    fn signature(&self) -> &'static Signature {
        self.0.signature()
    }

    fn complains(&self, args: &Args) -> Option<Error> {
        complaint(args)
    }

    fn effects(&self, args: &Args, _look: Option<&Look>) -> Effects {
        Effects::touches_world().write(resource(args))
    }

    fn preview(&self, args: &Args, look: &Look) -> Result<Preview> {
        let word = self.0.word();
        if args.any_unknown() {
            return Ok(Preview { summary: format!("{word} a service that is not known yet"), ..Preview::default() });
        }
        let service = Service::of(args)?;
        let state = service.state(look)?;
        self.0.may(&service, &state)?;
        let shown = format!("service {} is {}", service.name, state.shown());
        if self.0.is_done(&state) {
            return Ok(Preview { summary: format!("no change: {shown}"), ..Preview::default() });
        }
        let mut preview = Preview {
            summary: format!("{word} service {}", service.name),
            changes: vec![Change::Process { summary: format!("{word} {}; now {}", service.name, state.shown()) }],
            opaque: Some("a service may change anything that its user may".to_owned()),
            notes: Vec::new(),
        };
        preview.notes.extend(self.0.note(&state).map(str::to_owned));
        Ok(preview)
    }

    fn fingerprint(&self, _args: &Args, _look: &Look) -> Result<Option<Fingerprint>> {
        // Services come and go by themselves: that one failed since must not keep anybody from a rollback.
        Ok(None)
    }

    fn capture(&self, args: &Args, look: &Look, _keep: &dyn Keep) -> Result<Capture> {
        let service = Service::of(args)?;
        let up = service.state(look)?.is_coming();
        kept(&Before { service, up, verb: self.0 })
    }

    /// A restart that started a service which did not run is taken back at its place, as a start is: what came before it may
    /// be a stop, whose undo must not be undone.
    fn runs_again(&self, capture: &Capture) -> bool {
        match read(capture) {
            Ok(Some(before)) => matches!((before.verb, before.up), (Verb::Restart, true) | (Verb::Reload, _)),
            _ => self.signature().undo == UndoKind::Repeat,
        }
    }

    fn capture_for_undo(&self, capture: &Capture, args: &Args, look: &Look, _keep: &dyn Keep) -> Result<Capture> {
        let service = Service::of(args)?;
        let up = service.state(look)?.is_coming();
        // Taking this undo back leads to how it is now, whatever the call itself was.
        let verb = match self.0 {
            Verb::Start | Verb::Stop if up => Verb::Stop,
            Verb::Start | Verb::Stop => Verb::Start,
            Verb::Restart if !self.runs_again(capture) => Verb::Stop,
            again => again,
        };
        kept(&Before { service, up, verb })
    }

    fn run(&self, args: &Args, touch: &Touch) -> Result<Value> {
        act(self.0, &Service::of(args)?, touch)?;
        Ok(Value::None)
    }

    fn undo(&self, capture: &Capture, touch: &Touch, _keep: &dyn Keep) -> Result<()> {
        let Some(before) = read(capture)? else { return Ok(()) };
        // By now it may be stopped, as it was before the run; one that failed to come up is tried again.
        let stopped = || before.service.state(touch).map(|state| state.active == "inactive");
        let verb = match (before.verb, before.up) {
            (Verb::Start | Verb::Restart, false) => Verb::Stop,
            (Verb::Stop, true) => Verb::Start,
            (Verb::Restart, true) if !stopped()? => Verb::Restart,
            (Verb::Reload, _) if before.service.state(touch)?.is_up() => Verb::Reload,
            (Verb::Start | Verb::Restart, true) | (Verb::Stop, false) | (Verb::Reload, _) => return Ok(()),
        };
        act(verb, &before.service, touch)
    }
}

fn read(capture: &Capture) -> Result<Option<Before>> {
    let Capture::Data { data, .. } = capture else { return Ok(None) };
    let read = serde_json::from_value(data.clone());
    read.map(Some).map_err(|error| Error::internal(format!("the capture of a service does not read: {error}")))
}

fn kept(before: &Before) -> Result<Capture> {
    let data = serde_json::to_value(before).map_err(|error| Error::internal(error.to_string()))?;
    Ok(Capture::Data { data, states: Vec::new() })
}

/// Does it, and looks what came of it.
fn act(verb: Verb, service: &Service, touch: &Touch) -> Result<()> {
    let before = service.state(touch)?;
    verb.may(service, &before)?;
    if verb.is_done(&before) {
        return Ok(());
    }
    let word = verb.word();
    let why = || {
        format!(
            "{} and `journalctl {}-u {} -n 50` say why",
            service.shell(&format!("status {}", service.name)),
            if service.user { "--user " } else { "" },
            service.name
        )
    };
    let finished = touch.spawn().run(&service.command(&[word]), touch.cancel()).map_err(|error| match error.kind {
        ErrorKind::TimedOut => {
            Error { what: format!("{word} of service {} did not end in time", service.name), ..error }
                .hint(format!("systemd goes on with it; {}", why()))
        }
        _ => error,
    })?;
    if finished.exit != 0 {
        let said = finished.stderr.text();
        let said = said.lines().find(|line| !line.trim().is_empty()).unwrap_or("without a word").trim().to_owned();
        let denied = ["Access denied", "authentication required"].iter().any(|words| said.contains(words));
        let error = Error::failed(format!("cannot {word} service {}: {said}", service.name));
        return Err(if denied {
            error.hint("run rbk as root, or let its user do this by a rule of polkit")
        } else {
            error.hint(why())
        });
    }
    let after = service.state(touch)?;
    if verb.failed(&after) {
        return Err(
            Error::failed(format!("service {} is {} after the {word}", service.name, after.shown())).hint(why())
        );
    }
    Ok(())
}
