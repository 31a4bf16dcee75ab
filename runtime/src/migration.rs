//! Values of one type become values of another, when a program finds a checkpoint of an older version of itself.

use std::sync::Arc;

use crate::error::{Error, Result};
use crate::saved::{DescribeValue, Description, Migrate};
use crate::stored::{Malformed, Stored};
use crate::transaction::Transaction;

/// What `state_migration` was given.
pub(crate) struct Migration {
    state: String,
    old: DescribeValue,
    new: DescribeValue,
    convert: Arc<Migrate>,
}

impl Migration {
    pub fn new<V: Stored, W: Stored>(state: String, convert: impl Fn(V) -> W + Send + Sync + 'static) -> Self {
        let convert = move |from: &mut &[u8], out: &mut Vec<u8>| -> Result<(), Malformed> {
            convert(V::load(from)?).store(out);
            Ok(())
        };
        Migration { state, old: V::shape, new: W::shape, convert: Arc::new(convert) }
    }
}

/// All migrations of a context.
pub(crate) struct Migrations(pub Vec<Arc<Migration>>);

impl Migrations {
    /// How the values of a saved state become those of the program's; `None` if they are the same.
    ///
    /// # Errors
    /// When they are not, and no migration leads from one to the other; and when saved panes would have to be divided.
    pub fn find(&self, name: &str, saved: &Description, state: &dyn Transaction) -> Result<Option<Arc<Migrate>>> {
        let now = state.describe(None);
        check_panes(name, saved, &now)?;
        if saved.fits(&now) {
            return Ok(None);
        }
        let steps = self.steps(name, saved, &now, state);
        let mut steps = steps.ok_or_else(|| mismatch(name, saved, &now))?.into_iter();
        let first = steps.next();
        Ok(steps.fold(first, |before, next| before.map(|before| both(before, next))))
    }

    /// The shortest way from the saved values to those of the program.
    fn steps(
        &self,
        name: &str,
        saved: &Description,
        now: &Description,
        state: &dyn Transaction,
    ) -> Option<Vec<Arc<Migrate>>> {
        let own: Vec<&Arc<Migration>> = self.0.iter().filter(|migration| migration.state == name).collect();
        let mut ways: Vec<(Description, Vec<Arc<Migrate>>)> = vec![(saved.clone(), Vec::new())];
        // Each round is one step more; no way needs a migration twice.
        for _ in 0..own.len() {
            let mut longer = Vec::new();
            for (reached, steps) in &ways {
                for migration in own.iter().filter(|migration| state.describe(Some(migration.old)).fits(reached)) {
                    let mut steps = steps.clone();
                    steps.push(Arc::clone(&migration.convert));
                    let reached = state.describe(Some(migration.new));
                    if reached.fits(now) {
                        return Some(steps);
                    }
                    longer.push((reached, steps));
                }
            }
            ways = longer;
        }
        None
    }
}

fn both(first: Arc<Migrate>, second: Arc<Migrate>) -> Arc<Migrate> {
    Arc::new(move |from: &mut &[u8], out: &mut Vec<u8>| {
        let mut between = Vec::new();
        first(from, &mut between)?;
        second(&mut between.as_slice(), out)
    })
}

/// Several panes can become one, but of the values in a pane it is not known when they came.
fn check_panes(name: &str, saved: &Description, now: &Description) -> Result<()> {
    match (saved.pane, now.pane) {
        (Some(was), Some(is)) if !is.as_nanos().is_multiple_of(was.as_nanos().max(1)) => Err(Error::config(
            format!("the checkpoint has `{name}` in panes of {was:?}, of which panes of {is:?} cannot be made"),
            format!(
                "give the window a length and a slide that are multiples of {was:?}; or give up what it holds, `.drop_state(\"{name}\")`; or give the new one another name, `.name(\"…\")`"
            ),
        )),
        _ => Ok(()),
    }
}

fn mismatch(name: &str, saved: &Description, now: &Description) -> Error {
    Error::config(
        format!("the checkpoint has `{name}` as a {saved}, and in this program it is a {now}"),
        format!(
            "say how an old value becomes a new one, `.state_migration(\"{name}\", |old: Old| -> New {{ … }})`; or give it up, `.drop_state(\"{name}\")`; or give the new one another name, `.name(\"…\")`"
        ),
    )
}
