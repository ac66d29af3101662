//! An action on flags, wherever they are: of a file it is the verb on that file, of a service the same through a handle.

use serde_json::Value as Json;

use super::handle;
use super::service::{Service, fingerprint};
use super::{http, writes};
use crate::actions::file::{Captured, Verb, not_known_yet};
use crate::actions::redis::kept;
use crate::catalogue::args::Args;
use crate::catalogue::effect::{Effects, Entries};
use crate::catalogue::error::{Error, Result};
use crate::catalogue::foreseen::Foreseen;
use crate::catalogue::keep::Keep;
use crate::catalogue::look::Look;
use crate::catalogue::signature::Signature;
use crate::catalogue::touch::Touch;
use crate::catalogue::unit::{Action, Capture, Change, Fingerprint, Preview};
use crate::catalogue::value::{FlagsKind, Value};

/// What a flag becomes.
pub trait Wanted {
    /// Of the flag `name` of the service called `of`, which is `now`.
    fn wanted(&self, args: &Args, of: &str, name: &str, now: &Json) -> Result<Json>;
}

/// A verb of the family.
pub struct Act<V> {
    file: Captured<V>,
}

impl<V> Act<V> {
    /// The action that a verb is.
    pub const fn of(verb: V) -> Self {
        Self { file: Captured(verb) }
    }
}

/// A flag, what it is and what it becomes.
type Turn<'a> = (&'a str, Json, Json);

impl<V: Verb + Wanted> Act<V> {
    fn turns<'a>(&self, service: &dyn Service, args: &'a Args, look: &Look) -> Result<Vec<Turn<'a>>> {
        let mut names = args.texts("names")?;
        names.sort_unstable();
        names.dedup();
        let of = service.name();
        let turn = |(name, now): (&'a str, Json)| {
            let to = self.file.0.wanted(args, &of, name, &now)?;
            Ok((name, now, to))
        };
        let now = service.read(&names, look)?;
        names.into_iter().zip(now).map(turn).collect()
    }
}

/// Whether two values are one: a service that keeps texts has no others.
fn same(now: &Json, to: &Json) -> bool {
    if now == to {
        return true;
    }
    let written = to.to_string();
    now.as_str().is_some_and(|text| !to.is_string() && text == written)
}

impl<V: Verb + Wanted> Action for Act<V> {
    fn signature(&self) -> &'static Signature {
        self.file.signature()
    }

    fn complains(&self, args: &Args) -> Option<Error> {
        self.file.complains(args)
    }

    fn effects(&self, args: &Args, look: Option<&Look>) -> Effects {
        let touched = || writes(Effects::touches_world(), args);
        match handle::of(args) {
            None if args.is_unknown("path") => {
                let mut all = touched();
                all.extend(self.file.effects(args, look));
                all
            }
            None => self.file.effects(args, look),
            Some(at) => {
                // Whoever listens to a service may do anything.
                let mut all = touched();
                if let Ok(service) = handle::service(at) {
                    for one in service.reads().reads {
                        all = all.read(one.clone()).write(one);
                    }
                }
                all
            }
        }
    }

    fn entries(&self, args: &Args, look: Option<&Look>) -> Entries {
        if handle::of(args).is_some() { Entries::Kept } else { self.file.entries(args, look) }
    }

    fn preview(&self, args: &Args, look: &Look) -> Result<Preview> {
        let Some(at) = handle::of(args) else { return self.file.preview(args, look) };
        if args.any_unknown() {
            return Ok(not_known_yet());
        }
        let service = handle::service(at)?;
        let turns = self.turns(&*service, args, look)?;
        let changes: Vec<String> = turns
            .iter()
            .filter(|(_, now, to)| !same(now, to))
            .map(|(name, now, to)| format!("`{name}` {now} → {to}"))
            .collect();
        if changes.is_empty() {
            let summary = format!("no change: {} says so already", service.name());
            return Ok(Preview { summary, ..Preview::default() });
        }
        let mut preview = Preview {
            summary: format!(
                "{} flag{} of {}",
                changes.len(),
                if changes.len() == 1 { "" } else { "s" },
                service.name()
            ),
            changes: changes.into_iter().map(|summary| Change::Other { summary }).collect(),
            ..Preview::default()
        };
        if at.kind == FlagsKind::Http {
            preview.notes.push("one request for each; an undo sets the present values again".to_owned());
        }
        Ok(preview)
    }

    fn foresee(&self, args: &Args, look: &Look) -> Result<Option<Vec<Foreseen>>> {
        if handle::of(args).is_some() { Ok(None) } else { self.file.foresee(args, look) }
    }

    fn fingerprint(&self, args: &Args, look: &Look) -> Result<Option<Fingerprint>> {
        let Some(at) = handle::of(args) else { return self.file.fingerprint(args, look) };
        if args.any_unknown() {
            return Ok(None);
        }
        fingerprint(&*handle::service(at)?, &args.texts("names")?, look).map(Some)
    }

    fn capture(&self, args: &Args, look: &Look, keep: &dyn Keep) -> Result<Capture> {
        let Some(at) = handle::of(args) else { return self.file.capture(args, look, keep) };
        handle::service(at)?.capture(&args.texts("names")?, look, keep)
    }

    fn run(&self, args: &Args, touch: &Touch) -> Result<Value> {
        let Some(at) = handle::of(args) else { return self.file.run(args, touch) };
        let service = handle::service(at)?;
        let turns = self.turns(&*service, args, touch)?;
        let values: Vec<(&str, Json)> =
            turns.into_iter().filter(|(_, now, to)| !same(now, to)).map(|(name, _, to)| (name, to)).collect();
        if !values.is_empty() {
            service.write(&values, touch)?;
        }
        Ok(Value::None)
    }

    fn undo(&self, capture: &Capture, touch: &Touch, keep: &dyn Keep) -> Result<()> {
        if !matches!(capture, Capture::Data { .. }) {
            return self.file.undo(capture, touch, keep);
        }
        http::restore(capture, touch).unwrap_or_else(|| kept::restore(capture, touch, keep))
    }

    fn capture_for_undo(&self, capture: &Capture, args: &Args, look: &Look, keep: &dyn Keep) -> Result<Capture> {
        match capture {
            Capture::Data { .. } => self.capture(args, look, keep),
            _ => self.file.capture_for_undo(capture, args, look, keep),
        }
    }

    fn left(&self, capture: &Capture, args: &Args, look: &Look) -> Result<Option<Fingerprint>> {
        match capture {
            Capture::Data { .. } => self.fingerprint(args, look),
            _ => self.file.left(capture, args, look),
        }
    }

    /// What an HTTP service does beside setting a flag is not known.
    fn exact_undo(&self, args: &Args) -> bool {
        match handle::of(args) {
            Some(at) => at.kind == FlagsKind::Redis,
            None => !args.is_unknown("path") && self.file.exact_undo(args),
        }
    }
}
