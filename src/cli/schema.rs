//! `rbk schema [NAME]`: the JSON Schemas of what `rbk` prints for programs, made of the types that are printed.

use clap::Args;
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;

use super::context::Context;
use super::exit::{Done, Exit, Failure};
use crate::diagnostics::{render, suggest};
use crate::plan::model::Saved;
use crate::run::event::Record;

// `rbk schema [NAME]`
#[derive(Debug, Args)]
pub struct Schema {
    /// Which one; without one, all are listed
    #[arg(value_name = "NAME")]
    name: Option<String>,
}

/// Name, what prints it, and the schema.
type Row = (&'static str, &'static str, fn() -> schemars::Schema);

const TABLE: &[Row] = &[
    ("diagnostics", "rbk check --format json", of::<render::json::Document>),
    ("plan", "rbk plan --format json, rbk plan --out", of::<Saved>),
    ("diagnosis", "rbk diagnose --format json", of::<super::diagnose::Diagnosis>),
    ("diff", "rbk diff --format json", of::<super::diff::Differences>),
    ("events", "a line of rbk run, undo or show --format json", of::<Record>),
    ("what-if", "rbk plan --what-if --format json", of::<super::what_if::WhatIf>),
    ("runs", "rbk runs --format json", of::<Vec<super::runs::Row>>),
];

impl Schema {
    pub fn run(self, context: &Context) -> Done {
        let Some(wanted) = self.name else {
            let lines: Vec<_> = TABLE.iter().map(|(name, of, _)| format!("{name:<12} {of}\n")).collect();
            context.result(&lines.concat())?;
            return Ok(Exit::Done);
        };
        let Some((_, _, schema)) = TABLE.iter().find(|(name, ..)| *name == wanted) else {
            let names: Vec<&str> = TABLE.iter().map(|(name, ..)| *name).collect();
            let near = suggest::did_you_mean(&wanted, names.iter().copied());
            let hint = near.unwrap_or_else(|| format!("there are {}", suggest::alternatives(&names, "and")));
            return Err(Failure::wrong(format!("there is no schema `{wanted}`")).hint(hint));
        };
        context.result(&format!("{:#}\n", schema().as_value()))?;
        Ok(Exit::Done)
    }
}

/// The schema of a type as it is written, not as it may be read.
fn of<T: JsonSchema>() -> schemars::Schema {
    SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<T>()
}
