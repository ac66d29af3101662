//! Repositories for tests, made by the git program with a configuration of their own.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::catalogue::args::Args;
use crate::catalogue::error::Result;
use crate::catalogue::look::Look;
use crate::catalogue::testing::{self, MemoryKeep};
use crate::catalogue::touch::Touch;
use crate::catalogue::unit::{Action, Capture, Preview};
use crate::catalogue::value::Value;

/// A repository with an identity and no surroundings.
pub struct Sandbox {
    directory: TempDir,
    pub root: PathBuf,
}

impl Sandbox {
    /// An empty repository on the branch `main`.
    pub fn empty() -> Self {
        let sandbox = Self::bare_directory();
        sandbox.git(&["init", "-q", "-b", "main"]);
        sandbox.git(&["config", "core.autocrlf", "false"]);
        sandbox
    }

    /// A directory without a repository.
    pub fn bare_directory() -> Self {
        let directory = TempDir::new().unwrap();
        let root = directory.path().canonicalize().unwrap().join("project");
        std::fs::create_dir(&root).unwrap();
        Self { directory, root }
    }

    /// Two commits: `old` and `new` in `a.txt`, a script, and files that only one of them has.
    pub fn with_history() -> Self {
        let sandbox = Self::empty();
        sandbox.write("a.txt", "old\n").write("src/gone.txt", "only in the first\n").write("run.sh", "#!/bin/sh\n");
        sandbox.chmod("run.sh", 0o755).commit("first");
        sandbox.write("a.txt", "new\n").write("src/deep/added.txt", "only in the second\n").chmod("run.sh", 0o644);
        sandbox.git(&["rm", "-q", "src/gone.txt"]);
        sandbox.commit("second");
        sandbox
    }

    pub fn write(&self, path: &str, content: &str) -> &Self {
        let place = self.root.join(path);
        std::fs::create_dir_all(place.parent().unwrap()).unwrap();
        std::fs::write(place, content).unwrap();
        self
    }

    pub fn chmod(&self, path: &str, mode: u32) -> &Self {
        std::fs::set_permissions(self.root.join(path), std::fs::Permissions::from_mode(mode)).unwrap();
        self
    }

    pub fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.root.join(path)).unwrap()
    }

    pub fn exists(&self, path: &str) -> bool {
        std::fs::symlink_metadata(self.root.join(path)).is_ok()
    }

    pub fn commit(&self, message: &str) -> String {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "-m", message]);
        self.git(&["rev-parse", "HEAD"])
    }

    /// Runs git in the root and gives what it printed.
    pub fn git(&self, args: &[&str]) -> String {
        self.git_in(&self.root, args)
    }

    pub fn git_in(&self, folder: &Path, args: &[&str]) -> String {
        let out = std::process::Command::new("git")
            .args(args)
            .current_dir(folder)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("HOME", self.directory.path())
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .envs([("GIT_AUTHOR_NAME", "A"), ("GIT_AUTHOR_EMAIL", "a@example.org")])
            .envs([("GIT_COMMITTER_NAME", "A"), ("GIT_COMMITTER_EMAIL", "a@example.org")])
            .output()
            .unwrap();
        assert!(out.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&out.stderr));
        String::from_utf8_lossy(&out.stdout).trim_end().to_owned()
    }

    /// `git status --porcelain` without refreshing the index.
    pub fn status(&self) -> String {
        self.git(&["--no-optional-locks", "status", "--porcelain"])
    }

    pub fn look(&self) -> Look {
        testing::world(&self.root)
    }

    /// Everything below the root, `.git` with it, as it is to the nanosecond.
    pub fn state(&self) -> BTreeMap<String, String> {
        testing::tree(&self.root)
    }

    pub fn preview(&self, action: &dyn Action, given: &[(&str, Value)]) -> Result<Preview> {
        let before = self.state();
        let preview = action.preview(&arguments(action, given), &self.look());
        assert_same(&before, &self.state(), "a preview changed something");
        preview
    }

    /// Captures and runs; the capture for an undo.
    pub fn run(&self, action: &dyn Action, given: &[(&str, Value)], keep: &MemoryKeep) -> Result<Capture> {
        let args = arguments(action, given);
        let before = self.state();
        action.effects(&args, Some(&self.look()));
        action.fingerprint(&args, &self.look())?;
        let capture = action.capture(&args, &self.look(), keep)?;
        assert_same(&before, &self.state(), "a capture changed something");
        action.run(&args, &Touch::new(self.look()))?;
        Ok(through_json(&capture))
    }

    pub fn undo(&self, action: &dyn Action, capture: &Capture, keep: &MemoryKeep) {
        action.undo(capture, &Touch::new(self.look()), keep).unwrap();
    }

    /// Previews, captures, runs, and lets `check` look; then undoes twice, each time to the byte.
    pub fn there_and_back(&self, action: &dyn Action, given: &[(&str, Value)], check: impl FnOnce(&Self)) {
        let keep = MemoryKeep::default();
        self.preview(action, given).unwrap();
        let before = self.state();
        let capture = self.run(action, given, &keep).unwrap();
        check(self);
        self.undo(action, &capture, &keep);
        assert_same(&before, &self.state(), "an undo did not bring everything back");
        self.undo(action, &capture, &keep);
        assert_same(&before, &self.state(), "a second undo changed something");
    }
}

/// What the journal makes of a capture.
fn through_json(capture: &Capture) -> Capture {
    serde_json::from_str(&serde_json::to_string(capture).unwrap()).unwrap()
}

pub fn arguments(action: &dyn Action, given: &[(&str, Value)]) -> Args {
    testing::args(action.signature(), given)
}

pub fn assert_same(before: &BTreeMap<String, String>, after: &BTreeMap<String, String>, what: &str) {
    let names: std::collections::BTreeSet<_> = before.keys().chain(after.keys()).collect();
    let different: Vec<_> = names
        .into_iter()
        .filter(|name| before.get(*name) != after.get(*name))
        .map(|name| format!("{name}\n    before {:?}\n    after  {:?}", before.get(name), after.get(name)))
        .collect();
    assert!(different.is_empty(), "{what}:\n  {}", different.join("\n  "));
}

pub fn paths(names: &[&str]) -> Value {
    Value::list(names.iter().map(|name| Value::Path((*name).into())))
}
