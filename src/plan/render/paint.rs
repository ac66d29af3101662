//! Colour for plans: a handful of styles, or none.

use anstyle::{AnsiColor, Style};

use crate::catalogue::visible::visible;

/// Paints, or does not.
#[derive(Clone, Copy, Debug)]
pub struct Paint {
    /// Whether to.
    pub color: bool,
}

impl Paint {
    fn with(self, style: Style, text: &str) -> String {
        let text = visible(text);
        if self.color { format!("{style}{text}{style:#}") } else { text.into_owned() }
    }

    pub fn bold(self, text: &str) -> String {
        self.with(Style::new().bold(), text)
    }

    pub fn dim(self, text: &str) -> String {
        self.with(Style::new().dimmed(), text)
    }

    pub fn good(self, text: &str) -> String {
        self.with(AnsiColor::Green.on_default(), text)
    }

    pub fn bad(self, text: &str) -> String {
        self.with(AnsiColor::Red.on_default(), text)
    }

    pub fn warn(self, text: &str) -> String {
        self.with(AnsiColor::Yellow.on_default(), text)
    }

    pub fn info(self, text: &str) -> String {
        self.with(AnsiColor::Cyan.on_default(), text)
    }

    /// A line of a unified diff.
    pub fn diff(self, line: &str) -> String {
        if line.starts_with("+++") || line.starts_with("---") {
            self.bold(line)
        } else if line.starts_with('+') {
            self.good(line)
        } else if line.starts_with('-') {
            self.bad(line)
        } else if line.starts_with("@@") {
            self.info(line)
        } else {
            visible(line).into_owned()
        }
    }
}
