//! `service.active`, and how a unit of systemd is asked what it does: by `systemctl show`, which only reads.

use std::sync::Arc;
use std::time::Duration;

use crate::catalogue::args::Args;
use crate::catalogue::command::Command;
use crate::catalogue::effect::{Effects, Kind, Resource};
use crate::catalogue::error::{Error, ErrorKind, Result};
use crate::catalogue::look::Look;
use crate::catalogue::signature::{Form, Parameter, Returns, Role, Signature, UndoKind};
use crate::catalogue::unit::Probe;
use crate::catalogue::value::Value;

/// All probes of this family.
pub(super) fn all() -> Vec<Arc<dyn Probe>> {
    vec![Arc::new(Active)]
}

pub(crate) const NAME: Parameter = Parameter {
    name: "name",
    ty: "string",
    form: Form::Positional,
    doc: "the unit, such as `nginx` or `app@1.service`",
};
pub(crate) const USER: Parameter = Parameter {
    name: "user",
    ty: "bool",
    form: Form::Optional,
    doc: "whether it is a unit of the user's own systemd (`systemctl --user`); false unless said",
};

static ACTIVE: Signature = Signature {
    name: "service.active",
    role: Role::Probe,
    params: &[NAME, USER],
    returns: Returns::Type("bool"),
    undo: UndoKind::Nothing,
    gate: false,
    doc: "whether a service of systemd runs",
    page: "probes/service.active.md",
};

/// systemd answers at once, or its bus hangs.
const LIMIT: Duration = Duration::from_secs(10);

struct Active;

impl Probe for Active {
    fn signature(&self) -> &'static Signature {
        &ACTIVE
    }

    fn complains(&self, args: &Args) -> Option<Error> {
        complaint(args)
    }

    fn effects(&self, args: &Args, _look: Option<&Look>) -> Effects {
        Effects::reads_world().read(resource(args))
    }

    fn sample(&self, args: &Args, look: &Look) -> Result<Value> {
        Ok(Value::Bool(Service::of(args)?.state(look)?.is_up()))
    }
}

/// The service of a call as a resource. Of a user or of the machine is not told apart: a name rarely means both.
pub(crate) fn resource(args: &Args) -> Resource {
    let name = args.text_or_none("name").map_or("**", |name| name.strip_suffix(".service").unwrap_or(name));
    Resource::new(Kind::Service, name)
}

/// What is wrong with a name that is known.
pub(crate) fn complaint(args: &Args) -> Option<Error> {
    args.get("name").and_then(|_| Service::of(args).err())
}

/// A unit of systemd.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub(crate) struct Service {
    pub name: String,
    /// Whether it belongs to the user's own systemd.
    pub user: bool,
}

/// What systemd says of a unit.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct State {
    /// `loaded`, `not-found`, `masked`, `bad-setting`, `error`.
    pub load: String,
    /// `active`, `reloading`, `inactive`, `failed`, `activating`, `deactivating`.
    pub active: String,
    /// In its own words: `running`, `exited`, `dead`.
    pub sub: String,
    /// 0 where there is none.
    pub pid: u32,
    pub can_reload: bool,
}

impl State {
    /// Whether it runs.
    pub fn is_up(&self) -> bool {
        matches!(self.active.as_str(), "active" | "reloading" | "refreshing")
    }

    /// Whether it runs, or is about to.
    pub fn is_coming(&self) -> bool {
        self.is_up() || self.active == "activating"
    }

    /// `active (running, pid 4121)`
    pub fn shown(&self) -> String {
        let pid = if self.pid == 0 { String::new() } else { format!(", pid {}", self.pid) };
        format!("{} ({}{pid})", self.active, self.sub)
    }

    /// From lines `ActiveState=active`, in any order.
    fn read(text: &str) -> Option<Self> {
        let of = |key: &str| text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='));
        Some(Self {
            load: of("LoadState")?.to_owned(),
            active: of("ActiveState")?.to_owned(),
            sub: of("SubState").unwrap_or("unknown").to_owned(),
            pid: of("MainPID").and_then(|pid| pid.parse().ok()).unwrap_or(0),
            can_reload: of("CanReload") != Some("no"),
        })
    }
}

impl Service {
    /// The service of a call. A pattern would mean several units, and a name with a dash in front an option.
    pub fn of(args: &Args) -> Result<Self> {
        let name = args.text("name")?;
        let may = |c: char| c.is_ascii_alphanumeric() || ":-_.\\@".contains(c);
        if name.is_empty() || name.starts_with('-') || !name.chars().all(may) {
            return Err(Error::new(ErrorKind::Value, format!("`{name}` is not the name of one unit of systemd"))
                .hint("for example `nginx` or `app@1.service`; a list of them is `systemctl list-units --all`"));
        }
        Ok(Self { name: name.to_owned(), user: args.flag("user", false) })
    }

    /// What systemd says of it; an error where it knows no such unit.
    pub fn state(&self, look: &Look) -> Result<State> {
        let command = self.command(&["show", "-p", "LoadState,ActiveState,SubState,MainPID,CanReload"]);
        let finished = look.within(LIMIT).ask(&command).map_err(no_systemd)?;
        let state = State::read(&finished.stdout.text()).filter(|_| finished.exit == 0);
        let Some(state) = state else {
            let said = finished.stderr.head.split(|byte| *byte == b'\n').next().unwrap_or_default();
            let said = String::from_utf8_lossy(said).into_owned();
            return Err(Error::failed(format!("systemd does not say how `{}` is: {said}", self.name)).hint(
                "is this machine run by systemd? Elsewhere call the program that is, such as `exec([\"rc-service\", …])`",
            ));
        };
        if state.load == "not-found" {
            let whose = if self.user { " of this user" } else { "" };
            let more = if self.user {
                "without `user: true` it means one of the machine"
            } else {
                "`user: true` means one of the user's own"
            };
            return Err(Error::refused(format!("there is no service `{}`{whose}", self.name))
                .hint(format!("{} lists them; {more}", self.shell("list-units --all"))));
        }
        Ok(state)
    }

    /// `systemctl [--user] WORDS NAME`
    pub fn command(&self, words: &[&str]) -> Command {
        let mut argv = vec!["systemctl".to_owned()];
        argv.extend(self.user.then(|| "--user".to_owned()));
        // It must neither page nor wait for a password.
        argv.extend(["--no-pager", "--no-ask-password"].map(str::to_owned));
        argv.extend(words.iter().map(|word| (*word).to_owned()));
        argv.push(self.name.clone());
        let env = [("LC_ALL", "C.UTF-8"), ("SYSTEMD_COLORS", "0")];
        let env = env.map(|(name, value)| (name.to_owned(), Some(value.to_owned())));
        Command { argv, env: env.into(), ..Command::default() }
    }

    /// A line for a person to type.
    pub fn shell(&self, words: &str) -> String {
        format!("`systemctl {}{words}`", if self.user { "--user " } else { "" })
    }
}

fn no_systemd(error: Error) -> Error {
    match error.kind {
        ErrorKind::NoProgram => Error { what: "there is no `systemctl` on this machine".to_owned(), ..error }
            .hint("services are asked of systemd; elsewhere call the program that runs them, by `exec([…])`"),
        ErrorKind::TimedOut => {
            error.hint("systemd does not answer; `systemctl status` by hand says whether it does at all")
        }
        _ => error,
    }
}

#[cfg(test)]
mod tests {
    use super::State;

    #[test]
    fn what_systemd_writes_is_read_whatever_its_order() {
        let text = "MainPID=4121\nLoadState=loaded\nActiveState=active\nSubState=running\nCanReload=yes\n";
        let state = State::read(text).unwrap();
        assert!(state.is_up() && state.can_reload);
        assert_eq!(state.shown(), "active (running, pid 4121)");
        let state =
            State::read("ActiveState=inactive\nSubState=dead\nLoadState=masked\nMainPID=0\nCanReload=no").unwrap();
        assert!(!state.is_up() && !state.can_reload && state.load == "masked");
        assert_eq!(state.shown(), "inactive (dead)");
        assert_eq!(State::read("System has not been booted with systemd"), None);
    }
}
