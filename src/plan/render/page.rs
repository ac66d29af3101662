//! A plan on its way to text: lines that are wrapped and painted, without what must not be seen.

use std::time::Duration;

use crate::catalogue::show;
use crate::catalogue::visible::visible;
use crate::plan::model::Plan;

use super::paint::Paint;
use super::wrap::wrap;

/// A plan on its way to text.
pub(super) struct Text<'p> {
    pub plan: &'p Plan,
    pub paint: Paint,
    pub width: usize,
    /// Whether there are so many nodes that each is told in few lines.
    pub brief: bool,
    /// Takes out of a text what must not be seen.
    pub hide: &'p dyn Fn(&str) -> Option<String>,
    pub out: String,
}

/// How a line is painted.
pub(super) type Style = fn(Paint, &str) -> String;

/// As it is; as every style, without orders to a terminal.
pub(super) fn plain(_: Paint, text: &str) -> String {
    visible(text).into_owned()
}

impl Text<'_> {
    /// A line as it is, however long: of a diff, or what was painted already.
    pub fn line(&mut self, line: &str) {
        self.out.push_str(line.trim_end());
        self.out.push('\n');
    }

    /// Text at `indent` behind a painted `mark` of so many columns, in as many lines as it takes.
    pub fn say(&mut self, indent: usize, (mark, columns): (&str, usize), text: &str, style: Style) {
        let paint = self.paint;
        let hidden = (self.hide)(text);
        let text = hidden.as_deref().unwrap_or(text);
        for (number, line) in wrap(text, self.width.saturating_sub(indent + columns)).iter().enumerate() {
            let mark = if number == 0 { mark.to_owned() } else { " ".repeat(columns) };
            self.line(&format!("{}{mark}{}", " ".repeat(indent), style(paint, line)));
        }
    }

    /// Text at `indent`; what does not fit stands two columns further in.
    pub fn tell(&mut self, indent: usize, text: &str, style: Style) {
        let hidden = (self.hide)(text);
        let lines = wrap(hidden.as_deref().unwrap_or(text), self.width.saturating_sub(indent + 2));
        for (number, line) in lines.iter().enumerate() {
            let further = if number == 0 { 0 } else { 2 };
            self.line(&format!("{}{}", " ".repeat(indent + further), style(self.paint, line)));
        }
    }
}

/// `9s (12 runs)`
pub(super) fn typically(took: Duration, runs: usize) -> String {
    format!("{} ({runs} run{})", length(took), if runs == 1 { "" } else { "s" })
}

pub(super) fn length(time: Duration) -> String {
    show::duration(time.as_nanos() as f64)
}
