//! The snapshots of a root, as the two worlds have them: a look lists them, a touch changes them.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::error::{Error, Result};
use super::keep::Keep;
use super::look::Look;
use super::shelf::{Generation, Shelf};
use super::touch::Touch;

impl Look {
    /// The generations of the snapshot `name`, the oldest first.
    pub fn generations(&self, name: &str) -> Result<Vec<Generation>> {
        let all = self.shelf().map_or_else(|| Ok(Vec::new()), |shelf| shelf.all())?;
        let mut found: Vec<_> = all.into_iter().filter(|(other, _)| other == name).map(|(_, one)| one).collect();
        found.sort_by_key(|one| one.number);
        Ok(found)
    }

    /// The names of all snapshots, each once.
    pub fn snapshot_names(&self) -> Result<Vec<String>> {
        let all = self.shelf().map_or_else(|| Ok(Vec::new()), |shelf| shelf.all())?;
        let names: BTreeSet<_> = all.into_iter().map(|(name, _)| name).collect();
        Ok(names.into_iter().collect())
    }

    /// Where the content of snapshots is.
    pub fn snapshot_content(&self) -> Result<Arc<dyn Keep>> {
        self.shelf().ok_or_else(none)?.keep()
    }
}

impl Touch {
    /// The snapshots, to be changed.
    pub fn snapshots(&self) -> Result<&Arc<dyn Shelf>> {
        self.shelf().ok_or_else(none)
    }
}

fn none() -> Error {
    Error::internal("there is no state folder here that could hold snapshots")
}
