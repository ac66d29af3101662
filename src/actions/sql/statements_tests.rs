use super::*;

fn verbs(text: &str) -> Vec<Verb> {
    split(text).iter().map(Statement::verb).collect()
}

#[test]
fn statements_end_where_sqlite_ends_them() {
    let text = "insert into t values (';'); -- a; comment\n/* ; */ update \"a;b\" set x = [c;d] where `e;` = 1;;";
    let texts: Vec<_> = split(text).into_iter().map(|statement| statement.text).collect();
    assert_eq!(texts, ["insert into t values (';')", "update \"a;b\" set x = [c;d] where `e;` = 1"]);
    assert!(split(" ; -- nothing\n").is_empty());
}

#[test]
fn a_trigger_is_one_statement() {
    let text = "create temp trigger g after insert on t begin update t set x = case when 1 then 2 end where 1; delete from u; end; delete from t where 1";
    assert_eq!(verbs(text), [Verb::Schema, Verb::Delete]);
}

#[test]
fn a_with_clause_does_not_hide_what_follows_it() {
    assert_eq!(verbs("with old as (select id from t where 1) delete from t"), [Verb::Delete]);
    assert!(split("with old as (select id from t where 1) delete from t")[0].refuse().is_err());
    assert_eq!(verbs("with a(n) as (values (1)) select n from a"), [Verb::Select]);
}

#[test]
fn a_change_of_every_row_must_be_asked_for() {
    for text in [
        "delete from t",
        "DELETE FROM t;",
        "update t set a = (select b from u where u.id = t.id)",
        "delete from \"where\"",
        "update t set a = 'where' -- where",
    ] {
        let error = split(text)[0].refuse().unwrap_err();
        assert!(error.what.contains("has no `where`"), "{text}: {error}");
    }
    for text in
        ["delete from t where true", "update t set a = 1 from u where u.id = t.id", "insert into t select * from u"]
    {
        split(text)[0].refuse().unwrap();
    }
}

#[test]
fn what_is_no_change_of_this_database_is_refused() {
    for text in [
        "begin",
        "commit",
        "attach 'x' as y",
        "pragma journal_mode = wal",
        "vacuum into 'x'",
        "explain select 1",
        "hello",
        "?",
    ] {
        assert!(split(text)[0].refuse().is_err(), "{text}");
    }
}

#[test]
fn targets_are_found_through_quotes_and_schemas() {
    for (text, table) in [
        ("delete from market where 1", "market"),
        ("update or ignore main.\"a \"\"b\" set x = 1", "a \"b"),
        ("insert or replace into [my table](a) values (1)", "my table"),
        ("replace into `x` values (1)", "x"),
    ] {
        assert_eq!(split(text)[0].target().as_deref(), Some(table), "{text}");
    }
}

#[test]
fn parameters_with_numbers_are_not_counted() {
    assert_eq!(split("select ?, '?', ?2, ? -- ?")[0].parameters(), 2);
}

#[test]
fn no_text_makes_it_panic() {
    for text in [
        "'",
        "\"",
        "[",
        "/*",
        "--",
        "(",
        ")))",
        "create trigger",
        "?",
        "\u{e9}';\u{e9}",
        "with",
        "insert into",
        "delete from",
        "update or",
    ] {
        for statement in split(text) {
            let _ = (statement.verb(), statement.target(), statement.refuse(), statement.parameters());
        }
    }
}
