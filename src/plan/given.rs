//! Values of params that were given from outside: as text (`--set`, `RBK_NAME`), or as data (`--params FILE`).
//!
//! Both are converted to the type that the param has, and to nothing else: a number is no text, a text of a number is
//! one, a number without a unit is no quantity.

use std::sync::Arc;

use serde_json::Value as Json;

use crate::catalogue::error::{Error, ErrorKind, Result as UnitResult};
use crate::catalogue::ty::Type;
use crate::catalogue::value::Value;
use crate::check::quantity;

const WITH_UNIT: &str = "write a number with its unit, such as `30s` or `10MB`";

/// Reads `text`, as given on the command line, as a value of `ty`.
pub(super) fn text(text: &str, ty: &Type) -> UnitResult<Value> {
    let bad = || Error::new(ErrorKind::Value, format!("`{text}` is no {ty}"));
    Ok(match ty.required() {
        Type::String => Value::str(text),
        Type::Path => Value::Path(text.into()),
        Type::Host => Value::Host(text.into()),
        Type::Url => Value::Url(url::Url::parse(text).map(|_| text.into()).map_err(|_| bad())?),
        Type::Regex => Value::Regex(regex::Regex::new(text).map(|_| text.into()).map_err(|_| bad())?),
        Type::Bool => Value::Bool(text.parse().map_err(|_| bad())?),
        Type::Int => Value::Int(text.replace('_', "").parse().map_err(|_| bad())?),
        Type::Float => Value::float(text.replace('_', "").parse().map_err(|_| bad())?),
        Type::Time => Value::Time(text.parse().map_err(|_| bad())?),
        Type::Version => Value::version(text.to_owned().try_into().map_err(|_| bad())?),
        Type::Json => Value::Json(Arc::new(serde_json::from_str(text).map_err(|_| bad())?)),
        Type::Quantity(dim) => match quantity::read(text) {
            Ok(Value::Quantity(quantity)) if quantity.dim == *dim => Value::Quantity(quantity),
            _ => return Err(bad().hint(WITH_UNIT)),
        },
        Type::Enum(words) => {
            let found = words.iter().find(|word| &***word == text);
            Value::Str(Arc::clone(found.ok_or_else(bad)?))
        }
        Type::List(of) => {
            let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
            Value::List(items.map(|item| self::text(item, of)).collect::<UnitResult<_>>()?)
        }
        _ => return Err(Error::new(ErrorKind::Value, format!("a {ty} cannot be given on the command line"))),
    })
}

/// Takes `data`, as a file of params has it, as a value of `ty`.
pub(super) fn data(data: &Json, ty: &Type) -> UnitResult<Value> {
    let bad = || Error::new(ErrorKind::Value, format!("{} is no {ty}", kind(data)));
    match (ty.required(), data) {
        (_, Json::Null) if matches!(ty, Type::Optional(_)) => Ok(Value::None),
        (Type::Json, _) => Ok(Value::Json(Arc::new(data.clone()))),
        (Type::Bool, Json::Bool(truth)) => Ok(Value::Bool(*truth)),
        (Type::Int, Json::Number(number)) => number.as_i64().map(Value::Int).ok_or_else(bad),
        (Type::Float, Json::Number(number)) => number.as_f64().map(Value::float).ok_or_else(bad),
        (Type::Quantity(_), Json::Number(_)) => {
            Err(Error::new(ErrorKind::Value, format!("{} has no unit", kind(data))).hint(WITH_UNIT))
        }
        (Type::List(of), Json::Array(items)) => {
            items.iter().map(|item| self::data(item, of)).collect::<UnitResult<_>>().map(Value::List)
        }
        (Type::Map(of), Json::Object(map)) => {
            let entry = |(key, value): (&String, &Json)| Ok((Arc::from(key.as_str()), self::data(value, of)?));
            map.iter().map(entry).collect::<UnitResult<_>>().map(|map| Value::Map(Arc::new(map)))
        }
        // A list is written as one: a text with commas in it may be a single element.
        (Type::List(_), _) => Err(bad()),
        (_, Json::String(written)) => text(written, ty),
        (Type::String | Type::Version | Type::Enum(_), Json::Number(_) | Json::Bool(_)) => {
            Err(bad().hint("put it in quotes"))
        }
        _ => Err(bad()),
    }
}

/// What a value of a file is, for a message.
fn kind(data: &Json) -> String {
    match data {
        Json::Null => "nothing".to_owned(),
        Json::Bool(truth) => format!("the truth `{truth}`"),
        Json::Number(number) => format!("the number {number}"),
        Json::String(text) => format!("the text {text:?}"),
        Json::Array(_) => "a list".to_owned(),
        Json::Object(_) => "a map".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::catalogue::ty::Dim;

    #[test]
    fn a_number_is_no_text_and_no_quantity() {
        assert!(data(&json!(1.1), &Type::String).is_err());
        assert!(data(&json!(1.1), &Type::Version).is_err());
        assert!(data(&json!(5), &Type::DURATION).unwrap_err().hint.unwrap().contains("unit"));
        assert!(data(&json!("5MB"), &Type::DURATION).is_err());
        assert_eq!(data(&json!("5s"), &Type::DURATION).unwrap(), quantity::read("5s").unwrap());
        assert_eq!(Type::DURATION, Type::Quantity(Dim::TIME));
    }

    #[test]
    fn an_int_is_whole_and_fits() {
        assert_eq!(data(&json!(3), &Type::Int).unwrap(), Value::Int(3));
        assert_eq!(data(&json!("3"), &Type::Int).unwrap(), Value::Int(3));
        assert!(data(&json!(3.5), &Type::Int).is_err());
        assert!(data(&json!(u64::MAX), &Type::Int).is_err());
        assert_eq!(data(&json!(3), &Type::Float).unwrap(), Value::Float(3.0));
    }

    #[test]
    fn a_list_is_a_list_and_nothing_only_what_may_be_absent() {
        let strings = Type::list(Type::String);
        assert_eq!(data(&json!(["a,b", "c"]), &strings).unwrap(), Value::list([Value::str("a,b"), Value::str("c")]));
        assert!(data(&json!("a,b"), &strings).is_err());
        assert!(data(&json!(["a", 1]), &strings).is_err());
        assert!(data(&json!(null), &Type::String).is_err());
        assert_eq!(data(&json!(null), &Type::optional(Type::String)).unwrap(), Value::None);
        assert!(data(&json!({ "a": 1 }), &Type::String).is_err());
        assert_eq!(data(&json!({ "a": 1 }), &Type::Json).unwrap(), Value::Json(Arc::new(json!({ "a": 1 }))));
    }
}
