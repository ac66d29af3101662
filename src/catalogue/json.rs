//! Values as JSON data.

use super::error::{Error, ErrorKind, Result};
use super::value::Value;

/// A value as json: quantities, times and texts as they print. Handles and secrets are no data.
///
/// # Errors
/// Of kind [`ErrorKind::Value`] for a secret or a handle.
pub fn json_of(value: &Value) -> Result<serde_json::Value> {
    use serde_json::Value as J;
    Ok(match value {
        Value::None => J::Null,
        Value::Bool(truth) => J::Bool(*truth),
        Value::Int(int) => J::from(*int),
        Value::Float(number) => J::from(*number),
        Value::Str(text) | Value::Path(text) | Value::Url(text) | Value::Regex(text) | Value::Host(text) => {
            J::from(&**text)
        }
        Value::Quantity(_) | Value::Time(_) | Value::Version(_) => J::from(value.to_string()),
        Value::Json(json) => (**json).clone(),
        Value::List(items) => J::Array(items.iter().map(json_of).collect::<Result<_>>()?),
        Value::Map(map) => {
            J::Object(map.iter().map(|(key, value)| Ok((key.to_string(), json_of(value)?))).collect::<Result<_>>()?)
        }
        Value::Record(record) => J::Object(
            record.fields.iter().map(|(key, value)| Ok((key.to_string(), json_of(value)?))).collect::<Result<_>>()?,
        ),
        Value::Secret(_) | Value::Sealed(_) => return Err(Error::new(ErrorKind::Value, "a secret never becomes json")),
        Value::Db(_) | Value::Flags(_) | Value::Code(_) | Value::Range(_) => {
            return Err(Error::new(ErrorKind::Value, format!("{value} is no data that json could hold")));
        }
    })
}
