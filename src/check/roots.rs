//! Whether a path stays inside the roots of a policy, judged by its text alone.
//!
//! Links and the place of a relative root are for the plan, which has the world to look at.

use std::path::Path;

use super::imports::tidied;

/// Whether `path` may lie in one of `roots` (the root first, then the further ones). An absolute path lies in an absolute
/// root only: whether it lies in a relative one differs from machine to machine.
pub fn holds(roots: &[String], path: &str) -> bool {
    let root = roots.first().map_or(".", String::as_str);
    let whole = tidied(&Path::new(root).join(path));
    roots.iter().any(|root| {
        let root = tidied(Path::new(root));
        if root.as_os_str().is_empty() {
            whole.is_relative() && !whole.starts_with("..")
        } else {
            whole.starts_with(&root)
        }
    })
}
