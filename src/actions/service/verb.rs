//! What can be done with a service, and when.

use serde::{Deserialize, Serialize};

use crate::catalogue::error::{Error, Result};
use crate::catalogue::signature::{Returns, Role, Signature, UndoKind};
use crate::probes::service::{NAME, Service, State, USER};

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Verb {
    Start,
    Stop,
    Restart,
    Reload,
}

const fn signature(name: &'static str, undo: UndoKind, doc: &'static str, page: &'static str) -> Signature {
    Signature { name, role: Role::Action, params: &[NAME, USER], returns: Returns::None, undo, gate: false, doc, page }
}

static START: Signature = signature(
    "service.start",
    UndoKind::Inverse,
    "starts a service of systemd, unless it runs",
    "actions/service.start.md",
);
static STOP: Signature =
    signature("service.stop", UndoKind::Inverse, "stops a service of systemd", "actions/service.stop.md");
static RESTART: Signature = signature(
    "service.restart",
    UndoKind::Repeat,
    "stops a service of systemd and starts it anew",
    "actions/service.restart.md",
);
static RELOAD: Signature = signature(
    "service.reload",
    UndoKind::Repeat,
    "has a service of systemd read its settings anew",
    "actions/service.reload.md",
);

impl Verb {
    pub fn signature(self) -> &'static Signature {
        match self {
            Self::Start => &START,
            Self::Stop => &STOP,
            Self::Restart => &RESTART,
            Self::Reload => &RELOAD,
        }
    }

    /// As `systemctl` calls it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Stop => "stop",
            Self::Restart => "restart",
            Self::Reload => "reload",
        }
    }

    /// Whether there is nothing to do.
    pub fn is_done(self, state: &State) -> bool {
        match self {
            Self::Start => state.is_up(),
            Self::Stop => matches!(state.active.as_str(), "inactive" | "failed"),
            Self::Restart | Self::Reload => false,
        }
    }

    /// Refuses what systemd would refuse.
    pub fn may(self, service: &Service, state: &State) -> Result<()> {
        let name = &service.name;
        let starts = matches!(self, Self::Start | Self::Restart);
        if starts && state.load == "masked" {
            return Err(Error::refused(format!("service {name} is masked: nobody can start it"))
                .hint(format!("somebody wanted it off; {} lifts that", service.shell(&format!("unmask {name}")))));
        }
        if starts && state.load != "loaded" {
            return Err(Error::refused(format!("systemd cannot read the unit of service {name}: {}", state.load))
                .hint(format!("{} names the line", service.shell(&format!("status {name}")))));
        }
        if self == Self::Reload && state.is_up() && !state.can_reload {
            return Err(Error::refused(format!("service {name} has no way to reload"))
                .hint("`service.restart(…)` has it read its settings anew, with a moment of absence"));
        }
        if self == Self::Reload && !state.is_coming() {
            return Err(Error::refused(format!(
                "service {name} does not run, so it cannot be reloaded: {}",
                state.shown()
            ))
            .hint("`service.start(…)` before this, or `service.restart(…)` in its place, which starts it as well"));
        }
        Ok(())
    }

    /// What a person should know beforehand.
    pub fn note(self, state: &State) -> Option<&'static str> {
        (self == Self::Restart && !state.is_coming()).then_some("it does not run now: this starts it")
    }

    /// Whether a service in this state shows that it failed. One whose work is done at once may be inactive after a start.
    pub fn failed(self, after: &State) -> bool {
        match self {
            Self::Start | Self::Restart => after.active == "failed",
            Self::Stop => after.is_coming(),
            Self::Reload => !after.is_up(),
        }
    }
}
