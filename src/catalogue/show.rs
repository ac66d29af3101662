//! How values read: in messages, plans and records. A secret reads as its name.

use std::fmt;

use super::ty::Dim;
use super::value::{Db, FlagsKind, Quantity, Sealed, Value};

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("none"),
            Self::Bool(value) => value.fmt(f),
            Self::Int(value) => value.fmt(f),
            Self::Float(value) => value.fmt(f),
            Self::Str(text) => write!(f, "{text:?}"),
            Self::Path(text) | Self::Url(text) | Self::Host(text) => f.write_str(text),
            Self::Regex(text) => write!(f, "r\"{text}\""),
            Self::Quantity(quantity) => quantity.fmt(f),
            Self::Time(time) => time.fmt(f),
            Self::Version(version) => version.0.fmt(f),
            Self::Json(json) => json.fmt(f),
            Self::Secret(name) => write!(f, "«secret {name}»"),
            Self::Sealed(pieces) => {
                f.write_str("\"")?;
                for piece in pieces.iter() {
                    match piece {
                        Sealed::Text(text) => f.write_str(text)?,
                        Sealed::Secret(name) => write!(f, "«secret {name}»")?,
                    }
                }
                f.write_str("\"")
            }
            Self::Db(Db::Sqlite(path)) => write!(f, "sqlite({path})"),
            Self::Flags(service) => {
                let (word, place) = match service.kind {
                    FlagsKind::Http => ("flags_http", "url"),
                    FlagsKind::Redis => ("flags_redis", "server"),
                };
                write!(f, "{word}({})", service.text(place).unwrap_or("…"))
            }
            Self::Code(code) => f.write_str(&code.text),
            Self::List(items) => {
                f.write_str("[")?;
                for (index, item) in items.iter().enumerate() {
                    write!(f, "{}{item}", if index == 0 { "" } else { ", " })?;
                }
                f.write_str("]")
            }
            Self::Map(entries) => {
                f.write_str("{")?;
                for (index, (key, value)) in entries.iter().enumerate() {
                    write!(f, "{}{key}: {value}", if index == 0 { " " } else { ", " })?;
                }
                f.write_str(" }")
            }
            Self::Record(record) => {
                f.write_str("{")?;
                for (index, (key, value)) in record.fields.iter().enumerate() {
                    write!(f, "{}{key}: {value}", if index == 0 { " " } else { ", " })?;
                }
                f.write_str(" }")
            }
            Self::Range(ends) => write!(f, "{}..{}", ends.0, ends.1),
        }
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.dim {
            Dim::TIME => f.write_str(&duration(self.amount)),
            Dim::BYTES => f.write_str(&bytes(self.amount)),
            Dim::PERCENT => write!(f, "{}%", trim(self.amount)),
            Dim { bytes: 1, time: -1, percent: 0 } => write!(f, "{}/s", bytes(self.amount * 1e9)),
            Dim { bytes: 0, time: -1, percent: 0 } => write!(f, "{}/s", trim(self.amount * 1e9)),
            Dim { bytes: 0, time: -1, percent: 1 } => write!(f, "{}%/s", trim(self.amount * 1e9)),
            dim => write!(f, "{} {dim}", trim(self.amount)),
        }
    }
}

/// A number with at most two decimals, none when it is whole.
fn trim(number: f64) -> String {
    let text = format!("{number:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Nanoseconds as `1h30m`, `15s`, `1.39s`, `250ms`, `80µs`: at most two units.
#[must_use]
pub fn duration(nanos: f64) -> String {
    let sign = if nanos < 0.0 { "-" } else { "" };
    let nanos = nanos.abs();
    let whole = [("d", 86_400e9), ("h", 3_600e9), ("m", 60e9)];
    if nanos == 0.0 {
        return "0s".to_owned();
    }
    if nanos < 1e6 {
        return format!("{sign}{}µs", trim(nanos / 1e3));
    }
    if nanos < 1e9 {
        return format!("{sign}{}ms", trim(nanos / 1e6));
    }
    if nanos < 60e9 {
        return format!("{sign}{}s", trim(nanos / 1e9));
    }
    let mut rest = nanos;
    let mut text = sign.to_owned();
    let mut units = 0;
    for (name, size) in whole {
        let count = (rest / size).floor();
        if count > 0.0 && units < 2 {
            text.push_str(&format!("{count}{name}"));
            rest -= count * size;
            units += 1;
        } else if units > 0 {
            units = 2;
        }
    }
    let seconds = (rest / 1e9).round();
    if units < 2 && seconds >= 1.0 {
        text.push_str(&format!("{seconds}s"));
    }
    text
}

/// Bytes in decimal units: `11kB`, `1.2MB`.
#[must_use]
pub fn bytes(count: f64) -> String {
    let mut size = count;
    for unit in ["B", "KB", "MB", "GB", "TB"] {
        if size.abs() < 1000.0 || unit == "TB" {
            return format!("{}{unit}", trim(size));
        }
        size /= 1000.0;
    }
    unreachable!("the loop returns at TB")
}
