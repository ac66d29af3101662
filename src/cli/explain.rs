//! `rbk explain CODE`: the page of a diagnostic.

use clap::Args;

use crate::diagnostics::{Code, suggest};

use super::context::Context;
use super::exit::{Done, Exit, Failure};

// `rbk explain CODE`
#[derive(Debug, Args)]
pub struct Explain {
    /// Such as `E0202`; without one, every code with its title
    #[arg(value_name = "CODE")]
    code: Option<String>,
}

impl Explain {
    pub fn run(self, context: &Context) -> Done {
        let Some(text) = self.code else {
            let lines: Vec<_> = Code::ALL.iter().map(|code| format!("{code}  {}\n", code.title())).collect();
            context.result(&lines.concat())?;
            return Ok(Exit::Done);
        };
        let Some(code) = Code::parse(&text) else {
            let failure = Failure::wrong(format!("no diagnostic has the code `{text}`"));
            let near = suggest::similar(&text.to_uppercase(), Code::ALL.iter().map(|code| code.number()));
            return Err(failure.hint(match near.first() {
                Some(near) => format!("did you mean `{near}`? `rbk explain` lists all"),
                None => "`rbk explain` lists all".to_owned(),
            }));
        };
        context.result(code.page())?;
        Ok(Exit::Done)
    }
}
