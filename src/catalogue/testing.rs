//! Parts for tests of units: an object store in memory, a world without programs, and the exact state of a tree.
//!
//! Not for runs: nothing here is durable.

use std::collections::{BTreeMap, HashMap};
use std::io::{Cursor, Read};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::args::{Arg, Args};
use super::cancel::Cancel;
use super::command::{Command, Finished, Spawn};
use super::error::{Error, Result};
use super::folder::xattrs;
use super::keep::{Keep, ObjectId};
use super::look::Look;
use super::path_text::encode;
use super::shelf::{Generation, Shelf, Taker};
use super::signature::Signature;
use super::value::Value;

/// An object store in memory.
#[derive(Default)]
pub struct MemoryKeep {
    objects: Mutex<HashMap<String, Vec<u8>>>,
}

impl MemoryKeep {
    /// How many objects it holds.
    pub fn len(&self) -> usize {
        self.objects.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Keep for MemoryKeep {
    fn put(&self, content: &mut dyn Read) -> Result<ObjectId> {
        let mut bytes = Vec::new();
        content.read_to_end(&mut bytes).map_err(|error| Error::io("read what is captured", &error))?;
        let id = blake3::hash(&bytes).to_hex().to_string();
        self.objects.lock().unwrap_or_else(PoisonError::into_inner).insert(id.clone(), bytes);
        Ok(ObjectId(id))
    }

    fn open(&self, id: &ObjectId) -> Result<Box<dyn Read>> {
        let objects = self.objects.lock().unwrap_or_else(PoisonError::into_inner);
        let bytes = objects.get(&id.0).ok_or_else(|| Error::failed(format!("no object {}", id.0)))?;
        Ok(Box::new(Cursor::new(bytes.clone())))
    }
}

/// A world in which no program can be started.
pub struct NoPrograms;

impl Spawn for NoPrograms {
    fn run(&self, command: &Command, _: &Cancel) -> Result<Finished> {
        Err(Error::refused(format!("`{}` cannot be run here", command.argv.join(" "))))
    }

    fn start_detached(&self, command: &Command, _: Option<&Path>) -> Result<u32> {
        Err(Error::refused(format!("`{}` cannot be started here", command.argv.join(" "))))
    }
}

/// A world rooted at `root`, without programs and secrets.
///
/// # Panics
/// When there is no such directory.
pub fn world(root: &Path) -> Look {
    let root = root.canonicalize().expect("the root of a test exists");
    let secrets = Arc::new(|name: &str| Err(Error::failed(format!("no secret `{name}`"))));
    let shelf = MemoryShelf::of(&root);
    Look::new(root, Vec::new(), Arc::new(NoPrograms), secrets).with_shelf(shelf)
}

/// Snapshots in memory.
#[derive(Default)]
pub struct MemoryShelf {
    listed: Mutex<BTreeMap<String, Vec<Generation>>>,
    keep: Arc<MemoryKeep>,
}

impl MemoryShelf {
    /// Those of a root: the same ones for every world that is opened there.
    pub fn of(root: &Path) -> Arc<Self> {
        static ALL: Mutex<BTreeMap<PathBuf, Arc<MemoryShelf>>> = Mutex::new(BTreeMap::new());
        let mut all = ALL.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(all.entry(root.to_owned()).or_default())
    }
}

impl Shelf for MemoryShelf {
    fn all(&self) -> Result<Vec<(String, Generation)>> {
        let listed = self.listed.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(listed.iter().flat_map(|(name, all)| all.iter().map(|one| (name.clone(), one.clone()))).collect())
    }

    fn keep(&self) -> Result<Arc<dyn Keep>> {
        Ok(Arc::clone(&self.keep) as Arc<dyn Keep>)
    }

    fn taker(&self) -> Taker {
        Taker { by: "ana".to_owned(), run: "20260301-0900-00aa".to_owned() }
    }

    fn settle(&self) -> Result<()> {
        Ok(())
    }

    fn set(&self, name: &str, generations: &[Generation]) -> Result<()> {
        let mut listed = self.listed.lock().unwrap_or_else(PoisonError::into_inner);
        listed.insert(name.to_owned(), generations.to_vec());
        Ok(())
    }
}

/// Arguments by name; what is not named is absent.
///
/// # Panics
/// When the signature has no parameter of a given name.
pub fn args(signature: &'static Signature, given: &[(&str, Value)]) -> Args {
    let mut values: Vec<Arg> = signature.params.iter().map(|_| Arg::Absent).collect();
    for (name, value) in given {
        let (index, _) = signature.param(name).expect("the test names parameters that there are");
        values[index] = Arg::Known(value.clone());
    }
    Args::new(signature, values)
}

/// The exact state of everything at and below a path: one line per entry with kind, mode, owner, size, modification
/// time, number of names (and which other entries are the same inode), attributes, and content or target.
///
/// # Panics
/// When something cannot be read.
pub fn tree(root: &Path) -> BTreeMap<String, String> {
    let mut lines = BTreeMap::new();
    let mut inodes: HashMap<(u64, u64), String> = HashMap::new();
    for entry in walkdir::WalkDir::new(root).sort_by_file_name() {
        let entry = entry.expect("a test can list its own tree");
        let meta = entry.metadata().expect("a test can look at its own tree");
        let rest = entry.path().strip_prefix(root).expect("it is below the root");
        let name = encode(rest.as_os_str());
        let kind = meta.file_type();
        let content = if kind.is_symlink() {
            let target = std::fs::read_link(entry.path()).expect("the link is there");
            format!("-> {}", encode(target.as_os_str()))
        } else if kind.is_file() {
            let file = std::fs::File::open(entry.path()).expect("a test can read its own files");
            let attributes = xattrs(&file).expect("attributes can be read");
            let mut hasher = blake3::Hasher::new();
            std::io::copy(&mut &file, &mut hasher).expect("a test can read its own files");
            let mut text = hasher.finalize().to_hex()[..16].to_owned();
            for (key, value) in attributes {
                text.extend([" ", &encode(&key), "=", &encode(std::ffi::OsStr::from_bytes(&value))]);
            }
            text
        } else if kind.is_dir() {
            let folder = std::fs::File::open(entry.path()).expect("a test can read its own directories");
            format!("{:?}", xattrs(&folder).expect("attributes can be read"))
        } else {
            format!("special {}", meta.rdev())
        };
        let (size, names) = if kind.is_dir() { (0, 0) } else { (meta.size(), meta.nlink()) };
        let same = if names > 1 {
            inodes.entry((meta.dev(), meta.ino())).or_insert_with(|| name.clone()).clone()
        } else {
            String::new()
        };
        lines.insert(
            name,
            format!(
                "{:o} {}:{} {size} {}.{:09} {names} {same} {content}",
                meta.mode(),
                meta.uid(),
                meta.gid(),
                meta.mtime(),
                meta.mtime_nsec()
            ),
        );
    }
    lines
}
