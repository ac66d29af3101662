//! Captured content by its digest: small pieces inside the state database, large ones as files beside it.
//!
//! An object's name is the blake3 digest of its content; what is stored is compressed with zstd, and sealed where it may hold
//! a secret.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, Weak};

use super::database::Database;
use super::keyring::{Key, Keyring, NAME_LENGTH};
use super::loose::Loose;
use super::seal::{self, Sealer, Unsealer};
use super::state;
use super::writer::Op;
use crate::catalogue::error::{Error, Result};
use crate::catalogue::keep::{Keep, ObjectId};

/// Content up to this many bytes goes into the database, in the transaction of the intent that names it: no file, no
/// flush of its own.
const INLINE: usize = 32 * 1024;

/// Fast, and within a tenth of the size of the default level on source trees.
const LEVEL: i32 = 1;

/// Bytes of small objects that may wait for the writer before `put` waits too.
const WAITING: usize = 8 * 1024 * 1024;

/// The object store of a state folder.
pub(super) struct Objects {
    pub folder: PathBuf,
    pub store: Weak<Database>,
    pub loose: Arc<Loose>,
    pub keys: Keyring,
}

impl Objects {
    fn path(&self, id: &str) -> PathBuf {
        self.folder.join(&id[..2]).join(&id[2..])
    }

    fn store(&self) -> Result<Arc<Database>> {
        self.store.upgrade().ok_or_else(|| Error::internal("the store was closed while something was captured"))
    }

    fn put_small(&self, content: &[u8], sealed: bool) -> Result<ObjectId> {
        let id = blake3::hash(content).to_hex().to_string();
        let mut data =
            zstd::bulk::compress(content, LEVEL).map_err(|error| Error::io("compress captured content", &error))?;
        if sealed {
            let key = self.key()?;
            let seal = |out| {
                let mut sealer = Sealer::new(out, &key)?;
                sealer.write_all(&data)?;
                sealer.finish()
            };
            data = seal(Vec::new()).map_err(|error| Error::io("encrypt captured content", &error))?;
        }
        let data: Arc<[u8]> = data.into();
        let inner = self.store()?;
        let mut small = self.loose.small.lock().unwrap_or_else(PoisonError::into_inner);
        if small.data.contains_key(&id) {
            return Ok(ObjectId(id));
        }
        small.bytes += data.len();
        small.data.insert(id.clone(), Arc::clone(&data));
        let crowded = small.bytes > WAITING;
        // Submitted under the lock: whoever finds the id there may rely on its being in the queue.
        let ticket = inner.submit([Op::Object(id.clone(), data)]);
        drop(small);
        if crowded {
            ticket.wait()?;
        }
        Ok(ObjectId(id))
    }

    fn put_large(&self, start: &[u8], rest: &mut dyn Read, sealed: bool) -> Result<ObjectId> {
        state::make_private_inside(&self.folder)?;
        let io = |error: &io::Error| Error::io("keep captured content in the state folder", error);
        let temporary = tempfile::NamedTempFile::new_in(&self.folder).map_err(|error| io(&error))?;
        let (id, temporary) = if sealed {
            let sealer = Sealer::new(temporary, &*self.key()?).map_err(|error| io(&error))?;
            let (id, sealer) = compress(start, rest, sealer)?;
            (id, sealer.finish().map_err(|error| io(&error))?)
        } else {
            compress(start, rest, temporary)?
        };
        let path = self.path(&id);
        let parent = path.parent().unwrap_or(&self.folder).to_owned();
        if !path.exists() {
            state::make_private(&parent)?;
            // Content before its name: a name in place always has its whole content behind it.
            temporary.as_file().sync_all().map_err(|error| io(&error))?;
            temporary.persist(&path).map_err(|error| io(&error.error))?;
        }
        let mut folders = self.loose.folders.lock().unwrap_or_else(PoisonError::into_inner);
        folders.insert(parent);
        folders.insert(self.folder.clone());
        Ok(ObjectId(id))
    }
}

/// Writes all of `start` and `rest` to `out`, compressed; gives its digest and `out`.
fn compress<W: Write>(start: &[u8], rest: &mut dyn Read, out: W) -> Result<(String, W)> {
    let io = |error: &io::Error| Error::io("keep captured content in the state folder", error);
    let mut hasher = blake3::Hasher::new();
    let mut encoder = zstd::stream::write::Encoder::new(out, LEVEL).map_err(|error| io(&error))?;
    hasher.update(start);
    encoder.write_all(start).map_err(|error| io(&error))?;
    let mut buffer = vec![0; 128 * 1024];
    loop {
        let count = match rest.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(Error::io("read what is to be captured", &error)),
        };
        hasher.update(&buffer[..count]);
        encoder.write_all(&buffer[..count]).map_err(|error| io(&error))?;
    }
    Ok((hasher.finalize().to_hex().to_string(), encoder.finish().map_err(|error| io(&error))?))
}

impl Objects {
    fn put_any(&self, content: &mut dyn Read, sealed: bool) -> Result<ObjectId> {
        let mut start = Vec::new();
        content
            .take(INLINE as u64 + 1)
            .read_to_end(&mut start)
            .map_err(|error| Error::io("read what is to be captured", &error))?;
        if start.len() <= INLINE { self.put_small(&start, sealed) } else { self.put_large(&start, content, sealed) }
    }

    /// Which key what is sealed here was sealed with; `None` where nothing is.
    fn sealed_with(&self) -> Result<Option<[u8; NAME_LENGTH]>> {
        let path = self.mark();
        match std::fs::read_to_string(&path) {
            Ok(text) => Ok(Some(u64::from_str_radix(text.trim(), 16).unwrap_or_default().to_be_bytes())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Error::io(format!("read `{}`", path.display()), &error)),
        }
    }

    fn mark(&self) -> PathBuf {
        self.folder.with_file_name("sealed-with")
    }

    /// The key to seal with: one for all that is ever sealed here, so that who can undo the last run can undo those before.
    fn key(&self) -> Result<Arc<Key>> {
        self.can_open()?;
        let key = self.keys.sealing()?;
        if self.sealed_with()?.is_none() {
            let name = format!("{:016x}\n", u64::from_be_bytes(key.name));
            std::fs::write(self.mark(), name)
                .map_err(|error| Error::io(format!("write `{}`", self.mark().display()), &error))?;
        }
        Ok(key)
    }

    /// What `stored` holds, decrypted where it is sealed.
    fn unsealed(&self, mut stored: Box<dyn Read>) -> Result<Box<dyn Read>> {
        let io = |error: &io::Error| Error::io("read captured content", error);
        let mut start = Vec::new();
        stored.by_ref().take(seal::MAGIC.len() as u64).read_to_end(&mut start).map_err(|error| io(&error))?;
        if start != seal::MAGIC {
            return Ok(Box::new(io::Cursor::new(start).chain(stored)));
        }
        let key = self.keys.named(seal::key_name(&mut stored).map_err(|error| io(&error))?)?;
        Ok(Box::new(Unsealer::new(stored, &key).map_err(|error| io(&error))?))
    }
}

impl Keep for Objects {
    fn put(&self, content: &mut dyn Read) -> Result<ObjectId> {
        self.put_any(content, false)
    }

    fn put_sealed(&self, content: &mut dyn Read) -> Result<ObjectId> {
        self.put_any(content, true)
    }

    fn can_seal(&self) -> Result<()> {
        self.key().map(|_| ())
    }

    fn can_open(&self) -> Result<()> {
        let Some(name) = self.sealed_with()? else { return Ok(()) };
        self.keys.named(name).map(|_| ()).map_err(|error| {
            let lost = format!("; if it is lost for good, remove `{}`", self.mark().display());
            Error { hint: error.hint.map(|hint| hint + &lost), ..error }
        })
    }

    fn digest_of_secret(&self, value: &str) -> Option<String> {
        Some(self.key().ok()?.digest(value))
    }

    fn find(&self, start: &str) -> Result<Option<ObjectId>> {
        if start.len() < 32 || start.len() > 64 || !start.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Ok(None);
        }
        let waiting = {
            let small = self.loose.small.lock().unwrap_or_else(PoisonError::into_inner);
            small.data.keys().find(|id| id.starts_with(start)).cloned()
        };
        if let Some(id) = waiting {
            return Ok(Some(ObjectId(id)));
        }
        if let Some(id) = self.store()?.object_named(start)? {
            return Ok(Some(ObjectId(id)));
        }
        let Ok(names) = std::fs::read_dir(self.folder.join(&start[..2])) else { return Ok(None) };
        let mut names = names.filter_map(|name| name.ok()?.file_name().into_string().ok());
        Ok(names.find(|name| name.starts_with(&start[2..])).map(|name| ObjectId(format!("{}{name}", &start[..2]))))
    }

    fn open(&self, id: &ObjectId) -> Result<Box<dyn Read>> {
        if id.0.len() != 64 || !id.0.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(Error::failed(format!("`{}` is not the name of captured content", id.0)));
        }
        let waiting = {
            let small = self.loose.small.lock().unwrap_or_else(PoisonError::into_inner);
            small.data.get(&id.0).cloned()
        };
        let compressed: Box<dyn Read> = if let Some(data) = waiting {
            Box::new(io::Cursor::new(data))
        } else if let Some(data) = self.store()?.object(&id.0)? {
            Box::new(io::Cursor::new(data))
        } else {
            let path = self.path(&id.0);
            Box::new(File::open(&path).map_err(|error| lost(&path, id, &error))?)
        };
        let compressed = self.unsealed(compressed)?;
        let content =
            zstd::stream::read::Decoder::new(compressed).map_err(|error| Error::io("read captured content", &error))?;
        Ok(Box::new(Verified { content, hasher: blake3::Hasher::new(), id: id.0.clone() }))
    }
}

fn lost(path: &Path, id: &ObjectId, error: &io::Error) -> Error {
    Error::io(format!("read the captured content `{}` at `{}`", &id.0[..12], path.display()), error)
        .hint("what was captured is gone from the state folder; restore it from a backup of `.rbk/objects`")
}

/// Content that fails at its end when it is not what its name says.
struct Verified<R> {
    content: R,
    hasher: blake3::Hasher,
    id: String,
}

impl<R: Read> Read for Verified<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.content.read(buffer)?;
        self.hasher.update(&buffer[..count]);
        if count == 0 && !buffer.is_empty() && self.hasher.finalize().to_hex().as_str() != self.id {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                format!("the captured content `{}` is damaged: its digest does not match", &self.id[..12]),
            ));
        }
        Ok(count)
    }
}
