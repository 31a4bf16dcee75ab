//! Names in raw tokens: which are used there without being bound there, and which are bound.
//!
//! The tokens are read as Rust, with its scopes. Where that is not possible, as inside of some macros, a name counts as used.

use std::collections::HashSet;

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};

use crate::args::{self, is_punct};
use crate::format_text;
use crate::items;
use crate::patterns;

/// How a name is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Value,
    /// `name(…)`
    Called,
    /// `name::…`, or `name!`
    Path,
    /// `"{name}"` in a macro
    Text,
}

/// A name at one place.
pub struct Used {
    pub name: String,
    pub span: Span,
    pub role: Role,
}

#[derive(Default)]
pub struct Variables {
    /// What is used and comes from outside, in the order of the tokens.
    pub free: Vec<Used>,
    /// What is bound anywhere in the tokens.
    pub bound: HashSet<String>,
}

impl Variables {
    pub fn of(tokens: &TokenStream) -> Self {
        let mut walk = Walk::default();
        walk.group(tokens, Inside::Rust);
        walk.found
    }

    /// Whether one of `names` is used.
    pub fn mention(&self, names: &HashSet<String>) -> bool {
        self.free.iter().any(|used| names.contains(&used.name))
    }
}

/// Whether the tokens use a variable that they do not bind.
pub fn captures(tokens: &TokenStream) -> bool {
    let is_variable = |name: &str| name.starts_with(|c: char| c.is_ascii_lowercase());
    Variables::of(tokens).free.iter().any(|used| used.role == Role::Value && is_variable(&used.name))
}

/// What the tokens of a group are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Inside {
    Rust,
    Macro,
    /// A macro that takes a value and a pattern, as `matches!` does.
    Matches,
}

#[derive(Default)]
struct Walk {
    found: Variables,
    /// What is bound where the walk is; the innermost last.
    scope: Vec<String>,
    /// What `name = value` among the arguments of a macro gives its texts.
    named: Vec<String>,
}

/// What one level of brackets has bound so far, and what ends it.
#[derive(Default)]
struct Level {
    /// Where the scope had ended before the closure whose body this is.
    closure: Option<usize>,
    /// Names of a `let` whose value is not over yet.
    pending: Vec<String>,
    /// A `for`, `if let` or `while let`, which binds for a block.
    block: Option<Block>,
}

/// What binds for the block behind it.
struct Block {
    /// Where the scope had ended before.
    depth: usize,
    /// Names whose value is not over yet.
    pending: Vec<String>,
}

impl Walk {
    fn group(&mut self, tokens: &TokenStream, inside: Inside) {
        let tokens: Vec<TokenTree> = tokens.clone().into_iter().collect();
        let depth = self.scope.len();
        match inside {
            Inside::Matches => self.matches(&tokens),
            _ if patterns::arrow(&tokens).is_some() => self.arms(&tokens, inside),
            Inside::Macro => {
                let outer = std::mem::replace(&mut self.named, format_text::named_arguments(&tokens));
                self.tokens(&tokens, inside);
                self.named = outer;
            }
            Inside::Rust => self.tokens(&tokens, inside),
        }
        self.scope.truncate(depth);
    }

    fn bind(&mut self, names: Vec<Ident>) {
        self.bind_all(names.iter().map(Ident::to_string).collect());
    }

    fn bind_all(&mut self, names: Vec<String>) {
        self.found.bound.extend(names.iter().cloned());
        self.scope.extend(names);
    }

    fn used(&mut self, name: String, span: Span, role: Role) {
        let is_given = role == Role::Text && self.named.contains(&name);
        if !is_given && !self.scope.iter().any(|bound| plain(bound) == plain(&name)) {
            self.found.free.push(Used { name, span, role });
        }
    }

    /// `value, pattern if guard`
    fn matches(&mut self, tokens: &[TokenTree]) {
        let comma = tokens.iter().position(|token| is_punct(Some(token), ',')).unwrap_or(tokens.len());
        self.tokens(&tokens[..comma], Inside::Rust);
        self.head(&tokens[comma..], Inside::Rust);
    }

    /// `pattern if guard`
    fn head(&mut self, head: &[TokenTree], inside: Inside) {
        let is_if = |token: &TokenTree| matches!(token, TokenTree::Ident(word) if word == "if");
        let guard = head.iter().position(is_if).unwrap_or(head.len());
        // What stands before an arrow in a macro need not be a pattern.
        if inside == Inside::Macro {
            self.tokens(&head[..guard], inside);
        }
        self.bind(patterns::names(&head[..guard]));
        self.tokens(&head[guard..], inside);
    }

    /// `pattern if guard => value,` again and again.
    fn arms(&mut self, tokens: &[TokenTree], inside: Inside) {
        let mut rest = tokens;
        while let Some(arrow) = patterns::arrow(rest) {
            let depth = self.scope.len();
            self.head(&rest[..arrow], inside);
            let body = &rest[arrow + 2..];
            let end = patterns::end_of_arm(body);
            self.tokens(&body[..end], inside);
            self.scope.truncate(depth);
            rest = &body[end..];
        }
        self.tokens(rest, inside);
    }

    fn tokens(&mut self, tokens: &[TokenTree], inside: Inside) {
        let mut level = Level::default();
        let (mut at, mut begins) = (0, true);
        while at < tokens.len() {
            let item = if begins { items::length(&tokens[at..]) } else { 0 };
            let length = if item > 0 { item } else { self.next(tokens, at, &mut level, inside) };
            if item > 0 {
                self.bind_all(items::names(&tokens[at..at + item].iter().cloned().collect()));
            }
            at += length;
            begins = item > 0 || ends_statement(&tokens[at - 1]);
        }
        self.bind_all(level.pending);
        level.block.into_iter().for_each(|block| self.bind_all(block.pending));
    }

    /// Reads what begins at `at`, and says how long it is.
    fn next(&mut self, tokens: &[TokenTree], at: usize, level: &mut Level, inside: Inside) -> usize {
        let rest = &tokens[at..];
        match &tokens[at] {
            TokenTree::Ident(word) if word == "let" || word == "for" => {
                let (names, length) = patterns::binding(rest);
                let names = names.iter().map(Ident::to_string);
                if word == "for" || is_condition(tokens, at) {
                    let depth = self.scope.len();
                    level.block.get_or_insert_with(|| Block { depth, pending: Vec::new() }).pending.extend(names);
                } else {
                    level.pending.extend(names);
                }
                length
            }
            TokenTree::Ident(_) if inside == Inside::Macro && format_text::is_named_argument(tokens, at) => 1,
            TokenTree::Ident(name) => self.name(name, tokens, at),
            TokenTree::Punct(punct) => match punct.as_char() {
                '#' => items::attribute(rest).max(1),
                // A label or a lifetime.
                '\'' => rest.len().min(2),
                '|' => self.bar(tokens, at, level),
                end => self.punct(end, rest, level),
            },
            TokenTree::Group(group) => {
                self.brackets(group, rest.get(1), level, inside);
                1
            }
            TokenTree::Literal(literal) => {
                if inside == Inside::Macro {
                    let names = format_text::names(&literal.to_string());
                    names.into_iter().for_each(|name| self.used(name, literal.span(), Role::Text));
                }
                1
            }
        }
    }

    fn brackets(&mut self, group: &Group, next: Option<&TokenTree>, level: &mut Level, inside: Inside) {
        let is_brace =
            |token: &TokenTree| matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace);
        // A block with a block directly behind it is the value of the condition.
        let is_block = group.delimiter() == Delimiter::Brace && !next.is_some_and(is_brace);
        let depth = level.block.take_if(|_| is_block).map(|Block { depth, pending }| {
            self.bind_all(pending);
            depth
        });
        let is_transparent = group.delimiter() == Delimiter::None;
        self.group(&group.stream(), if is_transparent { inside } else { Inside::Rust });
        depth.into_iter().for_each(|depth| self.scope.truncate(depth));
    }

    /// What comes to its end with a punctuation mark: a closure, or the value of a `let`.
    fn punct(&mut self, mark: char, rest: &[TokenTree], level: &mut Level) -> usize {
        let is_and = mark == '&' && is_punct(rest.get(1), '&');
        if mark == ',' || mark == ';' {
            level.closure.take().into_iter().for_each(|depth| self.scope.truncate(depth));
        }
        if mark == ';' {
            self.bind_all(std::mem::take(&mut level.pending));
        }
        if let Some(block) = level.block.as_mut().filter(|_| is_and) {
            let pending = std::mem::take(&mut block.pending);
            self.bind_all(pending);
        }
        if is_and { 2 } else { 1 }
    }

    /// A closure's head, or an operator.
    fn bar(&mut self, tokens: &[TokenTree], at: usize, level: &mut Level) -> usize {
        if is_punct(tokens.get(at + 1), '|') {
            return 2;
        }
        if !begins_closure(at.checked_sub(1).and_then(|before| tokens.get(before))) {
            return 1;
        }
        let length = args::closure_head(&tokens[at..]);
        level.closure.get_or_insert(self.scope.len());
        self.bind(patterns::names(tokens[at..at + length].get(1..length - 1).unwrap_or_default()));
        length
    }

    /// A name, and the arguments if it is that of a macro.
    fn name(&mut self, name: &Ident, tokens: &[TokenTree], at: usize) -> usize {
        if let Some(role) = role(tokens, at).filter(|_| !is_keyword(name)) {
            self.used(name.to_string(), name.span(), role);
        }
        match &tokens[at + 1..] {
            [bang, TokenTree::Group(group), ..] if is_punct(Some(bang), '!') => {
                let is_matches = name.to_string().ends_with("matches");
                self.group(&group.stream(), if is_matches { Inside::Matches } else { Inside::Macro });
                3
            }
            // A block of its own, which sees no variables.
            [TokenTree::Group(group), ..] if name == "const" && group.delimiter() == Delimiter::Brace => 2,
            _ => 1,
        }
    }
}

/// A name as texts in macros write it.
pub fn plain(name: &str) -> &str {
    name.trim_start_matches("r#")
}

/// How the name at `at` is used; `None` for fields, methods, further words of paths, and the names of fields.
fn role(tokens: &[TokenTree], at: usize) -> Option<Role> {
    let before = |count: usize| at.checked_sub(count).and_then(|at| tokens.get(at));
    let is_path = is_punct(before(1), ':') && is_punct(before(2), ':');
    // `..name` is a value, `.name` is not.
    let is_member = is_punct(before(1), '.') && !is_punct(before(2), '.');
    if is_path || is_member {
        return None;
    }
    let next = tokens.get(at + 1);
    match next {
        Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Parenthesis => Some(Role::Called),
        next if is_punct(next, '!') && !is_punct(tokens.get(at + 2), '=') => Some(Role::Path),
        next if is_punct(next, ':') => is_punct(tokens.get(at + 2), ':').then_some(Role::Path),
        _ => Some(Role::Value),
    }
}

fn is_keyword(name: &Ident) -> bool {
    syn::parse2::<Ident>(TokenTree::Ident(name.clone()).into()).is_err()
}

fn ends_statement(token: &TokenTree) -> bool {
    match token {
        TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
        token => is_punct(Some(token), ';'),
    }
}

/// Whether the `let` at `at` is that of `if let`, of `while let`, or of a chain of them.
fn is_condition(tokens: &[TokenTree], at: usize) -> bool {
    match at.checked_sub(1).and_then(|at| tokens.get(at)) {
        Some(TokenTree::Ident(word)) => word == "if" || word == "while",
        token => is_punct(token, '&'),
    }
}

/// Whether a bar behind this token begins a closure, and is no operator.
fn begins_closure(before: Option<&TokenTree>) -> bool {
    const WORDS: [&str; 8] = ["async", "break", "else", "in", "match", "move", "return", "static"];
    match before {
        Some(TokenTree::Ident(word)) => WORDS.iter().any(|keyword| word == keyword),
        Some(TokenTree::Punct(punct)) => punct.as_char() != '?',
        Some(_) => false,
        None => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn free(text: &str) -> Vec<String> {
        let tokens: TokenStream = text.parse().unwrap_or_default();
        Variables::of(&tokens).free.into_iter().filter(|used| used.role != Role::Path).map(|used| used.name).collect()
    }

    #[test]
    fn values_are_told_from_other_names() {
        assert_eq!(free("a.b(c) + d::e(f!(g)) + h(i)"), ["a", "c", "g", "h", "i"]);
        assert_eq!(free("X { user: u, page }"), ["X", "u", "page"]);
        assert_eq!(free("a != b..c"), ["a", "b", "c"]);
        assert_eq!(free("#[allow(unused)] 'lines: loop { break 'lines }"), [""; 0]);
    }

    #[test]
    fn what_is_bound_is_not_free() {
        assert_eq!(free("|a, (b, _), c: d| a + b + c + e"), ["e"]);
        assert_eq!(free("a | b | a"), ["a", "b", "a"]);
        assert_eq!(free("{ let a = a + b; let c = a; c }"), ["a", "b"]);
        assert_eq!(free("(|a| a, a)"), ["a"]);
        assert_eq!(free("|x| { if let Some(a) = b && a { a } x }"), ["b"]);
        assert_eq!(free("for (a, b) in c..d { a + b } a"), ["c", "d", "a"]);
        assert_eq!(free("|x| { let n = if let Some(v) = x { v } else { 0 }; n + 1 }"), [""; 0]);
        assert_eq!(free("|x| { let n = if c && let Some(v) = x { v } else { n }; n }"), ["c", "n"]);
        assert_eq!(free("|x| if let Some(m) = { x } { m } else { m }"), ["m"]);
        assert_eq!(free("|n| { fn helper(n: u64) -> u64 { n } helper(n) }"), [""; 0]);
        assert_eq!(free("|x| match x { Ok(a) => if a { 1 } else { 2 } Err(b) => b }"), [""; 0]);
        assert_eq!(free("match x { P(a) if a > b => a, Q { c: d, e } => { d } f => f + e }"), ["x", "b", "e"]);
        assert_eq!(free("matches!(e, Click { user } if *user > limit)"), ["e", "limit"]);
    }

    #[test]
    fn texts_of_macros_use_names() {
        assert_eq!(free(r#"format!("{a} {{b}} {c:>d$} {0} {}", e)"#), ["a", "c", "d", "e"]);
        assert_eq!(free(r#"format!("{a}", a = b)"#), ["b"]);
        assert_eq!(free(r#"format!("{a}", a = a)"#), ["a"]);
        assert_eq!(free(r##"|r#type| format!("{type}")"##), [""; 0]);
        assert_eq!(free(r#"f("{a}")"#), ["f"]);
    }

    #[test]
    fn items_see_no_variables() {
        assert_eq!(free("fn f(a: &str) -> &str { a } pub(crate) const A: u8 = b; const { c } d"), ["d"]);
        assert_eq!(
            free("macro_rules! m { ($a:expr) => { a } } struct S(u8); use a::b; union.c(); d").join(" "),
            "union d"
        );
    }

    #[test]
    fn names_that_are_bound_anywhere_are_known() {
        let tokens: TokenStream =
            "match x { Some((a, b)) => a, None => 0 }; |c, d| c; let Some(e) = g;".parse().unwrap_or_default();
        let mut bound: Vec<String> = Variables::of(&tokens).bound.into_iter().collect();
        bound.sort();
        assert_eq!(bound, ["a", "b", "c", "d", "e"]);
    }
}
