//! Types and dimensions of values.

use std::fmt;
use std::sync::Arc;

/// The dimension of a quantity, as exponents. `50MB/h` is bytes¹·time⁻¹; `3/s` is time⁻¹.
/// Percent is a dimension of its own, so that a ratio is never mistaken for one (`language.md`, values).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default, PartialOrd, Ord)]
pub struct Dim {
    /// Exponent of bytes.
    pub bytes: i8,
    /// Exponent of time.
    pub time: i8,
    /// Exponent of percent.
    pub percent: i8,
}

impl Dim {
    /// No dimension.
    pub const ONE: Self = Self { bytes: 0, time: 0, percent: 0 };
    /// Time.
    pub const TIME: Self = Self { bytes: 0, time: 1, percent: 0 };
    /// Bytes.
    pub const BYTES: Self = Self { bytes: 1, time: 0, percent: 0 };
    /// Percent.
    pub const PERCENT: Self = Self { bytes: 0, time: 0, percent: 1 };
}

/// A type of the language.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Type {
    /// Of an expression that was refused already: fits everything, so that one mistake is one report.
    Error,
    /// `none`
    None,
    Bool,
    Int,
    Float,
    String,
    /// `duration`, `bytes`, `percent` and rates.
    Quantity(Dim),
    /// A point in time.
    Time,
    Path,
    Url,
    Regex,
    Version,
    /// Checked when it runs.
    Json,
    Secret,
    Host,
    /// `sqlite("…")`, later `postgres(…)`.
    Db,
    /// A file of flags, `flags_http(…)` or `flags_redis(…)`.
    Flags,
    Channel,
    /// `"gradual" | "instant"`
    Enum(Arc<[Arc<str>]>),
    List(Arc<Type>),
    Map(Arc<Type>),
    /// `T?`
    Optional(Arc<Type>),
    /// A range `50m..65m` of T.
    Range(Arc<Type>),
    /// A result with fields, such as that of `http.get`.
    Record(&'static RecordType),
    /// A text of another language, typed so that values never become code: `sh`, SQL, PromQL.
    Code(Dialect),
}

/// A language inside a string literal; interpolation follows it (`language.md` §2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// Values are quoted for the shell.
    Shell,
    /// Values are bound as parameters.
    Sql,
    /// Values are those of matchers, escaped inside their quotes; numbers and durations stand bare.
    PromQl,
}

/// The fields of a result type.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct RecordType {
    /// As messages call it, such as `http response`.
    pub name: &'static str,
    /// Name, type and one line of documentation.
    pub fields: &'static [RecordField],
}

/// A field of a result type.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct RecordField {
    pub name: &'static str,
    /// In the syntax of the language, such as `map[string]`; parsed by [`Type::parse`].
    pub ty: &'static str,
    pub doc: &'static str,
}

impl Type {
    pub const DURATION: Self = Self::Quantity(Dim::TIME);
    pub const BYTES: Self = Self::Quantity(Dim::BYTES);
    pub const PERCENT: Self = Self::Quantity(Dim::PERCENT);

    /// `list[T]`
    #[must_use]
    pub fn list(of: Self) -> Self {
        Self::List(Arc::new(of))
    }

    /// `T?`, flat: an optional of an optional is the optional itself.
    #[must_use]
    pub fn optional(of: Self) -> Self {
        if matches!(of, Self::Optional(_) | Self::Error | Self::None) { of } else { Self::Optional(Arc::new(of)) }
    }

    /// Without its `?`.
    #[must_use]
    pub fn required(&self) -> &Self {
        if let Self::Optional(inner) = self { inner } else { self }
    }

    /// Reads a type as registries write it: a scalar name, `list[T]`, `map[T]`, `T?`, `"a" | "b"`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if let Some(inner) = text.strip_suffix('?') {
            return Some(Self::optional(Self::parse(inner)?));
        }
        if text.starts_with('"') {
            return Some(Self::Enum(text.split('|').map(|word| Arc::from(word.trim().trim_matches('"'))).collect()));
        }
        for (prefix, wrap) in [("list[", Self::List as fn(Arc<Self>) -> Self), ("map[", Self::Map)] {
            if let Some(inner) = text.strip_prefix(prefix).and_then(|rest| rest.strip_suffix(']')) {
                return Some(wrap(Arc::new(Self::parse(inner)?)));
            }
        }
        Self::scalar(text)
    }

    /// The type with this name, without arguments.
    #[must_use]
    pub fn scalar(name: &str) -> Option<Self> {
        Some(match name {
            "bool" => Self::Bool,
            "int" => Self::Int,
            "float" => Self::Float,
            "string" => Self::String,
            "duration" => Self::DURATION,
            "bytes" => Self::BYTES,
            "percent" => Self::PERCENT,
            "time" => Self::Time,
            "path" => Self::Path,
            "url" => Self::Url,
            "regex" => Self::Regex,
            "version" => Self::Version,
            "json" => Self::Json,
            "secret" => Self::Secret,
            "host" => Self::Host,
            "db" => Self::Db,
            "flags" => Self::Flags,
            "channel" => Self::Channel,
            "sh" => Self::Code(Dialect::Shell),
            "sql" => Self::Code(Dialect::Sql),
            "promql" => Self::Code(Dialect::PromQl),
            _ => return None,
        })
    }

    /// The names that [`Type::scalar`] knows and a policy may write.
    pub const NAMES: &'static [&'static str] = &[
        "bool", "int", "float", "string", "duration", "bytes", "percent", "time", "path", "url", "regex", "version",
        "json", "secret", "host", "db", "flags", "channel",
    ];
}

impl fmt::Display for Dim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.bytes, self.time, self.percent) {
            (0, 0, 0) => f.write_str("number"),
            (0, 1, 0) => f.write_str("duration"),
            (1, 0, 0) => f.write_str("bytes"),
            (0, 0, 1) => f.write_str("percent"),
            (1, -1, 0) => f.write_str("bytes per time"),
            (0, -1, 0) => f.write_str("count per time"),
            (0, -1, 1) => f.write_str("percent per time"),
            (bytes, time, percent) => {
                let mut first = true;
                for (name, power) in [("bytes", bytes), ("time", time), ("percent", percent)] {
                    if power != 0 {
                        write!(f, "{}{name}", if first { "" } else { "·" })?;
                        first = false;
                        if power != 1 {
                            write!(f, "^{power}")?;
                        }
                    }
                }
                Ok(())
            }
        }
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Error => f.write_str("unknown"),
            Self::None => f.write_str("none"),
            Self::Bool => f.write_str("bool"),
            Self::Int => f.write_str("int"),
            Self::Float => f.write_str("float"),
            Self::String => f.write_str("string"),
            Self::Quantity(dim) => dim.fmt(f),
            Self::Time => f.write_str("time"),
            Self::Path => f.write_str("path"),
            Self::Url => f.write_str("url"),
            Self::Regex => f.write_str("regex"),
            Self::Version => f.write_str("version"),
            Self::Json => f.write_str("json"),
            Self::Secret => f.write_str("secret"),
            Self::Host => f.write_str("host"),
            Self::Db => f.write_str("db"),
            Self::Flags => f.write_str("flags"),
            Self::Channel => f.write_str("channel"),
            Self::Enum(words) => {
                for (index, word) in words.iter().enumerate() {
                    write!(f, "{}\"{word}\"", if index == 0 { "" } else { " | " })?;
                }
                Ok(())
            }
            Self::List(of) => write!(f, "list[{of}]"),
            Self::Map(of) => write!(f, "map[{of}]"),
            Self::Optional(of) => write!(f, "{of}?"),
            Self::Range(of) => write!(f, "range of {of}"),
            Self::Record(record) => f.write_str(record.name),
            Self::Code(Dialect::Shell) => f.write_str("shell command"),
            Self::Code(Dialect::Sql) => f.write_str("SQL"),
            Self::Code(Dialect::PromQl) => f.write_str("PromQL"),
        }
    }
}
