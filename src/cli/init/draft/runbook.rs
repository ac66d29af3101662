//! A runbook as text: its headings, fenced blocks, thresholds and tables. Knows Markdown as far as runbooks use it, and no shell.

/// What was read.
#[derive(Debug, Default)]
pub struct Runbook {
    pub title: Option<String>,
    pub blocks: Vec<Block>,
    /// Lines of lists and tables with a limit in them.
    pub thresholds: Vec<(usize, String)>,
}

/// A fenced block.
#[derive(Debug, Default)]
pub struct Block {
    /// The line of its first line of text, from 1.
    pub line: usize,
    /// As behind the fence, in small letters.
    pub language: String,
    pub text: String,
    /// The headings around it below the title, the outermost first, with their lines.
    pub path: Vec<(usize, String)>,
    /// What stands before it: `**Quick fix**:`, `1. **Stop it**`.
    pub label: Option<String>,
    /// `**Symptoms**: …`
    pub symptoms: Vec<String>,
}

/// Reads Markdown.
pub fn markdown(text: &str) -> Runbook {
    let mut runbook = Runbook::default();
    let mut path: Vec<(usize, usize, String)> = Vec::new();
    let (mut label, mut symptoms) = (None, Vec::new());
    let mut lines = text.lines().enumerate();
    while let Some((index, line)) = lines.next() {
        let trimmed = line.trim_start();
        let (number, indent) = (index + 1, line.len() - trimmed.len());
        let ticks = trimmed.chars().take_while(|char| *char == '`').count();
        if ticks >= 3 {
            let language = trimmed[ticks..].trim().to_lowercase();
            let mut block = Vec::new();
            for (_, line) in lines.by_ref() {
                let end = line.trim();
                if end.len() >= ticks && end.chars().all(|char| char == '`') {
                    break;
                }
                // A fence in a list is indented with its text.
                let cut = line.chars().take(indent).take_while(|char| *char == ' ').count();
                block.push(&line[cut..]);
            }
            runbook.blocks.push(Block {
                line: number + 1,
                language,
                text: block.join("\n"),
                path: path.iter().map(|(_, line, title)| (*line, title.clone())).collect(),
                label: label.take(),
                symptoms: symptoms.clone(),
            });
            continue;
        }
        let depth = trimmed.chars().take_while(|char| *char == '#').count();
        if depth > 0 && trimmed[depth..].starts_with(' ') {
            let title = bare(&trimmed[depth..]);
            path.retain(|(other, ..)| *other < depth);
            if depth == 1 && runbook.title.is_none() {
                runbook.title = Some(title);
            } else {
                path.push((depth, number, title));
            }
            (label, symptoms) = (None, Vec::new());
            continue;
        }
        let item =
            trimmed.trim_start_matches(|char: char| char.is_ascii_digit() || matches!(char, '.' | '-' | '*' | ' '));
        if let Some(rest) = trimmed.strip_prefix("**Symptoms**").or_else(|| trimmed.strip_prefix("**Symptoms:**")) {
            symptoms = rest.trim_start_matches(':').split(',').map(bare).filter(|one| !one.is_empty()).collect();
        } else if trimmed.contains("**") && trimmed.len() < 100 {
            label = Some(bare(item));
        }
        if is_threshold(trimmed) {
            runbook.thresholds.push((number, bare(trimmed)));
        }
    }
    runbook
}

/// A shell script as a runbook of one block.
pub fn script(text: &str, name: &str) -> Runbook {
    let block = Block { line: 1, language: "bash".to_owned(), text: text.to_owned(), ..Block::default() };
    Runbook { title: Some(name.to_owned()), blocks: vec![block], ..Runbook::default() }
}

/// Whether a line of a list or table names a limit: `- Memory > 500MB`, `| HIGH | … | < 1 hour |`.
fn is_threshold(line: &str) -> bool {
    let listed = line.starts_with(['-', '*', '|']) || line.starts_with(|char: char| char.is_ascii_digit());
    let chars: Vec<char> = line.chars().collect();
    let limit = chars.iter().enumerate().any(|(at, char)| {
        let next = chars[at + 1..].iter().find(|next| !matches!(next, ' ' | '='));
        matches!(char, '<' | '>' | '≤' | '≥') && next.is_some_and(char::is_ascii_digit)
    });
    listed && limit
}

/// The words of a line, without marks of Markdown and pictures.
pub fn bare(text: &str) -> String {
    let kept: String = text
        .replace("**", "")
        .chars()
        .filter(|char| {
            !matches!(char, '`' | '#' | '|') && !char.is_control() && (char.is_ascii() || char.is_alphanumeric())
        })
        .collect();
    let one = kept.split_whitespace().collect::<Vec<_>>().join(" ");
    one.trim_matches(|char: char| matches!(char, ':' | ' ' | '*' | '-')).to_owned()
}

#[cfg(test)]
mod tests {
    use super::{bare, markdown};

    #[test]
    fn a_block_knows_its_headings_and_what_stands_before_it() {
        let book = markdown(
            "# Title\n\n## 🔄 One\n\n**Symptoms**: a, b\n\n1. **Stop it**\n   ```bash\n   stop\n     now\n   ```\n### Two\n```\nx\n```\n## Three\n````sh\n```\n````\n- Errors > 5%\n",
        );
        assert_eq!(book.title.as_deref(), Some("Title"));
        let of = |index: usize| {
            let block = &book.blocks[index];
            let path: Vec<_> = block.path.iter().map(|(_, title)| title.as_str()).collect();
            (block.line, block.language.clone(), block.text.clone(), path.join("/"), block.label.clone())
        };
        assert_eq!(of(0), (9, "bash".into(), "stop\n  now".into(), "One".into(), Some("Stop it".into())));
        assert_eq!(book.blocks[0].symptoms, ["a", "b"]);
        assert_eq!(of(1), (14, String::new(), "x".into(), "One/Two".into(), None));
        assert_eq!(of(2), (18, "sh".into(), "```".into(), "Three".into(), None));
        assert_eq!(book.thresholds, [(20, "Errors > 5%".into())]);
    }

    #[test]
    fn marks_and_pictures_are_no_words() {
        assert_eq!(bare("**1. Immediate Rollback (Critical):**"), "1. Immediate Rollback (Critical)");
        assert_eq!(bare("🚨 `a` Größe"), "a Größe");
    }
}
