//! "Did you mean": which of the known words a mistaken one may have meant.
//!
//! Owns the distance rule. It must not know what the words are: callers give them.

/// At most this many suggestions.
const MOST: usize = 3;

/// The names that `wanted` may have meant, nearest first, at most three; empty rather than a wild guess.
///
/// An exact match ignoring case stands alone. Otherwise a name is near when it differs by at most a third of its
/// letters (two swapped neighbours count as one), and names of one or two letters are never guessed.
pub fn similar<'n>(wanted: &str, names: impl IntoIterator<Item = &'n str>) -> Vec<&'n str> {
    let limit = match wanted.chars().count() {
        0..=2 => 0,
        3..=5 => 1,
        6..=8 => 2,
        _ => 3,
    };
    let mut near: Vec<(usize, &str)> = Vec::new();
    for name in names {
        if name == wanted {
            continue;
        }
        if name.eq_ignore_ascii_case(wanted) {
            return vec![name];
        }
        if name.len().abs_diff(wanted.len()) > limit || limit == 0 {
            continue;
        }
        let distance = strsim::damerau_levenshtein(wanted, name);
        if distance <= limit && !near.iter().any(|(_, known)| *known == name) {
            near.push((distance, name));
        }
    }
    near.sort_by_key(|(distance, _)| *distance);
    near.into_iter().take(MOST).map(|(_, name)| name).collect()
}

/// ``did you mean `a` or `b`?``, or nothing where no name is near.
pub fn did_you_mean<'n>(wanted: &str, names: impl IntoIterator<Item = &'n str>) -> Option<String> {
    let near = similar(wanted, names);
    (!near.is_empty()).then(|| format!("did you mean {}?", alternatives(&near, "or")))
}

/// The name that a text of [`did_you_mean`] offers, when it offers just one.
#[must_use]
pub fn only_one(text: &str) -> Option<&str> {
    let name = text.strip_prefix("did you mean `")?.strip_suffix("`?")?;
    (!name.contains('`')).then_some(name)
}

/// `` `a`, `b` or `c` ``, with the last two joined by `word`.
#[must_use]
pub fn alternatives(words: &[&str], word: &str) -> String {
    let mut text = String::new();
    for (index, name) in words.iter().enumerate() {
        if index > 0 {
            text.push_str(if index + 1 == words.len() { " " } else { ", " });
            if index + 1 == words.len() {
                text.push_str(word);
                text.push(' ');
            }
        }
        text.push('`');
        text.push_str(name);
        text.push('`');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{alternatives, did_you_mean, only_one, similar};

    #[test]
    fn a_difference_in_case_stands_alone() {
        assert_eq!(similar("Restart", ["restore", "restart", "restars"]), ["restart"]);
    }

    #[test]
    fn nearest_first_and_at_most_three() {
        assert_eq!(similar("restrat", ["xxxxxxx", "restart", "restra", "restraat", "restat"]).len(), 3);
        assert_eq!(similar("restrat", ["restore", "restart"])[0], "restart");
    }

    #[test]
    fn never_a_wild_guess() {
        assert!(similar("x", ["y", "z"]).is_empty());
        assert!(similar("ab", ["ac"]).is_empty());
        assert!(similar("dashboard", ["memory", "caches"]).is_empty());
    }

    #[test]
    fn reads_as_a_question() {
        assert_eq!(did_you_mean("timout", ["timeout", "title"]).as_deref(), Some("did you mean `timeout`?"));
        assert_eq!(did_you_mean("zzz", ["timeout"]), None);
        assert_eq!(did_you_mean("timout", ["timeout", "title"]).as_deref().and_then(only_one), Some("timeout"));
        let two = did_you_mean("restars", ["restart", "restara"]);
        assert_eq!(
            (two.as_deref(), two.as_deref().and_then(only_one)),
            (Some("did you mean `restart` or `restara`?"), None)
        );
        assert_eq!(alternatives(&["a", "b", "c"], "or"), "`a`, `b` or `c`");
    }
}
