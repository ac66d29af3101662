//! From a syntax tree to a typed policy, or to everything that is wrong with it.
//!
//! Owns names, types, units and the shape of every item. It must not ask the world, and knows units of work only
//! through the catalogue.

// A match on what is there and what is missing reads better than `if let … else` where both arms matter.
#![allow(clippy::single_match_else)]

pub mod allows;
pub mod analysis;
mod apply;
mod arguments;
mod calls;
pub mod cases;
mod checker;
mod clauses;
mod constant;
mod deadlines;
mod echoes;
pub mod effects;
mod environments;
pub mod eval;
pub mod expand;
pub mod functions;
pub mod imports;
mod items;
mod labels;
mod later;
mod lengths;
mod lints;
pub mod model;
mod modules;
mod names;
pub mod nodes;
mod operands;
pub mod order;
pub mod quantity;
mod rings;
mod roots;
pub mod series;
pub mod settled;
pub mod spelling;
pub mod time;
mod types;
pub mod walk;

use crate::catalogue::unit::Catalogue;
use crate::diagnostics::{Code, Report};
use crate::source::{FileId, Sources};
use crate::syntax::ast::Tree;

/// Checks the trees of a policy, the main file first. Reports everything that is wrong in one pass; the policy is given
/// only when neither this nor an earlier stage reported an error.
pub fn check(
    sources: &Sources,
    trees: &[(FileId, Tree)],
    catalogue: &Catalogue,
    report: &mut Report,
) -> Option<model::Policy> {
    let mut checker = checker::Checker::new(sources, catalogue);
    let refused = report.diagnostics.iter().filter(|found| found.code == Code::BadNumber);
    checker.bad_numbers = refused.map(crate::diagnostics::Diagnostic::place).collect();
    checker.refused_before = report.has_errors();
    let policy = checker.items(trees);
    let mut found = std::mem::take(&mut checker.report.diagnostics);
    report.levels = std::mem::take(&mut checker.report.levels);
    echoes::silence(&report.diagnostics, &mut found, sources, trees);
    report.diagnostics.append(&mut found);
    report.sort();
    policy.filter(|_| !report.has_errors())
}

#[cfg(test)]
mod tests;
