//! Phases that were rolled back already: not once more by accident.

use crate::plan::model::Plan;
use crate::run::rolled_back::{self, RolledBack};
use crate::store::{Sqlite, Store};

use super::context::Context;
use super::exit::{Exit, Failure};
use super::world;

/// Refuses to roll a phase back that is rolled back already; `again`: `--again` was said.
pub fn refuse(plan: &Plan, store: &dyn Store, again: bool) -> Result<(), Failure> {
    if again {
        return Ok(());
    }
    let found = rolled_back::of(store, plan)?;
    let Some(latest) = found.first() else { return Ok(()) };
    Err(Failure::new(Exit::Refused, format!("{}; nothing was changed", told(&found)))
        .hint(format!("`--again` rolls it back once more, `rbk undo {}` takes it back", latest.run.id)))
}

/// The same before the records are opened for writing, where there may be none yet.
pub fn refuse_early(plan: &Plan, again: bool, context: &Context) -> Result<(), Failure> {
    match recorded(plan, context)? {
        Some(store) => refuse(plan, &store, again),
        None => Ok(()),
    }
}

/// Says below a plan that a run of it would be refused.
pub fn remark(plan: &Plan, context: &Context) {
    // A journal that cannot be read is said by the run, which needs it.
    let found = recorded(plan, context).map(|store| store.map(|store| rolled_back::of(&store, plan)));
    if let (false, Ok(Some(Ok(found)))) = (plan.request.again, found)
        && !found.is_empty()
    {
        context.remark(&format!("{}; a run of this is refused without `--again`", told(&found)));
    }
}

fn recorded(plan: &Plan, context: &Context) -> Result<Option<Sqlite>, Failure> {
    Ok(Sqlite::look(&world::state_folder(context, plan.target.root.as_ref()))?)
}

fn told(found: &[RolledBack]) -> String {
    let told = found.iter().map(|one| {
        let at = one.run.ended.unwrap_or(one.run.started).strftime("%Y-%m-%d %H:%M:%SZ");
        format!("phase `{}` was rolled back already, by run `{}` at {at}", one.phase, one.run.id)
    });
    told.collect::<Vec<_>>().join("; ")
}
