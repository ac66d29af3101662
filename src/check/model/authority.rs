//! Who may do what, how grave it is, and where: roles, severities, environments, secrets.

use std::sync::Arc;
use std::time::Duration;

use crate::source::Place;

use super::{BindingId, Expr, Name};

/// `severity NAME "title" { … }`
#[derive(Clone)]
pub struct Severity {
    pub name: Name,
    pub title: Option<String>,
    /// `within D`
    pub within: Option<(Duration, Place)>,
    pub start: Start,
    /// `skip graceful`
    pub skip_graceful: bool,
}

/// Who or what may start a run of a severity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Start {
    /// `start automatically`
    Automatically,
    /// `start after approval(by: R, within: D)`
    AfterApproval { by: Arc<str>, within: Option<Duration> },
    /// `start by hand`, and what says nothing.
    ByHand,
    /// `observe`
    Observe,
}

/// `role NAME { … }`
#[derive(Clone, Debug)]
pub struct Role {
    pub name: Name,
    pub title: Option<String>,
    pub members: Vec<Member>,
    pub may_start_up_to: Option<Arc<str>>,
    pub may_approve: bool,
    pub may_emergency: bool,
}

/// Who has a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Member {
    /// A name, which is a claim.
    Name(String),
    /// `key("ssh-ed25519 …")`, which can be proved.
    Key(String),
}

/// `environment NAME default { … }`
#[derive(Clone)]
pub struct Environment {
    pub name: Name,
    pub title: Option<String>,
    pub default: bool,
    /// `param = value`
    pub sets: Vec<(BindingId, Expr)>,
    /// `automatic off`: triggers start nothing by themselves.
    pub automatic_off: bool,
    pub mutes: Vec<Muted>,
    pub deadlines_advisory: bool,
    pub confirm_typed: bool,
}

/// What an environment mutes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Muted {
    /// One channel.
    Channel(Name),
    /// Every channel of a kind.
    Kind(&'static str),
}

/// `secret NAME = env("X") | file("…") | exec([…])`
#[derive(Clone)]
pub struct Secret {
    pub name: Name,
    pub source: SecretSource,
}

/// Where a secret comes from.
#[derive(Clone)]
pub enum SecretSource {
    Env(String),
    File(Expr),
    Exec(Expr),
}
