//! What stands in the way of an undo: a folder that is a file or a link by now, through which nothing is written.
//!
//! Looked for before anything is touched, since not even `--force` could do it: a restore never leaves its root.

use std::collections::HashSet;
use std::path::Path;

use super::walk::{How, UndoStep};
use crate::catalogue::look::Look;
use crate::catalogue::path_text::encode;
use crate::catalogue::snapshot::tops;

/// Something in the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Obstacle {
    /// What is to be restored first below it.
    pub path: String,
    /// What stands in the way, and what it is.
    pub what: String,
}

/// Everything in the way of `steps`, each thing once.
pub(super) fn find(steps: &[UndoStep], look: &Look) -> Vec<Obstacle> {
    let mut found: Vec<Obstacle> = Vec::new();
    let mut known: HashSet<std::path::PathBuf> = HashSet::new();
    // What an earlier step of the undo puts there is in nobody's way.
    let mut restored: HashSet<std::path::PathBuf> = HashSet::new();
    for step in steps {
        let How::Restore(called) = &step.how else {
            // What a block of the author's does beforehand, nobody can foresee.
            return found;
        };
        for state in tops(called.capture.states()) {
            let at = look.located_as_kept(&state.path);
            let within = |above: &&Path| look.roots().any(|root| above.starts_with(root) && *above != root);
            let mut above: Vec<&Path> = at.path.ancestors().skip(1).take_while(within).collect();
            above.reverse();
            for above in above {
                if restored.contains(above) {
                    break;
                }
                let Ok(meta) = above.symlink_metadata() else { break };
                if meta.is_dir() {
                    continue;
                }
                if known.insert(above.to_owned()) {
                    let name = look.name_of(above);
                    let what = match above.read_link() {
                        Ok(target) => {
                            format!("`{name}` is a link to `{}` now", encode(target.as_os_str()))
                        }
                        Err(_) => format!("`{name}` is no folder any more"),
                    };
                    found.push(Obstacle { path: at.name.clone(), what });
                }
                break;
            }
        }
        restored.extend(called.capture.states().iter().map(|state| look.located_as_kept(&state.path).path));
    }
    found
}
