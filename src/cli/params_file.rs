//! `--params FILE`: a map of names of params to their values, in TOML, JSON or YAML, told by the name of the file.
//!
//! What is read here is data; the planner converts it to the types of the params, and refuses names that are none.

use std::path::Path;

use serde_json::Value as Json;

use crate::actions::config::Format;
use crate::plan::model::ParamsFile;

use super::exit::Failure;

/// The largest file of params that is read.
const MAX_FILE: u64 = 4 * 1024 * 1024;

const FORM: &str = "write the name of each param with its value, such as `keep = 3` in a `.toml` file";

/// Reads the file at `path`.
pub fn read(path: &Path) -> Result<ParamsFile, Failure> {
    let shown = path.display().to_string();
    let wrong = |what: &str| Failure::wrong(format!("`--params {shown}`: {what}"));
    let Ok(format @ (Format::Json | Format::Toml | Format::Yaml)) = Format::of(&shown) else {
        let failure = wrong("the name does not say how it is written");
        return Err(failure.hint("a file of params ends in .toml, .json or .yaml"));
    };
    let unread = |error: &std::io::Error| wrong(&format!("it cannot be read: {error}"));
    let meta = std::fs::metadata(path).map_err(|error| unread(&error))?;
    if !meta.is_file() {
        return Err(wrong("it is no regular file"));
    }
    if meta.len() > MAX_FILE {
        return Err(wrong(&format!("it has {} bytes, more than the {MAX_FILE} that params may have", meta.len())));
    }
    let text = std::fs::read_to_string(path).map_err(|error| unread(&error))?;
    let data = format.read(&text).map_err(|error| wrong(&error.what))?;
    if format == Format::Json
        && let Some(name) = twice(&text)
    {
        return Err(wrong(&format!("`{name}` is given twice")).hint("leave one of both out"));
    }
    match data {
        Json::Object(map) => Ok(ParamsFile { file: shown, values: map.into_iter().collect() }),
        // An empty file of YAML.
        Json::Null => Ok(ParamsFile { file: shown, ..ParamsFile::default() }),
        _ => Err(wrong("it is no map of params").hint(FORM)),
    }
}

/// A name that JSON has twice, where a reader takes the last; TOML and YAML refuse it themselves.
fn twice(text: &str) -> Option<String> {
    struct Names;
    impl<'de> serde::de::Visitor<'de> for Names {
        type Value = Option<String>;
        fn expecting(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            out.write_str("a map")
        }
        fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut seen = std::collections::HashSet::new();
            let mut found = None;
            while let Some((name, _)) = map.next_entry::<String, serde::de::IgnoredAny>()? {
                if !seen.insert(name.clone()) {
                    found = found.or(Some(name));
                }
            }
            Ok(found)
        }
    }
    // What is not strict JSON (comments) is read by a reader that refuses nothing here.
    serde::Deserializer::deserialize_map(&mut serde_json::Deserializer::from_str(text), Names).ok().flatten()
}
