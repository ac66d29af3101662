//! The `sql` family of probes: the handle of a database, and queries that only read.

use std::sync::Arc;

use crate::catalogue::unit::Probe;

mod rows;
mod scalar;
mod sqlite;

/// Every probe of the family.
pub fn all() -> Vec<Arc<dyn Probe>> {
    vec![Arc::new(sqlite::Sqlite), Arc::new(scalar::Scalar), Arc::new(rows::Rows)]
}

#[cfg(test)]
mod tests;
