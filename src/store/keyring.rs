//! The key that captured content is sealed with: where it lies, how it is made.
//!
//! INVARIANT: a key never lies in a state folder, and is never replaced: what it sealed could not be opened any more.

use std::ffi::OsString;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::state;
use crate::catalogue::error::{Error, Result};

/// Names a key file in another place.
const VARIABLE: &str = "RBK_KEY_FILE";

/// What a key file begins with.
const HEADER: &str = "rbk-key-1 ";

pub(super) const NAME_LENGTH: usize = 8;

/// A key and what it is called where it was used.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Key {
    pub name: [u8; NAME_LENGTH],
    pub secret: [u8; 32],
}

impl Key {
    /// A new one.
    pub fn new() -> Result<Self> {
        let mut secret = [0; 32];
        getrandom::fill(&mut secret)
            .map_err(|error| Error::failed(format!("the system has no randomness: {error}")))?;
        Ok(Self::of(secret))
    }

    fn of(secret: [u8; 32]) -> Self {
        let digest = blake3::derive_key("rbk 2026 name of a sealing key", &secret);
        let mut name = [0; NAME_LENGTH];
        name.copy_from_slice(&digest[..NAME_LENGTH]);
        Self { name, secret }
    }

    /// A digest of `value` that is worth nothing without this key.
    pub fn digest(&self, value: &str) -> String {
        let key = blake3::derive_key("rbk 2026 digest of the value of a secret", &self.secret);
        blake3::keyed_hash(&key, value.as_bytes()).to_hex().to_string()
    }

    fn parse(text: &str) -> Option<Self> {
        let secret = blake3::Hash::from_hex(text.trim().strip_prefix(HEADER)?.trim()).ok()?;
        Some(Self::of(*secret.as_bytes()))
    }

    fn text(&self) -> String {
        format!("{HEADER}{}\n", blake3::Hash::from_bytes(self.secret).to_hex())
    }
}

/// Reads the key of this user when it is first wanted, and makes it where there is none.
pub struct Keyring {
    place: Option<PathBuf>,
    key: Mutex<Option<Arc<Key>>>,
}

impl Keyring {
    /// Where this user's key is: `RBK_KEY_FILE`, or a file in the user's data folder.
    pub fn of_user() -> Self {
        Self { place: place(|name| std::env::var_os(name)), key: Mutex::default() }
    }

    /// The key in this file.
    #[cfg(test)]
    pub fn at(path: &Path) -> Self {
        Self { place: Some(path.to_owned()), key: Mutex::default() }
    }

    /// The key to seal with; made, and durable, where there is none.
    pub(super) fn sealing(&self) -> Result<Arc<Key>> {
        let mut known = self.key.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(key) = &*known {
            return Ok(Arc::clone(key));
        }
        let place = self.place.as_deref().ok_or_else(nowhere)?;
        let key = match read(place)? {
            Some(key) => key,
            None => make(place)?,
        };
        Ok(Arc::clone(known.insert(Arc::new(key))))
    }

    /// The key with this name, to open what it sealed.
    pub(super) fn named(&self, name: [u8; NAME_LENGTH]) -> Result<Arc<Key>> {
        let mut known = self.key.lock().unwrap_or_else(PoisonError::into_inner);
        if known.is_none() {
            let place = self.place.as_deref().ok_or_else(nowhere)?;
            *known = read(place)?.map(Arc::new);
        }
        known.as_ref().filter(|key| key.name == name).cloned().ok_or_else(|| {
            let place = self.place.as_deref().unwrap_or(Path::new("")).display();
            let what = if known.is_some() { "is another one" } else { "is not there" };
            Error::refused(format!("captured content is encrypted, and its key is missing: `{place}` {what}")).hint(
                format!("do this as the user who made the run, or name that user's key file with `{VARIABLE}=FILE`"),
            )
        })
    }
}

fn place(variable: impl Fn(&str) -> Option<OsString>) -> Option<PathBuf> {
    let path = |name| variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    path(VARIABLE).or_else(|| {
        let data = path("XDG_DATA_HOME").filter(|data| data.is_absolute());
        let data =
            data.or_else(|| path("HOME").filter(|home| home.is_absolute()).map(|home| home.join(".local/share")))?;
        Some(data.join("rbk").join("key"))
    })
}

fn nowhere() -> Error {
    Error::refused("what may hold a secret is captured encrypted, and there is no place for the key: `HOME` is not set")
        .hint(format!("set `HOME`, or name a file for the key with `{VARIABLE}=FILE`"))
}

fn read(place: &Path) -> Result<Option<Key>> {
    let problem =
        |what: String, hint: String| Err(Error::refused(format!("the key `{}` {what}", place.display())).hint(hint));
    let text = match std::fs::read_to_string(place) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => {
            return problem(
                format!("cannot be read: {error}"),
                "it opens what was captured of secrets: make it readable for you alone".to_owned(),
            );
        }
    };
    let mode = std::fs::metadata(place).map(|facts| facts.permissions().mode()).unwrap_or_default();
    if mode & 0o077 != 0 {
        return problem(
            format!("may be read by others (mode {:03o})", mode & 0o777),
            format!("`chmod 600 {}`", place.display()),
        );
    }
    match Key::parse(&text) {
        Some(key) => Ok(Some(key)),
        None => problem(
            "is not a key of rbk".to_owned(),
            format!(
                "restore it from a backup; or move it aside for a new one, and lose what it sealed: `{}`",
                place.display()
            ),
        ),
    }
}

/// Writes a new key, unless another run was faster: then that one's counts.
fn make(place: &Path) -> Result<Key> {
    let io = |error: &std::io::Error| {
        Error::io(format!("write the key that secrets are captured with, `{}`", place.display()), error)
            .hint(format!("make the folder writable, or name another file with `{VARIABLE}=FILE`"))
    };
    let folder = place.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    state::make_private(folder)?;
    let key = Key::new()?;
    // Private from its first byte on: that is how temporary files are made.
    let mut file = tempfile::NamedTempFile::new_in(folder).map_err(|error| io(&error))?;
    file.write_all(key.text().as_bytes()).and_then(|()| file.as_file().sync_all()).map_err(|error| io(&error))?;
    match file.persist_noclobber(place) {
        Ok(_) => {
            std::fs::File::open(folder).and_then(|folder| folder.sync_all()).map_err(|error| io(&error))?;
            Ok(key)
        }
        Err(error) if error.error.kind() == std::io::ErrorKind::AlreadyExists => {
            read(place)?.ok_or_else(|| Error::failed(format!("the key `{}` came and went", place.display())))
        }
        Err(error) => Err(io(&error.error)),
    }
}

#[cfg(test)]
mod tests {
    use super::{Keyring, place};
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_key_is_made_once_and_for_its_user_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/key");
        let first = Keyring::at(&path).sealing().unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(Keyring::at(&path).sealing().unwrap().secret, first.secret);
        assert_eq!(Keyring::at(&path).named(first.name).unwrap().secret, first.secret);
    }

    #[test]
    fn what_another_key_sealed_is_not_opened() {
        let folder = tempfile::tempdir().unwrap();
        let [one, two] = ["one", "two"].map(|name| Keyring::at(&folder.path().join(name)));
        let name = one.sealing().unwrap().name;
        let error = two.named(name).err().unwrap();
        assert!(error.what.ends_with("is not there"), "{}", error.what);
        two.sealing().unwrap();
        let error = two.named(name).err().unwrap();
        assert!(error.what.ends_with("is another one"), "{}", error.what);
    }

    #[test]
    fn a_key_that_others_may_read_or_that_is_none_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        Keyring::at(&path).sealing().unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert!(Keyring::at(&path).sealing().err().unwrap().what.contains("may be read by others (mode 644)"));
        std::fs::write(&path, "rbk-key-1 12\n").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        assert!(Keyring::at(&path).sealing().err().unwrap().what.contains("is not a key"));
    }

    #[test]
    fn the_place_is_what_is_named_or_in_the_data_of_the_user() {
        let of = |known: &[(&str, &str)]| {
            let find = |name: &str| known.iter().find(|(have, _)| *have == name).map(|(_, value)| value.into());
            place(find).map(|path| path.display().to_string())
        };
        assert_eq!(of(&[("HOME", "/h")]).unwrap(), "/h/.local/share/rbk/key");
        assert_eq!(of(&[("HOME", "/h"), ("XDG_DATA_HOME", "/d")]).unwrap(), "/d/rbk/key");
        assert_eq!(of(&[("HOME", "/h"), ("RBK_KEY_FILE", "k")]).unwrap(), "k");
        assert_eq!(of(&[("HOME", "")]), None);
    }
}
