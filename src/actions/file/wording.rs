//! How calls on several paths read in one line.

use crate::catalogue::look::Located;
use crate::catalogue::unit::Preview;

/// `` `a` ``, `` `a` and `b` ``, `` `a`, `b` and 3 more ``.
pub fn named<'a>(paths: impl IntoIterator<Item = &'a Located>) -> String {
    let names: Vec<&str> = paths.into_iter().map(|at| at.name.as_str()).collect();
    match names.as_slice() {
        [] => "nothing".to_owned(),
        [one] => format!("`{one}`"),
        [one, two] => format!("`{one}` and `{two}`"),
        [one, two, rest @ ..] => format!("`{one}`, `{two}` and {} more", rest.len()),
    }
}

/// The preview of a call that finds everything as it would make it.
pub fn unchanged(because: impl Into<String>) -> Preview {
    Preview { summary: format!("no change: {}", because.into()), ..Preview::default() }
}
