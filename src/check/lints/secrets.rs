//! W6043 and W6044: a credential that is written out, a secret that is sent in clear.

use std::sync::LazyLock;

use regex::RegexSet;

use crate::catalogue::value::Value;
use crate::check::model::{CallArg, Expr, ExprKind, Part};
use crate::check::walk;
use crate::diagnostics::{Code, Diagnostic};

use super::advice::Advice;
use super::command::plain;
use super::everything::Everything;

/// What services give out in a form of their own.
static KNOWN: LazyLock<RegexSet> = LazyLock::new(|| {
    RegexSet::new([
        r"\bAKIA[0-9A-Z]{16}\b",
        r"\bgh[pousr]_[A-Za-z0-9]{36}",
        r"\bgithub_pat_[A-Za-z0-9_]{30}",
        r"\bglpat-[A-Za-z0-9_-]{20}",
        r"\bnpm_[A-Za-z0-9]{36}\b",
        r"\bxox[abprs]-[0-9A-Za-z-]{10}",
        r"\bsk_live_[0-9A-Za-z]{16}",
        r"\bAIza[0-9A-Za-z_-]{35}",
        r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.",
        r"-----BEGIN [A-Z ]*PRIVATE KEY-----",
        r"hooks\.slack\.com/services/T[A-Z0-9]+/B[A-Z0-9]+/[A-Za-z0-9]{10}",
    ])
    .expect("they are well formed")
});

/// What each of these holds: only where one stands are they compiled, which takes longer than all else of a check.
const MARKS: &[&str] = &[
    "AKIA",
    "ghp_",
    "gho_",
    "ghu_",
    "ghs_",
    "ghr_",
    "github_pat_",
    "glpat-",
    "npm_",
    "xox",
    "sk_live_",
    "AIza",
    "eyJ",
    "PRIVATE KEY",
    "hooks.slack.com",
];

fn is_given_out(text: &str) -> bool {
    MARKS.iter().any(|mark| text.contains(mark)) && KNOWN.is_match(text)
}

/// Names of variables and headers whose value is one end so.
const NAMES: &[&str] = &["password", "passwd", "secret", "token", "apikey", "api_key", "api-key"];

fn names_one(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    let mut before = NAMES.iter().filter_map(|name| key.strip_suffix(name));
    before.any(|before| before.is_empty() || before.ends_with(['_', '-']))
}

pub fn lint(all: &Everything<'_>, advice: &mut Advice<'_>) {
    for expr in &all.exprs {
        walk::expressions(expr, &mut |part| {
            literal(part, advice);
            named(part, advice);
            if let ExprKind::Probe(call) = &part.kind {
                in_clear(&call.args, advice);
            }
        });
    }
    for call in &all.calls {
        in_clear(&call.args, advice);
    }
    let channels = &advice.policy.messages.channels;
    channels.iter().for_each(|channel| in_clear(&channel.args, advice));
}

fn written(expr: &Expr, what: &str) -> Diagnostic {
    Diagnostic::new(Code::CredentialWritten, expr.place, format!("{what} is written into the policy"))
        .label("everybody who reads the repository has it")
        .help("declare it, `secret NAME = env(\"NAME\")`, use `NAME` here, and replace the one that was seen")
}

fn literal(expr: &Expr, advice: &mut Advice<'_>) {
    let is_known = |text: &str| (is_given_out(text) || has_password(text)) && !text.to_lowercase().contains("example");
    let found = match &expr.kind {
        ExprKind::Const(Value::Code(code)) => is_known(&code.text),
        ExprKind::Const(value) => value.as_text().is_some_and(is_known),
        ExprKind::Interpolate(parts) => parts.iter().any(|part| matches!(part, Part::Text(text) if is_known(text))),
        _ => false,
    };
    if found {
        advice.push(written(expr, "what looks like a credential"));
    }
}

/// `https://user:password@host`, unless the host is this machine.
fn has_password(text: &str) -> bool {
    let Some((_, rest)) = text.split_once("://") else { return false };
    let authority = rest.split(['/', '?', '#', ' ', '"', '\'']).next().unwrap_or_default();
    let Some((user, host)) = authority.rsplit_once('@') else { return false };
    let filled = user
        .split_once(':')
        .is_some_and(|(name, word)| !name.is_empty() && !word.is_empty() && !word.starts_with(['$', '<', '{']));
    filled && !is_near(host)
}

/// `env: { DB_PASSWORD: "hunter2" }`, `headers: { Authorization: "Bearer …" }`
fn named(expr: &Expr, advice: &mut Advice<'_>) {
    let ExprKind::Map(entries) = &expr.kind else { return };
    for (key, value) in entries {
        let Some(text) = plain(value) else { continue };
        let bearer = ["Bearer ", "Basic ", "token "].iter().find_map(|scheme| text.strip_prefix(scheme));
        let sent = key.eq_ignore_ascii_case("authorization") && bearer.is_some_and(|word| word.trim().len() >= 8);
        if sent || names_one(key) && !text.trim().is_empty() {
            advice.push(written(value, &format!("the value of `{key}`")));
        }
    }
}

/// A secret beside an address that begins with `http://` and leaves this network.
fn in_clear(args: &[CallArg], advice: &mut Advice<'_>) {
    let values = args.iter().filter_map(|arg| match arg {
        CallArg::Value(expr) | CallArg::Lazy(expr) => Some(&**expr),
        CallArg::Absent => None,
    });
    let (mut address, mut secret) = (None, None);
    for value in values {
        if let Some(text) = beginning(value)
            && let Some(rest) = text.strip_prefix("http://")
        {
            let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
            // Without its end it may go on in a value.
            let whole = rest.len() > host.len() || plain(value).is_some();
            address = address.or((whole && !host.is_empty() && !is_near(host)).then_some(value));
        }
        walk::expressions(value, &mut |part| {
            if matches!(part.kind, ExprKind::Secret(_)) {
                secret = secret.or(Some(part.place));
            }
        });
    }
    if let (Some(address), Some(secret)) = (address, secret) {
        advice.push(
            Diagnostic::new(Code::SecretInClear, address.place, "a secret is sent in clear")
                .label("`http` is read by everybody on the way")
                .also(secret, "the secret")
                .help("write `https://`"),
        );
    }
}

fn beginning(expr: &Expr) -> Option<&str> {
    match &expr.kind {
        ExprKind::Interpolate(parts) => match parts.first() {
            Some(Part::Text(text)) => Some(text),
            _ => None,
        },
        _ => plain(expr),
    }
}

/// This machine, a neighbour without a domain, or a private network.
fn is_near(host: &str) -> bool {
    let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
    if host.starts_with('[') {
        return host.starts_with("[::1]") || host.starts_with("[f");
    }
    let name = host.split(':').next().unwrap_or_default();
    if let Ok(address) = name.parse::<std::net::Ipv4Addr>() {
        return address.is_loopback() || address.is_private() || address.is_unspecified() || address.is_link_local();
    }
    let far = ["local", "internal", "lan", "test", "localhost"];
    !name.contains('.') || name.rsplit('.').next().is_some_and(|last| far.contains(&last))
}
