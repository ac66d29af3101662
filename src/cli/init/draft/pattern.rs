//! Patterns, each made once: they are asked of every line.

use std::cell::RefCell;
use std::collections::HashMap;

use regex::Regex;

/// Whether `pattern`, a regex of this program, is found in `text`.
pub fn is(pattern: &str, text: &str) -> bool {
    thread_local! {
        static KNOWN: RefCell<HashMap<String, Regex>> = RefCell::default();
    }
    KNOWN.with_borrow_mut(|known| {
        if let Some(regex) = known.get(pattern) {
            return regex.is_match(text);
        }
        let regex = Regex::new(pattern).expect("a regex of this program");
        known.entry(pattern.to_owned()).or_insert(regex).is_match(text)
    })
}
