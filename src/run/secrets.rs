//! Values of secrets that this run has handed out, and their removal from whatever is about to be written down.
//!
//! INVARIANT: no record is stored or shown before it went through [`Secrets::scrub`].

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use crate::catalogue::look::{Look, SecretSource};
use crate::catalogue::visible::{visible, visible_line};
use crate::check::model::Policy;

/// Shorter values are not looked for: they would blot out ordinary text.
const SHORTEST: usize = 4;

/// The secrets that may not be seen: those of the policy from the beginning, and whatever was asked for since.
#[derive(Clone, Default)]
pub struct Secrets {
    known: Arc<RwLock<Vec<(String, String)>>>,
    any: Arc<AtomicBool>,
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secrets")
    }
}

impl Secrets {
    /// Remembers the value of every secret of `policy` that can be had, whoever uses it and whenever: what a file holds
    /// may be told long before. One that cannot be had is missed where it is needed.
    pub fn load(&self, policy: &Policy, look: &Look) {
        for secret in &policy.secrets {
            if let Ok(value) = look.secret(&secret.name.text) {
                self.remember(&secret.name.text, &value);
            }
        }
    }

    /// A source that gives what `look` gives and remembers it here.
    #[must_use]
    pub fn remembering(&self, look: &Look) -> SecretSource {
        let (look, secrets) = (look.clone(), self.clone());
        Arc::new(move |name| {
            let value = look.secret(name)?;
            secrets.remember(name, &value);
            Ok(value)
        })
    }

    /// Remembers a value, each of its lines, and its forms in JSON, URLs and what a person is shown.
    pub fn remember(&self, name: &str, value: &str) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        let whole = value.trim_end_matches(['\n', '\r']);
        let json = serde_json::to_string(whole).unwrap_or_default();
        let url = percent_encoding::utf8_percent_encode(whole, percent_encoding::NON_ALPHANUMERIC).to_string();
        let (shown, line) = (visible(whole), visible_line(whole));
        let forms = [whole, json.trim_matches('"'), &url, &shown, &line].into_iter().chain(whole.lines());
        for form in forms {
            if form.len() >= SHORTEST && !known.iter().any(|(have, _)| have == form) {
                known.push((form.to_owned(), format!("«secret {name}»")));
            }
        }
        // The longest first, so that a part never spoils the whole.
        known.sort_by_key(|(value, _)| std::cmp::Reverse(value.len()));
        self.any.store(!known.is_empty(), Ordering::Release);
    }

    /// Whether there is anything to look for.
    #[must_use]
    pub fn any(&self) -> bool {
        self.any.load(Ordering::Acquire)
    }

    /// `text` without the values, or `None` where it holds none.
    #[must_use]
    pub fn scrub(&self, text: &str) -> Option<String> {
        if !self.any() {
            return None;
        }
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let mut scrubbed: Option<String> = None;
        for (value, mask) in &*known {
            let now = scrubbed.as_deref().unwrap_or(text);
            if now.contains(value.as_str()) {
                scrubbed = Some(now.replace(value.as_str(), mask));
            }
        }
        scrubbed
    }

    /// Every string inside a JSON document; keys are ours and stay. Returns whether anything was removed.
    pub fn scrub_json(&self, json: &mut serde_json::Value) -> bool {
        match json {
            serde_json::Value::String(text) => match self.scrub(text) {
                Some(scrubbed) => {
                    *text = scrubbed;
                    true
                }
                None => false,
            },
            serde_json::Value::Array(items) => items.iter_mut().fold(false, |any, item| self.scrub_json(item) | any),
            serde_json::Value::Object(entries) => entries
                .iter_mut()
                .filter(|(key, _)| *key != "type")
                .fold(false, |any, (_, value)| self.scrub_json(value) | any),
            _ => false,
        }
    }

    /// Cuts a piece of a secret off the end of `head` or the start of `tail`, between which output was dropped.
    pub fn scrub_cut(&self, head: &mut String, tail: &mut String) {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        for (value, mask) in &*known {
            let ends = |length: &usize| value.is_char_boundary(*length);
            if let Some(length) = (1..value.len()).rev().filter(ends).find(|&length| head.ends_with(&value[..length])) {
                head.truncate(head.len() - length);
                head.push_str(mask);
            }
            if let Some(from) = (1..value.len()).filter(ends).find(|&from| tail.starts_with(&value[from..])) {
                tail.replace_range(..value.len() - from, mask);
            }
        }
    }
}

#[cfg(test)]
#[path = "secrets_tests.rs"]
mod tests;
