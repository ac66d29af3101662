//! `rbk fmt`: one form for all policies.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::diagnostics::{Report, render};
use crate::source::{SourceFile, Sources};

use super::context::Context;
use super::exit::{Done, Exit, Failure};
use super::{load, rewrite};

// `rbk fmt [PATH…]`
#[derive(Debug, Args)]
pub struct Fmt {
    /// Policy files, folders, or `-` for standard input [default: this folder]
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Change nothing; print what would change and exit with 1
    #[arg(long)]
    check: bool,
}

impl Fmt {
    pub fn run(self, context: &Context) -> Done {
        let mut changed = 0_usize;
        let files = load::named(&self.paths)?;
        for path in &files {
            let Some((before, after)) = formatted(path, context)? else { return Err(Failure::said(Exit::Wrong)) };
            let stdin = path == Path::new("-");
            if before != after {
                changed += 1;
                if self.check {
                    context.result(&rewrite::diff(path, &before, &after, "formatted"))?;
                } else if !stdin {
                    rewrite::replace(path, &after)?;
                    context.remark(&format!("formatted {}", path.display()));
                }
            }
            if stdin && !self.check {
                context.result(&after)?;
            }
        }
        if self.check && changed > 0 {
            context.remark(&format!("{changed} of {} files would change; `rbk fmt` changes them", files.len()));
            return Ok(Exit::Failed);
        }
        Ok(Exit::Done)
    }
}

/// Text before and after; `None` when it does not parse, which was then said.
fn formatted(path: &Path, context: &Context) -> Result<Option<(String, String)>, Failure> {
    let text = match load::read(path)? {
        Ok(text) => text,
        Err((_, message, help)) => return Err(Failure::wrong(format!("`{}`: {message}", path.display())).hint(help)),
    };
    let mut sources = Sources::default();
    let mut report = Report::default();
    let file = sources.add(SourceFile::new(path, text.clone()));
    let tree = crate::syntax::parse(file, sources.get(file), &mut report);
    if report.has_errors() {
        let shown =
            render::render(&report.diagnostics, &sources, render::Format::Human, context.color_err, context.width);
        context.say(shown.trim_end());
        return Ok(None);
    }
    let after = crate::syntax::format::format(sources.get(file), &tree).map_err(|error| {
        Failure::new(Exit::Failed, format!("`{}` was left as it is: {error}", path.display()))
            .hint("this is a mistake of rbk itself; please report it with the file")
    })?;
    Ok(Some((text, after)))
}
