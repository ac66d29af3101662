//! Who is told what, by which way: channels, templates, contacts, escalation, events of a run.

use std::time::Duration;

use crate::catalogue::signature::Signature;
use crate::source::Place;

use super::{CallArg, Expr, Name, Started};

/// Everything about messages.
#[derive(Clone, Default)]
pub struct Messages {
    /// In text order, as all of these.
    pub channels: Vec<Channel>,
    pub templates: Vec<Template>,
    pub contacts: Vec<Contact>,
    pub escalations: Vec<Escalation>,
    /// `on EVENT { … }`
    pub events: Vec<OnEvent>,
    /// `every D while open { … }`
    pub reminders: Vec<Reminder>,
}

/// `channel NAME = slack(hook)`
#[derive(Clone)]
pub struct Channel {
    pub name: Name,
    /// Of the registry of kinds.
    pub kind: &'static Signature,
    /// In the order of its parameters.
    pub args: Vec<CallArg>,
    /// `timeout:` of one attempt to send.
    pub timeout: Option<Expr>,
    pub place: Place,
}

/// `template NAME "text"` or `template NAME { subject "…"; body """…""" }`; both are texts whose absent values read
/// "not yet known".
#[derive(Clone)]
pub struct Template {
    pub name: Name,
    pub subject: Option<Expr>,
    pub body: Expr,
}

/// `contact NAME "title" { name "…"; via CHANNEL }`
#[derive(Clone)]
pub struct Contact {
    pub name: Name,
    /// What they are: `Technical lead`.
    pub title: Option<String>,
    /// Who they are.
    pub person: String,
    /// In the order to be tried.
    pub via: Vec<Via>,
}

/// One way to reach somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Via {
    /// Over a channel of the policy.
    Channel(Name),
    /// By an address of some kind: `email`, `phone`, `slack` …
    Address { kind: &'static str, address: String },
}

/// `escalation NAME { at 5m "L2" page(lead) propose PHASE }`; its clock starts with the detection.
#[derive(Clone)]
pub struct Escalation {
    pub name: Option<Name>,
    pub title: Option<String>,
    /// Ascending.
    pub levels: Vec<Level>,
    pub place: Place,
}

/// One level of an escalation.
#[derive(Clone)]
pub struct Level {
    pub after: Duration,
    pub title: Option<String>,
    pub messages: Vec<Message>,
    /// What is proposed then.
    pub propose: Option<Started>,
    pub place: Place,
}

/// A message to be sent.
#[derive(Clone)]
pub struct Message {
    pub to: Recipients,
    /// Absent: the event itself, in words.
    pub text: Option<MessageText>,
    /// A promise that is recorded, never a delay of the run.
    pub within: Option<Duration>,
    pub place: Place,
}

/// Who gets a message, all of them at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recipients {
    /// `notify(CHANNEL, …)`
    Channels(Vec<Name>),
    /// `page(CONTACT, …)`
    Contacts(Vec<Name>),
}

/// What a message says.
#[derive(Clone)]
pub enum MessageText {
    Template(Name),
    Text(Expr),
}

/// `on EVENT { notify(…) }`
#[derive(Clone)]
pub struct OnEvent {
    pub events: Vec<&'static str>,
    pub messages: Vec<Message>,
    pub place: Place,
}

/// `every 30m while open { notify(…) }`
#[derive(Clone)]
pub struct Reminder {
    pub every: Duration,
    pub messages: Vec<Message>,
    pub place: Place,
}
