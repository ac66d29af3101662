//! Expressions as documents.

use super::Printer;
use super::doc::Doc;
use crate::source::Span;
use crate::syntax::ast::{Binary, Comprehension, Expr, ExprKind, Key, UnaryOp};

impl Printer<'_> {
    /// An expression. Chains of operators and of fields are walked in loops: they may be long.
    pub(super) fn expr(&mut self, expr: &Expr) -> Doc {
        match &expr.kind {
            ExprKind::Str(_) => {
                // Its text, holes and comments in them included, stays as it is.
                self.comments.skip_string(expr.span);
                self.word(expr.span)
            }
            ExprKind::Paren(inner) => self.items(["(", "", ")"], expr.span, &[(None, inner)]),
            ExprKind::List(list) => {
                let items = &list.items;
                let items: Vec<_> = items.iter().map(|item| (None, item)).collect();
                self.items(["[", ",", "]"], expr.span, &items)
            }
            ExprKind::Map(map) => self.map(&map.entries, expr.span),
            ExprKind::Comprehension(all) => self.comprehension(all, expr.span),
            ExprKind::Unary(..) => self.unary(expr),
            ExprKind::Binary(all) => self.binary(all),
            ExprKind::If(parts) => {
                let [cond, then, other] = &**parts;
                let words = [(Doc::text("if "), cond), (Doc::text(" then "), then), (Doc::text(" else "), other)];
                Doc::Group(words.into_iter().flat_map(|(word, part)| [word, self.expr(part)]).collect(), false)
            }
            ExprKind::Field(..) | ExprKind::Index(_) | ExprKind::Call(_) | ExprKind::Optional(_) => self.postfix(expr),
            ExprKind::Name | ExprKind::Number | ExprKind::Bool(_) | ExprKind::None | ExprKind::Error => {
                self.word(expr.span)
            }
        }
    }

    fn unary(&mut self, mut expr: &Expr) -> Doc {
        let mut docs = Vec::new();
        while let ExprKind::Unary(op, inner) = &expr.kind {
            docs.push(Doc::text(if *op == UnaryOp::Neg { "-" } else { "not " }));
            expr = inner;
        }
        docs.push(self.expr(expr));
        Doc::Group(docs, false)
    }

    /// A chain such as `a + b - c`: its left operands are a list, not a recursion.
    fn binary(&mut self, all: &Binary) -> Doc {
        let mut chain = vec![all];
        let mut left = &all.left;
        while let ExprKind::Binary(inner) = &left.kind {
            chain.push(inner);
            left = &inner.left;
        }
        let first = self.expr(left);
        let mut rest = Vec::new();
        for step in chain.into_iter().rev() {
            let op = self.source.slice(step.op_span).split_ascii_whitespace().collect::<Vec<_>>().join(" ");
            if op == ".." {
                rest.push(Doc::text(op));
            } else if op == "of" {
                // A line that begins with it would be a clause of that name.
                rest.push(Doc::text(" of "));
            } else {
                rest.extend([Doc::Break(" "), Doc::text(format!("{op} "))]);
            }
            rest.push(self.expr(&step.right));
        }
        Doc::Group(vec![first, Doc::Nest(rest)], false)
    }

    fn postfix(&mut self, expr: &Expr) -> Doc {
        let mut tails = Vec::new();
        let mut head = expr;
        loop {
            let next = match &head.kind {
                ExprKind::Field(field) => &field.base,
                ExprKind::Optional(inner) => inner,
                ExprKind::Index(parts) => &parts[0],
                ExprKind::Call(call) => &call.callee,
                _ => break,
            };
            tails.push(head);
            head = next;
        }
        let mut docs = vec![self.expr(head)];
        for tail in tails.into_iter().rev() {
            match &tail.kind {
                ExprKind::Field(field) => docs.extend([Doc::text("."), self.word(field.name.0)]),
                ExprKind::Index(parts) => {
                    docs.extend([Doc::text("["), self.expr(&parts[1]), Doc::text("]")]);
                }
                ExprKind::Optional(_) => docs.push(Doc::text("?")),
                ExprKind::Call(call) => {
                    let args: Vec<_> =
                        call.args.iter().map(|arg| (arg.label.map(|label| label.0), &arg.value)).collect();
                    let span = Span::new(call.callee.span.end, tail.span.end);
                    docs.push(self.items(["(", ",", ")"], span, &args));
                }
                _ => {}
            }
        }
        Doc::Group(docs, false)
    }

    fn comprehension(&mut self, all: &Comprehension, span: Span) -> Doc {
        let mut docs = vec![self.expr(&all.value), Doc::text(" for "), self.word(all.var.0), Doc::text(" in ")];
        docs.push(self.expr(&all.iter));
        if let Some(filter) = &all.filter {
            docs.extend([Doc::text(" where "), self.expr(filter)]);
        }
        if let Some(key) = &all.key {
            docs.extend([Doc::text(" sorted by "), self.expr(key)]);
        }
        let order = all.key.as_ref().map_or("", |key| self.source.slice(Span::new(key.span.end, span.end)));
        for word in ["descending", "ascending"] {
            if order.contains(&format!(" {word}")) {
                docs.push(Doc::text(format!(" {word}")));
                break;
            }
        }
        if !all.bracketed {
            return Doc::Group(docs, false);
        }
        docs.insert(0, Doc::Break(""));
        Doc::Group(vec![Doc::text("["), Doc::Nest(docs), Doc::Break(""), Doc::text("]")], false)
    }

    /// Items between brackets: broken, one per line, where the source begins a line behind the opener, has comments
    /// between them, or where they do not fit.
    /// `[opener, comma behind the last item of a broken one, closer]`
    fn items(&mut self, [open, comma, close]: [&'static str; 3], span: Span, items: &[(Option<Span>, &Expr)]) -> Doc {
        let close_at = span.end - 1;
        let Some((label, first)) = items.first() else {
            return Doc::text(format!("{open}{close}"));
        };
        // A sole list or map shares the brackets of its call: `exec([` … `])`.
        if let [(None, only)] = items
            && matches!(only.kind, ExprKind::List(_) | ExprKind::Map(_))
            && !self.comments.any_before(only.span.start)
        {
            return Doc::Group(vec![Doc::text(open), self.expr(only), Doc::text(close)], false);
        }
        let first_at = label.map_or(first.span.start, |label| label.start);
        let forced = self.breaks(span.start, first_at) || self.comments.any_before(span.end);
        let mut inner = vec![Doc::Break("")];
        for (index, (label, item)) in items.iter().enumerate() {
            let start = label.map_or(item.span.start, |label| label.start);
            self.item_comments(&mut inner, start);
            if let Some(label) = label {
                inner.extend([self.word(*label), Doc::text(": ")]);
            }
            inner.push(self.expr(item));
            let last = index + 1 == items.len();
            inner.push(if last { Doc::IfBroken(comma) } else { Doc::text(",") });
            inner.extend(self.comments.behind(item.span.end));
            if !last {
                inner.push(Doc::Break(" "));
            }
        }
        let mut tail = Vec::new();
        self.item_comments(&mut tail, close_at);
        if !tail.is_empty() {
            tail.pop();
            inner.push(Doc::Break(""));
            inner.append(&mut tail);
        }
        Doc::Group(vec![Doc::text(open), Doc::Nest(inner), Doc::Break(""), Doc::text(close)], forced)
    }

    fn item_comments(&mut self, docs: &mut Vec<Doc>, offset: u32) {
        while let Some(comment) = self.comments.next_before(offset) {
            docs.extend([self.comments.doc(comment), Doc::Line]);
        }
    }

    fn map(&mut self, entries: &[(Key, Expr)], span: Span) -> Doc {
        let Some((first, _)) = entries.first() else { return Doc::text("{}") };
        let forced = self.breaks(span.start, first.span.start) || self.comments.any_before(span.end);
        let mut inner = vec![Doc::Break(" ")];
        for (index, (key, value)) in entries.iter().enumerate() {
            self.item_comments(&mut inner, key.span.start);
            inner.extend([self.word(key.span), Doc::text(": "), self.expr(value)]);
            inner.extend(self.comments.behind(value.span.end));
            if index + 1 < entries.len() {
                inner.push(Doc::Break(", "));
            }
        }
        let mut tail = Vec::new();
        self.item_comments(&mut tail, span.end);
        if !tail.is_empty() {
            tail.pop();
            inner.push(Doc::Break(" "));
            inner.append(&mut tail);
        }
        Doc::Group(vec![Doc::text("{"), Doc::Nest(inner), Doc::Break(" "), Doc::text("}")], forced)
    }
}
