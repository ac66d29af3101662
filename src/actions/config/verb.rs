//! What the actions of the family are: a signature, and the settings that a call changes.

use super::edit::{self, Change};
use crate::actions::file::{Verb, followed};
use crate::catalogue::args::Args;
use crate::catalogue::effect::Effects;
use crate::catalogue::error::Result;
use crate::catalogue::look::{Located, Look};
use crate::catalogue::reach;
use crate::catalogue::signature::Signature;
use crate::catalogue::touch::Touch;
use crate::catalogue::unit::Preview;

/// An action on settings of the files that it names as `path`.
pub struct Settings {
    pub signature: &'static Signature,
    /// Which settings a call changes, and how.
    pub changes: fn(&Args) -> Result<Vec<Change>>,
}

impl Verb for Settings {
    fn signature(&self) -> &'static Signature {
        self.signature
    }

    fn effects(&self, args: &Args, look: Option<&Look>) -> Effects {
        reach::of(args, "path", look, reach::writes_through)
    }

    fn written(&self, args: &Args, look: &Look) -> Result<Vec<Located>> {
        followed(args, look)
    }

    fn preview(&self, args: &Args, look: &Look) -> Result<Preview> {
        edit::preview(args, look, &(self.changes)(args)?)
    }

    fn run(&self, args: &Args, touch: &Touch) -> Result<()> {
        edit::run(args, touch, &(self.changes)(args)?)
    }
}
