//! A shell script as commands: which lines belong together, and which words a simple command has. Runs and expands nothing.

/// A piece of a script, with its line in the script, from 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    pub line: usize,
    pub kind: Kind,
    pub text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Comment,
    Simple,
    /// `if … fi`, a loop, a function, a heredoc.
    Compound,
}

/// Cuts a script into its pieces.
pub fn pieces(text: &str) -> Vec<Piece> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        let (line, start) = (lines[at].trim(), at);
        at += 1;
        if line.is_empty() || line.starts_with("#!") {
            continue;
        }
        if let Some(comment) = line.strip_prefix('#') {
            found.push(Piece { line: start, kind: Kind::Comment, text: comment.trim().to_owned() });
            continue;
        }
        let mut whole = uncommented(lines[start]).to_owned();
        let mut kind = Kind::Simple;
        loop {
            let open = open_quote(&whole);
            let document = (!open).then(|| heredoc(&whole)).flatten();
            let deep = document.is_none() && depth(&whole) > 0;
            if document.is_some() || deep {
                kind = Kind::Compound;
            }
            let ended = document.as_ref().is_none_or(|end| whole.lines().skip(1).any(|line| line.trim() == *end));
            let goes_on = open || whole.ends_with('\\') || deep || !ended;
            if !goes_on || at >= lines.len() {
                break;
            }
            whole.push('\n');
            whole.push_str(if open || document.is_some() { lines[at] } else { uncommented(lines[at]) });
            at += 1;
        }
        found.push(Piece { line: start, kind, text: dedented(&whole) });
    }
    found
}

/// Without a comment at the end of the line.
fn uncommented(line: &str) -> &str {
    let (mut quote, mut before, mut escaped) = (None, ' ', false);
    for (at, char) in line.char_indices() {
        match (quote, char) {
            _ if escaped => escaped = false,
            (None | Some('"'), '\\') => escaped = true,
            (None, '"' | '\'') => quote = Some(char),
            (Some(open), char) if open == char => quote = None,
            (None, '#') if before.is_whitespace() => return line[..at].trim_end(),
            _ => {}
        }
        before = char;
    }
    line.trim_end()
}

/// Whether a quote is open at the end.
fn open_quote(text: &str) -> bool {
    let (mut quote, mut escaped) = (None, false);
    for char in text.chars() {
        match (quote, char) {
            _ if escaped => escaped = false,
            (None | Some('"'), '\\') => escaped = true,
            (None, '"' | '\'') => quote = Some(char),
            (Some(open), char) if open == char => quote = None,
            _ => {}
        }
    }
    quote.is_some()
}

/// How many compounds are open at the end.
fn depth(text: &str) -> i32 {
    let mut depth = 0;
    for line in unquoted(text).lines() {
        let mut begins = true;
        for word in line.replace(';', " ; ").split_whitespace() {
            if begins {
                match word {
                    "if" | "for" | "while" | "until" | "case" | "{" => depth += 1,
                    "fi" | "done" | "esac" | "}" => depth -= 1,
                    _ => {}
                }
            }
            let function = word.ends_with("()");
            begins = matches!(word, ";" | "do" | "then" | "else" | "&&" | "||" | "{") || function;
        }
    }
    depth
}

/// Without what stands in quotes: a program of another language is no shell.
fn unquoted(text: &str) -> String {
    let (mut quote, mut escaped, mut out) = (None, false, String::new());
    for char in text.chars() {
        match (quote, char) {
            _ if escaped => escaped = false,
            (None | Some('"'), '\\') => escaped = true,
            (None, '"' | '\'') => quote = Some(char),
            (Some(open), char) if open == char => quote = None,
            (None, char) => out.push(char),
            _ => {}
        }
    }
    out
}

/// The word that ends a document in the script.
fn heredoc(text: &str) -> Option<String> {
    let (_, rest) = text.lines().next()?.split_once("<<")?;
    let word: String = rest
        .trim_start_matches('-')
        .trim_start()
        .trim_start_matches(['"', '\''])
        .chars()
        .take_while(|char| char.is_alphanumeric() || *char == '_')
        .collect();
    (!word.is_empty()).then_some(word)
}

/// Without the blanks that all lines begin with: those of the first line, as far as the others have them.
fn dedented(text: &str) -> String {
    let indent = text.len() - text.trim_start_matches(' ').len();
    let cut = |line: &str| {
        let blanks = line.chars().take(indent).take_while(|char| *char == ' ').count();
        line[blanks..].to_owned()
    };
    text.lines().map(cut).collect::<Vec<_>>().join("\n")
}

/// The words of a simple command; `None` where a shell would do more than split it.
pub fn words(text: &str) -> Option<Vec<String>> {
    let (mut words, mut word, mut quote): (Vec<String>, Option<String>, Option<char>) = (Vec::new(), None, None);
    let mut chars = text.chars();
    while let Some(char) = chars.next() {
        match (quote, char) {
            (Some('\''), '\'') | (Some('"'), '"') => quote = None,
            (Some('"'), '$' | '`') => return None,
            (Some('"'), '\\') => {
                let next = chars.next()?;
                let word = word.get_or_insert_default();
                if !matches!(next, '"' | '\\' | '$' | '`') {
                    word.push('\\');
                }
                word.push(next);
            }
            (Some(_), char) => word.get_or_insert_default().push(char),
            (None, '"' | '\'') => {
                quote = Some(char);
                word.get_or_insert_default();
            }
            (None, '\\') => match chars.next()? {
                '\n' => {}
                next => word.get_or_insert_default().push(next),
            },
            (None, '|' | '&' | ';' | '<' | '>' | '(' | ')' | '$' | '`' | '*' | '?' | '[' | '{' | '!') => {
                return None;
            }
            // A home.
            (None, '~') if word.is_none() => return None,
            (None, char) if char.is_whitespace() => words.extend(word.take()),
            (None, char) => word.get_or_insert_default().push(char),
        }
    }
    words.extend(word);
    (quote.is_none() && !words.is_empty()).then_some(words)
}

/// As [`words`], where `*` and `?` may stand: for what is understood to take patterns.
pub fn words_with_patterns(text: &str) -> Option<Vec<String>> {
    // Private characters stand for them on the way.
    let hidden = text.replace('*', "\u{E000}").replace('?', "\u{E001}");
    Some(words(&hidden)?.into_iter().map(|word| word.replace('\u{E000}', "*").replace('\u{E001}', "?")).collect())
}

#[cfg(test)]
mod tests {
    use super::{Kind, pieces, words};

    #[test]
    fn what_belongs_together_is_one_piece() {
        let script = "#!/bin/sh\n# 1. Go\na b \\\n  c  # why\nif x; then\n  y\nfi\npython -c \"\nif x:\n  pass\n\"\nfor a in b; do c; done\ncat <<EOF\nif\nEOF\nlast";
        let found: Vec<_> = pieces(script).into_iter().map(|piece| (piece.line, piece.kind, piece.text)).collect();
        assert_eq!(
            found,
            [
                (1, Kind::Comment, "1. Go".to_owned()),
                (2, Kind::Simple, "a b \\\n  c".to_owned()),
                (4, Kind::Compound, "if x; then\n  y\nfi".to_owned()),
                (7, Kind::Simple, "python -c \"\nif x:\n  pass\n\"".to_owned()),
                (11, Kind::Simple, "for a in b; do c; done".to_owned()),
                (12, Kind::Compound, "cat <<EOF\nif\nEOF".to_owned()),
                (15, Kind::Simple, "last".to_owned()),
            ]
        );
    }

    #[test]
    fn words_are_those_of_a_shell_or_none() {
        assert_eq!(
            words("a 'b c' \"d\\\"e\" f\\ g ''"),
            Some(["a", "b c", "d\"e", "f g", ""].map(str::to_owned).into())
        );
        for text in ["a | b", "a $b", "a \"$b\"", "a > b", "a *", "a &", "a 'b", ""] {
            assert_eq!(words(text), None, "{text}");
        }
    }
}
