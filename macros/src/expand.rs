//! The list of passes.

use proc_macro2::TokenStream;

use crate::diag::Diagnostics;
use crate::{check, emit, ir, parse, plan};

/// Expands `stream!`.
pub fn stream(input: TokenStream) -> TokenStream {
    let mut diag = Diagnostics::default();
    let program = parse::program(input, &mut diag);
    let graph = ir::lower(&program, &mut diag);
    check::all(&graph, &mut diag);
    if !diag.is_empty() {
        return emit::broken(&program, &graph, diag);
    }
    let plan = plan::stages(graph);
    emit::pipeline(&program, &plan)
}
