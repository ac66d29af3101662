//! Scripts and programs that earlier steps of a plan remove or bring: a step that starts one which is gone by then is
//! refused when it is planned, not in the middle of a run.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use crate::catalogue::error::Error;
use crate::catalogue::look::Look;
use crate::catalogue::unit::{Change, FileChange, Preview};

/// Files as the steps so far leave them, as far as their previews tell.
#[derive(Default)]
pub(super) struct Scripts {
    /// Those that are removed, by which node.
    gone: HashMap<PathBuf, usize>,
    /// Those that are made or replaced.
    made: HashMap<PathBuf, usize>,
}

impl Scripts {
    /// Enters what a call of node `index` certainly does.
    pub fn enter(&mut self, index: usize, preview: &Preview, look: &Look) {
        for change in &preview.changes {
            let Change::File { path, what, .. } = change else { continue };
            let path = look.root().join(path.trim_end_matches('/'));
            if *what == FileChange::Delete {
                self.made.retain(|made, _| !made.starts_with(&path));
                self.gone.insert(path, index);
            } else {
                self.gone.remove(&path);
                self.made.insert(path, index);
            }
        }
    }

    /// Which node brings one of these files.
    pub fn bring(&self, files: &[PathBuf]) -> Option<usize> {
        files.iter().find_map(|file| self.made.get(file)).copied()
    }

    /// The first of these files that stands here now and is gone by then, with the node that removes it.
    pub fn lost<'f>(&self, files: &'f [PathBuf]) -> Option<(&'f Path, usize)> {
        files.iter().find_map(|file| {
            if self.made.contains_key(file) || !file.exists() {
                return None;
            }
            let removed = file.ancestors().find_map(|above| self.gone.get(above))?;
            Some((file.as_path(), *removed))
        })
    }
}

/// What is said of a step that starts `file`, which `by` has removed by then.
pub(super) fn refusal(file: &Path, by: &str, look: &Look) -> Error {
    let shown = file.strip_prefix(look.root()).unwrap_or(file).display();
    Error::refused(format!("`{shown}` is gone when this step starts it: `{by}` removes it")).hint(format!(
        "nothing was changed: start it before `{by}`, keep it in a place that is not rolled back, or copy it there in \
         a step before (`file.copy`)"
    ))
}
