//! What a folder holds that a rollback would be about. Looks at names and at the beginnings of files, and runs nothing.

use std::io::Read;
use std::path::{Path, PathBuf};

use crate::cli::exit::Failure;

/// How the file of a SQLite database begins.
const SQLITE: &[u8; 16] = b"SQLite format 3\0";

/// What was found.
#[derive(Debug, Default)]
pub struct Folder {
    /// The last commit has a parent, and changed something here other than the policy.
    pub release: bool,
    /// The first SQLite database, by name.
    pub database: Option<String>,
    /// How the application is started: `npm start`.
    pub start: Option<String>,
    /// How it is built: `npm run build`.
    pub build: Option<String>,
    /// The file of Docker Compose.
    pub compose: Option<String>,
    /// The policy's own name, as git would list it.
    pub own: String,
}

impl Folder {
    /// Looks at the folder that `file` will stand in.
    pub fn of(file: &Path) -> Result<Self, Failure> {
        let folder = match file.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent.to_path_buf(),
            _ => PathBuf::from("."),
        };
        if !folder.is_dir() {
            return Err(Failure::wrong(format!("there is no folder `{}`; nothing was changed", folder.display()))
                .hint("make it first, or name a file in one that is there"));
        }
        let own = file.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        let mut names: Vec<String> = std::fs::read_dir(&folder)
            .map_err(|error| Failure::wrong(format!("cannot read `{}`: {error}", folder.display())))?
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .collect();
        names.sort();
        let (start, build) = scripts(&folder.join("package.json"));
        let composes = ["compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml"];
        Ok(Self {
            release: released(&folder, &own).unwrap_or(false),
            database: names.iter().find(|name| is_database(&folder.join(name))).cloned(),
            start,
            build,
            compose: names.into_iter().find(|name| composes.contains(&name.as_str())),
            own,
        })
    }

    /// What it was written for, in words.
    pub fn found(&self) -> String {
        let mut parts = Vec::new();
        parts.extend(self.release.then(|| "what the last commit changed".to_owned()));
        parts.extend(self.database.as_ref().map(|name| format!("the database `{name}`")));
        parts.extend(self.start.as_ref().map(|command| format!("`{command}`")));
        parts.extend(self.compose.as_ref().map(|name| format!("`{name}`")));
        if parts.is_empty() {
            return "nothing was found here to roll back, so it only leaves a note; its comments say how to go on"
                .into();
        }
        format!("for {}", parts.join(", "))
    }
}

/// Whether the last commit changed something in `folder`, and there is one before it to go back to.
fn released(folder: &Path, own: &str) -> Option<bool> {
    let repository = git2::Repository::discover(folder).ok()?;
    let work = std::fs::canonicalize(repository.workdir()?).ok()?;
    let here = std::fs::canonicalize(folder).ok()?;
    let below = here.strip_prefix(work).ok()?.to_path_buf();
    let tree = |name: &str| repository.revparse_single(name).ok()?.peel_to_tree().ok();
    let diff = repository.diff_tree_to_tree(Some(&tree("HEAD~1")?), Some(&tree("HEAD")?), None).ok()?;
    let found = diff.deltas().any(|delta| {
        let paths = [delta.old_file().path(), delta.new_file().path()];
        paths.into_iter().flatten().any(|path| path.starts_with(&below) && path != below.join(own))
    });
    Some(found)
}

fn is_database(path: &Path) -> bool {
    let mut begin = [0_u8; 16];
    // A named pipe would never end.
    path.metadata().is_ok_and(|meta| meta.is_file())
        && std::fs::File::open(path).is_ok_and(|mut file| file.read_exact(&mut begin).is_ok())
        && &begin == SQLITE
}

/// How a `package.json` says that it is started and built.
fn scripts(path: &Path) -> (Option<String>, Option<String>) {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let json: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
    let has = |name: &str| json["scripts"][name].is_string();
    let start = if has("start") { Some("npm start") } else { has("dev").then_some("npm run dev") };
    (start.map(str::to_owned), has("build").then(|| "npm run build".to_owned()))
}
