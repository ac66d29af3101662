//! `rbk runs`: what ran here.

use clap::Args;

use crate::report::list;
use crate::store::{RunRow, Sqlite, Store, lock};

use super::context::{Context, Format};
use super::exit::{Done, Exit};
use super::world;

/// `rbk runs`
#[derive(Debug, Args)]
pub struct Runs {
    /// How to print it
    #[arg(long, value_enum, default_value_t = Format::Text, value_name = "FORMAT")]
    format: Format,
}

impl Runs {
    pub fn run(self, context: &Context) -> Done {
        let folder = world::nearest_state(context)?;
        let runs = match Sqlite::look(&folder)? {
            Some(store) => store.runs()?,
            None => Vec::new(),
        };
        let holder = lock::holder(&folder);
        if self.format == Format::Json {
            let rows: Vec<_> = runs.iter().map(|run| row(run, list::standing(run, holder.as_ref()))).collect();
            context.result(&format!("{:#}\n", serde_json::Value::from(rows)))?;
        } else {
            context.result(&list::text(&runs, holder.as_ref()))?;
        }
        Ok(Exit::Done)
    }
}

fn row(run: &RunRow, outcome: &str) -> serde_json::Value {
    serde_json::json!({
        "id": run.id,
        "kind": run.kind,
        "policy": run.policy,
        "of": run.of,
        "started": run.started,
        "ended": run.ended,
        "outcome": outcome,
    })
}
