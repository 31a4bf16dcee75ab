//! Tests of the whole: a small engine runs batches on a store, which is crashed, damaged and filled up in every way.

#![allow(clippy::unwrap_used)]

mod crashes;
mod damage;
mod limits;
mod rest;
mod sim;
mod tools;
