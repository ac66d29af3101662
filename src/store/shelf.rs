//! The snapshots of a root, in its state folder: of a run, which may take and remove them, and of who only looks.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use super::{Sqlite, Store};
use crate::catalogue::error::{Error, Result};
use crate::catalogue::keep::Keep;
use crate::catalogue::path_text::encode;
use crate::catalogue::shelf::{Generation, Shelf, Taker};

/// As the store names a root.
fn name_of(root: &Path) -> String {
    encode(root.as_os_str())
}

/// Those of a store that is open.
pub struct Shelved {
    store: Arc<dyn Store>,
    keep: Arc<dyn Keep>,
    root: String,
    taker: Taker,
}

impl Shelved {
    /// Those of `root`. Content goes to `keep`, which is that of `store`, sealed or not.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, keep: Arc<dyn Keep>, root: &Path, taker: Taker) -> Self {
        Self { store, keep, root: name_of(root), taker }
    }
}

impl Shelf for Shelved {
    fn all(&self) -> Result<Vec<(String, Generation)>> {
        self.store.snapshots(&self.root)
    }

    fn keep(&self) -> Result<Arc<dyn Keep>> {
        Ok(Arc::clone(&self.keep))
    }

    fn taker(&self) -> Taker {
        self.taker.clone()
    }

    fn settle(&self) -> Result<()> {
        self.store.settle()?.wait()
    }

    fn set(&self, name: &str, generations: &[Generation]) -> Result<()> {
        self.store.set_snapshot(&self.root, name, generations)?.wait()
    }
}

/// Those of a state folder that is only looked at, once something is asked of it.
pub struct LookedAt {
    folder: PathBuf,
    root: String,
    store: OnceLock<Sqlite>,
}

impl LookedAt {
    /// Those of `root` in the state folder `folder`.
    #[must_use]
    pub fn new(folder: PathBuf, root: &Path) -> Self {
        Self { folder, root: name_of(root), store: OnceLock::new() }
    }

    /// Nothing where no run was ever made: it may be made meanwhile.
    fn store(&self) -> Result<Option<&Sqlite>> {
        if self.store.get().is_none()
            && let Some(store) = Sqlite::look(&self.folder)?
        {
            let _ = self.store.set(store);
        }
        Ok(self.store.get())
    }
}

impl Shelf for LookedAt {
    fn all(&self) -> Result<Vec<(String, Generation)>> {
        self.store()?.map_or_else(|| Ok(Vec::new()), |store| store.snapshots(&self.root))
    }

    fn keep(&self) -> Result<Arc<dyn Keep>> {
        self.store()?.map(Store::keep).ok_or_else(only_looked_at)
    }

    fn taker(&self) -> Taker {
        Taker::default()
    }

    fn settle(&self) -> Result<()> {
        Err(only_looked_at())
    }

    fn set(&self, _name: &str, _generations: &[Generation]) -> Result<()> {
        Err(only_looked_at())
    }
}

fn only_looked_at() -> Error {
    Error::internal("snapshots were to be changed where they are only looked at")
}
