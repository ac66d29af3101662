//! Values: what expressions become.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::ty::Dim;

/// A number with a dimension. The amount is in base units: nanoseconds, bytes, percent points, and their quotients.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Quantity {
    /// In base units. Never NaN or infinite: those are *missing*, not numbers.
    pub amount: f64,
    /// What it measures.
    #[serde(with = "dim_serde")]
    #[schemars(with = "[i8; 3]")]
    pub dim: Dim,
}

/// A database handle.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
pub enum Db {
    /// `sqlite("path")`; the path as written, relative to the root.
    Sqlite(Arc<str>),
}

/// A kind of service that keeps flags.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names say it")]
pub enum FlagsKind {
    Http,
    Redis,
}

/// The handle of a service that keeps flags: `flags_http(…)`, `flags_redis(…)`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct FlagsService {
    /// Which kind.
    pub kind: FlagsKind,
    /// What was said of it; of secrets the names.
    pub settings: BTreeMap<Arc<str>, Value>,
}

impl FlagsService {
    /// A setting that is a text.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.settings.get(name).and_then(Value::as_text)
    }
}

/// A value of the language. Serialised into plans and the journal; a secret serialises as its name only.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "type", content = "value", rename_all = "snake_case")]
pub enum Value {
    /// Absent.
    None,
    Bool(bool),
    Int(i64),
    Float(f64),
    Str(Arc<str>),
    Quantity(Quantity),
    /// UTC.
    Time(jiff::Timestamp),
    /// Relative to the root unless absolute.
    Path(Arc<str>),
    Url(Arc<str>),
    /// The source of the regex, checked when the policy was.
    Regex(Arc<str>),
    Version(Arc<semver_text::Version>),
    Json(Arc<serde_json::Value>),
    /// The name of a secret; its value is asked of the world at the place of use and never stored.
    Secret(Arc<str>),
    /// A text with secrets in it, for where a secret is taken. Of those it holds no more than the names.
    Sealed(Arc<[Sealed]>),
    Host(Arc<str>),
    Db(Db),
    /// Where flags are, unless that is a file.
    Flags(Arc<FlagsService>),
    /// A shell command with its values already quoted, with `display` masking secrets.
    Code(Arc<Code>),
    List(Arc<[Value]>),
    Map(Arc<BTreeMap<Arc<str>, Value>>),
    /// A result with named fields.
    Record(Arc<Record>),
    /// `a..b`, both ends included.
    Range(Arc<(Value, Value)>),
}

/// A text of another language with the values that go with it (`language.md` §2).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Code {
    /// Shell: ready to run, values quoted. SQL: with `?1`, `?2`, … for the values.
    pub text: Arc<str>,
    /// SQL: the values to bind, in order. Shell: empty.
    pub binds: Vec<Value>,
}

/// A piece of a text with secrets in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Sealed {
    /// As it is.
    Text(Arc<str>),
    /// The secret of this name.
    Secret(Arc<str>),
}

/// A result with fields.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Record {
    /// Names and values in the order of the record's type.
    pub fields: Vec<(Arc<str>, Value)>,
}

impl Record {
    /// A record of these fields.
    pub fn of(fields: impl IntoIterator<Item = (&'static str, Value)>) -> Value {
        Value::Record(Arc::new(Self {
            fields: fields.into_iter().map(|(name, value)| (Arc::from(name), value)).collect(),
        }))
    }

    /// The field called `name`.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.fields.iter().find(|(field, _)| &**field == name).map(|(_, value)| value)
    }
}

impl Value {
    /// A string.
    pub fn str(text: impl Into<Arc<str>>) -> Self {
        Self::Str(text.into())
    }

    /// A version.
    #[must_use]
    pub fn version(version: semver_text::Version) -> Self {
        Self::Version(Arc::new(version))
    }

    /// A list.
    pub fn list(items: impl IntoIterator<Item = Self>) -> Self {
        Self::List(items.into_iter().collect())
    }

    /// A duration of `nanos` nanoseconds.
    #[must_use]
    pub fn duration(length: std::time::Duration) -> Self {
        Self::Quantity(Quantity { amount: length.as_nanos() as f64, dim: Dim::TIME })
    }

    /// A number of bytes.
    #[must_use]
    pub fn bytes(count: u64) -> Self {
        Self::Quantity(Quantity { amount: count as f64, dim: Dim::BYTES })
    }

    /// A percentage in percent points.
    #[must_use]
    pub fn percent(points: f64) -> Self {
        Self::float_or_none(points).map_or(Self::None, |amount| Self::Quantity(Quantity { amount, dim: Dim::PERCENT }))
    }

    /// A float, or *missing* where it is no number.
    #[must_use]
    pub fn float(number: f64) -> Self {
        Self::float_or_none(number).map_or(Self::None, Self::Float)
    }

    fn float_or_none(number: f64) -> Option<f64> {
        number.is_finite().then_some(number)
    }

    /// The text of a string, path, url, regex or host.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Str(text) | Self::Path(text) | Self::Url(text) | Self::Regex(text) | Self::Host(text) => Some(text),
            _ => None,
        }
    }

    /// A duration, when it is a non-negative one.
    #[must_use]
    pub fn as_duration(&self) -> Option<std::time::Duration> {
        match self {
            Self::Quantity(Quantity { amount, dim }) if *dim == Dim::TIME && *amount >= 0.0 => {
                Some(std::time::Duration::from_nanos(*amount as u64))
            }
            _ => None,
        }
    }

    /// Whether it is a secret, or a text with one in it.
    #[must_use]
    pub const fn is_secret(&self) -> bool {
        matches!(self, Self::Secret(_) | Self::Sealed(_))
    }

    /// The elements of a list; any other value is a list of itself (a list argument means all of them at once).
    #[must_use]
    pub fn elements(&self) -> &[Self] {
        if let Self::List(items) = self { items } else { std::slice::from_ref(self) }
    }
}

/// Dimensions as `[bytes, time, percent]` in JSON.
mod dim_serde {
    use super::Dim;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub fn serialize<S: Serializer>(dim: &Dim, to: S) -> Result<S::Ok, S::Error> {
        [dim.bytes, dim.time, dim.percent].serialize(to)
    }

    pub fn deserialize<'a, D: Deserializer<'a>>(from: D) -> Result<Dim, D::Error> {
        let [bytes, time, percent] = <[i8; 3]>::deserialize(from)?;
        Ok(Dim { bytes, time, percent })
    }
}

/// Versions as text in JSON.
pub mod semver_text {
    use serde::{Deserialize, Serialize};

    /// A semantic version, compared by its precedence rules (semver.org §11).
    #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
    #[serde(try_from = "String", into = "String")]
    pub struct Version(pub semver::Version);

    impl TryFrom<String> for Version {
        type Error = semver::Error;
        fn try_from(text: String) -> Result<Self, semver::Error> {
            semver::Version::parse(&text).map(Self)
        }
    }

    impl From<Version> for String {
        fn from(version: Version) -> Self {
            version.0.to_string()
        }
    }
}
