//! W6037 to W6042: commands that do not do what they look like, or that something safer does.

use std::sync::LazyLock;

use regex::Regex;

use crate::catalogue::ty::Type;
use crate::check::constant;
use crate::check::model::{ExprKind, Part};
use crate::diagnostics::{Code, Diagnostic};
use crate::source::{Place, Span};

use super::advice::Advice;
use super::command::{Command, commands, plain};
use super::everything::Everything;

/// What the shell itself does, so that no program of this name need exist.
const BUILT_IN: &[&str] = &[
    ".", ":", "alias", "bg", "break", "cd", "command", "continue", "eval", "exec", "exit", "export", "fg", "hash",
    "jobs", "kill", "local", "read", "readonly", "return", "set", "shift", "source", "times", "trap", "type", "ulimit",
    "umask", "unalias", "unset", "wait", "case", "do", "done", "elif", "else", "esac", "fi", "for", "if", "in", "then",
    "until", "while",
];

static PIPED: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\b(curl|wget)\b[^|;&\n]*\|\s*(sudo\s+(-\S+\s+)*)?(/\S*/)?(ba|da|a|z|k)?sh\b")
        .expect("it is well formed")
});

pub fn lint(all: &Everything<'_>, advice: &mut Advice<'_>) {
    for command in commands(all) {
        needless_shell(&command, advice);
        one_word(&command, advice);
        value_as_shell(&command, advice);
        downloaded(&command, advice);
        password(&command, advice);
        unit(&command, advice);
    }
}

fn needless_shell(command: &Command<'_>, advice: &mut Advice<'_>) {
    let Some(text) = plain(command.run).filter(|_| command.is_shell) else { return };
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "_-./:=@,+% ".contains(letter);
    let words: Vec<&str> = text.split_ascii_whitespace().collect();
    let Some(first) = words.first() else { return };
    if !text.chars().all(is_plain) || BUILT_IN.contains(first) || first.contains('=') {
        return;
    }
    let list = listed(&words);
    let mut found = Diagnostic::new(Code::NeedlessShell, command.place, "no shell is needed for this command")
        .label("one program and its arguments")
        .help(format!("write `exec({list})`: what starts it is the program itself, and its exit code is its own"));
    let name = Span::new(command.place.span.start, command.place.span.start + 2);
    let name = Place::new(command.place.file, name);
    if advice.text(name) == "sh" {
        let edits = vec![(name, "exec".to_owned()), (command.run.place, list)];
        found.fix = Some(crate::diagnostics::Fix { title: "write `exec`".to_owned(), edits });
    }
    advice.push(found);
}

fn listed(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("\"{word}\"")).collect();
    format!("[{}]", quoted.join(", "))
}

/// `exec(["systemctl restart nginx"])`
fn one_word(command: &Command<'_>, advice: &mut Advice<'_>) {
    let Some([word]) = command.words() else { return };
    let Some(text) = plain(word) else { return };
    let words: Vec<&str> = text.split_ascii_whitespace().collect();
    let [program, rest @ ..] = &words[..] else { return };
    // The path of a program may hold blanks.
    if rest.is_empty() || rest.iter().any(|word| word.contains('/')) && program.contains('/') {
        return;
    }
    let mut found = Diagnostic::new(Code::ProgramWithBlanks, word.place, format!("no program is called `{text}`"))
        .label("one word, with blanks in it")
        .help(format!("write `{}`: each argument is an element", listed(&words)));
    if !text.contains(['"', '\'', '\\', '$']) {
        let inner = listed(&words);
        found = found.fix("split it into words", word.place, &inner[1..inner.len() - 1]);
    }
    advice.push(found);
}

/// `exec(["sh", "-c", "rm ${name}"])`: what `sh` would quote becomes code.
fn value_as_shell(command: &Command<'_>, advice: &mut Advice<'_>) {
    let Some(script) = command.script() else { return };
    let ExprKind::Interpolate(parts) = &script.kind else { return };
    for part in parts {
        let Part::Hole(hole) = part else { continue };
        let harmless = matches!(
            hole.ty.required(),
            Type::Int | Type::Float | Type::Bool | Type::Quantity(_) | Type::Time | Type::Version | Type::Error
        ) || matches!(hole.ty.required(), Type::Enum(_))
            || matches!(hole.kind, ExprKind::Run(_))
            || constant::value(hole, &advice.policy.bindings, None).is_some();
        if !harmless {
            advice.push(
                Diagnostic::new(Code::ValueAsShell, hole.place, "this value becomes code of a shell")
                    .label("`a; rm -rf .` in it would be run")
                    .help("write `sh(\"…\")`, which quotes each value; or pass it behind the script and use `\"$0\"`"),
            );
        }
    }
}

fn downloaded(command: &Command<'_>, advice: &mut Advice<'_>) {
    for (line, place) in command.lines() {
        // Compiled only where it may fit.
        if (line.contains("curl") || line.contains("wget")) && PIPED.is_match(&line) {
            advice.push(
                Diagnostic::new(Code::RunsDownload, place, "what is downloaded is run unseen")
                    .label("half of it is run where the connection breaks")
                    .help("keep the script in the repository, or download it to a file, compare its hash, then run it"),
            );
        }
    }
}

/// `sudo` asks at the terminal, where nobody answers a rollback at night.
fn password(command: &Command<'_>, advice: &mut Advice<'_>) {
    let help = "write `sudo -n`: it fails at once where a password would be needed";
    let found = |place| {
        Diagnostic::new(Code::MayAskPassword, place, "`sudo` may ask for a password")
            .label("and waits until the time limit")
            .help(help)
    };
    if let Some([program, rest @ ..]) = command.words()
        && plain(program) == Some("sudo")
        && !never_asks(rest.iter().map_while(plain))
    {
        advice.push(found(program.place).fix("write `-n`", program.place, "\"sudo\", \"-n\""));
    }
    for (line, place) in command.lines() {
        let words: Vec<&str> = line.split_ascii_whitespace().collect();
        let starts = |index: usize| {
            let before: Option<&&str> = index.checked_sub(1).and_then(|before| words.get(before));
            before.is_none_or(|word| word.ends_with(['|', '&', ';', '(']) || ["then", "do", "else"].contains(word))
        };
        let asks =
            |index: usize| words[index] == "sudo" && starts(index) && !never_asks(words[index + 1..].iter().copied());
        if (0..words.len()).any(asks) {
            advice.push(found(place));
        }
    }
}

/// Whether the options of `sudo` keep it from asking at the terminal.
fn never_asks<'w>(words: impl Iterator<Item = &'w str>) -> bool {
    words.take_while(|word| word.starts_with('-')).any(|word| match word.strip_prefix("--") {
        Some(long) => ["non-interactive", "stdin", "askpass"].contains(&long),
        None => word.contains(['n', 'S', 'A']),
    })
}

/// A program for which there is a unit that captures what it overwrites.
fn unit(command: &Command<'_>, advice: &mut Advice<'_>) {
    if !command.acts || !command.bare {
        return;
    }
    let Some(words) = command.plain() else { return };
    let [program, rest @ ..] = &words[..] else { return };
    let (flags, operands): (Vec<&str>, Vec<&str>) = rest.iter().partition(|word| word.starts_with('-'));
    let only = |allowed: &str| flags.iter().all(|flag| flag[1..].chars().all(|letter| allowed.contains(letter)));
    let below = |path: &&str| !path.starts_with(['/', '~']) && !path.split('/').any(|part| part == "..");
    let quoted = |index: usize| format!("\"{}\"", operands[index]);
    let instead = match (*program, operands.len()) {
        ("rm", 1) if only("rRf") => format!("file.remove({})", quoted(0)),
        ("rm", 2..) if only("rRf") => format!("file.remove({})", listed(&operands)),
        ("cp", 2) if only("rRapf") => format!("file.copy({}, to: {})", quoted(0), quoted(1)),
        ("mv", 2) if only("f") => format!("file.move({}, to: {})", quoted(0), quoted(1)),
        ("mkdir", 1) if only("p") => format!("file.mkdir({})", quoted(0)),
        _ => return,
    };
    if !operands.iter().all(below) {
        return;
    }
    advice.push(
        Diagnostic::new(Code::UnitExists, command.place, format!("nothing of what `{program}` does can be undone"))
            .label("nobody captures what it changes")
            .help(format!("write `{instead}`, which `rbk undo` takes back")),
    );
}
