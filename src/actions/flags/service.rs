//! Flags that a service keeps: what each kind of service can do, and which way a switch of one stands.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::catalogue::effect::Effects;
use crate::catalogue::error::{Error, Result};
use crate::catalogue::keep::Keep;
use crate::catalogue::look::Look;
use crate::catalogue::touch::Touch;
use crate::catalogue::unit::{Capture, Fingerprint};
use crate::diagnostics::suggest::did_you_mean;

/// A kind of service.
pub trait Service {
    /// As messages call it.
    fn name(&self) -> String;
    /// What reading flags of it affects.
    fn reads(&self) -> Effects;
    /// The values of flags, in their order.
    ///
    /// # Errors
    /// Where one of them is not there: setting it would make a switch that nothing reads.
    fn read(&self, names: &[&str], look: &Look) -> Result<Vec<Json>>;
    /// Every flag.
    fn all(&self, look: &Look) -> Result<BTreeMap<String, Json>>;
    /// Gives flags their values.
    fn write(&self, values: &[(&str, Json)], touch: &Touch) -> Result<()>;
    /// Keeps the present values.
    fn capture(&self, names: &[&str], look: &Look, keep: &dyn Keep) -> Result<Capture>;
}

/// The present values, to notice that somebody changed one.
pub fn fingerprint(service: &dyn Service, names: &[&str], look: &Look) -> Result<Fingerprint> {
    let mut fingerprint = Fingerprint::default();
    for (name, value) in names.iter().zip(service.read(names, look)?) {
        fingerprint.parts.insert(format!("flag:{name} of {}", service.name()), value.to_string());
    }
    Ok(fingerprint)
}

/// That a service has no flag of this name.
pub fn missing<'n>(service: &dyn Service, name: &str, names: impl IntoIterator<Item = &'n str>) -> Error {
    let hint = did_you_mean(name, names).unwrap_or_else(|| "check the name, or make it there if it is new".to_owned());
    Error::failed(format!("{} has no flag `{name}`", service.name())).hint(hint)
}

/// How a switch reads in a service that keeps texts: on, and off.
const WORDS: [(&str, &str); 3] = [("true", "false"), ("1", "0"), ("on", "off")];

/// Which way a switch of a service stands.
pub fn stands(value: &Json) -> Option<bool> {
    match value {
        Json::Bool(on) => Some(*on),
        Json::String(text) => WORDS.iter().find_map(|(on, off)| match text.as_str() {
            text if text == *on => Some(true),
            text if text == *off => Some(false),
            _ => None,
        }),
        _ => None,
    }
}

/// The same switch turned on or off, in the words that it has.
pub fn turned(value: &Json, to: bool) -> Option<Json> {
    match value {
        Json::Bool(_) => Some(Json::Bool(to)),
        Json::String(text) => {
            let (on, off) = WORDS.iter().find(|(on, off)| text == on || text == off)?;
            Some(Json::from(if to { *on } else { *off }))
        }
        _ => None,
    }
}
