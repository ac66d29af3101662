//! `rbk graph`: the graph of a plan.

use clap::{Args, ValueEnum};

use crate::plan::render;

use super::context::Context;
use super::exit::{Done, Exit};
use super::request::RequestArgs;

// `rbk graph POLICY [PHASE…]`
#[derive(Debug, Args)]
pub struct Graph {
    #[command(flatten)]
    request: RequestArgs,
    /// How to draw it
    #[arg(long, value_enum, default_value_t = Format::Text, value_name = "FORMAT")]
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Each node with what it waits for, and why
    Text,
    /// For Graphviz
    Dot,
    /// For Markdown
    Mermaid,
}

impl Graph {
    pub fn run(self, context: &Context) -> Done {
        let plan = super::plan::make(self.request.policy.as_deref(), self.request.request()?, context)?.plan;
        context.result(&match self.format {
            Format::Text => render::tree::render(&plan, context.color_out),
            Format::Dot => render::dot::render(&plan),
            Format::Mermaid => render::mermaid::render(&plan),
        })?;
        Ok(Exit::Done)
    }
}
