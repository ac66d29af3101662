//! The one integration-test binary: one link, one list of everything that is promised to a user.
//!
//! A new file of tests is named here; `layers` notices one that is not.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[allow(dead_code, reason = "a harness offers more than the tests of one day use")]
mod support;

mod atomos;
mod bad_input;
mod cases;
mod ci;
mod contract;
mod crash;
mod demo;
mod echoes;
mod formats;
mod formatting;
mod guard;
mod guide;
mod hostile;
mod layers;
mod outside;
mod overlap;
mod pages;
mod reference;
mod schemas;
mod sealed;
mod shells;
mod signals;
mod standing;
mod starting;
mod text;
mod undo;
mod unseen;
mod vocabulary;
