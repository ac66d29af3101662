//! How large values may become. A text that is put into itself doubles; forty such lines are more than any memory.

use crate::catalogue::error::Error;
use crate::catalogue::value::Value;

/// Bytes that one evaluation may make, and the most that one value may have, told as if nothing in it was shared.
pub const MOST: usize = 64 * 1024 * 1024;

/// What an element costs beside its content.
pub const ELEMENT: usize = 32;

/// How deep lists may stand in lists.
const DEPTH: usize = 200;

/// Begins what is said of a value that is too large.
pub const TOO_LARGE: &str = "a value becomes too large: more than 64 MiB";

/// Begins what is said of an expression that does not come to an end.
pub const TOO_LONG: &str = "an expression takes too many steps";

/// A value that became too large.
#[must_use]
pub fn too_large() -> Error {
    Error::failed(TOO_LARGE).hint("put together less: a value that holds another several times grows fast")
}

/// Whether an error says that the policy itself comes to too much, whatever the world is like.
#[must_use]
pub fn is_excess(error: &Error) -> bool {
    error.what.starts_with(TOO_LARGE) || error.what.starts_with(TOO_LONG)
}

/// The bytes of a value, texts and elements; counting stops beyond `most`.
#[must_use]
pub fn size(value: &Value, most: usize) -> usize {
    let mut counted = Counted { sum: 0, most };
    counted.value(value, 0);
    counted.sum
}

struct Counted {
    sum: usize,
    most: usize,
}

impl Counted {
    fn value(&mut self, value: &Value, depth: usize) {
        if depth > DEPTH {
            self.sum = usize::MAX;
        }
        if self.sum > self.most {
            return;
        }
        match value {
            Value::List(items) => {
                self.add(items.len() * ELEMENT);
                items.iter().for_each(|item| self.value(item, depth + 1));
            }
            Value::Map(map) => map.iter().for_each(|(key, item)| {
                self.add(key.len() + 2 * ELEMENT);
                self.value(item, depth + 1);
            }),
            Value::Record(record) => record.fields.iter().for_each(|(_, item)| {
                self.add(ELEMENT);
                self.value(item, depth + 1);
            }),
            Value::Json(json) => self.json(json),
            Value::Code(code) => {
                self.add(code.text.len());
                code.binds.iter().for_each(|item| self.value(item, depth + 1));
            }
            Value::Range(ends) => {
                self.value(&ends.0, depth + 1);
                self.value(&ends.1, depth + 1);
            }
            other => self.add(other.as_text().map_or(0, str::len)),
        }
    }

    fn json(&mut self, json: &serde_json::Value) {
        use serde_json::Value as J;
        if self.sum > self.most {
            return;
        }
        match json {
            J::String(text) => self.add(text.len()),
            J::Array(items) => {
                self.add(items.len() * ELEMENT);
                items.iter().for_each(|item| self.json(item));
            }
            J::Object(fields) => fields.iter().for_each(|(key, item)| {
                self.add(key.len() + 2 * ELEMENT);
                self.json(item);
            }),
            _ => {}
        }
    }

    fn add(&mut self, bytes: usize) {
        self.sum = self.sum.saturating_add(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shared_counts_each_time_and_counting_ends_soon() {
        let mut value = Value::str("x".repeat(1000));
        for _ in 0..60 {
            value = Value::list([value.clone(), value]);
        }
        assert!(size(&value, MOST) > MOST);
        assert!(size(&value, MOST) < 2 * MOST, "it did not walk all of it");
        assert_eq!(size(&Value::list([Value::Int(1), Value::str("ab")]), MOST), 2 * ELEMENT + 2);
    }
}
