//! Which server and database a call means.

use url::Url;

use crate::catalogue::args::Args;
use crate::catalogue::effect::{Kind, Resource};
use crate::catalogue::error::{Error, ErrorKind, Result};

/// A database of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) db: u32,
}

impl Place {
    /// The one that `text` names.
    pub(crate) fn of(text: &str) -> Result<Self> {
        let wrong = |shown: &str, why: &str| {
            Error::new(ErrorKind::Value, format!("`{shown}` is not the address of a Redis server: {why}"))
                .hint("for example `redis://localhost:6379/0`")
        };
        let url = Url::parse(text).map_err(|error| wrong(text, &error.to_string()))?;
        if !url.username().is_empty() || url.password().is_some() {
            let host = url.host_str().unwrap_or_default();
            return Err(wrong(&format!("redis://…@{host}"), "it holds a user or a password")
                .hint("say `user:` and `password:`, the password as a `secret`, and change one that stood in a file"));
        }
        match url.scheme() {
            "redis" => {}
            "rediss" => {
                return Err(wrong(text, "encrypted connections are not supported yet")
                    .hint("go through a tunnel on this machine, such as `stunnel`, and name its port"));
            }
            other => return Err(wrong(text, &format!("its scheme is `{other}`, not `redis`"))),
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(wrong(text, "what follows `?` or `#` has no meaning here"));
        }
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or_else(|| wrong(text, "it names no host"))?;
        let db = match url.path().trim_matches('/') {
            "" => 0,
            number => number.parse().map_err(|_| wrong(text, "behind the last `/` stands the number of a database"))?,
        };
        Ok(Self { host: host.to_owned(), port: url.port().unwrap_or(6379), db })
    }

    /// The one that a call means.
    pub(crate) fn find(args: &Args) -> Result<Self> {
        Self::of(args.text("server")?)
    }

    /// `localhost:6379/0`
    pub(crate) fn name(&self) -> String {
        format!("{}:{}/{}", self.host, self.port, self.db)
    }
}

/// The resource of a call, any where it is not known yet.
pub(crate) fn resource(args: &Args) -> Resource {
    let place = args.text_or_none("server").and_then(|text| Place::of(text).ok());
    Resource::new(Kind::Redis, place.map_or_else(|| "**".to_owned(), |place| place.name()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_a_host_a_port_and_a_database() {
        let name = |text: &str| Place::of(text).map(|place| place.name());
        assert_eq!(name("redis://cache").unwrap(), "cache:6379/0");
        assert_eq!(name("redis://cache:7000/3").unwrap(), "cache:7000/3");
        assert_eq!(name("redis://[::1]:7000/").unwrap(), "[::1]:7000/0");
        for wrong in
            ["cache:6379", "http://cache", "redis://cache/first", "redis://cache/0?x=1", "redis:///0", "rediss://c"]
        {
            assert!(name(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_password_in_an_address_is_refused_and_not_repeated() {
        let error = Place::of("redis://ana:hunter2@cache:6379/0").unwrap_err();
        assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
        assert!(error.hint.unwrap().contains("`password:`"));
    }
}
