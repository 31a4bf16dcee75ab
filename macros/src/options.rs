//! What stands before the body, as `every = 1s`.

use proc_macro2::{Ident, TokenTree};

use crate::ast::Setting;
use crate::diag::did_you_mean;

/// The keys that there are.
pub const KEYS: [&str; 3] = ["every", "name", "require"];

/// The words that `require` takes.
pub const GUARANTEES: [&str; 2] = ["at_least_once", "exactly_once"];

#[derive(Default)]
pub struct Options {
    pub every: Option<Setting>,
    pub name: Option<Setting>,
    pub require: Option<Setting>,
    pub unknown: Vec<Ident>,
    pub repeated: Vec<Ident>,
}

impl Options {
    pub fn read(settings: &[Setting]) -> Self {
        let mut options = Options::default();
        settings.iter().for_each(|setting| options.add(setting));
        options
    }

    fn add(&mut self, setting: &Setting) {
        let place = match setting.key.to_string().as_str() {
            "every" => &mut self.every,
            "name" => &mut self.name,
            "require" => &mut self.require,
            _ => return self.unknown.push(setting.key.clone()),
        };
        match place {
            Some(_) => self.repeated.push(setting.key.clone()),
            None => *place = Some(setting.clone()),
        }
    }

    pub fn requires_exactly_once(&self) -> bool {
        self.require.as_ref().and_then(guarantee).is_some_and(|word| word == "exactly_once")
    }
}

/// The word that `require` was given, if there is such a one.
pub fn guarantee(require: &Setting) -> Option<Ident> {
    let mut value = require.value.clone().into_iter();
    match (value.next(), value.next()) {
        (Some(TokenTree::Ident(word)), None) if GUARANTEES.iter().any(|known| word == known) => Some(word),
        _ => None,
    }
}

/// The key that is probably meant.
pub fn closest(key: &Ident) -> Option<&'static str> {
    did_you_mean(&key.to_string(), KEYS.into_iter())
}

/// The values that are Rust; that of `require` is a word, which rustc could not find.
pub fn in_rust(settings: &[Setting]) -> impl Iterator<Item = &Setting> {
    settings.iter().filter(|setting| closest(&setting.key) != Some("require"))
}
