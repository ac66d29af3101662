//! A throwaway root with the real spawner, and calls by name as a run makes them.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rbk::catalogue::args::{Arg, Args, Lazy};
use rbk::catalogue::error::{Error, Result};
use rbk::catalogue::keep::{Keep, ObjectId};
use rbk::catalogue::look::Look;
use rbk::catalogue::touch::Touch;
use rbk::catalogue::unit::{Action, Capture, Catalogue, Preview, Probe};
use rbk::catalogue::value::{Code, Quantity, Record, Value};
use rbk::run::process::Processes;

pub struct World {
    /// Removed with the world.
    _folder: tempfile::TempDir,
    pub look: Look,
    pub keep: Kept,
}

/// Labels and values of a call.
pub type Given<'a> = &'a [(&'a str, Arg)];

impl World {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        let spawn = Processes::new(&root).with_grace(Duration::from_millis(300));
        let secrets = |name: &str| match name {
            "token" => Ok("s3cr3t".to_owned()),
            other => Err(Error::failed(format!("no secret `{other}`"))),
        };
        let look = Look::new(root, Vec::new(), Arc::new(spawn), Arc::new(secrets)).within(Duration::from_mins(1));
        Self { _folder: folder, look, keep: Kept::default() }
    }

    pub fn root(&self) -> &Path {
        self.look.root()
    }

    pub fn touch(&self) -> Touch {
        Touch::new(self.look.clone())
    }

    pub fn run(&self, name: &str, given: Given) -> Result<Value> {
        let action = action(name);
        action.run(&args(action.signature(), given), &self.touch())
    }

    pub fn preview(&self, name: &str, given: Given) -> Result<Preview> {
        let action = action(name);
        action.preview(&args(action.signature(), given), &self.look)
    }

    /// Capture and run, as an executor does; gives the capture for an undo.
    pub fn captured_run(&self, name: &str, given: Given) -> (Capture, Result<Value>) {
        let action = action(name);
        let args = args(action.signature(), given);
        let capture = action.capture(&args, &self.look, &self.keep).unwrap();
        // It goes through the journal before it comes back.
        let capture = serde_json::from_str(&serde_json::to_string(&capture).unwrap()).unwrap();
        (capture, action.run(&args, &self.touch()))
    }

    pub fn undo(&self, name: &str, capture: &Capture) -> Result<()> {
        action(name).undo(capture, &self.touch(), &self.keep)
    }

    pub fn ask(&self, name: &str, given: Given) -> Result<Value> {
        let probe = probe(name);
        probe.sample(&args(probe.signature(), given), &self.look)
    }

    pub fn write(&self, name: &str, content: &str) -> PathBuf {
        let path = self.root().join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.root().join(name)).unwrap_or_default()
    }
}

fn catalogue() -> Catalogue {
    Catalogue::new(rbk::actions::all(), rbk::probes::all())
}

pub fn action(name: &str) -> Arc<dyn Action> {
    catalogue().action(name).unwrap().clone()
}

pub fn probe(name: &str) -> Arc<dyn Probe> {
    catalogue().probe(name).unwrap().clone()
}

pub fn args(signature: &'static rbk::catalogue::signature::Signature, given: Given) -> Args {
    let mut values = vec![Arg::Absent; signature.params.len()];
    for (name, arg) in given {
        values[signature.param(name).unwrap().0] = arg.clone();
    }
    Args::new(signature, values)
}

pub fn text(text: &str) -> Arg {
    Arg::Known(Value::str(text))
}

pub fn regex(text: &str) -> Arg {
    Arg::Known(Value::Regex(text.into()))
}

pub fn int(number: i64) -> Arg {
    Arg::Known(Value::Int(number))
}

pub fn list(words: &[&str]) -> Arg {
    Arg::Known(Value::list(words.iter().map(|&word| Value::str(word))))
}

pub fn code(line: &str) -> Arg {
    Arg::Known(Value::Code(Arc::new(Code { text: line.into(), binds: Vec::new() })))
}

pub fn millis(length: u64) -> Arg {
    Arg::Known(Value::duration(Duration::from_millis(length)))
}

pub fn map(entries: &[(&str, Value)]) -> Arg {
    let entries = entries.iter().map(|(name, value)| (Arc::from(*name), value.clone()));
    Arg::Known(Value::Map(Arc::new(entries.collect::<BTreeMap<_, _>>())))
}

pub fn lazy(ask: impl Fn(&Look) -> Result<Value> + Send + Sync + 'static) -> Arg {
    Arg::Lazy(Arc::new(ask) as Lazy)
}

pub fn field(value: &Value, name: &str) -> Value {
    let Value::Record(record) = value else { panic!("{value} is no record") };
    Record::get(record, name).unwrap().clone()
}

pub fn amount(value: &Value) -> f64 {
    let Value::Quantity(Quantity { amount, .. }) = value else { panic!("{value} is no quantity") };
    *amount
}

/// `what | hint`
pub fn said(error: &Error) -> String {
    format!("{} | {}", error.what, error.hint.clone().unwrap_or_default())
}

/// A number that no other process of this machine has on its command line.
pub fn unique() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    format!("300.{}{:05}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

pub fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let limit = Instant::now() + Duration::from_secs(20);
    while !holds() {
        assert!(Instant::now() < limit, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Alive and no zombie.
pub fn alive(pid: u32) -> bool {
    std::fs::read_to_string(format!("/proc/{pid}/stat"))
        .is_ok_and(|stat| !stat.rsplit_once(')').unwrap().1.trim_start().starts_with('Z'))
}

/// Children of a test, ended with it whatever happens.
pub struct Mine(pub std::process::Child);

impl Mine {
    pub fn start(argv: &[&str]) -> Self {
        let child = std::process::Command::new(argv[0])
            .args(&argv[1..])
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        let line = argv.join("\0");
        let cmdline = format!("/proc/{}/cmdline", child.id());
        // Between fork and exec it still looks like the test itself.
        until("the exec", || std::fs::read_to_string(&cmdline).unwrap_or_default().trim_end_matches('\0') == line);
        Self(child)
    }

    pub fn alive(&self) -> bool {
        alive(self.0.id())
    }
}

impl Drop for Mine {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Objects in memory, by their digest.
#[derive(Default)]
pub struct Kept(Mutex<BTreeMap<ObjectId, Vec<u8>>>);

impl Keep for Kept {
    fn put(&self, content: &mut dyn Read) -> Result<ObjectId> {
        let mut bytes = Vec::new();
        content.read_to_end(&mut bytes).unwrap();
        let id = ObjectId(blake3::hash(&bytes).to_hex().to_string());
        self.0.lock().unwrap().insert(id.clone(), bytes);
        Ok(id)
    }

    fn open(&self, id: &ObjectId) -> Result<Box<dyn Read>> {
        Ok(Box::new(Cursor::new(self.0.lock().unwrap()[id].clone())))
    }
}
