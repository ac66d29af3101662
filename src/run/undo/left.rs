//! What an undo leaves as it is, and why.

/// What stays as the run left it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftAsIs {
    /// The key of the node, and of the call in it where only that is meant.
    pub key: String,
    /// The title of the node.
    pub title: Option<String>,
    /// As a clause: `irreversible: it is public`.
    pub why: String,
}

impl LeftAsIs {
    /// `` `Purge the edge`, irreversible: it is public ``
    #[must_use]
    pub fn text(&self) -> String {
        format!("`{}`, {}", self.title.as_ref().unwrap_or(&self.key), self.why)
    }

    /// All of them in one line; above so many the rest is counted.
    #[must_use]
    pub fn list(all: &[Self]) -> String {
        const SHOWN: usize = 8;
        let mut texts: Vec<String> = all.iter().take(SHOWN).map(Self::text).collect();
        texts.extend(all.len().checked_sub(SHOWN).filter(|more| *more > 0).map(|more| format!("and {more} more")));
        texts.join("; ")
    }
}
