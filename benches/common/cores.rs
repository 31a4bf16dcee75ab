//! On which cores a bench runs.
//!
//! Sides with one worker share one core, because the cores of a shared machine may differ by a factor of two for seconds; sides
//! with more workers have all cores.

#[cfg(target_os = "linux")]
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// The cores that the process may use, where the system has them chosen.
#[cfg(target_os = "linux")]
pub struct Cores(Option<CpuSet>);

#[cfg(target_os = "linux")]
impl Cores {
    /// To be called before any thread is started.
    pub fn all() -> Self {
        Cores(sched_getaffinity(None).ok())
    }

    /// Chooses the cores of this thread, and of those that it starts from now on.
    pub fn choose(&self, workers: usize) {
        let Some(mut cores) = self.0 else { return };
        if workers == 1
            && let Some(last) = (0..CpuSet::MAX_CPU).rev().find(|core| cores.is_set(*core))
        {
            cores.clear();
            cores.set(last);
        }
        if let Err(error) = sched_setaffinity(None, &cores) {
            eprintln!("the cores cannot be chosen: {error}");
        }
    }
}

#[cfg(not(target_os = "linux"))]
pub struct Cores;

#[cfg(not(target_os = "linux"))]
impl Cores {
    pub fn all() -> Self {
        Cores
    }
    pub fn choose(&self, _: usize) {}
}
