//! What earlier steps change of that which a call looks at: files whose new content is known are shown as they will be,
//! all else as it is now, with a note.

use std::collections::HashMap;
use std::path::PathBuf;

use crate::catalogue::effect::{Effects, Kind};
use crate::catalogue::foreseen::{Foreseen, Overlay};
use crate::catalogue::look::Look;
use crate::check::effects::shown;
use crate::check::expand::{ExpandedCall, ExpandedNode, Member};
use crate::check::model::Undo;

use super::model::Node;
use super::writers::Writers;

/// What stands before a call and changes what it looks at.
pub(super) struct Before {
    /// As a clause: `` `copy` writes `live/x` ``.
    pub what: String,
    /// It is known what is changed; not that of a command, which may change anything.
    pub definite: bool,
}

/// What the nodes so far will have changed.
pub(super) struct Ahead {
    /// All writes.
    all: Writers,
    /// Those whose result is not known.
    unknown: Writers,
    overlay: Overlay,
    /// Who leaves a file as it is foreseen.
    by: HashMap<PathBuf, usize>,
    members: Vec<Option<Member>>,
}

impl Ahead {
    pub fn new() -> Self {
        Self {
            all: Writers::new(),
            unknown: Writers::new(),
            overlay: Overlay::default(),
            by: HashMap::new(),
            members: Vec::new(),
        }
    }

    /// The world as a call of the next node will find it.
    pub fn look(&self, look: &Look) -> Look {
        look.foreseeing(&self.overlay)
    }

    /// The last thing before `call` whose result is not known and which changes what it looks at.
    pub fn unknown_before(&self, call: &ExpandedCall, node: &ExpandedNode, nodes: &[Node]) -> Option<Before> {
        self.last(&self.unknown, call, node, nodes)
    }

    /// The last thing before `call` that changes what it looks at.
    pub fn before(&self, call: &ExpandedCall, node: &ExpandedNode, nodes: &[Node]) -> Option<Before> {
        self.last(&self.all, call, node, nodes)
    }

    fn last(&self, of: &Writers, call: &ExpandedCall, node: &ExpandedNode, nodes: &[Node]) -> Option<Before> {
        let mut effects = call.effects.clone();
        // What a command reads is anything, and its preview shows the command alone.
        effects.reads.retain(|resource| resource.kind != Kind::World);
        effects.writes.retain(|resource| resource.kind != Kind::World);
        if effects == Effects::none() {
            return None;
        }
        let (index, resource) = of.last(&effects, &|earlier| self.stands_before(earlier, node))?;
        let who = self.name(index, nodes);
        let definite = resource.kind != Kind::World;
        let what =
            if definite { format!("{who} writes {}", shown(resource)) } else { format!("{who} may write anything") };
        Some(Before { what, definite })
    }

    /// The last earlier node that may write anything, and so may make what a command misses now.
    pub fn by_anything(&self, call: &ExpandedCall, nodes: &[Node]) -> Option<Before> {
        call.effects.reads.iter().find(|one| one.kind == Kind::World)?;
        let index = self.all.last_of_world()?;
        Some(Before { what: format!("{} may write anything", self.name(index, nodes)), definite: false })
    }

    /// The last node so far that may write anything.
    pub fn last_of_world(&self) -> Option<usize> {
        self.all.last_of_world()
    }

    /// Enters a call whose files are foreseen.
    pub fn foreseen(&mut self, call: &ExpandedCall, node: &ExpandedNode, index: usize, files: Vec<Foreseen>) {
        self.all.enter(index, &call.effects);
        self.member(index, node);
        for file in files {
            self.by.insert(file.path.clone(), index);
            self.overlay.add(file);
        }
    }

    /// Enters a call whose result is not known.
    pub fn unforeseen(&mut self, effects: &Effects, node: &ExpandedNode, index: usize) {
        self.all.enter(index, effects);
        self.unknown.enter(index, effects);
        self.member(index, node);
    }

    /// Who leaves the files as they are foreseen that a call edits or reads, in words.
    pub fn shown_after(&self, call: &ExpandedCall, files: &[Foreseen], look: &Look, nodes: &[Node]) -> Option<String> {
        let read = call.effects.reads.iter().filter(|one| one.kind == Kind::File);
        let read = read.filter_map(|one| look.locate(&one.name).ok()).map(|at| at.path);
        let paths = read.chain(files.iter().map(|file| file.path.clone()));
        let last = paths.filter_map(|path| self.by.get(&path).copied()).max()?;
        let perhaps = match self.all.last_of_world() {
            Some(world) if world > last => format!(", if {} leaves it so", self.name(world, nodes)),
            _ => String::new(),
        };
        Some(format!("shown as {} leaves it{perhaps}", self.name(last, nodes)))
    }

    fn name(&self, index: usize, nodes: &[Node]) -> String {
        nodes.get(index).map_or_else(|| "this step".to_owned(), |node| format!("`{}`", node.key))
    }

    fn member(&mut self, index: usize, node: &ExpandedNode) {
        self.members.resize(index + 1, None);
        self.members[index] = node.member;
    }

    /// Members of one `parallel` block do not stand before each other.
    fn stands_before(&self, earlier: usize, node: &ExpandedNode) -> bool {
        match (self.members.get(earlier).copied().flatten(), node.member) {
            (Some(a), Some(b)) => a.block != b.block || a.index == b.index,
            _ => true,
        }
    }
}

/// Whether what `call` would leave can be counted on: it surely runs, and its node is not left out when it is done.
pub(super) fn counts(call: &ExpandedCall, node: &ExpandedNode) -> bool {
    let crate::check::expand::Work::Step(step) = &node.work else { return false };
    call.certain && step.clauses.done_when.is_none() && !matches!(step.clauses.undo, Undo::None)
}
