//! `file.archive`: files and directories as one tar archive.

use super::captured::Verb;
use super::tarball::{self, Packing};
use super::wording::named;
use crate::catalogue::args::Args;
use crate::catalogue::change::{Extent, extent};
use crate::catalogue::effect::{Effects, Entries};
use crate::catalogue::error::{Error, Result};
use crate::catalogue::look::{Located, Look};
use crate::catalogue::reach;
use crate::catalogue::signature::{Form, Parameter, Returns, Role, Signature, UndoKind};
use crate::catalogue::touch::Touch;
use crate::catalogue::unit::{Change, FileChange, Preview};

static SIGNATURE: Signature = Signature {
    name: "file.archive",
    role: Role::Action,
    params: &[
        Parameter {
            name: "from",
            ty: "path",
            form: Form::Positional,
            doc: "what is archived, named as below the root",
        },
        Parameter { name: "to", ty: "path", form: Form::Required, doc: "the archive: `.tar.zst` or `.tar`" },
    ],
    returns: Returns::None,
    undo: UndoKind::Exact,
    gate: false,
    doc: "packs files and directories into one archive",
    page: "actions/file.archive.md",
};

pub struct Archive;

impl Verb for Archive {
    fn signature(&self) -> &'static Signature {
        &SIGNATURE
    }

    fn effects(&self, args: &Args, look: Option<&Look>) -> Effects {
        let mut effects = reach::of(args, "from", look, reach::reads);
        effects.extend(reach::of(args, "to", look, reach::writes));
        effects
    }

    fn entries(&self, _args: &Args, _look: Option<&Look>) -> Entries {
        Entries::Replaced
    }

    fn written(&self, args: &Args, look: &Look) -> Result<Vec<Located>> {
        Ok(vec![look.locate(args.text("to")?)?])
    }

    fn preview(&self, args: &Args, look: &Look) -> Result<Preview> {
        let (sources, to) = parts(args, look)?;
        let mut sum = Extent::default();
        for at in &sources {
            look.facts_of_existing(at)?;
            sum += extent(look, at)?;
        }
        let before = look.facts(&to)?;
        if let Some(before) = before.filter(|before| !before.is_file() && !before.is_link()) {
            return Err(Error::failed(format!("`{}` is {}, not a file", to.name, before.sort.name())));
        }
        let what = if before.is_some() { FileChange::Modify } else { FileChange::Create };
        let size = (before.map(|before| before.size), None);
        Ok(Preview {
            summary: format!("{} archived as `{}` ({sum})", named(&sources), to.name),
            changes: vec![Change::File { path: to.name, what, diff: None, size }],
            ..Preview::default()
        })
    }

    fn run(&self, args: &Args, touch: &Touch) -> Result<()> {
        let (sources, to) = parts(args, touch)?;
        for at in &sources {
            touch.facts_of_existing(at)?;
        }
        let packing = Packing::of(&to.name)?;
        touch.mkdir_around(&to)?;
        touch.write_with(&to, None, |file| {
            let mut out = std::io::BufWriter::new(file);
            tarball::write(touch, &sources, &to, packing, &mut out)?;
            std::io::Write::flush(&mut out).map_err(|error| Error::io(format!("write `{}`", to.name), &error))
        })
    }
}

fn parts(args: &Args, look: &Look) -> Result<(Vec<Located>, Located)> {
    let to = look.locate(args.text("to")?)?;
    Packing::of(&to.name)?;
    let sources: Result<Vec<_>> = args.texts("from")?.into_iter().map(|path| look.locate_following(path)).collect();
    Ok((sources?, to))
}
