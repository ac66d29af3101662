//! One command of a runbook as a call of the language: exactly where its meaning is known, as `exec` or `sh` otherwise.

use std::collections::BTreeMap;

use regex::Regex;

use super::pattern::is;
use super::shell::{Kind, Piece, words, words_with_patterns};
use crate::cli::init::text::{quoted, slug};

/// What becomes of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Out {
    /// A statement of a step.
    Call(String),
    /// An expectation.
    Check(String),
    /// Nothing, and why.
    Left(&'static str),
    /// Nothing that anybody would miss.
    Silent,
}

/// What is known along the commands of a script, and the `let`s that they need: name by expression.
#[derive(Debug, Default)]
pub struct Along {
    /// The folder by `cd`, relative to the root; empty for the root.
    folder: String,
    /// A `cd` that leads who knows where.
    lost: Option<String>,
    vars: BTreeMap<String, String>,
    pub lets: Vec<(String, String)>,
}

impl Along {
    /// What becomes of `piece`, above which stands `title`.
    pub fn out(&mut self, piece: &Piece, title: &str) -> Vec<Out> {
        let text = piece.text.as_str();
        if let Some(url) = asked(text) {
            return vec![Out::Check(format!("http.get({}).status == 200", quoted(&url)))];
        }
        if piece.kind == Kind::Compound || starts(text, r"(if|for|while|until|case)\s") {
            return vec![self.compound(text)];
        }
        if let Some((name, value)) = assignment(text) {
            self.vars.insert(name, value);
            if harmless(text) {
                return vec![Out::Silent];
            }
            return vec![Out::Left("it stands before each command that uses it; where none does, make it a step")];
        }
        if let Some(folder) = text.strip_prefix("cd ").filter(|rest| words(rest).is_some_and(|words| words.len() == 1))
        {
            self.enter(folder.trim().trim_matches(['"', '\'']));
            return vec![Out::Silent];
        }
        let out = self.simple(text, title);
        vec![out]
    }

    fn compound(&self, text: &str) -> Out {
        if idle(text) {
            return Out::Silent;
        }
        if starts(text, "case ") || is(r"\$\{?[1-9@*]", text) {
            return Out::Left("it chooses by an argument, as phases and scenarios do here");
        }
        self.shell(text)
    }

    fn simple(&mut self, text: &str, title: &str) -> Out {
        let first = text.split_whitespace().next().unwrap_or_default();
        match first {
            "echo" | "printf" | "set" | "exit" | "shift" | "return" if idle(text) => return Out::Silent,
            "source" | "." => {
                return Out::Left("it changes this shell alone: give the variables that are needed as params");
            }
            "export" => {
                return Out::Left("it reaches this shell alone, not the application: set it where that reads it");
            }
            "await" | "const" | "let" | "}" | "})" | "});" => return Out::Left("it is no command of a shell"),
            "tail" | "journalctl" if text.contains(" -f") => return Out::Left("it never ends"),
            "watch" | "top" | "htop" => return Out::Left("it never ends"),
            _ => {}
        }
        if is(r"(^|\s)<[a-z_ -]+>", text) {
            return Out::Left("it has a blank that somebody must fill in");
        }
        if starts(text, r"git\s+(log|status|diff|show|reflog)\b|(ls|cat|ps|df|du|pwd|which|free)\b")
            && !text.contains('>')
        {
            return Out::Left("it only looks");
        }
        if starts(text, r"git\s+stash\b") {
            return Out::Left("what a step overwrites is captured, and nobody has to remember a stash");
        }
        if let Some(command) = text.strip_suffix('&').map(str::trim_end)
            && !command.ends_with('&')
            && let Some(started) = words(command)
        {
            let log = slug(&started.join(" "), 24, "app");
            return Out::Call(format!("process.start({}, log: \"logs/{log}.log\")", quoted(command)));
        }
        if self.lost.is_none()
            && let Some(call) = self.known(text)
        {
            return call;
        }
        // The name of what is run says so, not a flag: `resume --validate` does something.
        let asks = r"^(pytest|tests?|health_?check\S*|verify\S*|validate\S*|check_\S*|test_\S*)$";
        let acts = r"^test_(rollback|restore|deploy)";
        let says = |text: &str| {
            text.split_whitespace().filter(|word| !word.starts_with('-')).any(|word| {
                let name = word.trim_end_matches('/').rsplit('/').next().unwrap_or(word);
                is(asks, name) && !is(acts, name)
            })
        };
        let inline = is(r"\s-[ce]\s", text);
        let about = is(r"(?i)\b(test|check|verify|benchmark|imports? work)", title);
        let runs = starts(text, r"(python3?|pytest|npm|npx|yarn|pnpm|node|make|go|cargo|bash|sh)\s|\S*/\S+");
        let checks = runs && if inline { about } else { says(text) };
        if checks && !text.contains('>') {
            return match words(text) {
                Some(words) => Out::Check(format!("{}.ok", self.exec(&words))),
                None => match self.shell(text) {
                    Out::Call(call) => Out::Check(format!("{call}.ok")),
                    other => other,
                },
            };
        }
        match words(text) {
            Some(words) if self.lost.is_none() => Out::Call(self.exec(&words)),
            _ => self.shell(text),
        }
    }

    /// A command whose meaning the language has.
    fn known(&mut self, text: &str) -> Option<Out> {
        let words = words_with_patterns(text)?;
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let (flags, rest): (Vec<&str>, Vec<&str>) = words[1..].iter().partition(|word| word.starts_with('-'));
        let plain = |path: &str| !path.contains(['*', '?']);
        let call = match (words[0], rest.as_slice()) {
            ("sleep", [time]) => {
                let time = if time.ends_with(|char: char| char.is_ascii_digit()) {
                    format!("{time}s")
                } else {
                    (*time).into()
                };
                is(r"^\d+[smh]$", &time).then(|| format!("wait({time})"))?
            }
            ("mkdir", [path]) if plain(path) => format!("file.mkdir({})", quoted(&self.inside(path)?)),
            ("rm", paths) if !paths.is_empty() => {
                let mut calls = Vec::new();
                for path in paths {
                    let literal = quoted(&self.inside(path)?);
                    calls.push(if plain(path) { literal } else { format!("file.glob({literal})") });
                }
                match calls.as_slice() {
                    [one] => format!("file.remove({one})"),
                    all if paths.iter().all(|path| plain(path)) => format!("file.remove([{}])", all.join(", ")),
                    _ => return None,
                }
            }
            ("cp" | "mv", [from, to]) if plain(to) && flags.iter().all(|flag| !flag.contains('t')) => {
                let verb = if words[0] == "cp" { "copy" } else { "move" };
                return self.copied(verb, from, to);
            }
            ("git", ["checkout", ..]) => return self.checkout(&words[2..]),
            ("pkill", [pattern]) if flags == ["-f"] => {
                let exact = pattern.chars().all(|char| char.is_alphanumeric() || " /_-".contains(char));
                let what = if exact { quoted(pattern) } else { format!("matching: {}", quoted(pattern)) };
                format!("process.stop({what}, grace: 5s, at_most: 1)")
            }
            _ => return None,
        };
        Some(Out::Call(call))
    }

    fn copied(&mut self, verb: &str, from: &str, to: &str) -> Option<Out> {
        let into = to.ends_with('/') || to == ".";
        let to = quoted(&self.inside(to)?);
        let whole = from.strip_suffix('/').unwrap_or(from);
        let (folder, name) = whole.rsplit_once('/').unwrap_or(("", whole));
        // A pattern among the folders means one of several backups: the latest one.
        let source = match folder.split_once('*') {
            Some((before, after))
                if before.ends_with('/')
                    && !after.contains(['*', '?'])
                    && (after.is_empty() || after.starts_with('/')) =>
            {
                let pattern = self.inside(&format!("{before}*"))?;
                let at = self.bound(
                    "latest",
                    &format!(
                        "file.latest({}) otherwise refuse({})",
                        quoted(&pattern),
                        quoted(&format!("there is nothing like {pattern}"))
                    ),
                );
                let rest = quoted(&format!("{after}/{name}"));
                format!("\"${{{at}}}{}", &rest[1..])
            }
            Some(_) => return None,
            None => quoted(&self.inside(whole)?),
        };
        if name.contains(['*', '?']) {
            return Some(Out::Call(format!("for path in file.glob({source}) {{ file.{verb}(path, into: {to}) }}")));
        }
        // A folder that is copied into one of its own name replaces that, which is what was meant.
        let label = if into && !from.ends_with('/') { "into" } else { "to" };
        Some(Out::Call(format!("file.{verb}({source}, {label}: {to})")))
    }

    fn checkout(&mut self, words: &[&str]) -> Option<Out> {
        let (reference, paths) = match words {
            [reference, "--", paths @ ..] if !paths.is_empty() => (reference, paths),
            [reference, paths @ ..] => (reference, paths),
            [] => return None,
        };
        if reference.starts_with('-') || paths.iter().any(|path| path.starts_with('-') || path.contains('*')) {
            return None;
        }
        if paths.is_empty() {
            return Some(Out::Call(format!("git.checkout({})", quoted(reference))));
        }
        let paths: Option<Vec<String>> = paths.iter().map(|path| Some(quoted(&self.inside(path)?))).collect();
        let paths = paths?;
        let paths = if paths.len() == 1 { paths[0].clone() } else { format!("[{}]", paths.join(", ")) };
        let relative = reference.contains(['~', '^', '@']) || *reference == "HEAD";
        let from = if relative {
            self.bound("before", &format!("git.commit_of({})", quoted(reference)))
        } else {
            quoted(reference)
        };
        Some(Out::Call(format!("git.restore({paths}, from: {from})")))
    }

    /// The name of a `let`; the same one for the same value.
    fn bound(&mut self, name: &str, value: &str) -> String {
        if let Some((known, _)) = self.lets.iter().find(|(_, known)| known == value) {
            return known.clone();
        }
        let count = self.lets.iter().filter(|(known, _)| known.starts_with(name)).count();
        let name = if count == 0 { name.to_owned() } else { format!("{name}_{}", count + 1) };
        self.lets.push((name.clone(), value.to_owned()));
        name
    }

    fn exec(&self, words: &[String]) -> String {
        let words: Vec<String> = words.iter().map(|word| literal(word)).collect();
        let at = if self.folder.is_empty() { String::new() } else { format!(", cwd: {}", quoted(&self.folder)) };
        format!("exec([{}]{at})", words.join(", "))
    }

    /// A line for a shell, behind the variables that it uses.
    fn shell(&self, text: &str) -> Out {
        let mut used: Vec<&String> = Vec::new();
        let mut all = text.to_owned();
        for _ in 0..=self.vars.len() {
            for (name, value) in &self.vars {
                let uses = names(&all, name);
                if uses && !used.contains(&value) {
                    used.push(value);
                    all = format!("{value}\n{all}");
                }
            }
        }
        if is(r"\$\{?[1-9@*]", &all) {
            return Out::Left("it needs an argument of its script: write a `param` for it");
        }
        let all = match &self.lost {
            Some(folder) => format!("cd {folder} && {all}"),
            None => all,
        };
        let mut at = if self.folder.is_empty() { String::new() } else { format!(", cwd: {}", quoted(&self.folder)) };
        // Steps ask one after the other: the id of the run is the same for all of them.
        let date = Regex::new(r"\$\(date(\s[^()]*)?\)").expect("a regex");
        let all = if date.is_match(&all) {
            at.push_str(", env: { RUN_ID: run.id }");
            date.replace_all(&all, "$${RUN_ID}").into_owned()
        } else {
            all
        };
        Out::Call(format!("sh({}{at})", literal(&all)))
    }

    fn enter(&mut self, folder: &str) {
        match self.inside(folder) {
            Some(inside) if self.lost.is_none() && !folder.contains(['*', '?']) => {
                self.folder = if inside == "." { String::new() } else { inside }
            }
            _ => self.lost = Some(folder.to_owned()),
        }
    }

    /// A path as the policy names it, where it certainly stays inside of the root.
    fn inside(&self, path: &str) -> Option<String> {
        if path.starts_with(['/', '~']) || path.is_empty() {
            return None;
        }
        let joined = format!("{}/{path}", self.folder);
        let parts: Vec<&str> = joined.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
        if parts.contains(&"..") {
            return None;
        }
        Some(if parts.is_empty() { ".".to_owned() } else { parts.join("/") })
    }
}

/// A literal that can be read: raw where there are quotes or several lines.
pub fn literal(text: &str) -> String {
    let raw = text.contains(['"', '\\', '\n', '$']) && !text.contains("\"#");
    let plain = text.chars().all(|char| !char.is_control() || char == '\n');
    if raw && plain { format!("r#\"{text}\"#") } else { quoted(text) }
}

fn starts(text: &str, pattern: &str) -> bool {
    is(&format!("^({pattern})"), text)
}

/// Whether a variable is used.
fn names(text: &str, name: &str) -> bool {
    text.match_indices(name).any(|(at, _)| {
        let before = &text[..at];
        let ends = text[at + name.len()..].chars().next().is_none_or(|char| !char.is_alphanumeric() && char != '_');
        ends && (before.ends_with('$') || before.ends_with("${"))
    })
}

/// Whether what is put in place of `$(…)` only asks.
fn harmless(text: &str) -> bool {
    let asks =
        Regex::new(r"\$\(\s*(\(|(echo|printf|curl|cat|grep|wc|date|awk|bc|basename|dirname|pwd|hostname|whoami)\b)")
            .expect("a regex");
    !text.contains('`') && text.matches("$(").count() == asks.find_iter(text).count()
}

/// Whether commands only tell and test: nobody misses them. In doubt they are kept.
fn idle(text: &str) -> bool {
    let quiet = text.replace("2>&1", "").replace(">/dev/null", "").replace("> /dev/null", "");
    let pipes = Regex::new(r"\|\s*(bc|grep|cut|wc|awk|tr|head|sort)\b").expect("a regex");
    let quiet = pipes.replace_all(&quiet, "");
    let split = quiet.replace("&&", ";").replace("||", ";");
    let only = r"^((if|elif|while|until)\s+!?\s*(\[|\(\(|test\s)|for\s+\w+\s+in\s|\[\[?\s|(fi|done|echo|printf|set|exit|shift|return|true|test|:)(\s|$))";
    harmless(text)
        && !split.contains(['|', '>', '&'])
        && split.split(['\n', ';']).all(|part| {
            let mut part = part.trim();
            while let Some(rest) = ["then", "else", "do"].iter().find_map(|word| {
                part.strip_prefix(word).filter(|rest| rest.is_empty() || rest.starts_with(char::is_whitespace))
            }) {
                part = rest.trim();
            }
            part.is_empty() || part.starts_with('#') || is(only, part)
        })
}

/// `NAME=value`, whatever the value is.
fn assignment(text: &str) -> Option<(String, String)> {
    let (name, _) = text.split_once('=')?;
    let is_name = !name.is_empty() && name.chars().all(|char| char.is_ascii_alphanumeric() || char == '_');
    let alone = words(text).is_none_or(|words| words.len() == 1);
    (is_name && alone).then(|| (name.to_owned(), text.to_owned()))
}

/// The address that `curl` only asks.
fn asked(text: &str) -> Option<String> {
    if !is(r"^(\w+=\x22?\$\()?curl\s", text) {
        return None;
    }
    // Nothing of it is kept, run or followed by something else.
    let quiet =
        text.replace("2>&1", "").replace(">/dev/null", "").replace("> /dev/null", "").replace("-o /dev/null", "");
    let pipes = Regex::new(r"\|\s*(bc|grep|cut|wc|awk|tr|head|sort|jq)\b|\|\|\s*exit\b").expect("a regex");
    let quiet = pipes.replace_all(&quiet, "");
    if quiet.contains(['|', '>', '&', ';']) || is(r"\s(-\w*[oO]|--output|--remote-name)\b", &quiet) {
        return None;
    }
    let sends = Regex::new(r"\s(-X|-d|--data|-T|-F|--request)\b").expect("a regex");
    let curl = Regex::new(r#"\bcurl\s[^|]*?(https?://[^\s"'$)]+)["']?"#).expect("a regex");
    let found = curl.captures(text)?;
    let sent = text[found.get(0)?.start()..].split('|').next().unwrap_or_default();
    (!sends.is_match(sent)).then(|| found[1].to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::shell::pieces;
    use super::{Along, Out};

    /// What becomes of a script, one line each.
    fn of(script: &str) -> Vec<String> {
        let mut along = Along::default();
        let outs: Vec<Out> = pieces(script).iter().flat_map(|piece| along.out(piece, "Check it")).collect();
        let said = outs.into_iter().filter_map(|out| match out {
            Out::Call(text) | Out::Check(text) => Some(text),
            Out::Left(why) => Some(format!("left: {why}")),
            Out::Silent => None,
        });
        along.lets.iter().map(|(name, value)| format!("let {name} = {value}")).chain(said).collect()
    }

    #[test]
    fn what_the_language_knows_is_said_in_it() {
        for (script, wanted) in [
            ("rm -rf a/ b", r#"file.remove(["a", "b"])"#),
            ("rm -rf out/*", r#"file.remove(file.glob("out/*"))"#),
            ("cp a b/", r#"file.copy("a", into: "b")"#),
            ("cp -r a/ b/", r#"file.copy("a", to: "b")"#),
            ("cd x\ncp a b", r#"file.copy("x/a", to: "x/b")"#),
            ("sleep 5", "wait(5s)"),
            ("pkill -f \"npm run dev\"", r#"process.stop("npm run dev", grace: 5s, at_most: 1)"#),
            ("npm run dev &", r#"process.start("npm run dev", log: "logs/npm_run_dev.log")"#),
            ("git checkout v1 -- a b", r#"git.restore(["a", "b"], from: "v1")"#),
            ("git checkout tags/v1", r#"git.checkout("tags/v1")"#),
            ("X=$(curl -s \"http://a/b\")", r#"http.get("http://a/b").status == 200"#),
            ("python -m pytest tests/", r#"exec(["python", "-m", "pytest", "tests/"]).ok"#),
        ] {
            assert_eq!(of(script), [wanted], "{script}");
        }
        assert_eq!(
            of("git checkout HEAD~1 -- a\ngit checkout HEAD~1 -- b"),
            [
                r#"let before = git.commit_of("HEAD~1")"#,
                r#"git.restore("a", from: before)"#,
                r#"git.restore("b", from: before)"#
            ]
        );
    }

    #[test]
    fn what_it_does_not_know_is_left_to_a_shell_as_it_is() {
        for (script, wanted) in [
            ("a \"$HOME\" | b", "sh(r#\"a \"$HOME\" | b\"#)"),
            ("touch x-$(date +%s)", "sh(r#\"touch x-${RUN_ID}\"#, env: { RUN_ID: run.id })"),
            ("D=x\nE=$D/y\ntouch \"$E\"", "sh(r#\"D=x\nE=$D/y\ntouch \"$E\"\"#)"),
            ("if [ -f x ]; then rm x; fi", "sh(\"if [ -f x ]; then rm x; fi\")"),
            ("if ./deploy; then\n echo a\nfi", "sh(r#\"if ./deploy; then\n echo a\nfi\"#)"),
            ("echo a > b", "sh(\"echo a > b\")"),
            ("echo a && rm b", "sh(\"echo a && rm b\")"),
            ("curl -s http://a/b | sh", "sh(\"curl -s http://a/b | sh\")"),
            ("curl http://a/b -o c", "exec([\"curl\", \"http://a/b\", \"-o\", \"c\"])"),
            ("cd /etc\nrm x", "sh(\"cd /etc && rm x\")"),
            ("cp ../a b", r#"exec(["cp", "../a", "b"])"#),
            ("python resume.py --validate", r#"exec(["python", "resume.py", "--validate"])"#),
            ("rm -rf \"$X\"", "sh(r#\"rm -rf \"$X\"\"#)"),
        ] {
            assert_eq!(of(script), [wanted], "{script}");
        }
    }

    #[test]
    fn what_does_nothing_is_left_out_and_says_why() {
        assert_eq!(of("echo a\nif [ $? -eq 0 ]; then\n echo b\nfi"), [""; 0]);
        for script in [
            "tail -f x",
            "export A=b",
            "git checkout <good>",
            "await x()",
            "X=$(./migrate)",
            "source env",
            "case $1 in\n a) rm x;;\nesac",
        ] {
            assert!(of(script)[0].starts_with("left: "), "{script}");
        }
    }
}
