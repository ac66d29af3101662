//! What of a run still stands at its end, so that what it says of the next command is true.

use super::left::LeftAsIs;
use super::trail::Trail;
use super::walk::walk;
use crate::catalogue::error::Result;
use crate::catalogue::unit::Catalogue;
use crate::run::failure::Map;
use crate::store::{RunNo, Store};

/// What stands.
#[derive(Debug, Default)]
pub struct Standing {
    /// An undo would have something to do.
    pub undoable: bool,
    /// What the run could not take back itself.
    pub left: Vec<LeftAsIs>,
}

/// What of the run stands, by its journal.
pub fn standing(store: &dyn Store, no: RunNo, run: &str, map: &Map, catalogue: &Catalogue) -> Result<Standing> {
    let trail = Trail::read(store, no, run, None)?;
    let left = trail.left.clone();
    Ok(Standing { undoable: !walk(&trail, Some(map), catalogue)?.is_empty(), left })
}
