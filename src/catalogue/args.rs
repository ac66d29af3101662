//! The arguments of a call as a unit receives them, by the names of its signature.

use std::sync::Arc;
use std::time::Duration;

use super::error::{Error, ErrorKind, Result};
use super::look::Look;
use super::signature::Signature;
use super::value::{Code, Db, Value};

/// An expression that is passed unevaluated and asked again and again (`wait_until`, `ready:`, `elapsed`).
pub type Lazy = Arc<dyn Fn(&Look) -> Result<Value> + Send + Sync>;

/// One argument.
#[derive(Clone)]
pub enum Arg {
    /// Left out.
    Absent,
    /// Will be known when it runs ("known after STEP").
    Unknown,
    /// Its value; `none` counts as left out.
    Known(Value),
    /// An expression.
    Lazy(Lazy),
}

/// All arguments of a call.
#[derive(Clone)]
pub struct Args {
    signature: &'static Signature,
    values: Vec<Arg>,
}

impl Args {
    /// Arguments in the order of the signature's parameters; what is missing at the end is absent.
    #[must_use]
    pub fn new(signature: &'static Signature, mut values: Vec<Arg>) -> Self {
        values.resize(signature.params.len(), Arg::Absent);
        Self { signature, values }
    }

    /// The signature they belong to.
    #[must_use]
    pub const fn signature(&self) -> &'static Signature {
        self.signature
    }

    /// The argument called `name`.
    ///
    /// # Panics
    /// When the signature has no such parameter: a mistake of the unit, found by its first test.
    #[must_use]
    pub fn raw(&self, name: &str) -> &Arg {
        let (index, _) = self.signature.param(name).expect("a unit asks only for its own parameters");
        &self.values[index]
    }

    /// Its value, when it is known and present.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        match self.raw(name) {
            Arg::Known(Value::None) | Arg::Absent | Arg::Unknown | Arg::Lazy(_) => None,
            Arg::Known(value) => Some(value),
        }
    }

    /// Every argument, in the order of the signature.
    pub fn all(&self) -> impl Iterator<Item = &Arg> {
        self.values.iter()
    }

    /// Whether it is given but not known yet.
    #[must_use]
    pub fn is_unknown(&self, name: &str) -> bool {
        matches!(self.raw(name), Arg::Unknown)
    }

    /// Whether any argument is not known yet.
    #[must_use]
    pub fn any_unknown(&self) -> bool {
        self.values.iter().any(|arg| matches!(arg, Arg::Unknown))
    }

    /// Whether exactly one of `names` is given, or may be, as far as that is known.
    #[must_use]
    pub fn may_be_one_of(&self, names: &[&str]) -> bool {
        let given = names.iter().filter(|name| self.get(name).is_some()).count();
        let open = names.iter().any(|name| matches!(self.raw(name), Arg::Unknown | Arg::Lazy(_)));
        given == 1 || (given == 0 && open)
    }

    /// A required value.
    pub fn value(&self, name: &str) -> Result<&Value> {
        self.get(name).ok_or_else(|| {
            let (kind, state) = if self.is_unknown(name) {
                (ErrorKind::Value, "is not known yet")
            } else {
                (ErrorKind::Absent, "is absent")
            };
            Error::new(kind, format!("argument `{name}` of `{}` {state}", self.signature.name))
        })
    }

    /// A required text.
    pub fn text(&self, name: &str) -> Result<&str> {
        let value = self.value(name)?;
        value.as_text().ok_or_else(|| self.wrong(name, "a text", value))
    }

    /// An optional text.
    #[must_use]
    pub fn text_or_none(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(Value::as_text)
    }

    /// A required text or list of texts.
    pub fn texts(&self, name: &str) -> Result<Vec<&str>> {
        self.value(name)?
            .elements()
            .iter()
            .map(|value| value.as_text().ok_or_else(|| self.wrong(name, "a text", value)))
            .collect()
    }

    /// An optional flag.
    #[must_use]
    pub fn flag(&self, name: &str, default: bool) -> bool {
        if let Some(Value::Bool(flag)) = self.get(name) { *flag } else { default }
    }

    /// An optional whole number.
    #[must_use]
    pub fn int(&self, name: &str) -> Option<i64> {
        if let Some(Value::Int(number)) = self.get(name) { Some(*number) } else { None }
    }

    /// An optional duration.
    #[must_use]
    pub fn duration(&self, name: &str) -> Option<Duration> {
        self.get(name).and_then(Value::as_duration)
    }

    /// An optional number of bytes.
    #[must_use]
    pub fn bytes(&self, name: &str) -> Option<u64> {
        match self.get(name) {
            Some(Value::Quantity(quantity)) => Some(quantity.amount.max(0.0) as u64),
            _ => None,
        }
    }

    /// A required database.
    pub fn db(&self, name: &str) -> Result<&Db> {
        match self.value(name)? {
            Value::Db(db) => Ok(db),
            other => Err(self.wrong(name, "a database", other)),
        }
    }

    /// A required text of another language.
    pub fn code(&self, name: &str) -> Result<&Code> {
        match self.value(name)? {
            Value::Code(code) => Ok(code),
            other => Err(self.wrong(name, "a command or query", other)),
        }
    }

    /// An unevaluated expression, when present.
    #[must_use]
    pub fn lazy(&self, name: &str) -> Option<&Lazy> {
        if let Arg::Lazy(lazy) = self.raw(name) { Some(lazy) } else { None }
    }

    fn wrong(&self, name: &str, wanted: &str, value: &Value) -> Error {
        Error::new(
            ErrorKind::Value,
            format!("argument `{name}` of `{}` must be {wanted}, not {value}", self.signature.name),
        )
    }
}
