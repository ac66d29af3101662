//! A folder, a store and a plan put together by hand.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::catalogue::args::Args;
use crate::catalogue::effect::Effects;
use crate::catalogue::error::{Error, Result};
use crate::catalogue::keep::Keep;
use crate::catalogue::look::Look;
use crate::catalogue::signature::{Form, Parameter, Returns, Role, Signature, UndoKind};
use crate::catalogue::touch::Touch;
use crate::catalogue::ty::Type;
use crate::catalogue::unit::{Action, Capture, Catalogue, Fingerprint, Preview, Probe};
use crate::catalogue::value::Value;
use crate::check::expand::{FailureScope, Handling};
use crate::check::model::{
    self, Block, Call, CallArg, Expr, ExprKind, Item, OnFailure, Policy, ProbeCall, Step, StepClauses, StepItem,
};
use crate::plan::model::{Edge, Node, NodeId, Plan, Reason, Request, Target, Times, Work};
use crate::run::event::{Event, NodeOutcome, Outcome, Record};
use crate::run::process::Processes;
use crate::run::undo::{self, UndoPlan};
use crate::run::{Ended, Setting, journal};
use crate::source::{FileId, Place, SourceFile, Sources, Span};
use crate::store::{RunRow, Sqlite, Store, lock, state};

pub struct Rig {
    pub folder: tempfile::TempDir,
    pub catalogue: Arc<Catalogue>,
    pub jobs: usize,
    next: Mutex<u32>,
    pub policy: Mutex<Policy>,
}

impl Rig {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut actions = crate::actions::all();
        actions.extend([Arc::new(Abort) as Arc<dyn Action>, Arc::new(Whisper)]);
        let mut sources = Sources::default();
        sources.add(SourceFile::new("test.rbk", "x".repeat(200_000)));
        let mut policy = (*super::super::undo::bare_for_tests("test")).clone();
        policy.sources = Arc::new(sources);
        Self {
            folder,
            catalogue: Arc::new(Catalogue::new(actions, crate::probes::all())),
            jobs: 2,
            next: Mutex::new(1),
            policy: Mutex::new(policy),
        }
    }

    pub fn root(&self) -> &Path {
        self.folder.path()
    }

    pub fn write(&self, path: &str, text: &str) {
        std::fs::write(self.root().join(path), text).unwrap();
    }

    pub fn read(&self, path: &str) -> Option<String> {
        std::fs::read_to_string(self.root().join(path)).ok()
    }

    pub fn state(&self) -> std::path::PathBuf {
        state::beside(self.root())
    }

    pub fn look(&self) -> Look {
        let root = self.root().canonicalize().unwrap();
        let secrets = Arc::new(|name: &str| match name {
            "token" => Ok("hunter2-secret".to_owned()),
            other => Err(Error::failed(format!("no secret `{other}`"))),
        });
        Look::new(root.as_path(), Vec::new(), Arc::new(Processes::new(root.clone())), secrets)
    }

    /// A place of its own, as every item of a policy has one.
    pub fn place(&self) -> Place {
        let mut next = self.next.lock().unwrap();
        *next += 2;
        Place::new(FileId(0), Span::new(*next, *next + 1))
    }

    pub fn name(&self, text: &str) -> model::Name {
        model::Name { text: Arc::from(text), place: self.place() }
    }

    pub fn constant(&self, value: Value) -> Expr {
        Expr { kind: ExprKind::Const(value), ty: Type::Error, place: self.place() }
    }

    fn args(&self, signature: &'static Signature, given: &[(&str, Value)]) -> Vec<CallArg> {
        let arg = |param: &Parameter| match given.iter().find(|(name, _)| *name == param.name) {
            Some((_, value)) => CallArg::value(self.constant(value.clone())),
            None => CallArg::Absent,
        };
        signature.params.iter().map(arg).collect()
    }

    pub fn call(&self, action: &str, given: &[(&str, Value)]) -> StepItem {
        let action = Arc::clone(self.catalogue.action(action).expect(action));
        let args = self.args(action.signature(), given);
        StepItem::Call(Arc::new(Call { action, args, timeout: None, retry: None, fails: None, place: self.place() }))
    }

    pub fn probe(&self, probe: &str, given: &[(&str, Value)]) -> Expr {
        let probe = Arc::clone(self.catalogue.probe(probe).expect(probe));
        let args = self.args(probe.signature(), given);
        self.probe_of(probe, args)
    }

    pub fn probe_of(&self, probe: Arc<dyn Probe>, args: Vec<CallArg>) -> Expr {
        let place = self.place();
        let call = ProbeCall { probe, args, timeout: None, place };
        Expr { kind: ExprKind::Probe(Box::new(call)), ty: Type::Error, place }
    }

    pub fn binary(&self, op: model::BinaryOp, left: Expr, right: Expr) -> Expr {
        Expr { kind: ExprKind::Binary(op, Box::new([left, right])), ty: Type::Bool, place: self.place() }
    }

    /// `exec(["sh", "-c", script])`: for tests only is a shell fine.
    pub fn sh(&self, script: &str) -> StepItem {
        let argv = ["sh", "-c", script].map(Value::str);
        self.call("exec", &[("argv", Value::list(argv))])
    }

    pub fn put(&self, path: &str, content: &str) -> StepItem {
        self.call("file.write", &[("path", Value::Path(path.into())), ("content", Value::str(content))])
    }

    pub fn remove(&self, path: &str) -> StepItem {
        self.call("file.remove", &[("path", Value::Path(path.into()))])
    }

    pub fn step(&self, name: &str, body: Vec<StepItem>) -> Step {
        let clauses = StepClauses::default();
        Step { name: self.name(name), title: None, body, clauses, place: self.place() }
    }

    pub fn block(&self, steps: Vec<Step>) -> Block {
        Block { items: steps.into_iter().map(|step| Item::Step(Arc::new(step))).collect() }
    }

    /// A plan of these works, in order, each behind all before it.
    pub fn chain(&self, works: Vec<(&str, Work)>) -> Plan {
        let mut plan = self.plan(works);
        for to in 1..plan.nodes.len() as u32 {
            plan.edges.push(Edge { from: NodeId(to - 1), to: NodeId(to), reason: Reason::After });
        }
        plan
    }

    /// A plan of these works without any edge. Its steps become those of the policy's only phase.
    pub fn plan(&self, works: Vec<(&str, Work)>) -> Plan {
        let mut policy = self.policy.lock().unwrap();
        let items = works.iter().filter_map(|(_, work)| match work {
            Work::Step(step) => Some(Item::Step(Arc::clone(step))),
            Work::Verify(_, place) => Some(Item::Verify(Arc::clone(place))),
            Work::Require(require) => Some(Item::Require(Arc::clone(require))),
            Work::Observe(observe) => Some(Item::Observe(Arc::clone(observe))),
            Work::Dynamic(item) => Some((**item).clone()),
            Work::Bind(binding) => Some(Item::Let(*binding)),
        });
        let items: Vec<Item> = items.collect();
        if policy.phases.is_empty() {
            let name = self.name("back");
            policy.phases.push(Arc::new(model::Phase {
                name,
                title: None,
                body: Block { items },
                scenarios: Vec::new(),
                depends_on: Vec::new(),
                includes: Vec::new(),
                on_failure: None,
                always: None,
                within: None,
                place: Place::default(),
            }));
        } else {
            let mut phase = (*policy.phases[0]).clone();
            phase.body.items = items;
            policy.phases[0] = Arc::new(phase);
        }
        let node = |(id, (key, work)): (usize, (&str, Work))| Node {
            id: NodeId(id as u32),
            key: key.to_owned(),
            title: None,
            work,
            stage: 0,
            phase: "back".to_owned(),
            locals: Arc::new(BTreeMap::new()),
            effects: Effects::none(),
            gate: false,
            exact: true,
            member: None,
            place: Place::default(),
            stage_name: None,
            calls: Vec::new(),
            pinned: BTreeMap::new(),
            handling: Handling { on_failure: OnFailure::Stop, scope: FailureScope::Policy },
            within: Arc::default(),
            in_stage: crate::check::expand::InStage::default(),
            people: Duration::ZERO,
            known_after: Vec::new(),
            previews: Vec::new(),
            shows: Vec::new(),
            shown: Vec::new(),
            if_it_fails: String::new(),
            expectations: Vec::new(),
            undo: crate::plan::model::Taken::Restored,
            worst: Duration::from_secs(60),
            timeout: Duration::from_secs(20),
            mitigates: false,
            changes: true,
        };
        Plan {
            id: uuid::Uuid::now_v7(),
            made: jiff::Timestamp::now(),
            policy: Arc::new(policy.clone()),
            request: Request { jobs: self.jobs, ..Request::default() },
            target: Target {
                environment: None,
                says: Vec::new(),
                root: self.root().display().to_string(),
                host: "here".to_owned(),
                user: "me".to_owned(),
                operator: None,
            },
            phases: vec!["back".to_owned()],
            params: Vec::new(),
            pins: Vec::new(),
            values: BTreeMap::new(),
            nodes: works.into_iter().enumerate().map(node).collect(),
            edges: Vec::new(),
            pinning: crate::check::expand::Pinning::default(),
            skipped: Vec::new(),
            times: Times::default(),
            typical: None,
        }
    }

    pub fn setting(&self, id: &str) -> Setting {
        let folder = self.state();
        let store = Sqlite::open(&folder).unwrap();
        Setting {
            lock: lock::take(&folder, id).unwrap(),
            store: Arc::new(store),
            look: self.look(),
            catalogue: Arc::clone(&self.catalogue),
            reporters: Vec::new(),
            signals: false,
            said: Vec::new(),
            secrets: crate::run::secrets::Secrets::default(),
        }
    }

    pub fn run(&self, plan: Plan) -> Ended {
        let setting = self.setting(&plan.id.to_string());
        crate::run::run(plan, setting).unwrap()
    }

    pub fn store(&self) -> Sqlite {
        Sqlite::look(&self.state()).unwrap().expect("a run was made")
    }

    pub fn events(&self, run: &str) -> Vec<Event> {
        self.records(run).into_iter().map(|record| record.event).collect()
    }

    pub fn records(&self, run: &str) -> Vec<Record> {
        let store = self.store();
        let row: RunRow = store.find(run).unwrap();
        let mut records = Vec::new();
        journal::read(&store, row.no, &row.id, &mut |record| {
            records.push(record);
            Ok(())
        })
        .unwrap();
        records
    }

    /// The last outcome of a node in the journal.
    pub fn outcome(&self, run: &str, node: &str) -> Option<NodeOutcome> {
        let mut outcome = None;
        for event in self.events(run) {
            match event {
                Event::NodeEnded { node: key, outcome: ended, .. } if key == node => outcome = Some(ended),
                Event::TakenBack { node: key, error: None } if key == node => outcome = Some(NodeOutcome::TakenBack),
                _ => {}
            }
        }
        outcome
    }

    pub fn plan_undo(&self, run: &str) -> Result<UndoPlan> {
        let policy = Arc::new(self.policy.lock().unwrap().clone());
        undo::plan(&self.store(), run, &self.look(), &self.catalogue, &move |_| Ok(Arc::clone(&policy)))
    }

    pub fn undo(&self, run: &str) -> Ended {
        let plan = self.plan_undo(run).unwrap();
        let setting = self.setting(&plan.id);
        undo::undo(plan, setting, false).unwrap()
    }
}

pub fn step(step: Step) -> Work {
    Work::Step(Arc::new(step))
}

/// The exact state of a folder, the state folder left out.
pub fn tree(root: &Path) -> BTreeMap<String, (u32, Vec<u8>)> {
    use std::os::unix::fs::PermissionsExt;
    let mut tree = BTreeMap::new();
    let entries = walkdir::WalkDir::new(root).min_depth(1).into_iter().filter_entry(|e| e.file_name() != ".rbk");
    for entry in entries {
        let entry = entry.unwrap();
        let name = entry.path().strip_prefix(root).unwrap().display().to_string();
        let meta = entry.metadata().unwrap();
        let content = if meta.is_file() { std::fs::read(entry.path()).unwrap() } else { Vec::new() };
        tree.insert(name, (meta.permissions().mode(), content));
    }
    tree
}

pub fn assert_outcome(ended: &Ended, outcome: Outcome) {
    assert_eq!(ended.outcome, outcome, "{}: {:?}", ended.summary, ended.error);
}

/// An action that ends this process as `kill -9` does: nothing is flushed, nobody is told.
struct Abort;

static ABORT: Signature = Signature {
    name: "test.abort",
    role: Role::Action,
    params: &[],
    returns: Returns::None,
    undo: UndoKind::None,
    gate: false,
    doc: "ends this process at once",
    page: "",
};

/// An action that lets a child say a secret aloud.
struct Whisper;

static WHISPER: Signature = Signature {
    name: "test.whisper",
    role: Role::Action,
    params: &[Parameter { name: "fail", ty: "bool", form: Form::Optional, doc: "fail, and quote it" }],
    returns: Returns::None,
    undo: UndoKind::None,
    gate: false,
    doc: "lets a child say a secret",
    page: "",
};

macro_rules! plain_action {
    ($name:ident, $signature:ident, |$args:ident, $touch:ident| $run:expr) => {
        impl Action for $name {
            fn signature(&self) -> &'static Signature {
                &$signature
            }
            fn effects(&self, _: &Args, _: Option<&Look>) -> Effects {
                Effects::none()
            }
            fn preview(&self, _: &Args, _: &Look) -> Result<Preview> {
                Ok(Preview::default())
            }
            fn fingerprint(&self, _: &Args, _: &Look) -> Result<Option<Fingerprint>> {
                Ok(None)
            }
            fn capture(&self, _: &Args, _: &Look, _: &dyn Keep) -> Result<Capture> {
                Ok(Capture::Nothing)
            }
            fn run(&self, $args: &Args, $touch: &Touch) -> Result<Value> {
                $run
            }
            fn undo(&self, _: &Capture, _: &Touch, _: &dyn Keep) -> Result<()> {
                Ok(())
            }
        }
    };
}

plain_action!(Abort, ABORT, |_args, _touch| std::process::abort());
plain_action!(Whisper, WHISPER, |args, touch| {
    let secret = touch.secret("token")?;
    let command = crate::catalogue::command::Command {
        argv: ["sh", "-c", "echo said $T; echo $T >&2"].map(str::to_owned).to_vec(),
        env: vec![("T".to_owned(), Some(secret.clone()))],
        ..Default::default()
    };
    touch.spawn().run(&command, touch.cancel())?;
    if args.flag("fail", false) { Err(Error::failed(format!("it said {secret}"))) } else { Ok(Value::str(secret)) }
});
