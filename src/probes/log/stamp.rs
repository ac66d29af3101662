//! When a line of a log was written, by what it says itself.

use std::sync::LazyLock;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};
use regex::bytes::{Captures, Regex};

/// A time stands near the start of a line, if anywhere.
pub(super) const WITHIN: usize = 256;

static WRITTEN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?-u)\b(?P<year>\d{4})[-/](?P<month>\d\d)[-/](?P<day>\d\d)[T ](?P<time>\d\d:\d\d:\d\d(?:[.,]\d{1,9})?)",
        r" ?(?P<zone>Z\b|UTC\b|[+-]\d\d:?\d\d\b)?",
    ))
    .expect("it is a regex")
});
static COMMON: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r"(?-u)\b(?P<day>\d\d)/(?P<month>[A-Z][a-z]{2})/(?P<year>\d{4}):(?P<time>\d\d:\d\d:\d\d)",
        r" (?P<zone>[+-]\d{4})\b",
    ))
    .expect("it is a regex")
});
static EPOCH: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        r#"(?-u)"?\b(?:time|timestamp|ts)"?\s*[:=]\s*"?"#,
        r"(?P<seconds>\d{10})(?P<millis>\d{3})?(?:\.\d+)?\b",
    ))
    .expect("it is a regex")
});

/// The time of a line that is read `now`. One without a zone is of this machine.
pub(super) fn of(line: &[u8], now: Timestamp) -> Option<Timestamp> {
    let start = &line[..line.len().min(WITHIN)];
    if let Some(found) = WRITTEN.captures(start).or_else(|| COMMON.captures(start)) {
        return written(&found, now);
    }
    let found = EPOCH.captures(start)?;
    let seconds: i64 = text(&found, "seconds")?.parse().ok()?;
    let millis: i64 = text(&found, "millis").and_then(|digits| digits.parse().ok()).unwrap_or(0);
    Timestamp::from_millisecond(seconds * 1000 + millis).ok()
}

fn written(found: &Captures<'_>, now: Timestamp) -> Option<Timestamp> {
    let month = text(found, "month")?;
    let month =
        MONTHS.iter().position(|name| *name == month).map_or_else(|| month.to_owned(), |at| format!("{:02}", at + 1));
    let time = text(found, "time")?.replace(',', ".");
    let civil: DateTime = format!("{}-{month}-{}T{time}", text(found, "year")?, text(found, "day")?).parse().ok()?;
    let zone = match text(found, "zone") {
        None => return local(civil, &TimeZone::system(), now),
        Some("Z" | "UTC") => TimeZone::UTC,
        Some(offset) => {
            let digits: String = offset.chars().filter(char::is_ascii_digit).collect();
            let seconds = (digits[..2].parse::<i32>().ok()? * 60 + digits[2..].parse::<i32>().ok()?) * 60;
            let seconds = if offset.starts_with('-') { -seconds } else { seconds };
            TimeZone::fixed(Offset::from_seconds(seconds).ok()?)
        }
    };
    zone.to_timestamp(civil).ok()
}

/// Where clocks were turned back a time was twice: the later one, unless that is still to come.
fn local(civil: DateTime, zone: &TimeZone, now: Timestamp) -> Option<Timestamp> {
    let (earlier, later) =
        (zone.to_ambiguous_timestamp(civil).earlier().ok()?, zone.to_ambiguous_timestamp(civil).later().ok()?);
    Some(if later <= now { later } else { earlier })
}

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

fn text<'a>(found: &'a Captures<'_>, name: &str) -> Option<&'a str> {
    std::str::from_utf8(found.name(name)?.as_bytes()).ok()
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use jiff::tz::TimeZone;

    fn of(line: &[u8]) -> Option<Timestamp> {
        super::of(line, Timestamp::now())
    }

    #[test]
    fn a_time_that_was_twice_is_the_last_one_that_has_been() {
        let zone = TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
        let civil = "2026-10-25T02:30:00".parse().unwrap();
        let at = |now: &str| super::local(civil, &zone, now.parse().unwrap()).unwrap().to_string();
        assert_eq!(at("2026-10-25T00:40:00Z"), "2026-10-25T00:30:00Z");
        assert_eq!(at("2026-10-25T01:40:00Z"), "2026-10-25T01:30:00Z");
    }

    #[test]
    fn times_are_read_where_and_as_logs_write_them() {
        let noon: Timestamp = "2026-03-01T12:00:00Z".parse().unwrap();
        for line in [
            "2026-03-01T12:00:00Z level=error",
            "2026-03-01 12:00:00+00:00 x",
            "[2026-03-01 13:00:00 +0100] x",
            "2026-03-01T07:30:00-0430 x",
            "2026-03-01 12:00:00 UTC [33] LOG: x",
            "2026/03/01 12:00:00Z [error] 31#31: *1 open() failed",
            "{\"level\":\"error\",\"time\":\"2026-03-01T12:00:00.000Z\"}",
            "127.0.0.1 - ana [01/Mar/2026:13:00:00 +0100] \"GET / HTTP/1.1\" 200",
            "{\"ts\": 1772366400.25}",
            "{\"time\":1772366400000,\"msg\":\"x\"}",
            "ts=1772366400 level=info",
        ] {
            assert_eq!(of(line.as_bytes()), Some(noon), "{line}");
        }
        assert_eq!(of(b"2026-03-01 12:00:00,250Z x").unwrap().as_millisecond(), 1_772_366_400_250);
    }

    #[test]
    fn what_is_no_time_has_none() {
        for line in ["  at main (app.js:3:1)", "", "2026-13-41T25:00:00Z x", "id=17723664001234567", "1772366400"] {
            assert_eq!(of(line.as_bytes()), None, "{line}");
        }
        let far = format!("{}2026-03-01T12:00:00Z", "x".repeat(300));
        assert_eq!(of(far.as_bytes()), None);
    }
}
