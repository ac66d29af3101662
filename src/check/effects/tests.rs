//! Tests of conflicts: which resources share something, and how surely.

use super::{conflict, narrow, parse_resource, written};
use crate::catalogue::effect::{Effects, Kind, Resource};

fn reads(text: &str) -> Effects {
    Effects::none().read(parse_resource(text))
}

fn writes(text: &str) -> Effects {
    Effects::none().write(parse_resource(text))
}

/// `Some(provable)` when a write of `a` conflicts with a read of `b`.
fn meets(a: &str, b: &str) -> Option<bool> {
    let (there, back) = (conflict(&writes(a), &reads(b)), conflict(&reads(b), &writes(a)));
    assert_eq!(there.as_ref().map(|it| it.provable), back.map(|it| it.provable), "{a} and {b} both ways");
    there.map(|conflict| conflict.provable)
}

#[test]
fn two_reads_never_conflict() {
    assert_eq!(conflict(&reads("a"), &reads("a")), None);
    assert_eq!(conflict(&Effects::reads_world(), &Effects::reads_world()), None);
    assert!(conflict(&writes("a"), &writes("a")).is_some());
}

#[test]
fn a_path_covers_what_is_below_it() {
    assert_eq!(meets("server", "server/a/b.ts"), Some(true));
    assert_eq!(meets("server/**", "server/a"), Some(true));
    assert_eq!(meets("server/a", "server"), Some(true));
    assert_eq!(meets("server", "server2"), None);
    assert_eq!(meets("server/a", "server/b"), None);
    assert_eq!(meets(".", "anything/at/all"), Some(true));
    assert_eq!(meets("./server//a/", "server/a"), Some(true));
    assert_eq!(meets("a/../b", "b/c"), Some(true));
    assert_eq!(meets("/etc/nginx", "etc/nginx"), None);
    assert_eq!(meets("/etc", "/etc/nginx/x"), Some(true));
}

#[test]
fn globs_meet_what_fits_them() {
    assert_eq!(meets("logs/*.log", "logs/a.log"), Some(true));
    assert_eq!(meets("logs/*.log", "logs/a.txt"), None);
    assert_eq!(meets("logs/*.log", "logs"), Some(true));
    assert_eq!(meets("*/x", "a/x/deep"), Some(true));
    assert_eq!(meets("a*", "*b"), Some(false), "some name fits both, if there is one");
    assert_eq!(meets("a*c", "b*c"), None);
    assert_eq!(meets("a/**/z", "a/b/c"), Some(true), "below a/b/c something may end in z");
    assert_eq!(meets("a/**/z", "b"), None);
}

#[test]
fn world_meets_everything_and_proves_nothing() {
    for other in ["a", "db:main", "git:index", "k8s:ns/x", "redis:h/0", "http:h/x", "world", "flag:x"] {
        assert_eq!(meets("world", other), Some(false), "{other}");
        assert_eq!(meets(other, "world"), Some(false), "{other}");
    }
}

#[test]
fn what_is_unknown_proves_nothing() {
    assert_eq!(meets("**", "a"), Some(false));
    assert_eq!(meets("**", "/etc/x"), Some(false));
    assert_eq!(meets("**", "git:index"), Some(false), "a path that is not known may be in .git");
    assert_eq!(meets("git:**", "git:head"), Some(false));
    assert_eq!(meets("git:**", "src"), None);
    assert_eq!(meets("**", "flag:x"), None);
    assert_eq!(meets("db:**", "any/file"), Some(false), "a database that is not known may be any file");
}

#[test]
fn aliases_are_one_thing() {
    for file in ["data/x.db", "data/x.db-wal", "data/x.db-shm", "data/x.db-journal", "data"] {
        assert_eq!(meets("db:data/x.db", file), Some(true), "{file}");
    }
    assert_eq!(meets("db:data/x.db", "data/x.db2"), None);
    assert_eq!(meets("db:data/x.db", "db:data/y.db"), None);
    assert_eq!(meets(".git", "git:refs/heads/main"), Some(true));
    assert_eq!(meets("git:index", "git:head"), None);
    assert_eq!(meets("src", "git:index"), None);
}

#[test]
fn kinds_of_a_policys_own_meet_only_themselves() {
    assert_eq!(meets("k8s:shop/deployment/web", "k8s:shop"), Some(true));
    assert_eq!(meets("k8s:shop", "nomad:shop"), None);
    assert_eq!(meets("k8s:shop", "shop"), None);
}

#[test]
fn network_handles_are_apart_only_on_one_host() {
    assert_eq!(meets("redis:cache:6379/0", "redis:cache:6379/1"), None);
    assert_eq!(meets("redis:cache:6379/0", "redis:cache:6379/0"), Some(true));
    assert_eq!(meets("redis:cache:6379/0", "redis:127.0.0.1:6379/1"), Some(false), "two names may be one host");
    assert_eq!(meets("postgres://ana@db1/shop", "postgres://db1/stock"), None);
    assert_eq!(meets("postgres://db1/shop", "postgres://db2/stock"), Some(false));
    assert_eq!(meets("postgres://db1/shop", "mysql://db1/shop"), None);
}

#[test]
fn the_most_telling_conflict_is_named() {
    let earlier = Effects::touches_world().write(parse_resource("server/**"));
    let later = Effects::reads_world().read(parse_resource("server/a.ts"));
    let found = conflict(&earlier, &later).expect("they conflict");
    assert!(found.provable);
    assert_eq!((found.later_verb, written(&found.later).as_str()), ("reads", "server/a.ts"));
    assert_eq!((found.earlier_verb, written(&found.earlier).as_str()), ("writes", "server/**"));
}

#[test]
fn resources_read_as_they_are_written() {
    for text in ["server/**", "db:main", "k8s:ns/x", "git:index", "world", "redis:h/0", "/etc/nginx", "."] {
        assert_eq!(written(&parse_resource(text)), text);
    }
    assert_eq!(parse_resource("file:a:b").name.as_ref(), "a:b");
    assert_eq!(parse_resource("https://api.example/x/"), Resource::new(Kind::Http, "api.example/x"));
}

#[test]
fn narrowing_touches_world_and_nothing_else() {
    let list = |texts: &[&str]| Some(texts.iter().map(|text| parse_resource(text)).collect::<Vec<_>>());
    let world = Resource::world();
    let exec = || Effects::touches_world().write(parse_resource("out.txt"));

    let only_writes = narrow(exec(), None, list(&["dist"]), None);
    assert!(only_writes.reads.contains(&world), "it may still read anything");
    assert!(!only_writes.writes.contains(&world));
    assert_eq!(only_writes.writes, list(&["out.txt", "dist"]).expect("a list"));

    let only_reads = narrow(exec(), list(&["src"]), None, None);
    assert!(only_reads.writes.contains(&world), "it may still write anything");
    assert_eq!(only_reads.reads, list(&["src"]).expect("a list"));

    let touches = narrow(exec(), None, None, list(&["k8s:ns/x"]));
    assert_eq!(touches.reads, list(&["k8s:ns/x"]).expect("a list"));
    assert_eq!(touches.writes, list(&["out.txt", "k8s:ns/x"]).expect("a list"));

    let nothing = narrow(exec(), None, None, Some(Vec::new()));
    assert_eq!((nothing.reads, nothing.writes.len()), (Vec::new(), 1));
    assert_eq!(narrow(exec(), None, None, None), exec());
}
