//! Tokens to [`ast`](crate::ast). Tolerant: a missing piece is left out, it does not end the parsing. Knows no operators: an
//! unknown one is an error of [`ir`](crate::ir).

use std::collections::HashSet;
use std::iter::Peekable;

use proc_macro2::{Delimiter, Ident, Span, TokenStream, TokenTree, token_stream};

use crate::args::{self, is_punct};
use crate::ast::{Chain, Program, Setting, Statement, Step, StreamStatement};
use crate::diag::Diagnostics;
use crate::items;

type Tokens = Peekable<token_stream::IntoIter>;

const SHAPE: &str = "write `stream!(every = 1s, |ssc| { … })`";

/// program = (key "=" value ",")* "|" ssc "|" "{" statement* "}"
pub fn program(input: TokenStream, diag: &mut Diagnostics) -> Program {
    let mut options = Vec::new();
    let mut body = None;
    let place = args::place_of(&input, Span::call_site());
    let mut is_readable = true;
    for part in args::split(input) {
        let at = args::place_of(&part, Span::call_site());
        let tokens: Vec<TokenTree> = part.clone().into_iter().collect();
        match &tokens[..] {
            [TokenTree::Ident(key), equals, value @ ..] if is_punct(Some(equals), '=') => {
                let glued = if body.is_none() { glued_body(value) } else { None };
                let length = glued.as_ref().map_or(value.len(), |(length, _)| *length);
                options.push(Setting { key: key.clone(), value: value[..length].iter().cloned().collect() });
                if let Some((_, found)) = glued {
                    diag.error(value[length].span(), "a comma is missing before the body", SHAPE);
                    body = Some(found);
                }
            }
            _ if body.is_some() => diag.error(at, "nothing may follow the body", SHAPE),
            [..] => match self::body(part) {
                Some(found) => body = Some(found),
                None => {
                    is_readable = false;
                    diag.error(at, "expected an option `key = value` or the body `|ssc| { … }`", SHAPE);
                }
            },
        }
    }
    let Some((ssc, body)) = body else {
        if is_readable {
            diag.error(place, "this pipeline has no body", SHAPE);
        }
        return Program { options, ssc: None, place, statements: Vec::new(), body: TokenStream::new() };
    };
    let statements = statements(body.clone(), &ssc);
    Program { options, ssc: Some(ssc), place, statements, body }
}

/// body = "|" ssc "|" "{" … "}"
fn body(part: TokenStream) -> Option<(Ident, TokenStream)> {
    let tokens: Vec<TokenTree> = args::without_move(part).into_iter().collect();
    match &tokens[..] {
        [open, TokenTree::Ident(ssc), close, TokenTree::Group(group)]
            if is_punct(Some(open), '|') && is_punct(Some(close), '|') && group.delimiter() == Delimiter::Brace =>
        {
            Some((ssc.clone(), group.stream()))
        }
        _ => None,
    }
}

/// The body that stands behind the value of an option, without a comma between them, and the length of the value.
fn glued_body(value: &[TokenTree]) -> Option<(usize, (Ident, TokenStream))> {
    const BODY: usize = 4;
    let start = value.len().checked_sub(BODY)?;
    let found = body(value[start..].iter().cloned().collect())?;
    let is_move = matches!(value[..start].last(), Some(TokenTree::Ident(word)) if word == "move");
    Some((start - usize::from(is_move), found))
}

/// A statement whose kind is not known yet.
struct Raw {
    tokens: Vec<TokenTree>,
    /// The chain that it consists of, if it begins with a name.
    stream: Option<StreamStatement>,
}

/// A statement is about streams if its chain starts at `ssc` or at a name that such a statement defines, before or after it.
fn statements(body: TokenStream, ssc: &Ident) -> Vec<Statement> {
    let raw: Vec<Raw> =
        split_statements(body).into_iter().map(|tokens| Raw { stream: stream_statement(&tokens), tokens }).collect();
    let mut streams = HashSet::from([ssc.to_string()]);
    loop {
        let before = streams.len();
        let named =
            raw.iter().filter_map(|raw| raw.stream.as_ref()).filter(|s| streams.contains(&s.chain.root.to_string()));
        let names: Vec<String> = named.filter_map(|statement| statement.name.as_ref()).map(Ident::to_string).collect();
        streams.extend(names);
        if streams.len() == before {
            break;
        }
    }
    raw.into_iter()
        .map(|raw| match raw.stream {
            Some(statement) if streams.contains(&statement.chain.root.to_string()) => Statement::Stream(statement),
            _ => Statement::Rust(raw.tokens.into_iter().collect()),
        })
        .collect()
}

/// Cuts a body at semicolons, and after the closing brace of an item or of a block that stands for itself.
fn split_statements(body: TokenStream) -> Vec<Vec<TokenTree>> {
    let mut statements = Vec::new();
    let mut statement: Vec<TokenTree> = Vec::new();
    let mut tokens = body.into_iter().peekable();
    while let Some(token) = tokens.next() {
        let ends = match &token {
            TokenTree::Punct(punct) => punct.as_char() == ';',
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
                stands_for_itself(&statement) && !goes_on(&mut tokens)
            }
            _ => false,
        };
        statement.push(token);
        if ends {
            statements.push(std::mem::take(&mut statement));
        }
    }
    if !statement.is_empty() {
        statements.push(statement);
    }
    statements
}

/// Whether what comes before a `{ … }` makes it a whole statement: nothing, or a keyword of items and control flow.
fn stands_for_itself(before: &[TokenTree]) -> bool {
    const KEYWORDS: [&str; 17] = [
        "if",
        "for",
        "while",
        "loop",
        "match",
        "unsafe",
        "fn",
        "struct",
        "enum",
        "union",
        "impl",
        "trait",
        "mod",
        "pub",
        "extern",
        "async",
        "macro_rules",
    ];
    let mut words = before.iter();
    let mut first = words.next();
    while is_punct(first, '#') {
        words.next();
        first = words.next();
    }
    match first {
        None => true,
        Some(TokenTree::Ident(word)) if KEYWORDS.iter().any(|keyword| word == keyword) => true,
        // A constant has a value behind its braces, if it has any; a function or a block has none.
        Some(TokenTree::Ident(word)) if word == "const" => match words.next() {
            None => true,
            Some(TokenTree::Ident(word)) => ["fn", "unsafe", "extern", "async"].iter().any(|it| word == it),
            Some(_) => false,
        },
        // A macro's name: nothing but a path before the exclamation mark.
        Some(TokenTree::Ident(_)) => match words.as_slice().split_last() {
            Some((last, path)) if is_punct(Some(last), '!') => {
                path.iter().all(|token| matches!(token, TokenTree::Ident(_)) || is_punct(Some(token), ':'))
            }
            _ => false,
        },
        // A label before a loop.
        first => is_punct(first, '\''),
    }
}

fn goes_on(rest: &mut Tokens) -> bool {
    match rest.peek() {
        Some(TokenTree::Ident(word)) => word == "else",
        next => is_punct(next, '.') || is_punct(next, '?') || is_punct(next, ';'),
    }
}

/// stream statement = attribute* ("let" "mut"? name (":" type)? "=")? chain ";"?
pub fn stream_statement(tokens: &[TokenTree]) -> Option<StreamStatement> {
    let statement = items::without_attributes(tokens);
    let attributes = tokens[..tokens.len() - statement.len()].iter().cloned().collect();
    let (all, tokens) = (tokens.iter().cloned().collect(), statement);
    let tokens = match tokens.split_last() {
        Some((last, rest)) if is_punct(Some(last), ';') => rest,
        _ => tokens,
    };
    let [TokenTree::Ident(word), rest @ ..] = tokens else { return None };
    if word != "let" {
        let chain = chain(tokens)?;
        return Some(StreamStatement { tokens: all, name: None, attributes, ty: None, path: None, chain });
    }
    let rest = match rest {
        [TokenTree::Ident(word), rest @ ..] if word == "mut" => rest,
        rest => rest,
    };
    let [TokenTree::Ident(name), rest @ ..] = rest else { return None };
    let equals = rest.iter().position(|token| is_punct(Some(token), '='))?;
    let (path, ty) = match &rest[..equals] {
        [] => (None, None),
        [colon, ty @ ..] if is_punct(Some(colon), ':') => carried(ty),
        _ => return None,
    };
    // What is bound to `_` has no name.
    let name = Some(name.clone()).filter(|name| name != "_");
    Some(StreamStatement { tokens: all, name, attributes, ty, path, chain: chain(&rest[equals + 1..])? })
}

/// The path and the `T` of `DStream<T>`; another type as it is.
fn carried(ty: &[TokenTree]) -> (Option<TokenStream>, Option<TokenStream>) {
    let tokens = |tokens: &[TokenTree]| Some(tokens.iter().cloned().collect());
    let open = ty.iter().position(|token| is_punct(Some(token), '<')).unwrap_or(ty.len());
    let (path, rest) = ty.split_at(open);
    match (path, rest) {
        ([.., TokenTree::Ident(name)], [_, inner @ .., close]) if name == "DStream" && is_punct(Some(close), '>') => {
            (tokens(path), tokens(inner))
        }
        _ => (None, tokens(ty)),
    }
}

/// chain = "&"? root step*
pub fn chain(tokens: &[TokenTree]) -> Option<Chain> {
    let tokens = match tokens {
        [and, rest @ ..] if is_punct(Some(and), '&') => rest,
        tokens => tokens,
    };
    let [TokenTree::Ident(root), rest @ ..] = tokens else { return None };
    let mut rest = rest.iter().cloned().collect::<TokenStream>().into_iter().peekable();
    let mut steps = Vec::new();
    while let Some(token) = rest.next() {
        if !is_punct(Some(&token), '.') {
            return None;
        }
        steps.push(step(token.span(), &mut rest));
    }
    Some(Chain { root: root.clone(), steps })
}

/// step = "." name ("::" "<" … ">")? "(" args ")"
fn step(dot: Span, rest: &mut Tokens) -> Step {
    let name = match rest.peek() {
        Some(TokenTree::Ident(name)) => Some(name.clone()),
        _ => None,
    };
    if name.is_some() {
        rest.next();
    }
    let generics = generics(rest);
    let parentheses =
        rest.next_if(|token| matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Parenthesis));
    let (args, close) = match parentheses {
        Some(TokenTree::Group(group)) => (Some(args::split(group.stream())), group.span_close()),
        _ => (None, dot),
    };
    Step { dot, name, generics, args, close }
}

fn generics(rest: &mut Tokens) -> TokenStream {
    let mut generics = Vec::new();
    if !is_punct(rest.peek(), ':') {
        return TokenStream::new();
    }
    let mut depth = 0;
    for token in rest.by_ref() {
        let (open, close) = (is_punct(Some(&token), '<'), is_punct(Some(&token), '>'));
        generics.push(token);
        depth += i32::from(open) - i32::from(close);
        if close && depth == 0 {
            break;
        }
    }
    generics.into_iter().collect()
}
