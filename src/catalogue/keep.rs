//! Where captured content is kept: the interface that units see of the object store.

use std::io::Read;

use serde::{Deserialize, Serialize};

use super::error::Result;

/// The blake3 digest of content, as hex; the name of an object.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(transparent)]
pub struct ObjectId(pub String);

/// Content-addressed storage. An object is durable before the journal names it.
pub trait Keep: Send + Sync {
    /// Stores all of `content` and returns its id. Storing the same content twice costs one object.
    fn put(&self, content: &mut dyn Read) -> Result<ObjectId>;

    /// As [`Keep::put`], encrypted where it lies: for content that may hold a secret.
    fn put_sealed(&self, content: &mut dyn Read) -> Result<ObjectId> {
        self.put(content)
    }

    /// Whether sealed content can be kept; asked before anything is changed.
    fn can_seal(&self) -> Result<()> {
        Ok(())
    }

    /// Whether what was sealed can be opened; asked before anything is restored.
    fn can_open(&self) -> Result<()> {
        Ok(())
    }

    /// A digest of the value of a secret that nobody can guess values by who has not the key of sealed content; `None`
    /// where there is none.
    fn digest_of_secret(&self, value: &str) -> Option<String> {
        let _ = value;
        None
    }

    /// The object whose id begins with `start`, where there is one.
    fn find(&self, start: &str) -> Result<Option<ObjectId>> {
        let _ = start;
        Ok(None)
    }

    /// Opens an object. The content is verified against its id while it is read.
    fn open(&self, id: &ObjectId) -> Result<Box<dyn Read>>;
}
