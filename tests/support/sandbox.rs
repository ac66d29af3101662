//! A project folder of its own with an empty home, in which `rbk` and other programs run undisturbed by the machine.

use std::cell::Cell;
use std::ffi::OsStr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use super::process::{Running, kill_marked, marked};
use super::ran::Ran;
use super::redact::Redactor;
use super::tree::Tree;

/// The variable that marks every process of a sandbox.
const MARK: &str = "RBK_TEST_SANDBOX";
/// Longer than any single command of a test may take, on a loaded machine.
const LIMIT: Duration = Duration::from_mins(1);

static NEXT: AtomicU32 = AtomicU32::new(0);

/// A throwaway project. Dropping it kills what was started in it and removes the folder.
pub struct Sandbox {
    /// Removed when dropped.
    folder: tempfile::TempDir,
    root: PathBuf,
    home: PathBuf,
    mark: String,
    variables: Vec<(String, String)>,
    redactor: Redactor,
    limit: Duration,
    commits: Cell<u32>,
}

impl Sandbox {
    /// An empty project and an empty home.
    pub fn new() -> Self {
        let folder = tempfile::Builder::new().prefix("rbk-test-").tempdir().expect("a temporary folder can be made");
        let base = folder.path().canonicalize().expect("the folder exists");
        let (root, home) = (base.join("project"), base.join("home"));
        for made in [&root, &home, &base.join("tmp")] {
            std::fs::create_dir(made).expect("a folder can be made");
        }
        let git = "[user]\n\tname = Ana\n\temail = ana@example.org\n[init]\n\tdefaultBranch = main\n[gc]\n\tauto = 0\n";
        std::fs::write(base.join("gitconfig"), git).expect("a file can be written");
        let mark = format!("{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let redactor = Redactor::new(&root, &home);
        let variables = Vec::new();
        Self { folder, root, home, mark, variables, redactor, limit: LIMIT, commits: Cell::new(0) }
    }

    /// The project's folder, absolute and resolved.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// `path` inside the project.
    pub fn path(&self, path: impl AsRef<Path>) -> PathBuf {
        self.root.join(path)
    }

    /// The folder that programs are told is their user's own.
    pub fn home(&self) -> PathBuf {
        self.home.clone()
    }

    /// Replaces what differs between two sandboxes.
    pub fn redactor(&self) -> &Redactor {
        &self.redactor
    }

    /// Writes a file, with the folders above it.
    pub fn file(self, path: &str, text: impl AsRef<[u8]>) -> Self {
        self.write(path, text);
        self
    }

    /// Writes an executable file, with the folders above it.
    pub fn program(self, path: &str, text: &str) -> Self {
        self.write(path, text);
        self.mode(path, 0o755)
    }

    /// Sets the mode of a file or folder.
    pub fn mode(self, path: &str, mode: u32) -> Self {
        let permissions = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(self.path(path), permissions).expect("a mode can be set");
        self
    }

    /// Makes a folder, with those above it.
    pub fn folder(self, path: &str) -> Self {
        std::fs::create_dir_all(self.path(path)).expect("a folder can be made");
        self
    }

    /// Makes a symbolic link at `path` to `target`, as written.
    pub fn link(self, path: &str, target: &str) -> Self {
        std::os::unix::fs::symlink(target, self.path(path)).expect("a link can be made");
        self
    }

    /// Sets a variable for what runs here.
    pub fn env(mut self, name: &str, value: impl Into<String>) -> Self {
        self.variables.push((name.to_owned(), value.into()));
        self
    }

    /// Bounds every command that runs here, instead of by a minute.
    pub fn limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// Replaces `text` by `placeholder` in redacted outputs.
    pub fn redact(&mut self, text: impl Into<String>, placeholder: &'static str) {
        self.redactor.also(text, placeholder);
    }

    /// Lets the program of this name in `tests/stand-ins` be found on `PATH` before any other.
    pub fn stand_in(&self, program: &str) {
        let kept = super::project().join("tests/stand-ins").join(program);
        assert!(kept.is_file(), "nothing stands in for `{program}`: there is no {}", kept.display());
        std::fs::create_dir_all(self.programs()).expect("a folder can be made");
        std::os::unix::fs::symlink(kept, self.programs().join(program)).expect("a link can be made");
    }

    /// Where the programs lie that stand in for others.
    fn programs(&self) -> PathBuf {
        self.root.with_file_name("programs")
    }

    /// Makes the project a git repository whose first commit holds everything that is there.
    pub fn git_init(self) -> Self {
        self.commit("first");
        self
    }

    /// Writes a file between two commands.
    pub fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.path(path);
        let above = path.parent().expect("a file stands in a folder");
        std::fs::create_dir_all(above).expect("a folder can be made");
        std::fs::write(&path, text).unwrap_or_else(|error| panic!("cannot write {}: {error}", path.display()));
    }

    /// The text of a file.
    pub fn read(&self, path: &str) -> String {
        super::text_of(&self.path(path))
    }

    /// Whether something is there, a dangling link included.
    pub fn exists(&self, path: &str) -> bool {
        self.path(path).symlink_metadata().is_ok()
    }

    /// Commits everything; makes the repository where there is none. Ids are the same on every run: the n-th commit is
    /// n days after the start of 2026.
    pub fn commit(&self, message: &str) {
        if !self.exists(".git") {
            self.git(["init", "--quiet"]);
            // Libraries that do not read the environment's configuration still find who commits.
            self.git(["config", "user.name", "Ana"]);
            self.git(["config", "user.email", "ana@example.org"]);
        }
        self.commits.set(self.commits.get() + 1);
        self.git(["add", "--all"]);
        self.git(["commit", "--quiet", "--allow-empty", "-m", message]);
    }

    /// Runs git here, which must succeed, and gives its stdout without the last line end.
    pub fn git<I: IntoIterator<Item = S>, S: AsRef<OsStr>>(&self, arguments: I) -> String {
        let ran = self.other("git", arguments);
        assert!(ran.code() == 0, "git failed: {}", ran.stderr());
        ran.stdout().trim_end().to_owned()
    }

    /// Runs `rbk` to its end.
    pub fn run<I: IntoIterator<Item = S>, S: AsRef<OsStr>>(&self, arguments: I) -> Ran {
        self.run_with(arguments, "")
    }

    /// Runs `rbk` to its end with `input` as its stdin.
    pub fn run_with<I: IntoIterator<Item = S>, S: AsRef<OsStr>>(&self, arguments: I, input: &str) -> Ran {
        self.finish(Running::start(self.command(env!("CARGO_BIN_EXE_rbk"), arguments), input))
    }

    /// Runs another program to its end.
    pub fn other<I: IntoIterator<Item = S>, S: AsRef<OsStr>>(&self, program: &str, arguments: I) -> Ran {
        self.finish(Running::start(self.command(program, arguments), ""))
    }

    /// Starts `rbk`, to be signalled and waited for.
    pub fn start<I: IntoIterator<Item = S>, S: AsRef<OsStr>>(&self, arguments: I) -> Running {
        Running::start(self.command(env!("CARGO_BIN_EXE_rbk"), arguments), "")
    }

    /// Waits for the end of what [`Sandbox::start`] started.
    pub fn finish(&self, running: Running) -> Ran {
        Ran::new(running.wait(self.limit), self.redactor.clone())
    }

    /// Every process that was started here and has not ended, unless it cleared its environment.
    pub fn processes(&self) -> Vec<rustix::process::Pid> {
        marked(&format!("{MARK}={}", self.mark))
    }

    /// The state of everything in the project, for [`Sandbox::unchanged_since`].
    pub fn tree(&self) -> Tree {
        Tree::of(&self.root)
    }

    /// Fails when the project differs from what it was, by a byte, a mode, a time or a link.
    #[track_caller]
    pub fn unchanged_since(&self, before: &Tree) {
        super::none_wrong("changed in the project", &before.differences(&self.tree()));
    }

    /// A command in the project's folder with the sandbox's environment and nothing of the machine's but `PATH`.
    pub fn command<I: IntoIterator<Item = S>, S: AsRef<OsStr>>(&self, program: &str, arguments: I) -> Command {
        let base = self.root.parent().expect("the project stands in the sandbox");
        let day = 1_767_225_600 + 86_400 * u64::from(self.commits.get());
        let mut command = Command::new(program);
        command.args(arguments).current_dir(&self.root).env_clear();
        let path = std::env::var_os("PATH").unwrap_or_default();
        let mut folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
        if self.programs().is_dir() {
            folders.insert(0, self.programs());
        }
        command.env("PATH", std::env::join_paths(folders).expect("they were joined before"));
        command.env("HOME", &self.home).env("TMPDIR", base.join("tmp"));
        command.envs([("LANG", "C.UTF-8"), ("TZ", "UTC"), ("TERM", "dumb"), ("NO_COLOR", "1"), ("COLUMNS", "100")]);
        command.env("GIT_CONFIG_GLOBAL", base.join("gitconfig")).env("GIT_CONFIG_NOSYSTEM", "1");
        command.env("GIT_CEILING_DIRECTORIES", base);
        if program == "git" {
            command.env("GIT_AUTHOR_DATE", format!("@{day} +0000"));
            command.env("GIT_COMMITTER_DATE", format!("@{day} +0000"));
        }
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command.env(MARK, &self.mark);
        command
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        kill_marked(&format!("{MARK}={}", self.mark));
        // What a test made read-only must not keep the folder from being removed.
        for entry in walkdir::WalkDir::new(self.folder.path()).into_iter().filter_map(Result::ok) {
            if entry.file_type().is_dir() {
                let _ = std::fs::set_permissions(entry.path(), std::fs::Permissions::from_mode(0o700));
            }
        }
    }
}
