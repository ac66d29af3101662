//! `role NAME { members "…", key("…"); may start up to SEVERITY; may approve; may emergency }`

use std::sync::Arc;

use crate::check::checker::Checker;
use crate::check::clauses::{ROLE, Seen, Word};
use crate::check::model::{Member, Name, Role};
use crate::check::names::Space;
use crate::diagnostics::Code;
use crate::syntax::ast::{Clause, Decl, Expr, ExprKind, Ident, StmtKind};

impl<'a> Checker<'a> {
    pub fn role(&mut self, decl: &'a Decl) {
        let mut role = Role {
            name: self.name_of(decl),
            title: self.title(decl.title.as_ref()),
            members: Vec::new(),
            may_start_up_to: None,
            may_approve: false,
            may_emergency: false,
        };
        let mut seen = Seen::default();
        for stmt in decl.body.iter().flat_map(|body| &body.stmts) {
            match &stmt.kind {
                StmtKind::Clause(clause) => {
                    if let Some(word) = self.clause_word(&ROLE, clause, &mut seen) {
                        self.role_clause(&mut role, clause, word);
                    }
                }
                StmtKind::Decl(inner) => self.misplaced(inner, "a role"),
                _ => {}
            }
        }
        self.roles.push(role);
    }

    fn role_clause(&mut self, role: &mut Role, clause: &'a Clause, word: &'static Word) {
        let mut operands = self.operands(clause);
        if word.name == "members" {
            let mut any = false;
            while let Some(member) = operands.another() {
                any = true;
                role.members.extend(self.member(member));
            }
            if !any {
                self.incomplete(clause, word);
            }
            return self.finish(&operands, word);
        }
        match operands.peek() {
            Some("approve") => role.may_approve = operands.eat("approve"),
            Some("emergency") => role.may_emergency = operands.eat("emergency"),
            Some("start") => {
                operands.eat("start");
                if operands.eat("up")
                    && operands.eat("to")
                    && let Some(severity) = operands.name()
                {
                    role.may_start_up_to = self.resolve_in(Space::Severity, severity).map(|name| name.text);
                } else {
                    return self.incomplete(clause, word);
                }
            }
            None => return self.incomplete(clause, word),
            Some(_) => {}
        }
        self.finish(&operands, word);
    }

    /// `"name"` or `key("ssh-ed25519 …")`
    fn member(&mut self, member: &'a Expr) -> Option<Member> {
        if let ExprKind::Call(call) = &member.kind
            && self.slice(call.callee.span) == "key"
            && let [key] = &*call.args
        {
            return self.plain(&key.value, "a key").map(Member::Key);
        }
        self.plain(member, "a member").map(Member::Name)
    }

    /// A role that must be able to approve.
    pub fn approver(&mut self, ident: Ident) -> Option<Name> {
        let name = self.resolve_in(Space::Role, ident)?;
        let role = self.roles.iter().find(|role| role.name.text == name.text)?;
        let (place, text) = (role.name.place, Arc::clone(&name.text));
        let why = if !role.may_approve {
            Some(("may not approve", "add `may approve` to the role"))
        } else if role.members.is_empty() {
            Some(("has no members", "add `members \"name\"` to the role"))
        } else {
            None
        };
        if let Some((why, help)) = why {
            self.error(Code::UnknownAuthority, ident.0, format!("nobody could approve this: `{text}` {why}"))
                .set_label(why)
                .add_place(place, "the role")
                .set_help(help);
        }
        Some(name)
    }
}
