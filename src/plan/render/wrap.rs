//! Lines that fit a terminal: broken between words, never cut.

use unicode_width::UnicodeWidthStr;

/// What a line keeps at least, however narrow the terminal is.
const LEAST: usize = 24;

/// `text` in lines of at most `width` columns. A word that is longer than that has a line of its own.
#[must_use]
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let width = width.max(LEAST);
    let mut lines = Vec::new();
    let (mut line, mut taken) = (String::new(), 0);
    for word in text.split(' ') {
        let columns = word.width();
        if taken > 0 && taken + 1 + columns > width {
            lines.push(std::mem::take(&mut line).trim_end().to_owned());
            taken = 0;
        }
        // Runs of blanks set columns apart; at the start of a line that was broken they mean nothing.
        if taken == 0 && word.is_empty() && !lines.is_empty() {
            continue;
        }
        if taken > 0 || !line.is_empty() {
            line.push(' ');
            taken += 1;
        }
        line.push_str(word);
        taken += columns;
    }
    lines.push(line.trim_end().to_owned());
    lines
}

#[cfg(test)]
mod tests {
    use super::wrap;

    #[test]
    fn breaks_between_words_and_cuts_nothing() {
        let text = "stops; `keep_failed`, `backup` stay done; `rbk undo last` takes them back";
        let lines = wrap(text, 30);
        assert!(lines.iter().all(|line| line.chars().count() <= 30), "{lines:?}");
        assert_eq!(lines.join(" "), text);
        let long = "/a/path/that/is/longer/than/any/terminal/is/wide";
        assert_eq!(wrap(&format!("in {long} now"), 30), ["in", long, "now"]);
    }

    #[test]
    fn wide_letters_count_twice() {
        assert_eq!(wrap("数据库数据库 数据库数据库 x", 24).len(), 2);
    }
}
