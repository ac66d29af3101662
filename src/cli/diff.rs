//! `rbk diff OLD NEW`: what a change of a policy means, in words, for those who review it.

mod side;

use clap::{Args, ValueEnum};
use schemars::JsonSchema;
use serde::Serialize;

use crate::doc::{Difference, Kind, differences};

use super::context::Context;
use super::exit::{Done, Exit, Failure};
use side::Side;

// `rbk diff OLD NEW`
#[derive(Debug, Args)]
pub struct Diff {
    /// The policy as it was: a file, a folder, or REVISION:PATH of the git repository, such as `main:ops/shop.rbk`
    #[arg(value_name = "OLD")]
    old: String,
    /// The policy as it is now, alike
    #[arg(value_name = "NEW")]
    new: String,
    /// How to print it
    #[arg(long, value_enum, default_value_t = Format::Text, value_name = "FORMAT")]
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people
    Text,
    /// For a remark on a pull request
    Markdown,
    /// For programs
    Json,
}

/// What differs, for programs.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Differences {
    /// As it was called.
    old: String,
    /// As it was called.
    new: String,
    /// By part, as the policy names them; then the order and the worst cases of each phase.
    differences: Vec<Difference>,
}

impl Diff {
    pub fn run(self, context: &Context) -> Done {
        let old = Side::of(&self.old)?;
        let new = Side::of(&self.new)?;
        let found = compare(&old, &new, context)?;
        let same = found.is_empty();
        match self.format {
            Format::Json => {
                let document = Differences { old: self.old, new: self.new, differences: found };
                let text = serde_json::to_string_pretty(&document)
                    .map_err(|error| Failure::new(Exit::Failed, format!("cannot print it: {error}")))?;
                context.result(&format!("{text}\n"))?;
            }
            Format::Text => {
                for one in &found {
                    let place = if one.place.is_empty() { String::new() } else { format!("{}: ", one.place) };
                    context.result(&format!("{} {place}{}\n", mark(one.kind), one.what))?;
                }
                context.remark(&summary(&found));
            }
            Format::Markdown => context.result(&markdown(&self.old, &self.new, &found))?,
        }
        Ok(if same { Exit::Done } else { Exit::Failed })
    }
}

/// What differs between both sides: of two policies, or of every policy of two folders.
fn compare(old: &Side, new: &Side, context: &Context) -> Result<Vec<Difference>, Failure> {
    let catalogue = crate::catalogue();
    if !(old.is_folder() && new.is_folder()) || old.names().len() == 1 && new.names().len() == 1 {
        let old = old.policy(old.one()?, &catalogue, context)?;
        let new = new.policy(new.one()?, &catalogue, context)?;
        return Ok(differences(&old, &new));
    }
    let mut found = Vec::new();
    for name in old.names() {
        if !new.names().contains(name) {
            let what = format!("policy `{name}` was removed");
            found.push(Difference { kind: Kind::Removed, place: String::new(), what });
        }
    }
    for name in new.names() {
        let now = new.policy(name, &catalogue, context)?;
        if !old.names().contains(name) {
            let what = format!("policy `{name}` is new");
            found.push(Difference { kind: Kind::Added, place: String::new(), what });
            continue;
        }
        for one in differences(&old.policy(name, &catalogue, context)?, &now) {
            let place = if one.place.is_empty() { format!("`{name}`") } else { format!("`{name}` › {}", one.place) };
            found.push(Difference { place, ..one });
        }
    }
    Ok(found)
}

const fn mark(kind: Kind) -> char {
    match kind {
        Kind::Weaker => '!',
        Kind::Added => '+',
        Kind::Removed => '-',
        Kind::Changed => '~',
    }
}

fn summary(found: &[Difference]) -> String {
    let weaker = found.iter().filter(|one| one.kind == Kind::Weaker).count();
    let count = match found.len() {
        0 => return "no difference in meaning".to_owned(),
        1 => "1 difference in meaning".to_owned(),
        count => format!("{count} differences in meaning"),
    };
    match weaker {
        0 => count,
        1 => format!("{count}; 1 makes it less safe (`!`)"),
        _ => format!("{count}; {weaker} make it less safe (`!`)"),
    }
}

/// What makes it less safe first, the rest by the part that it concerns.
fn markdown(old: &str, new: &str, found: &[Difference]) -> String {
    let mut text = format!("### From `{old}` to `{new}`\n\n");
    if found.is_empty() {
        text.push_str("No difference in meaning.\n");
        return text;
    }
    let line = |one: &Difference| {
        let place = if one.place.is_empty() { String::new() } else { format!("**{}**: ", one.place) };
        format!("- {place}{}\n", one.what)
    };
    for (less_safe, title) in [(true, "Less safe"), (false, "Changed")] {
        let lines: String = found.iter().filter(|one| (one.kind == Kind::Weaker) == less_safe).map(line).collect();
        if !lines.is_empty() {
            text.push_str(&format!("#### {title}\n\n{lines}\n"));
        }
    }
    text.truncate(text.trim_end().len());
    text.push('\n');
    text
}
