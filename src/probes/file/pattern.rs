//! Glob patterns over the root: `*` and `?` within a name, `**` over any names, `[a-z]`, `{a,b}`. As in a shell, a
//! leading dot is only matched by a dot. Links are found, not followed.

use globset::{GlobBuilder, GlobMatcher};

use crate::catalogue::error::{Error, ErrorKind, Result};
use crate::catalogue::look::{Located, Look};
use crate::catalogue::path_text::{lexical, shown};

/// A pattern, parted where it begins to be one.
pub struct Pattern {
    /// The plain directory that it begins with; `.` where there is none.
    pub base: String,
    /// The rest, which has a wildcard in its first segment.
    rest: Vec<String>,
    matcher: GlobMatcher,
}

impl Pattern {
    /// Reads a pattern.
    pub fn parse(text: &str) -> Result<Self> {
        if text.is_empty() {
            return Err(Error::new(ErrorKind::Value, "an empty pattern matches nothing"));
        }
        let plain = lexical(text);
        let parts: Vec<&str> = plain.trim_start_matches('/').split('/').collect();
        // The last part is matched even without a wildcard: it must be found to be there.
        let fixed = parts.iter().take_while(|part| !is_wild(part)).count().min(parts.len() - 1);
        let slash = if plain.starts_with('/') { "/" } else { "" };
        let base = format!("{slash}{}", parts[..fixed].join("/"));
        let rest: Vec<String> = parts[fixed..].iter().map(|part| (*part).to_owned()).collect();
        let glob = GlobBuilder::new(&rest.join("/")).literal_separator(true).backslash_escape(true).build();
        let glob =
            glob.map_err(|error| Error::new(ErrorKind::Value, format!("`{text}` is no pattern: {}", error.kind())))?;
        let base = if base.is_empty() { ".".to_owned() } else { base };
        Ok(Self { base, rest, matcher: glob.compile_matcher() })
    }

    /// The rest as a name of a resource, which knows `*` and `**` only.
    pub fn resource(&self) -> String {
        let part = |part: &String| match part.as_str() {
            "**" => "**".to_owned(),
            part if part.contains(['?', '[', '{', '\\']) => "*".to_owned(),
            part => part.to_owned(),
        };
        self.rest.iter().map(part).collect::<Vec<_>>().join("/")
    }

    /// Everything that matches, sorted by name: as a policy names it, and where it is.
    pub fn matches(&self, look: &Look) -> Result<Vec<(String, Located)>> {
        let base = look.locate_following(&self.base)?;
        if !look.facts(&base)?.is_some_and(|facts| facts.is_dir()) {
            return Ok(Vec::new());
        }
        let deep = self.rest.iter().any(|part| part.contains("**"));
        let hidden = self.rest.iter().any(|part| part.starts_with('.'));
        let depth = if deep { usize::MAX } else { self.rest.len() };
        let mut found = Vec::new();
        let walk = walkdir::WalkDir::new(&base.path).min_depth(1).max_depth(depth).sort_by_file_name().into_iter();
        let shows = |entry: &walkdir::DirEntry| {
            let dotted = entry.depth() > 0 && entry.file_name().as_encoded_bytes().starts_with(b".");
            let ours = entry.depth() > 0 && look.is_guarded(entry.path());
            (hidden || !dotted) && !ours
        };
        for entry in walk.filter_entry(shows) {
            look.cancel().check()?;
            let entry = entry.map_err(|error| {
                let source = error.into_io_error().unwrap_or_else(|| std::io::Error::other("a loop of links"));
                Error::io(format!("list `{}`", self.base), &source)
            })?;
            let Ok(rest) = entry.path().strip_prefix(&base.path) else { continue };
            if !self.matcher.is_match(rest) {
                continue;
            }
            // Leaving it out would be a silent hole in whatever is done to all that match.
            let Some(name) = rest.to_str() else {
                return Err(Error::failed(format!("`{}` matches, but is not UTF-8 and cannot be named", shown(rest)))
                    .hint("rename it, or name its directory instead"));
            };
            let name =
                if self.base == "." { name.to_owned() } else { format!("{}/{name}", self.base.trim_end_matches('/')) };
            found.push((name, look.entry(&base, rest.as_os_str())));
        }
        Ok(found)
    }
}

fn is_wild(part: &str) -> bool {
    part.contains(['*', '?', '[', '{', '\\'])
}

#[cfg(test)]
mod tests;
