//! `rbk doc`: a policy as a readable runbook, or as JSON.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::context::Context;
use super::exit::{Done, Exit, Failure};
use super::load;

// `rbk doc [POLICY]`
#[derive(Debug, Args)]
pub struct Doc {
    /// The policy file, or a folder that holds one [default: this folder]
    #[arg(value_name = "POLICY")]
    policy: Option<PathBuf>,
    /// How to write it
    #[arg(long, value_enum, default_value_t = Format::Markdown, value_name = "FORMAT")]
    format: Format,
    /// Write it to a file, as a whole
    #[arg(short, long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Write nothing; print what is stale in a file and exit with 1
    #[arg(long, value_name = "FILE", conflicts_with = "out")]
    check: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A runbook for people
    Markdown,
    /// All of it, for programs
    Json,
}

impl Doc {
    pub fn run(self, context: &Context) -> Done {
        let path = load::one(self.policy.as_deref())?;
        let policy = load::policy(&path, &crate::catalogue(), context)?;
        let text = match self.format {
            Format::Markdown => crate::doc::markdown(&policy),
            Format::Json => {
                let document = crate::doc::json(&policy);
                let mut text = serde_json::to_string_pretty(&document).expect("a JSON value is serialisable");
                text.push('\n');
                text
            }
        };
        if let Some(file) = &self.check {
            return stale(file, &text, &path, context);
        }
        match &self.out {
            Some(file) => {
                write(file, &text)?;
                context.remark(&format!("wrote {}", file.display()));
            }
            None => context.result(&text)?,
        }
        Ok(Exit::Done)
    }
}

/// Whether `file` holds anything but `text`; prints the difference.
fn stale(file: &Path, text: &str, policy: &Path, context: &Context) -> Done {
    let shown = file.display().to_string();
    let command = format!("`rbk doc {} -o {shown}`", policy.display());
    let before = match std::fs::read_to_string(file) {
        Ok(before) => before,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(
                Failure::new(Exit::Failed, format!("there is no `{shown}`")).hint(format!("{command} writes it"))
            );
        }
        Err(error) => return Err(Failure::wrong(format!("cannot read `{shown}`: {error}"))),
    };
    if before == text {
        return Ok(Exit::Done);
    }
    let diff = similar::TextDiff::from_lines(before.as_str(), text)
        .unified_diff()
        .context_radius(2)
        .header(&shown, &format!("{shown} (as the policy is now)"))
        .to_string();
    context.result(&diff)?;
    context.remark(&format!("`{shown}` is stale; {command} writes it anew"));
    Ok(Exit::Failed)
}

/// Writes a file as a whole: a crash or full disk leaves what was there.
fn write(file: &Path, text: &str) -> Result<(), Failure> {
    let fail =
        |error: &std::io::Error| Failure::new(Exit::Failed, format!("cannot write `{}`: {error}", file.display()));
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut temp = tempfile::NamedTempFile::new_in(folder).map_err(|error| fail(&error))?;
    temp.write_all(text.as_bytes()).map_err(|error| fail(&error))?;
    // A new file has the mode that the system gives; a temporary one is for its owner alone.
    if let Ok(meta) = std::fs::metadata(file) {
        temp.as_file().set_permissions(meta.permissions()).map_err(|error| fail(&error))?;
    } else {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::Permissions::from_mode(0o644);
        temp.as_file().set_permissions(mode).map_err(|error| fail(&error))?;
    }
    temp.as_file().sync_all().map_err(|error| fail(&error))?;
    temp.persist(file).map_err(|error| fail(&error.error))?;
    Ok(())
}
