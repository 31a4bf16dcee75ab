//! How arguments get into the batches. A closure is written where it is called; what a call gives is evaluated once, because it may
//! keep something, and must not be made anew in every batch or in every run of a stage. Plain values, and blocks that may end in a
//! closure, are written where they are used, too: they need the types of that place, and have nothing to keep.

use proc_macro2::TokenStream;
use syn::Expr;

use crate::args;
use crate::ops::{Class, Kind};

/// What a batch has of an argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hand {
    /// The expression, where it is used.
    Written,
    /// A borrow, made where it is used: the argument is a path or another place. Its type may speak of the batch's records, as
    /// that of a generic function does, so that it cannot be evaluated outside of the batch.
    Borrowed,
    /// A closure that calls the variable: it is borrowed as a call does, and need not be one that can be shared.
    Called,
    /// A clone of a place.
    Cloned,
    /// A borrow of what was evaluated where the statement stands.
    Lent,
}

/// How an operator of this class is handed an argument of this kind.
pub fn hand(class: Class, kind: Kind, argument: &TokenStream) -> Hand {
    match kind {
        Kind::Lent => Hand::Lent,
        Kind::Cloned if syn::parse2(argument.clone()).is_ok_and(|argument| is_place(&argument)) => Hand::Cloned,
        Kind::Function(_) if args::closure(argument).is_none() => {
            syn::parse2(argument.clone()).map_or(Hand::Written, |argument| function(class, &argument))
        }
        _ => Hand::Written,
    }
}

fn function(class: Class, argument: &Expr) -> Hand {
    // What writes runs on one thread, and may change what it has.
    let may_change = class == Class::Action;
    match bare(argument) {
        Expr::Closure(_) => Hand::Written,
        Expr::Path(path) if may_change => {
            let is_variable = path.qself.is_none() && path.path.get_ident().is_some();
            if is_variable { Hand::Called } else { Hand::Written }
        }
        place if !may_change && is_place(place) => Hand::Borrowed,
        Expr::Reference(reference) if is_place(&reference.expr) => Hand::Written,
        Expr::Reference(reference) => function(class, &reference.expr),
        Expr::Call(_) | Expr::MethodCall(_) | Expr::Try(_) | Expr::Field(_) | Expr::Index(_) => Hand::Lent,
        // It may end in a closure, whose parameters have their types from the place where it is called.
        _ if !may_change => Hand::Written,
        _ => Hand::Lent,
    }
}

/// Whether it is there already, and a borrow of it calls nothing.
fn is_place(argument: &Expr) -> bool {
    match bare(argument) {
        Expr::Path(_) => true,
        Expr::Field(field) => is_place(&field.base),
        Expr::Index(index) => is_place(&index.expr) && matches!(bare(&index.index), Expr::Path(_) | Expr::Lit(_)),
        _ => false,
    }
}

/// An expression without parentheses, and without what a macro has put around it.
fn bare(argument: &Expr) -> &Expr {
    match argument {
        Expr::Paren(inner) => bare(&inner.expr),
        Expr::Group(inner) => bare(&inner.expr),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(class: Class, text: &str) -> Hand {
        hand(class, Kind::Function(1), &text.parse().unwrap_or_default())
    }

    #[test]
    fn nothing_but_closures_and_their_blocks_is_evaluated_in_every_run() {
        for (text, expected) in [
            ("|x| f(x)", Hand::Written),
            ("(move |x| f(x))", Hand::Written),
            ("{ |x| f(x) }", Hand::Written),
            ("&f", Hand::Written),
            ("f", Hand::Borrowed),
            ("<Vec<u8>>::len", Hand::Borrowed),
            ("rules.find", Hand::Borrowed),
            ("rules.find[0]", Hand::Borrowed),
            ("rules().find", Hand::Lent),
            ("rules[next()]", Hand::Lent),
            ("&rules().find", Hand::Lent),
            ("f(1)", Hand::Lent),
            ("rules.finder()?", Hand::Lent),
            ("&f(1)", Hand::Lent),
            ("(f)(1)", Hand::Lent),
        ] {
            assert_eq!(of(Class::Narrow, text), expected, "{text}");
        }
    }

    #[test]
    fn what_an_action_calls_keeps_what_it_has() {
        for (text, expected) in [
            ("|x, t| f(x)", Hand::Written),
            ("&mut f", Hand::Written),
            ("Sink::write", Hand::Written),
            ("f", Hand::Called),
            ("f()", Hand::Lent),
            ("{ let mut k = 0; move |x, t| k += 1 }", Hand::Lent),
        ] {
            assert_eq!(of(Class::Action, text), expected, "{text}");
        }
    }
}
