//! Captured content that is stored but not yet known to be durable.

use std::collections::{BTreeSet, HashMap};
use std::fs::File;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use crate::catalogue::error::{Error, Result};

/// What is stored but not yet known to be durable.
#[derive(Default)]
pub(super) struct Loose {
    pub(super) folders: Mutex<BTreeSet<PathBuf>>,
    pub(super) small: Mutex<Small>,
}

/// The small ones among it, which no file holds yet.
#[derive(Default)]
pub(super) struct Small {
    pub(super) data: HashMap<String, Arc<[u8]>>,
    pub(super) bytes: usize,
}

impl Loose {
    /// Makes the names of files durable that were renamed into place since the last call.
    pub fn flush(&self) -> Result<()> {
        let folders = std::mem::take(&mut *self.folders.lock().unwrap_or_else(PoisonError::into_inner));
        for folder in folders {
            File::open(&folder)
                .and_then(|folder| folder.sync_all())
                .map_err(|error| Error::io(format!("flush `{}`", folder.display()), &error))?;
        }
        Ok(())
    }

    /// Forgets a small object that can be read from the database now.
    pub fn committed(&self, id: &str) {
        let mut small = self.small.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(data) = small.data.remove(id) {
            small.bytes -= data.len();
        }
    }
}
