//! Fenced blocks of Markdown pages, with their info strings and places.

/// A fenced block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// The first word of the info string: `rbk`, `console`.
    pub language: String,
    /// The rest of it, split at blanks and commas: `error`, `file=policy.rbk`.
    pub marks: Vec<String>,
    /// What stands between the fences, each line with its end.
    pub text: String,
    /// The number of the opening fence's line, from 1.
    pub line: usize,
}

impl Block {
    /// Whether it is marked `mark`.
    pub fn is(&self, mark: &str) -> bool {
        self.marks.iter().any(|word| word == mark)
    }

    /// The value of `name=value`.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.marks.iter().find_map(|mark| mark.strip_prefix(name)?.strip_prefix('='))
    }
}

/// Every fenced block of `page`, in order. A fence of four or more backticks may hold fences of three.
pub fn blocks(page: &str) -> Vec<Block> {
    let mut found = Vec::new();
    let mut open: Option<(usize, Block)> = None;
    for (index, line) in page.lines().enumerate() {
        let ticks = line.len() - line.trim_start_matches('`').len();
        match &mut open {
            None if ticks >= 3 => {
                let mut words = line[ticks..].split([' ', ',']).filter(|word| !word.is_empty()).map(str::to_owned);
                let language = words.next().unwrap_or_default();
                let block = Block { language, marks: words.collect(), text: String::new(), line: index + 1 };
                open = Some((ticks, block));
            }
            None => {}
            Some((width, _)) if ticks >= *width && line[ticks..].trim().is_empty() => {
                found.extend(open.take().map(|(_, block)| block));
            }
            Some((_, block)) => {
                block.text.push_str(line);
                block.text.push('\n');
            }
        }
    }
    // A block that is never closed reaches to the end, as in CommonMark.
    found.extend(open.map(|(_, block)| block));
    found
}

/// The title: the text of the first `# ` line.
pub fn title(page: &str) -> Option<&str> {
    page.lines().find_map(|line| line.strip_prefix("# ")).map(str::trim).filter(|title| !title.is_empty())
}
