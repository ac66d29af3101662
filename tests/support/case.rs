//! Cases: Markdown pages that show files, commands and what the commands print. See `tests/cases/README.md`.

use std::ops::Range;
use std::path::Path;

use super::markdown::{self, Block};
use super::pattern;
use super::redact::last_run;
use super::sandbox::Sandbox;
use super::server::Server;
use super::skip::{missing, skip_case};
use super::tree::Tree;

/// A page, read.
#[derive(Debug)]
pub struct Case {
    /// Its title.
    pub title: String,
    /// Programs that it needs, from a line `Needs: git, sqlite3`.
    pub needs: Vec<String>,
    /// Programs that one of `tests/stand-ins` stands in for, from a comment `<!-- stands in: kubectl -->`.
    pub stand_ins: Vec<String>,
    parts: Vec<Part>,
    lines: Vec<String>,
}

#[derive(Debug)]
enum Part {
    File { path: String, text: String, executable: bool },
    Serve(Vec<(String, u16, String)>),
    Command(Command),
}

/// A command with what is expected of it.
#[derive(Debug)]
struct Command {
    text: String,
    exit: i32,
    expected: Vec<String>,
    /// The lines of the page below the command: the exit code and the output.
    place: Range<usize>,
}

/// What a command did.
struct Done {
    exit: i32,
    /// Stdout, then stderr.
    output: String,
}

impl Case {
    /// Reads a page; an error says which line is wrong.
    pub fn read(page: &str) -> Result<Self, String> {
        let title = markdown::title(page).ok_or("the page has no title (`# …`)")?.to_owned();
        let needs = page.lines().find_map(|line| line.strip_prefix("Needs: ")).unwrap_or_default();
        let needs = programs(needs.trim_end_matches('.'));
        let stands_in = |line| str::strip_prefix(line, "<!-- stands in: ")?.strip_suffix(" -->");
        let stand_ins = programs(page.lines().find_map(stands_in).unwrap_or_default());
        let mut parts = Vec::new();
        for block in markdown::blocks(page) {
            match (block.language.as_str(), block.value("file")) {
                ("console", _) => parts.extend(commands(&block)?.into_iter().map(Part::Command)),
                ("serve", _) => parts.push(Part::Serve(answers(&block)?)),
                (_, Some(path)) => {
                    let executable = block.is("executable");
                    parts.push(Part::File { path: path.to_owned(), text: block.text, executable });
                }
                (language, None) => {
                    return Err(format!("line {}: a `{language}` block is neither a file nor a console", block.line));
                }
            }
        }
        if !parts.iter().any(|part| matches!(part, Part::Command(_))) {
            return Err("the page runs nothing".to_owned());
        }
        Ok(Self { title, needs, stand_ins, parts, lines: page.lines().map(str::to_owned).collect() })
    }

    /// Runs it in a sandbox of its own. Gives the page as it should read and what was wrong, in page order.
    pub fn run(&self) -> (String, Vec<String>) {
        let sandbox = Sandbox::new();
        self.stand_ins.iter().for_each(|program| sandbox.stand_in(program));
        let mut stage = Stage { sandbox, server: None, run: None, before: None };
        let mut wrong = Vec::new();
        let mut lines = self.lines.clone();
        let mut moved = 0_isize;
        for part in &self.parts {
            match part {
                Part::File { path, text, executable } => stage.file(path, text, *executable),
                Part::Serve(answers) => stage.serve(answers),
                Part::Command(command) => {
                    let done = stage.run(&command.text);
                    if let Some(difference) = command.difference(&stage.sandbox, &done) {
                        wrong.push(format!("line {}: $ {}\n{difference}", command.place.start, command.text));
                        let place = shift(command.place.start, moved)..shift(command.place.end, moved);
                        let new = command.should_read(&stage.sandbox, &done);
                        moved += new.len().cast_signed() - place.len().cast_signed();
                        lines.splice(place, new);
                    }
                }
            }
        }
        (lines.join("\n") + "\n", wrong)
    }
}

fn shift(line: usize, by: isize) -> usize {
    line.checked_add_signed(by).expect("replaced lines stand before")
}

impl Command {
    fn difference(&self, sandbox: &Sandbox, done: &Done) -> Option<String> {
        let actual = sandbox.redactor().names(&done.output);
        let actual: Vec<&str> = actual.lines().collect();
        let expected: Vec<&str> = self.expected.iter().map(String::as_str).collect();
        let output = (!pattern::matches(&expected, &actual)).then(|| pattern::difference(&expected, &actual));
        let exit = (self.exit != done.exit).then(|| format!("exit code {} instead of {}\n", done.exit, self.exit));
        if output.is_none() && exit.is_none() {
            return None;
        }
        let shown = output.unwrap_or_else(|| actual.join("\n"));
        Some(format!("{}{shown}", exit.unwrap_or_default()))
    }

    /// The lines below the command that would have been right. Where the output was right, its lines stay.
    fn should_read(&self, sandbox: &Sandbox, done: &Done) -> Vec<String> {
        let actual = sandbox.redactor().names(&done.output);
        let actual: Vec<&str> = actual.lines().collect();
        let expected: Vec<&str> = self.expected.iter().map(String::as_str).collect();
        let mut lines = Vec::new();
        if done.exit != 0 {
            lines.push(format!("? {}", done.exit));
        }
        if pattern::matches(&expected, &actual) {
            lines.extend(self.expected.iter().cloned());
            return lines;
        }
        // What only reads the policy takes no time worth a placeholder, and the durations it prints are the policy's.
        let text_only = ["rbk check", "rbk fmt", "rbk explain", "rbk plan", "rbk graph", "cat "];
        let redactor = sandbox.redactor();
        let steady = text_only.iter().any(|start| self.text.starts_with(start));
        let output = if steady { redactor.steady(&done.output) } else { redactor.all(&done.output) };
        lines.extend(output.lines().map(|line| line.trim_end().to_owned()));
        lines
    }
}

/// The state while a case runs.
struct Stage {
    sandbox: Sandbox,
    server: Option<Server>,
    /// The id that was printed last.
    run: Option<String>,
    before: Option<Tree>,
}

impl Stage {
    fn fill(&self, text: &str) -> String {
        let port = self.server.as_ref().map(|server| server.port().to_string());
        let text = port.map_or_else(|| text.to_owned(), |port| text.replace("[PORT]", &port));
        self.run.as_ref().map_or_else(|| text.clone(), |run| text.replace("[RUN]", run))
    }

    fn file(&mut self, path: &str, text: &str, executable: bool) {
        self.sandbox.write(path, self.fill(text));
        if executable {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::Permissions::from_mode(0o755);
            std::fs::set_permissions(self.sandbox.path(path), mode).expect("a mode can be set");
        }
    }

    fn serve(&mut self, answers: &[(String, u16, String)]) {
        if self.server.is_none() {
            let server = Server::start();
            self.sandbox.redact(format!(":{}", server.port()), ":[PORT]");
            self.server = Some(server);
        }
        let server = self.server.as_ref().expect("it was just started");
        for (path, status, body) in answers {
            server.set(path, *status, body, std::time::Duration::ZERO);
        }
    }

    fn run(&mut self, text: &str) -> Done {
        let words = shlex::split(&self.fill(text)).unwrap_or_else(|| panic!("a quote is not closed in `{text}`"));
        let silent = |redirection: &str| words.iter().any(|word| word == redirection);
        let arguments: Vec<&str> =
            words.iter().map(String::as_str).filter(|word| !word.ends_with(">/dev/null")).collect();
        let (program, arguments) = arguments.split_first().expect("a command has a program");
        let ran = match *program {
            "commit" => {
                self.sandbox.commit(arguments.first().expect("`commit` takes a message"));
                return Done { exit: 0, output: String::new() };
            }
            "remember" => {
                self.before = Some(self.sandbox.tree());
                return Done { exit: 0, output: String::new() };
            }
            "compare" => {
                let before = self.before.as_ref().expect("`remember` stands before `compare`");
                let differences = before.differences(&self.sandbox.tree());
                return Done { exit: i32::from(!differences.is_empty()), output: differences.join("\n") };
            }
            "rbk" => self.sandbox.run(arguments),
            other => self.sandbox.other(other, arguments),
        };
        let (out, err) = (ran.stdout(), ran.stderr());
        if let Some(run) = last_run(err).or_else(|| last_run(out)) {
            self.run = Some(run.to_owned());
        }
        let mut output = String::new();
        for (part, redirection) in [(out, ">/dev/null"), (err, "2>/dev/null")] {
            if !silent(redirection) {
                output.push_str(part);
                if !output.is_empty() && !output.ends_with('\n') {
                    output.push('\n');
                }
            }
        }
        Done { exit: ran.code(), output }
    }
}

/// Names of programs between commas.
fn programs(list: &str) -> Vec<String> {
    let words = list.split(',').map(|word| word.trim().trim_matches('`').to_owned());
    words.filter(|word| !word.is_empty()).collect()
}

fn commands(block: &Block) -> Result<Vec<Command>, String> {
    let mut found: Vec<Command> = Vec::new();
    for (index, line) in block.text.lines().enumerate() {
        let place = block.line + index + 1;
        match (line.strip_prefix("$ "), line.strip_prefix("? "), found.last_mut()) {
            (Some(text), _, _) => {
                let text = text.trim().to_owned();
                found.push(Command { text, exit: 0, expected: Vec::new(), place: place..place });
            }
            (_, Some(code), Some(last)) if last.place.is_empty() => {
                last.exit = code.trim().parse().map_err(|_| format!("line {place}: `{code}` is no exit code"))?;
                last.place.end = place;
            }
            (_, _, Some(last)) => {
                last.expected.push(line.to_owned());
                last.place.end = place;
            }
            (_, _, None) => return Err(format!("line {place}: a console begins with a command (`$ …`)")),
        }
    }
    Ok(found)
}

fn answers(block: &Block) -> Result<Vec<(String, u16, String)>, String> {
    let read = |(index, line): (usize, &str)| {
        let mut words = line.splitn(3, ' ');
        let path = words.next().filter(|path| path.starts_with('/'));
        let status = words.next().and_then(|status| status.parse().ok());
        let (Some(path), Some(status)) = (path, status) else {
            return Err(format!("line {}: expected `/path STATUS BODY`", block.line + index + 1));
        };
        Ok((path.to_owned(), status, words.next().unwrap_or_default().to_owned()))
    };
    block.text.lines().enumerate().map(read).collect()
}

/// Runs every case of one folder, and fails with everything that differs. With `RBK_CASES=update` the pages are
/// rewritten to what was printed instead.
pub fn run_folder(folder: &Path) {
    let update = std::env::var("RBK_CASES").is_ok_and(|value| value == "update");
    let only = std::env::var("RBK_CASE").unwrap_or_default();
    let mut wrong = Vec::new();
    for path in super::files_below(&super::short(folder), ".md") {
        let name = super::short(&path);
        if !name.contains(&only) {
            continue;
        }
        let case = match Case::read(&super::text_of(&path)) {
            Ok(case) => case,
            Err(error) => {
                wrong.push(format!("{name}: {error}"));
                continue;
            }
        };
        if let Some(program) = missing(case.needs.iter().map(String::as_str)) {
            skip_case(&name, &format!("there is no `{program}`"));
            continue;
        }
        let (page, differences) = case.run();
        if update {
            std::fs::write(&path, page).unwrap_or_else(|error| panic!("cannot write {name}: {error}"));
        } else {
            wrong.extend(differences.into_iter().map(|difference| format!("{name} ({}), {difference}", case.title)));
        }
    }
    super::none_wrong("cases that differ; after a look at each: RBK_CASES=update cargo test --test it cases", &wrong);
}
