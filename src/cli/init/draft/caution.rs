//! What goes wrong with a runbook whoever follows it, as far as its text shows. Each is said with its line.

use std::collections::{BTreeMap, BTreeSet};

use regex::Regex;

use super::pattern::is;
use super::shell::{Kind, Piece};

/// A bug of the runbook.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Caution {
    /// In the runbook, from 1.
    pub line: usize,
    pub text: String,
}

/// A block as the detectors see it.
pub struct Fence<'a> {
    /// Of its first line.
    pub line: usize,
    pub text: &'a str,
    /// Of a shell; empty for other languages.
    pub pieces: &'a [Piece],
    /// Blocks of one phase have one number.
    pub phase: usize,
    pub python: bool,
}

/// Everything that is noticed, in the order of the lines.
pub fn cautions(fences: &[Fence<'_>]) -> Vec<Caution> {
    let mut found = BTreeSet::new();
    let mut say = |line: usize, text: String| {
        found.insert(Caution { line, text });
    };
    let made = made(fences);
    let mut missed = BTreeSet::new();
    for (index, fence) in fences.iter().enumerate() {
        idle_code(fence, &mut say);
        if fence.python {
            undefined(fence, &mut say);
        }
        if fence.pieces.is_empty() {
            limits(fence, &mut say);
            continue;
        }
        commands(fence, &mut say);
        together(fence, &mut say);
        announced(fence, &mut say);
        never_made(fence, &made, &mut missed, &mut say);
        removed_scripts(fence, &fences[index..], &mut say);
    }
    found.into_iter().collect()
}

fn lines<'f>(fence: &'f Fence<'_>) -> impl Iterator<Item = (usize, &'f str)> {
    fence.text.lines().enumerate().map(|(index, line)| (fence.line + index, line.trim()))
}

/// What one command shows.
fn commands(fence: &Fence<'_>, say: &mut impl FnMut(usize, String)) {
    let table: &[(&str, &str, &str)] = &[
        (
            r"git (checkout|reset|restore)\b.*\b(HEAD|master|main)[~^]",
            "",
            "a relative ref means something else after each commit, and who follows this twice goes back twice",
        ),
        (
            r"\bcurl\b.*\s(-s|--silent)|\bcurl\s+-w",
            r"http_code|\s-\w*f|--fail",
            "`curl` ends well on an HTTP 500, too, so an application that is broken passes",
        ),
        (r"^export\s", "", "`export` reaches this shell alone: an application that runs elsewhere does not see it"),
        (
            r"^(tail|journalctl)\b.*\s(-f|--follow)|^watch\s",
            "",
            "this never ends: what stands behind it is never reached",
        ),
        (
            r"^cp\s+-\w*[rRa]\w*\s+\S*/\*\s",
            "",
            "copying over what is there leaves every file that the failed release has added",
        ),
        (r"\brm\s+-\w*[rf]\w*\s+[^|;]*\$", "", "`rm` with a variable removes something else when that is empty"),
        (r"<[a-z_]*(commit|tag|version|id|name)[a-z_]*>", "^<", "a blank that somebody must fill in, under stress"),
        (r"git reset --hard", "", "`git reset --hard` throws away what is not committed, without a trace"),
        (r"\|\|\s*(true|echo|:)", "", "its failure is swallowed: nobody learns that it did not work"),
        (
            r"\bredis-cli\s+FLUSH",
            "",
            "it empties a whole database of Redis, also of others, and nothing brings it back",
        ),
        (
            r"datetime\('now'|\bnow\(\)",
            "",
            "it counts from the moment in which it is run, not from the incident: later it means other rows",
        ),
        (r"^(await|const|let)\s", "", "this is no command of a shell"),
        (
            r"\bpkill\s+-f",
            "",
            "`pkill -f` ends whatever has this in its command line: look at who that is, with `at_most:` as the limit",
        ),
        (r"\bgit\s+stash\b", "", "a stash that nobody takes out again, and that hides later work with the same name"),
    ];
    for (line, text) in lines(fence).filter(|(_, text)| !text.starts_with('#')) {
        for (pattern, unless, why) in table {
            if is(pattern, text) && (unless.is_empty() || !is(unless, text)) {
                say(line, (*why).to_owned());
            }
        }
        copies(text, fence, line, say);
    }
}

/// Where a copy goes, and of which of several.
fn copies(text: &str, fence: &Fence<'_>, line: usize, say: &mut impl FnMut(usize, String)) {
    let words: Vec<&str> = text.split_whitespace().collect();
    if words.first() != Some(&"cp") {
        return;
    }
    let paths: Vec<&str> = words[1..].iter().filter(|word| !word.starts_with('-')).take(2).copied().collect();
    let [from, to] = paths.as_slice() else { return };
    if from.rsplit_once('/').is_some_and(|(folder, _)| folder.trim_end_matches('/').contains('*'))
        || is(r"\*/\S*/$", from)
    {
        say(
            line,
            "the pattern matches every backup there is: with two of them, they are mixed or the copy fails".into(),
        );
    }
    let whole = words.iter().any(|word| is(r"^-\w*[rRa]", word));
    let cleared = fence.text.lines().any(|other| other.trim().starts_with("rm -r") && other.trim_end().ends_with(to));
    if whole && !cleared && from.ends_with('/') && to.ends_with('/') && !to.contains('$') {
        say(
            line,
            format!(
                "`cp -r` into a folder that is there nests: the copy ends up inside of `{to}`, beside the bad files"
            ),
        );
    }
}

/// What shows only from several commands of a script.
fn together(fence: &Fence<'_>, say: &mut impl FnMut(usize, String)) {
    let mut stopped = false;
    let mut removed: Vec<(usize, &str)> = Vec::new();
    let mut dates = 0;
    let saved = Regex::new(r"(?i)\b(saved|written|logged)\s+to\s+(\S+)").expect("a regex");
    for (line, text) in lines(fence).filter(|(_, text)| !text.starts_with('#')) {
        stopped |= is(r"\b(pkill|kill|killall|stop)\b", text);
        if text.ends_with('&') && !text.ends_with("&&") && !stopped {
            say(line, "it starts a second one beside the one that runs: nothing was stopped before".into());
        }
        if !text.starts_with("echo") && is(r"\$\(date\s+\+\S*%[HMSs]", text) {
            dates += 1;
            if dates == 2 {
                say(
                    line,
                    "`$(date)` is asked again and gives another second, so this is another folder than the one before; the draft takes the id of the run for both"
                        .into(),
                );
            }
        }
        if let Some(path) = text.strip_prefix("rm -rf ") {
            removed.push((line, path.trim()));
        }
        if text.starts_with("cp ") {
            for (line, path) in removed.iter().filter(|(_, path)| text.ends_with(path)) {
                say(
                    *line,
                    format!(
                        "`{path}` is removed before anybody looked whether the backup is there, and then nothing is"
                    ),
                );
            }
        }
        if text.starts_with("echo")
            && !text.contains("> ")
            && let Some(name) = saved.captures(text).and_then(|found| found.get(2))
        {
            let writes = fence.text.lines().any(|other| is(r"(>>?|\btee)\s*\S", other) && !other.contains("/dev/null"));
            if !writes {
                let name = name.as_str().split("$(").next().unwrap_or_default();
                say(line, format!("it says that it saved `{name}…`, and no command writes that file"));
            }
        }
    }
}

/// What is announced in a comment, where no command follows.
fn announced(fence: &Fence<'_>, say: &mut impl FnMut(usize, String)) {
    let acts = |piece: &Piece| piece.kind != Kind::Comment && !is(r"^(echo|printf)\b", &piece.text);
    // A list of what people do is no script.
    if !fence.pieces.iter().any(acts) {
        return;
    }
    for (at, piece) in fence.pieces.iter().enumerate().filter(|(_, piece)| piece.kind == Kind::Comment) {
        let next = fence.pieces[at + 1..].iter().take_while(|piece| piece.kind != Kind::Comment);
        let does = is(
            r"(?i)^(\d+\.\s*)?(clear|flush|restore|back ?up|stop|restart|revert|remove|delete|disable|reset)\b",
            &piece.text,
        );
        if does && !next.clone().any(acts) && next.count() > 0 {
            say(fence.line + piece.line, format!("“{}” is announced, and no command does it", piece.text));
        }
    }
}

/// Every backup that some command makes.
fn made(fences: &[Fence<'_>]) -> String {
    let mut text = String::new();
    for fence in fences.iter().filter(|fence| !fence.pieces.is_empty()) {
        for (_, line) in lines(fence) {
            let words: Vec<&str> = line.split_whitespace().collect();
            match words.first() {
                Some(&"cp" | &"mv" | &"rsync") => text.push_str(words.last().copied().unwrap_or_default()),
                Some(&"mkdir" | &"tar" | &"sqlite3" | &"git") => text.push_str(line),
                _ if line.contains('>') => text.push_str(line),
                _ => {}
            }
            text.push('\n');
        }
    }
    text
}

/// What is restored, and never made.
fn never_made(fence: &Fence<'_>, made: &str, missed: &mut BTreeSet<String>, say: &mut impl FnMut(usize, String)) {
    for (line, text) in lines(fence).filter(|(_, text)| text.starts_with("cp ")) {
        let from = text.split_whitespace().skip(1).find(|word| !word.starts_with('-')).unwrap_or_default();
        if from.starts_with('/') {
            continue; // of another machine or team, who knows
        }
        let backup = from.split('/').rfind(|part| part.contains("backup") && !part.contains(['*', '$']));
        if let Some(backup) = backup
            && !made.contains(backup)
            && missed.insert(backup.to_owned())
        {
            say(line, format!("`{backup}` is restored here, and nothing in the runbook ever makes it"));
        }
    }
}

/// A checkout of another version, behind which scripts of this one are run.
fn removed_scripts(fence: &Fence<'_>, later: &[Fence<'_>], say: &mut impl FnMut(usize, String)) {
    let whole = r"^git checkout (tags/)?[\w./-]+$";
    let Some((at, _)) = lines(fence).find(|(_, text)| is(whole, text) && !text.contains(" -")) else { return };
    let script = Regex::new(r"^(?:python3?|bash|sh|node)\s+([\w./-]+\.\w+)|^(\./[\w./-]+)").expect("a regex");
    let next = later.iter().filter(|other| other.phase == fence.phase).flat_map(lines).find_map(|(line, text)| {
        let found = script.captures(text)?;
        (line > at).then(|| found.get(1).or_else(|| found.get(2)).map(|name| name.as_str().to_owned())).flatten()
    });
    if let Some(name) = next {
        say(at, format!("the checkout may remove `{name}`, or bring an old one, which is run behind it"));
    }
}

/// Functions and loops whose body is `pass`.
fn idle_code(fence: &Fence<'_>, say: &mut impl FnMut(usize, String)) {
    let all: Vec<&str> = fence.text.lines().collect();
    let indent = |line: &str| line.len() - line.trim_start().len();
    let mut functions = Vec::new();
    for (at, line) in all.iter().enumerate().filter(|(_, line)| line.trim() == "pass") {
        let head =
            all[..at].iter().enumerate().rev().find(|(_, head)| {
                !head.trim().is_empty() && !head.trim().starts_with('#') && indent(head) < indent(line)
            });
        let Some((head_at, head)) = head else { continue };
        let body = all[head_at + 1..at].iter().filter(|line| !line.trim().is_empty() && !line.trim().starts_with('#'));
        let head = head.trim();
        let called = body.clone().any(|line| line.contains('('));
        if head.starts_with("def ") && body.count() == 0 {
            let name = head.trim_start_matches("def ").split('(').next().unwrap_or_default();
            functions.push((fence.line + head_at, name.to_owned()));
        } else if is(r"^(for|while)\b", head) && !called {
            say(fence.line + head_at, "the loop does nothing (`pass`), so what it measures is always good".into());
        }
    }
    if let Some((line, _)) = functions.first() {
        let names: Vec<String> = functions.iter().map(|(_, name)| format!("`{name}`")).collect();
        let negated = is(r"if not \w+\]|not all\(", fence.text);
        let end = if negated { ": the check that asks for a truth is always red" } else { "" };
        say(*line, format!("{} give nothing back (`pass`){end}", names.join(", ")));
    }
}

/// Names of Python that nothing in the block makes.
fn undefined(fence: &Fence<'_>, say: &mut impl FnMut(usize, String)) {
    let used = Regex::new(r"^([a-z_]\w*)\.\w+").expect("a regex");
    for (line, text) in lines(fence) {
        let Some(name) = used.captures(text).and_then(|found| found.get(1)) else { continue };
        let name = name.as_str();
        let made = format!(
            r"(?m)(^\s*{name}\b[^=\n.(]*=[^=]|import\s+(\w+\s*,\s*)*{name}\b|\bas\s+{name}\b|\bfor\s+{name}\b)"
        );
        if !is(&made, fence.text) {
            say(line, format!("`{name}` is not defined in this block, so it fails when it is pasted"));
            return;
        }
    }
}

/// A limit that the state to which the rollback goes back breaks by itself: `queryCount > 50`, where it was 200 before.
fn limits(fence: &Fence<'_>, say: &mut impl FnMut(usize, String)) {
    let Some((_, rest)) = fence.text.split_once("baseline = {") else { return };
    let field = Regex::new(r"(\w+):\s*(\d+)").expect("a regex");
    let table = rest.split('}').next().unwrap_or_default();
    let baseline: BTreeMap<&str, f64> = field
        .captures_iter(table)
        .filter_map(|found| Some((found.get(1)?.as_str(), found.get(2)?.as_str().parse().ok()?)))
        .collect();
    let compared = Regex::new(r"\.(\w+)\s*>\s*(\d+)").expect("a regex");
    for (line, text) in lines(fence) {
        let Some(found) = compared.captures(text) else { continue };
        let (name, limit) = (&found[1], found[2].parse::<f64>().unwrap_or(f64::MAX));
        if let Some(before) = baseline.get(name).filter(|before| **before > limit) {
            say(
                line,
                format!("`{name} > {limit}` holds for ever after the rollback, which brings {name} back to {before}"),
            );
        }
    }
}
