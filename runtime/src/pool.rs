//! The threads of the workers, and how they wait for each other.
//!
//! Many stages take a fraction of a millisecond, and it takes a good part of that to wake a thread. So a worker looks out for the
//! next stage for a while before it sleeps, and the engine's thread does so while it waits for the others.

use std::hint::spin_loop;
use std::sync::Arc;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicBool, AtomicUsize};
use std::thread::yield_now;
use std::time::{Duration, Instant};

use rayon::{ThreadPool, ThreadPoolBuildError, ThreadPoolBuilder, Yield};

/// For how long a thread looks out before it sleeps.
const LOOKOUT: Duration = Duration::from_micros(100);
/// How often it looks before it lets other threads have the processor.
const SPINS: u32 = 64;

/// Threads that help another one with its tasks.
pub struct Helpers {
    threads: ThreadPool,
    /// Which of them look out for a task.
    look_out: Arc<[AtomicBool]>,
}

impl Helpers {
    /// Starts so many threads; each runs `started` first.
    pub fn new(count: usize, started: impl Fn() + Send + Sync + 'static) -> Result<Self, ThreadPoolBuildError> {
        let threads = ThreadPoolBuilder::new()
            .num_threads(count)
            .thread_name(|number| format!("microbatch-worker-{number}"))
            .start_handler(move |_| started())
            .build()?;
        Ok(Helpers { threads, look_out: (0..count).map(|_| AtomicBool::new(false)).collect() })
    }

    /// Calls `work` for each number below `tasks`, on these threads and on the caller's.
    ///
    /// Not generic, because whatever reaches rayon is compiled anew for each stage of each pipeline, and that is most of what a
    /// pipeline would cost to build.
    pub fn each(&self, tasks: usize, work: &(dyn Fn(usize) + Sync)) {
        let (claims, done) = (Claims::new(tasks, self.look_out.len() + 1), AtomicUsize::new(0));
        let helpers = self.look_out.len().min(tasks - 1);
        // First, so that closures which use rayon themselves do not find it among their own tasks.
        self.keep_awake();
        self.threads.in_place_scope(|scope| {
            for _ in 0..helpers {
                scope.spawn(|_| {
                    claims.each(rayon::current_thread_index().map_or(0, |other| other + 1), work);
                    done.fetch_add(1, Release);
                });
            }
            claims.each(0, work);
            look_out_for(|| done.load(Acquire) == helpers);
        });
    }

    /// Has threads look out for the next tasks once they are done with these.
    fn keep_awake(&self) {
        if self.look_out.iter().all(|is_awake| is_awake.load(Relaxed)) {
            return;
        }
        let look_out = Arc::clone(&self.look_out);
        self.threads.spawn_broadcast(move |thread| {
            let is_awake = &look_out[thread.index()];
            // A thread that looks out may find this itself.
            if !is_awake.swap(true, Relaxed) {
                while look_out_for(|| rayon::yield_now() == Some(Yield::Executed)) {}
                is_awake.store(false, Relaxed);
            }
        });
    }
}

/// Looks again and again, and returns whether there was something soon enough.
fn look_out_for(look: impl Fn() -> bool) -> bool {
    let mut since = None;
    loop {
        for _ in 0..SPINS {
            if look() {
                return true;
            }
            spin_loop();
        }
        if since.get_or_insert_with(Instant::now).elapsed() > LOOKOUT {
            return false;
        }
        yield_now();
    }
}

/// Who does which of so many tasks: each worker those of its own run of them, the same for as many tasks whenever there are some,
/// so that it finds what it had of them in its caches; and then what others have not begun.
struct Claims {
    tasks: usize,
    /// For each worker the first task of its run that nobody has begun.
    next: Vec<AtomicUsize>,
}

impl Claims {
    fn new(tasks: usize, workers: usize) -> Self {
        Claims { tasks, next: (0..workers).map(|worker| AtomicUsize::new(tasks * worker / workers)).collect() }
    }

    /// Calls `work` for the tasks that are the worker's.
    fn each(&self, worker: usize, work: &(dyn Fn(usize) + Sync)) {
        let workers = self.next.len();
        for owner in (worker..workers).chain(0..worker) {
            let end = self.tasks * (owner + 1) / workers;
            loop {
                let task = self.next[owner].fetch_add(1, Relaxed);
                if task >= end {
                    break;
                }
                work(task);
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[test]
    fn a_worker_begins_with_its_own_tasks_and_ends_with_those_of_others() {
        let (claims, done) = (Claims::new(5, 2), Mutex::new(Vec::new()));
        let work = |task| done.lock().unwrap().push(task);
        claims.each(1, &work);
        claims.each(0, &work);
        assert_eq!(*done.lock().unwrap(), [2, 3, 4, 0, 1]);
    }
}
