//! `observe NAME = PROBE`: recorded before, during and after.

use crate::catalogue::ty::Type;
use crate::check::checker::Checker;
use crate::check::items::header_span;
use crate::check::model::{BindingKind, Observe};
use crate::diagnostics::Code;
use crate::syntax::ast::Decl;

impl<'a> Checker<'a> {
    pub fn observe(&mut self, decl: &'a Decl) -> Option<Observe> {
        let name = decl.name?;
        let probe = self.expr(decl.value.as_ref()?);
        if probe.ty == Type::None {
            self.error(Code::Mismatch, probe.place.span, "an observation has a value").set_label("this has none");
        }
        let binding = self.declare_binding(name, probe.ty.clone(), BindingKind::Observe);
        let place = self.place(header_span(decl));
        Some(Observe { binding, probe, place })
    }
}
