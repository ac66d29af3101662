//! Numbers and quantities as they are written: `1_000`, `1.5`, `5m`, `1h30m`, `500MB`, `5%`, `50MB/h`, `3/s`.
//!
//! Owns the units. It must not know where a number stands; offsets in problems count from the start of the literal.

use std::ops::Range;

use crate::catalogue::ty::Dim;
use crate::catalogue::value::{Quantity, Value};
use crate::diagnostics::suggest;

/// The units: name, dimension, size in base units (nanoseconds, bytes, percent points).
pub const UNITS: &[(&str, Dim, f64)] = &[
    ("ms", Dim::TIME, 1e6),
    ("s", Dim::TIME, 1e9),
    ("m", Dim::TIME, 60e9),
    ("h", Dim::TIME, 3_600e9),
    ("d", Dim::TIME, 86_400e9),
    ("w", Dim::TIME, 604_800e9),
    ("B", Dim::BYTES, 1.0),
    ("KB", Dim::BYTES, 1e3),
    ("MB", Dim::BYTES, 1e6),
    ("GB", Dim::BYTES, 1e9),
    ("TB", Dim::BYTES, 1e12),
    ("KiB", Dim::BYTES, 1_024.0),
    ("MiB", Dim::BYTES, 1_048_576.0),
    ("GiB", Dim::BYTES, 1_073_741_824.0),
    ("TiB", Dim::BYTES, 1_099_511_627_776.0),
    ("%", Dim::PERCENT, 1.0),
];

/// What other languages and people write, and what it is here.
const ALIASES: &[(&str, &str)] = &[
    ("sec", "s"),
    ("secs", "s"),
    ("second", "s"),
    ("seconds", "s"),
    ("min", "m"),
    ("mins", "m"),
    ("minute", "m"),
    ("minutes", "m"),
    ("hr", "h"),
    ("hrs", "h"),
    ("hour", "h"),
    ("hours", "h"),
    ("day", "d"),
    ("days", "d"),
    ("week", "w"),
    ("weeks", "w"),
    ("millis", "ms"),
    ("msec", "ms"),
    ("byte", "B"),
    ("bytes", "B"),
    ("k", "KB"),
    ("K", "KB"),
    ("M", "MB"),
    ("G", "GB"),
    ("T", "TB"),
    ("Ki", "KiB"),
    ("Mi", "MiB"),
    ("Gi", "GiB"),
    ("Ti", "TiB"),
    ("percent", "%"),
    ("pct", "%"),
];

/// What is wrong with a number.
#[derive(Debug, PartialEq)]
pub enum Problem {
    /// No such unit; where it stands in the literal, and what it may have meant.
    UnknownUnit { at: Range<usize>, meant: Vec<&'static str> },
    /// Only durations are compound, from the largest unit to the smallest.
    Compound { at: Range<usize> },
    /// A rate is per unit of time.
    RatePer { at: Range<usize> },
    /// It does not fit.
    TooLarge,
    /// No number at all.
    Malformed,
}

/// Reads a number or quantity.
pub fn read(text: &str) -> Result<Value, Problem> {
    let (body, per) = match text.split_once('/') {
        Some((body, per)) => (body, Some((per, body.len() + 1))),
        None => (text, None),
    };
    let mut rest = 0;
    let mut total: Option<(f64, Dim, f64)> = None;
    let mut plain: Option<Value> = None;
    while rest < body.len() {
        let digits = number_len(&body[rest..]);
        if digits == 0 || plain.is_some() {
            return Err(Problem::Malformed);
        }
        let number = &body[rest..rest + digits];
        let start = rest + digits;
        let len = body[start..].find(|char: char| char.is_ascii_digit()).unwrap_or(body.len() - start);
        let (unit, at) = (&body[start..start + len], start..start + len);
        rest = start + len;
        let amount: f64 = number.replace('_', "").parse().map_err(|_| Problem::Malformed)?;
        if unit.is_empty() {
            if total.is_some() {
                return Err(Problem::Compound { at: start - digits..start });
            }
            plain = Some(whole_or_fraction(number, amount)?);
            continue;
        }
        let (_, dim, size) = find(unit).ok_or_else(|| unknown(unit, at.clone()))?;
        total = Some(match total {
            None => (amount * size, dim, size),
            Some((sum, Dim::TIME, smallest)) if dim == Dim::TIME && size < smallest => (sum + amount * size, dim, size),
            Some(_) => return Err(Problem::Compound { at }),
        });
    }
    let Some((per, offset)) = per else {
        return match (plain, total) {
            (Some(value), _) => Ok(value),
            (None, Some((amount, dim, _))) => quantity(amount, dim),
            (None, None) => Err(Problem::Malformed),
        };
    };
    let at = offset..offset + per.len();
    let (_, unit, size) = find(per).ok_or_else(|| unknown(per, at.clone()))?;
    if unit != Dim::TIME {
        return Err(Problem::RatePer { at });
    }
    let (amount, dim) = match (plain, total) {
        (Some(Value::Int(number)), _) => (number as f64, Dim::ONE),
        (Some(Value::Float(number)), _) => (number, Dim::ONE),
        (_, Some((amount, dim, _))) => (amount, dim),
        _ => return Err(Problem::Malformed),
    };
    quantity(amount / size, Dim { time: dim.time - 1, ..dim })
}

/// The unit called `name`.
fn find(name: &str) -> Option<(&'static str, Dim, f64)> {
    UNITS.iter().find(|(unit, ..)| *unit == name).copied()
}

fn unknown(name: &str, at: Range<usize>) -> Problem {
    let lower = name.to_ascii_lowercase();
    let alias = ALIASES.iter().find(|(alias, _)| *alias == name || *alias == lower).map(|(_, unit)| *unit);
    let same = UNITS.iter().map(|(unit, ..)| *unit).find(|unit| unit.eq_ignore_ascii_case(name));
    let meant = match alias.or(same) {
        Some(unit) => vec![unit],
        None => suggest::similar(name, UNITS.iter().map(|(unit, ..)| *unit)),
    };
    Problem::UnknownUnit { at, meant }
}

fn number_len(text: &str) -> usize {
    let digits = |text: &str| text.bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b'_').count();
    let whole = digits(text);
    match text[whole..].strip_prefix('.') {
        Some(fraction) if whole > 0 && digits(fraction) > 0 => whole + 1 + digits(fraction),
        _ => whole,
    }
}

fn whole_or_fraction(number: &str, amount: f64) -> Result<Value, Problem> {
    if number.contains('.') {
        return if amount.is_finite() { Ok(Value::Float(amount)) } else { Err(Problem::TooLarge) };
    }
    number.replace('_', "").parse().map(Value::Int).map_err(|_| Problem::TooLarge)
}

fn quantity(amount: f64, dim: Dim) -> Result<Value, Problem> {
    // A quantity is a double in base units: beyond this it would not hold a nanosecond's order of magnitude any more.
    if amount.is_finite() && amount < 1e30 {
        Ok(Value::Quantity(Quantity { amount, dim }))
    } else {
        Err(Problem::TooLarge)
    }
}

/// How a bare number would be written with this dimension: `10s` or `10m`; nothing for dimensions without a literal.
pub fn examples(number: &str, dim: Dim) -> Option<String> {
    Some(match dim {
        Dim::TIME => format!("`{number}s` or `{number}m`"),
        Dim::BYTES => format!("`{number}MB` or `{number}KiB`"),
        Dim::PERCENT => format!("`{number}%`"),
        Dim { bytes: 1, time: -1, percent: 0 } => format!("`{number}MB/h`"),
        Dim { bytes: 0, time: -1, percent: 0 } => format!("`{number}/s`"),
        Dim { bytes: 0, time: -1, percent: 1 } => format!("`{number}%/m`"),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::{Problem, read};
    use crate::catalogue::ty::Dim;
    use crate::catalogue::value::{Quantity, Value};

    fn quantity(text: &str) -> (f64, Dim) {
        match read(text) {
            Ok(Value::Quantity(Quantity { amount, dim })) => (amount, dim),
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn every_form() {
        assert_eq!(read("183_146_990"), Ok(Value::Int(183_146_990)));
        assert_eq!(read("1.5"), Ok(Value::Float(1.5)));
        assert_eq!(quantity("1h30m"), (5_400e9, Dim::TIME));
        assert_eq!(quantity("1.5h"), (5_400e9, Dim::TIME));
        assert_eq!(quantity("1391ms"), (1.391e9, Dim::TIME));
        assert_eq!(quantity("4KiB"), (4096.0, Dim::BYTES));
        assert_eq!(quantity("5%"), (5.0, Dim::PERCENT));
        assert_eq!(quantity("3/s"), (3e-9, Dim { bytes: 0, time: -1, percent: 0 }));
        assert_eq!(quantity("50MB/h").1, Dim { bytes: 1, time: -1, percent: 0 });
        assert_eq!(quantity("2%/m").1, Dim { bytes: 0, time: -1, percent: 1 });
    }

    #[test]
    fn an_unknown_unit_is_guessed() {
        let meant = |text| match read(text) {
            Err(Problem::UnknownUnit { at, meant }) => (at, meant),
            other => panic!("{other:?}"),
        };
        assert_eq!(meant("10sec"), (2..5, vec!["s"]));
        assert_eq!(meant("10mb"), (2..4, vec!["MB"]));
        assert_eq!(meant("10Mb"), (2..4, vec!["MB"]));
        assert_eq!(meant("1h30min"), (4..7, vec!["m"]));
        assert_eq!(meant("3/sec"), (2..5, vec!["s"]));
        assert_eq!(meant("10parsecs"), (2..9, vec![]));
    }

    #[test]
    fn compounds_go_from_large_to_small() {
        assert_eq!(read("30m1h"), Err(Problem::Compound { at: 4..5 }));
        assert_eq!(read("1MB5s"), Err(Problem::Compound { at: 4..5 }));
        assert_eq!(read("1h30"), Err(Problem::Compound { at: 2..4 }));
        assert_eq!(read("5MB/KB"), Err(Problem::RatePer { at: 4..6 }));
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        assert_eq!(read("9223372036854775808"), Err(Problem::TooLarge));
        assert_eq!(read(&format!("{}s", "9".repeat(400))), Err(Problem::TooLarge));
        assert_eq!(read(""), Err(Problem::Malformed));
        assert_eq!(read("/s"), Err(Problem::Malformed));
    }
}
