//! JSON in which every key stands once. Readers differ in which of two values they take, so that a plan with both would be
//! reviewed as one thing and run as another.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// A document without duplicated keys.
pub(super) struct Strict(pub Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(Once).map(Self)
    }
}

struct Once;

impl<'de> Visitor<'de> for Once {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("a number is too large"))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E: Error>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(Strict(item)) = items.next_element()? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(key) = fields.next_key::<String>()? {
            if map.contains_key(&key) {
                return Err(A::Error::custom(format_args!("the key `{key}` stands twice")));
            }
            let Strict(value) = fields.next_value()?;
            map.insert(key, value);
        }
        Ok(Value::Object(map))
    }
}

/// The first part of `document` that `known` does not have, as a path.
pub(super) fn first_unknown(document: &Value, known: &Value) -> Option<String> {
    match (document, known) {
        (Value::Object(fields), Value::Object(known)) => fields.iter().find_map(|(key, value)| match known.get(key) {
            None => Some(key.clone()),
            Some(known) => first_unknown(value, known).map(|rest| format!("{key}.{rest}")),
        }),
        (Value::Array(items), Value::Array(known)) => {
            let mut pairs = items.iter().zip(known).enumerate();
            pairs.find_map(|(at, (item, known))| first_unknown(item, known).map(|rest| format!("{at}.{rest}")))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Value, String> {
        serde_json::from_str::<Strict>(text).map(|strict| strict.0).map_err(|error| error.to_string())
    }

    #[test]
    fn a_document_is_as_serde_reads_it() {
        let text = r#"{"a": [1, -2, 0.30000000000000004, 18446744073709551615, null, true], "b": {"ü\n": "x\u0041"}}"#;
        assert_eq!(read(text), Ok(serde_json::from_str(text).unwrap()));
    }

    #[test]
    fn a_key_that_stands_twice_is_refused_however_deep_and_however_written() {
        for text in [r#"{"a": 1, "a": 1}"#, r#"[{"b": {"c": 1, "d": 2, "\u0063": 3}}]"#] {
            assert!(read(text).unwrap_err().contains("stands twice"), "{text}");
        }
        assert!(read("{} {}").unwrap_err().contains("trailing"));
        assert!(read(r#"{"a": {"b": 1}, "c": {"b": 1}}"#).is_ok(), "the same key in different places is fine");
    }

    #[test]
    fn what_is_not_known_is_named() {
        let known = serde_json::json!({"a": [{"b": 1}], "c": 2});
        assert_eq!(first_unknown(&known, &known), None);
        let more = serde_json::json!({"a": [{"b": 1, "x": 3}], "c": 2});
        assert_eq!(first_unknown(&more, &known).as_deref(), Some("a.0.x"));
    }
}
