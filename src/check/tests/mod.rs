//! Tests of checking: source text in, codes at underlined texts out.

mod around;
mod expressions;
mod items;
mod names;
mod pages;
mod policy;
mod safety;
mod steps;
pub mod support;
mod units;
mod watching;
