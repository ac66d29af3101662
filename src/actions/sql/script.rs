//! The statements of a call with the values that go into them, checked before anything is opened.

use rusqlite::types::Value as Bound;
use rusqlite::{Connection, Statement as Prepared};

use super::bind::bound;
use super::statements::{Statement, Verb, shown, split};
use crate::catalogue::args::Args;
use crate::catalogue::error::{Error, ErrorKind, Result};
use crate::catalogue::value::Code;

/// Statements and values.
pub struct Script {
    text: String,
    /// For `?1`, `?2`, …: the values of `${…}`.
    numbered: Vec<Bound>,
    /// For `?`, in order over all statements: the values of `params`.
    given: Vec<Bound>,
}

impl Script {
    /// The statements of `sql` with the values of `params`.
    pub fn new(code: &Code, args: &Args) -> Result<Self> {
        let numbered = code.binds.iter().map(bound).collect::<Result<_>>()?;
        let given = match args.get("params") {
            Some(list) => list.elements().iter().map(bound).collect::<Result<_>>()?,
            None => Vec::new(),
        };
        let script = Self { text: code.text.to_string(), numbered, given };
        script.check()?;
        Ok(script)
    }

    /// The statements of a file, without values.
    pub fn of_text(text: String) -> Result<Self> {
        let script = Self { text, numbered: Vec::new(), given: Vec::new() };
        script.check()?;
        Ok(script)
    }

    /// Its statements.
    pub fn statements(&self) -> Vec<Statement<'_>> {
        split(&self.text)
    }

    /// Whether it changes the schema.
    pub fn changes_schema(&self) -> bool {
        self.statements().iter().any(|statement| statement.verb() == Verb::Schema)
    }

    fn check(&self) -> Result<()> {
        let statements = self.statements();
        if statements.is_empty() {
            return Err(Error::refused("there is no statement to run").hint("write `insert`, `update` or `delete`"));
        }
        for statement in &statements {
            statement.refuse()?;
        }
        let wanted: usize = statements.iter().map(Statement::parameters).sum();
        if wanted > 0 && !self.numbered.is_empty() {
            // `?` takes the number behind the last one, so both together would share numbers.
            return Err(Error::refused("`?` and `${…}` are mixed in one call").hint("use `${…}` for every value"));
        }
        if wanted != self.given.len() {
            let given = self.given.len();
            return Err(Error::new(
                ErrorKind::Value,
                format!("the statements have {wanted} `?`, and `params` has {given} values"),
            )
            .hint("give a value for each `?`, in their order"));
        }
        Ok(())
    }

    /// Calls `each` with every statement, ready to run.
    pub fn each(
        &self,
        conn: &Connection,
        mut each: impl FnMut(&Statement<'_>, &dyn Fn() -> rusqlite::Result<u64>) -> Result<()>,
        told: impl Fn(&Statement<'_>, rusqlite::Error) -> Error,
    ) -> Result<()> {
        let mut given = self.given.iter();
        for statement in &self.statements() {
            let mine: Vec<&Bound> = given.by_ref().take(statement.parameters()).collect();
            // Prepared when its turn comes: it may use a table that the statement before it makes.
            conn.prepare(statement.text).map_err(|error| told(statement, error))?;
            let run = || {
                let mut prepared = conn.prepare(statement.text)?;
                self.bind(&mut prepared, &mine)?;
                let before = conn.total_changes();
                let mut rows = prepared.raw_query();
                // To the last row: a `returning` changes as it is read.
                while rows.next()?.is_some() {}
                drop(rows);
                drop(prepared);
                let direct =
                    if statement.verb() == Verb::Schema || conn.total_changes() == before { 0 } else { conn.changes() };
                Ok(direct)
            };
            each(statement, &run)?;
        }
        Ok(())
    }

    fn bind(&self, prepared: &mut Prepared<'_>, given: &[&Bound]) -> rusqlite::Result<()> {
        let wanted = prepared.parameter_count();
        let values = self.numbered.iter().chain(given.iter().copied());
        for (index, value) in values.enumerate().take(wanted) {
            prepared.raw_bind_parameter(index + 1, value)?;
        }
        Ok(())
    }
}

/// Names a statement in front of what went wrong with it.
pub fn at(statement: &Statement<'_>, mut error: Error) -> Error {
    error.what = format!("{}: in `{}`", error.what, shown(statement.text));
    error
}
