//! Names that are bound again. Batches run after the whole body, so that what is evaluated in them would see the last binding of
//! a name, and not the one above it.

use std::collections::HashMap;

use proc_macro2::{Ident, TokenStream};

use crate::args;
use crate::diag::Diagnostics;
use crate::lend::{self, Hand};
use crate::ops::{Class, Kind, OpSpec};
use crate::variables::{Role, Variables, plain};

/// What statements so far use in batches.
#[derive(Default)]
pub struct Late {
    used: HashMap<String, By>,
}

/// Who uses a name.
#[derive(Clone, Copy, PartialEq, Eq)]
enum By {
    Closure,
    Argument,
}

impl Late {
    /// Remembers the names in the arguments of an operator that are not evaluated where they stand.
    pub fn note(&mut self, op: &OpSpec, args: &[TokenStream]) {
        let is_late = |kind: Kind, tokens: &TokenStream| match kind {
            _ if op.class == Class::Source => false,
            // A filter among the arguments is an operator of its own.
            Kind::Stream | Kind::Streams | Kind::Filter => false,
            // That of a window is part of its declaration.
            Kind::Duration => op.class.is_output(),
            _ => lend::hand(op.class, kind, tokens) != Hand::Lent,
        };
        for (_, tokens) in op.args.iter().zip(args).filter(|(arg, tokens)| is_late(arg.kind, tokens)) {
            let by = if args::closure(tokens).is_some() { By::Closure } else { By::Argument };
            let names = Variables::of(tokens).free.into_iter().filter(|used| used.role != Role::Path);
            for used in names {
                self.used.entry(plain(&used.name).to_owned()).or_insert(by);
            }
        }
    }

    /// Reports a name that is bound below its use. `is_bound` is whether the body has bound it before.
    pub fn check(&self, name: &Ident, is_bound: bool, diag: &mut Diagnostics) {
        let Some(by) = self.used.get(plain(&name.to_string())) else { return };
        let message = match (is_bound, by) {
            (true, By::Closure) => format!("`{name}` is bound again, and the closures above run after all of the body"),
            (true, By::Argument) => {
                format!("`{name}` is bound again, and the arguments above are evaluated after all of the body")
            }
            (false, By::Closure) => {
                format!("`{name}` is bound below a closure that uses it, and closures run after all of the body")
            }
            (false, By::Argument) => {
                format!("`{name}` is bound below an argument that uses it and is evaluated after all of the body")
            }
        };
        let help =
            if is_bound { "give this one a name of its own" } else { "move it up, or give it a name of its own" };
        diag.error(name.span(), message, help);
    }
}
