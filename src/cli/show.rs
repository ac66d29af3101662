//! `rbk show RUN`: the story of a run, from its journal.

use clap::Args;

use crate::report::{json, replay};
use crate::store::{Sqlite, Store, lock};

use super::context::{Context, Format};
use super::exit::{Done, Exit, Failure};
use super::world;

// `rbk show RUN`
#[derive(Debug, Args)]
pub struct Show {
    /// The run: its id, the beginning or end of it, or `last`
    #[arg(value_name = "RUN", default_value = "last")]
    run: String,
    /// How to print it
    #[arg(long, value_enum, default_value_t = Format::Text, value_name = "FORMAT")]
    format: Format,
}

impl Show {
    pub fn run(self, context: &Context) -> Done {
        let folder = world::nearest_state(context)?;
        let none = || Failure::wrong("no run was recorded here").hint("`rbk run POLICY` makes one");
        let store = Sqlite::look(&folder)?.ok_or_else(none)?;
        let row = store.find(&self.run).map_err(|error| {
            let failure = Failure::wrong(error.what);
            match error.hint {
                Some(hint) => failure.hint(hint),
                None => failure,
            }
        })?;
        let text = if self.format == Format::Json {
            let mut text = String::new();
            replay::records(&store, &row, &mut |record| {
                text.push_str(&json::line(record));
                text.push('\n');
            })?;
            text
        } else {
            replay::story(&store, &row, lock::holder(&folder).as_ref())?
        };
        context.result(&text)?;
        Ok(Exit::Done)
    }
}
