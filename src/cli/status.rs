//! `rbk` alone: what is unfinished here, and the command to type next.

use std::path::Path;

use crate::report::list;
use crate::run::event::Outcome;
use crate::store::{Sqlite, Store, lock};

use super::context::Context;
use super::exit::{Done, Exit};
use super::{leftover, load, world};

/// How many recent runs are listed.
const RECENT: usize = 5;

pub fn run(context: &Context) -> Done {
    let mut text = String::new();
    let policies = load::policies_in(Path::new("."), 1);
    let mut next = Vec::new();
    if let Ok(folder) = world::nearest_state(context)
        && let Some(store) = Sqlite::look(&folder)?
    {
        let mut runs = store.runs()?;
        let left = leftover::running(&runs, &folder);
        runs.truncate(RECENT);
        let holder = lock::holder(&folder);
        if !runs.is_empty() {
            text.push_str(&list::text(&runs, holder.as_ref()));
        }
        if !left.is_empty() {
            text.push_str(&format!("\nstill running since it was cut short: {}\n", leftover::named(&left)));
            next.push(format!("rbk undo {}      # end it, and take back what the run did", leftover::id(&left[0])));
        }
        if let Some(last) = runs.first() {
            match list::standing(last, holder.as_ref()) {
                "running" => next.push(format!("rbk show {}      # what it has done so far", last.id)),
                standing if Outcome::parse(standing).is_none_or(|outcome| outcome.exit_code() != 0) => {
                    next.push(format!("rbk show {}      # what happened", last.id));
                    next.push(format!("rbk undo {}      # take back what it did", last.id));
                }
                _ => {}
            }
        }
    }
    match policies.as_slice() {
        [] => {
            next.push("rbk init      # a first policy for this folder".to_owned());
            next.push("rbk demo      # a throwaway project, rolled back before your eyes".to_owned());
        }
        all => {
            for path in all.iter().take(3) {
                next.push(format!("rbk plan {}      # what a rollback would change", path.display()));
            }
        }
    }
    next.push("rbk --help      # every verb".to_owned());
    if !text.is_empty() {
        text.push('\n');
    }
    text.push_str("next:\n");
    for command in next {
        text.push_str(&format!("  {command}\n"));
    }
    context.result(&text)?;
    Ok(Exit::Done)
}
