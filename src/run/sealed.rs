//! Everything that is captured of a policy with secrets is sealed: what a secret was written to is not known later.

use std::io::Read;
use std::sync::Arc;

use crate::catalogue::error::Result;
use crate::catalogue::keep::{Keep, ObjectId};
use crate::check::model::Policy;
use crate::store::Store;

/// Where what `policy` captures goes; without a policy, nobody knows of its secrets, and all is sealed.
///
/// # Errors
/// When it must be sealed and cannot be: then nothing may be changed.
pub fn keep(store: &dyn Store, policy: Option<&Policy>) -> Result<Arc<dyn Keep>> {
    let keep = store.keep();
    if policy.is_some_and(|policy| policy.secrets.is_empty()) {
        return Ok(keep);
    }
    keep.can_seal()?;
    Ok(Arc::new(Sealed(keep)))
}

struct Sealed(Arc<dyn Keep>);

impl Keep for Sealed {
    fn put(&self, content: &mut dyn Read) -> Result<ObjectId> {
        self.0.put_sealed(content)
    }

    fn put_sealed(&self, content: &mut dyn Read) -> Result<ObjectId> {
        self.0.put_sealed(content)
    }

    fn can_seal(&self) -> Result<()> {
        self.0.can_seal()
    }

    fn can_open(&self) -> Result<()> {
        self.0.can_open()
    }

    fn digest_of_secret(&self, value: &str) -> Option<String> {
        self.0.digest_of_secret(value)
    }

    fn find(&self, start: &str) -> Result<Option<ObjectId>> {
        self.0.find(start)
    }

    fn open(&self, id: &ObjectId) -> Result<Box<dyn Read>> {
        self.0.open(id)
    }
}
