//! The lines of a log since a time. They are looked for from its end, so that what is older is not read.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

use jiff::Timestamp;

use super::super::file::content::{each_line, read_failed};
use super::stamp;
use crate::catalogue::error::{Error, Result};
use crate::catalogue::look::{Located, Look};

/// What is read at once. Lines that are out of order by less are found all the same: reading ends only where all of so
/// much is older.
pub(super) const BLOCK: u64 = 1024 * 1024;

/// Calls `with` for each line of `at` that was written at `from` or later; for all of them without a `from`. A line
/// without a time, as in a stack trace, belongs to the one before it.
pub(super) fn each(look: &Look, at: &Located, from: Option<Timestamp>, mut with: impl FnMut(&[u8])) -> Result<()> {
    let (mut file, facts) = look.open(at)?;
    let Some(from) = from else {
        return each_line(look, at, file, |line| {
            with(line);
            false
        });
    };
    let now = look.now();
    let start = first(look, at, &mut file, facts.size, from, now)?;
    file.seek(SeekFrom::Start(start)).map_err(|error| read_failed(at, &error))?;
    let (mut is_recent, mut lines, mut stamped) = (false, 0_u64, false);
    each_line(look, at, file, |line| {
        lines += 1;
        if let Some(time) = stamp::of(line, now) {
            stamped = true;
            is_recent = time >= from;
        }
        if is_recent {
            with(line);
        }
        false
    })?;
    if lines > 0 && !stamped {
        return Err(Error::failed(format!("no line of `{}` tells its time in a form that is known", at.name)).hint(
            "known are `2026-03-01T12:00:00Z`, `2026-03-01 12:00:00,123`, `01/Mar/2026:12:00:00 +0000` and \
             `\"time\": 1772366400`; or leave `since:` out",
        ));
    }
    Ok(())
}

/// The start of a line before which nothing was written at `from` or later.
fn first(look: &Look, at: &Located, file: &mut File, size: u64, from: Timestamp, now: Timestamp) -> Result<u64> {
    let mut bytes = Vec::new();
    let mut end = size;
    while end > 0 {
        look.cancel().check()?;
        let begin = end.saturating_sub(BLOCK);
        // With the byte before, which tells whether a line starts here, and the time of the last line.
        let before = begin.saturating_sub(1);
        bytes.clear();
        file.seek(SeekFrom::Start(before))
            .and_then(|_| file.by_ref().take(end - before + stamp::WITHIN as u64).read_to_end(&mut bytes))
            .map_err(|error| read_failed(at, &error))?;
        let of_block = (end - before) as usize;
        let mut starts = memchr::memchr_iter(b'\n', &bytes).map(|newline| newline + 1).collect::<Vec<_>>();
        if begin == 0 {
            starts.insert(0, 0);
        }
        let starts = starts.into_iter().take_while(|start| *start < of_block);
        let (mut oldest, mut is_recent) = (None, false);
        for start in starts {
            let line = &bytes[start..];
            let line = &line[..memchr::memchr(b'\n', line).unwrap_or(line.len())];
            if let Some(time) = stamp::of(line, now) {
                oldest.get_or_insert(start);
                is_recent |= time >= from;
            }
        }
        if let (Some(start), false) = (oldest, is_recent) {
            return Ok(before + start as u64);
        }
        end = begin;
    }
    Ok(0)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::catalogue::testing::world;

    /// Numbers of the lines that are found in a log of lines from `oldest` seconds ago to now, one a second.
    fn found(text: &str, since: u64) -> Vec<String> {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("app.log"), text).unwrap();
        let look = world(dir.path());
        let from = look.now().checked_sub(Duration::from_secs(since)).unwrap();
        let mut found = Vec::new();
        each(&look, &look.locate("app.log").unwrap(), Some(from), |line| {
            found.push(String::from_utf8_lossy(line).trim_end_matches('.').rsplit(' ').next().unwrap().to_owned());
        })
        .unwrap();
        found
    }

    fn line(ago: i64, what: &str, filler: usize) -> String {
        let time = Timestamp::now().checked_sub(Duration::from_secs(ago.unsigned_abs())).unwrap();
        format!("{time:.3} {what}{}\n", ".".repeat(filler))
    }

    #[test]
    fn recent_lines_are_found_wherever_blocks_end() {
        // Some of these lines are longer than a block, and some blocks hold no start of a line.
        for filler in [0, 300_000, 1_048_500, 1_100_000, 2_500_000] {
            let text: String = (0..6).map(|n| line((5 - n) * 600 + 60, &n.to_string(), filler)).collect();
            let starts = |since| found(&text, since).into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>();
            assert_eq!(starts(630), ["5"], "{filler}");
            assert_eq!(starts(1830), ["3", "4", "5"], "{filler}");
            assert_eq!(starts(100_000), ["0", "1", "2", "3", "4", "5"], "{filler}");
            assert_eq!(starts(30), [""; 0], "{filler}");
        }
    }

    #[test]
    fn a_line_out_of_order_and_a_trace_are_found() {
        let mut text = line(7_200, "first", 2_000_000);
        text += &line(10, "early", 0);
        text += "  at early-trace\n";
        text += &line(7_000, "late", 1_000);
        text += "  at late-trace\n";
        text += &line(5, "last", 0);
        assert_eq!(found(&text, 60), ["early", "early-trace", "last"]);
    }

    #[test]
    fn what_is_old_is_not_read() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("app.log");
        // Sparse: were it read, its gigabytes of zeros would be one line of many pieces.
        let file = File::create(&path).unwrap();
        file.set_len(64 * 1024 * 1024 * 1024).unwrap();
        let mut end = String::from("\n");
        end += &line(7_200, "old", 1_200_000);
        end += &line(7_100, "old", 1_200_000);
        end += &line(10, "new", 0);
        std::io::Write::write_all(&mut std::fs::OpenOptions::new().append(true).open(&path).unwrap(), end.as_bytes())
            .unwrap();
        let look = world(dir.path());
        let from = look.now().checked_sub(Duration::from_secs(60)).unwrap();
        let (mut file, facts) = look.open(&look.locate("app.log").unwrap()).unwrap();
        let at = look.locate("app.log").unwrap();
        let start = first(&look, &at, &mut file, facts.size, from, look.now()).unwrap();
        assert!(facts.size - start < 4 * BLOCK, "it begins {} bytes before the end", facts.size - start);
    }
}
