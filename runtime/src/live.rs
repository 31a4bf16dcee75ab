//! The live line: how a context is doing, in one line of the terminal that is drawn over and over.
//!
//! The line and the pipeline's own output share a terminal, so the line makes way: it is cleared when a batch begins, since
//! closures may print, and drawn again after the batch. While the stages of a batch take long it comes back, until the first
//! output operation. A thread of its own draws it, ten times a second at most; the engine's thread only ever clears it.

use std::fmt::Write;
use std::io::IsTerminal;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use indicatif::{HumanBytes, HumanCount, ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::error::{Error, Result};
use crate::listener::{BatchInfo, OutputOperationInfo, ReceiverInfo, StreamingListener};
use crate::progress::Progress;
use crate::shared::Shared;
use crate::signal::StopSignal;
use crate::time::Time;

/// The time between two drawings.
const REDRAW: Duration = Duration::from_millis(100);

/// How long the stages of a batch may take before the line comes back.
const LONG: Duration = Duration::from_millis(500);

/// When the context is done, where that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Goal {
    Batches(u64),
    Duration(Duration),
    /// As many batches of an earlier run are to run again first.
    Replays(u64),
    /// So many bytes came while the program was down.
    Backlog(u64),
    Unknown,
}

impl Goal {
    pub fn new(batches: Option<u64>, duration: Option<Duration>) -> Self {
        match (batches, duration) {
            (Some(batches), _) => Goal::Batches(batches),
            (None, Some(duration)) => Goal::Duration(duration),
            (None, None) => Goal::Unknown,
        }
    }

    fn template(self) -> &'static str {
        match self {
            Goal::Batches(_) => "[{bar:10}] {pos}/{len} | {wide_msg}",
            Goal::Duration(_) | Goal::Replays(_) | Goal::Backlog(_) => "[{bar:10}] {prefix} | {wide_msg}",
            Goal::Unknown => "{spinner} {wide_msg}",
        }
    }

    fn style(self) -> ProgressStyle {
        let style = ProgressStyle::with_template(self.template());
        style.unwrap_or_else(|_| ProgressStyle::default_spinner()).progress_chars("=> ")
    }

    /// What comes before this goal, as long as it is not done.
    fn or_recovery(self, progress: &Progress) -> Self {
        match &progress.checkpoint {
            Some(checkpoint) if checkpoint.backlog > 0 => Goal::Replays(checkpoint.replays),
            _ => self.or_backlog(progress),
        }
    }

    fn or_backlog(self, progress: &Progress) -> Self {
        let left: u64 = progress.streams.iter().map(|stream| stream.backlog).sum();
        if left > 0 { Goal::Backlog(caught_up(progress) + left) } else { self }
    }

    /// How far the context has come, and how far it will go.
    fn reached(self, progress: &Progress, elapsed: Duration) -> (u64, Option<u64>) {
        match self {
            // Batches that ran again do not count.
            Goal::Batches(all) => {
                let new = (progress.batches + progress.skipped).saturating_sub(replayed(progress));
                (new.min(all), Some(all))
            }
            Goal::Duration(all) => (elapsed.min(all).as_millis() as u64, Some(all.as_millis() as u64)),
            Goal::Replays(all) => (replayed(progress), Some(all)),
            Goal::Backlog(all) => (caught_up(progress), Some(all)),
            Goal::Unknown => (progress.batches, None),
        }
    }

    /// What stands behind the bar.
    fn prefix(self, reached: u64, elapsed: Duration) -> String {
        match self {
            Goal::Duration(all) => format!("{}/{} s", elapsed.min(all).as_secs(), all.as_secs_f64()),
            Goal::Replays(all) => format!("replaying batch {} of {all}", (reached + 1).min(all)),
            Goal::Backlog(all) => format!("catching up: {} of {}", HumanBytes(reached), HumanBytes(all)),
            Goal::Batches(_) | Goal::Unknown => String::new(),
        }
    }
}

/// Batches of an earlier run that have run again.
fn replayed(progress: &Progress) -> u64 {
    progress.checkpoint.as_ref().map_or(0, |checkpoint| checkpoint.replays.saturating_sub(checkpoint.backlog))
}

/// Bytes of an earlier time that batches have had.
fn caught_up(progress: &Progress) -> u64 {
    progress.streams.iter().map(|stream| stream.caught_up).sum()
}

/// Draws the line for as long as it lives, and leaves a clean terminal behind.
pub(crate) struct LiveLine {
    shared: Arc<Shared>,
    line: Arc<Line>,
    ended: Arc<StopSignal>,
    drawer: Option<JoinHandle<()>>,
}

impl LiveLine {
    /// A line on standard error, if that is a terminal.
    pub fn on_stderr(shared: &Arc<Shared>, goal: Goal) -> Result<Option<Self>> {
        if !std::io::stderr().is_terminal() {
            return Ok(None);
        }
        Self::start(shared, Line::new(goal, ProgressDrawTarget::stderr)).map(Some)
    }

    fn start(shared: &Arc<Shared>, line: Line) -> Result<Self> {
        let (line, ended) = (Arc::new(line), Arc::new(StopSignal::default()));
        let draw = {
            let (shared, line, ended) = (Arc::clone(shared), Arc::clone(&line), Arc::clone(&ended));
            move || {
                while !ended.wait(REDRAW) {
                    line.draw(&shared.progress());
                }
            }
        };
        let drawer = thread::Builder::new().name("microbatch-live".to_owned()).spawn(draw).map_err(|error| {
            Error::config(format!("the thread of the live line cannot be started: {error}"), "do without it: be quiet")
        })?;
        shared.listeners.add(Arc::clone(&line) as Arc<dyn StreamingListener>);
        Ok(LiveLine { shared: Arc::clone(shared), line, ended, drawer: Some(drawer) })
    }
}

impl Drop for LiveLine {
    fn drop(&mut self) {
        self.ended.request();
        if let Some(drawer) = self.drawer.take() {
            let _ = drawer.join();
        }
        let listener: Arc<dyn StreamingListener> = Arc::clone(&self.line) as _;
        self.shared.listeners.remove(&listener);
        self.line.make_way(Turn::Outputs);
    }
}

/// The line itself.
struct Line {
    goal: Goal,
    target: fn() -> ProgressDrawTarget,
    begun: Instant,
    face: Mutex<Face>,
}

#[derive(Default)]
struct Face {
    /// There while the line is on the terminal.
    bar: Option<ProgressBar>,
    /// What the line is about, how far the context had come, and what the line said.
    shown: Option<(Goal, u64, String)>,
    /// Whose the terminal is.
    turn: Turn,
}

#[derive(Default)]
enum Turn {
    #[default]
    Line,
    /// The stages of a batch run, since then.
    Stages(Instant),
    /// Output operations write, or somebody is about to report a failure.
    Outputs,
}

impl Line {
    fn new(goal: Goal, target: fn() -> ProgressDrawTarget) -> Self {
        Line { goal, target, begun: Instant::now(), face: Mutex::default() }
    }

    fn face(&self) -> MutexGuard<'_, Face> {
        self.face.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn draw(&self, progress: &Progress) {
        let elapsed = self.begun.elapsed();
        let goal = self.goal.or_recovery(progress);
        let (reached, all) = goal.reached(progress, elapsed);
        let mut face = self.face();
        match face.turn {
            Turn::Line => {}
            Turn::Stages(since) if since.elapsed() >= LONG => {}
            _ => return,
        }
        let text = text(progress);
        let shown = Some((goal, reached, text.clone()));
        // A spinner turns also when nothing is new.
        if face.bar.is_some() && face.shown == shown && goal != Goal::Unknown {
            return;
        }
        if face.shown.as_ref().is_some_and(|(shown, ..)| *shown != goal) {
            face.clear();
        }
        let bar = face
            .bar
            .get_or_insert_with(|| ProgressBar::with_draw_target(all, (self.target)()).with_style(goal.style()));
        // The methods that build a bar, unlike those that set its parts, draw nothing.
        let bar = bar.clone().with_position(reached).with_message(text).with_prefix(goal.prefix(reached, elapsed));
        bar.tick();
        face.shown = shown;
    }

    fn make_way(&self, turn: Turn) {
        let mut face = self.face();
        face.turn = turn;
        face.clear();
    }
}

impl Face {
    fn clear(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}

impl StreamingListener for Line {
    /// Somebody may have to say what an earlier run has left.
    fn on_streaming_started(&self, _: Time) {
        self.make_way(Turn::Stages(Instant::now()));
    }

    fn on_batch_started(&self, _: &BatchInfo) {
        self.make_way(Turn::Stages(Instant::now()));
    }

    fn on_output_operation_started(&self, _: &OutputOperationInfo) {
        self.make_way(Turn::Outputs);
    }

    /// It is told of behind this; then the line is drawn again.
    fn on_receiver_error(&self, _: &ReceiverInfo) {
        self.face().clear();
    }

    fn on_checkpoint_failed(&self, _: &str) {
        self.face().clear();
    }

    fn on_batch_completed(&self, batch: &BatchInfo) {
        if batch.failure.is_some() {
            self.make_way(Turn::Outputs);
        } else {
            self.face().turn = Turn::Line;
        }
    }
}

/// What the line says.
fn text(progress: &Progress) -> String {
    if progress.batches + progress.failures == 0 {
        return "waiting for the first batch".to_owned();
    }
    let mut text = format!(
        "{} records | {}/s | delay {} = {} scheduling + {} processing",
        HumanCount(progress.records),
        HumanCount(progress.input_rate.round() as u64),
        short(progress.total_delay()),
        short(progress.scheduling_delay()),
        short(progress.processing_time()),
    );
    let counts = [
        (progress.waiting_batches, "batches wait"),
        (progress.failures, "failures"),
        (progress.skipped, "skipped"),
        (progress.bad_records(), "bad records"),
    ];
    for (count, what) in counts.into_iter().filter(|(count, _)| *count > 0) {
        // Writing to a string cannot fail.
        let _ = write!(text, " | {} {what}", HumanCount(count));
    }
    text
}

/// A duration in few characters.
fn short(duration: Duration) -> String {
    if duration < Duration::from_secs(1) { format!("{duration:.0?}") } else { format!("{duration:.1?}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::progress::{CheckpointProgress, StreamProgress};
    use std::io;

    /// A terminal of one line.
    #[derive(Clone, Debug)]
    struct Screen(&'static Mutex<String>);

    impl indicatif::TermLike for Screen {
        fn width(&self) -> u16 {
            200
        }
        fn move_cursor_up(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn move_cursor_down(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn move_cursor_right(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn move_cursor_left(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn write_line(&self, _: &str) -> io::Result<()> {
            panic!("the live line must stay on its line")
        }
        fn write_str(&self, text: &str) -> io::Result<()> {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).push_str(text);
            Ok(())
        }
        fn clear_line(&self) -> io::Result<()> {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
            Ok(())
        }
        fn flush(&self) -> io::Result<()> {
            Ok(())
        }
    }

    static SCREEN: Mutex<String> = Mutex::new(String::new());

    fn screen() -> String {
        SCREEN.lock().unwrap_or_else(PoisonError::into_inner).trim().to_owned()
    }

    #[test]
    fn the_line_makes_way_for_outputs() {
        let target = || ProgressDrawTarget::term_like(Box::new(Screen(&SCREEN)));
        let line = Line::new(Goal::Batches(4), target);
        let progress =
            Progress { batches: 1, records: 1234, input_rate: 617.0, waiting_batches: 2, ..Progress::default() };

        line.draw(&Progress::default());
        assert_eq!(screen(), "[          ] 0/4 | waiting for the first batch");
        line.draw(&progress);
        let whole =
            "[==>       ] 1/4 | 1,234 records | 617/s | delay 0ns = 0ns scheduling + 0ns processing | 2 batches wait";
        assert_eq!(screen(), whole);

        line.on_batch_started(&BatchInfo::default());
        assert_eq!(screen(), "", "closures may print");
        line.face().turn = Turn::Stages(Instant::now() + LONG); // and this thread may be slow
        line.draw(&progress);
        assert_eq!(screen(), "");
        line.face().turn = Turn::Stages(Instant::now() - LONG);
        line.draw(&progress);
        assert_eq!(screen(), whole, "the stages take long");

        line.make_way(Turn::Outputs);
        line.draw(&progress);
        assert_eq!(screen(), "", "outputs are being written");

        line.on_batch_completed(&BatchInfo::default());
        line.draw(&progress);
        assert_eq!(screen(), whole);

        line.on_batch_completed(&BatchInfo { failure: Some("disk full".to_owned()), ..BatchInfo::default() });
        line.draw(&progress);
        assert_eq!(screen(), "", "the failure is about to be reported");
    }

    #[test]
    fn batches_of_an_earlier_run_come_first() {
        let at = |replays, backlog| Progress {
            batches: replays - backlog,
            checkpoint: Some(CheckpointProgress { replays, backlog, ..CheckpointProgress::default() }),
            ..Progress::default()
        };
        let goal = Goal::Batches(4);
        for (backlog, prefix) in [(7, "replaying batch 1 of 7"), (1, "replaying batch 7 of 7")] {
            let progress = at(7, backlog);
            let now = goal.or_recovery(&progress);
            assert_eq!(now, Goal::Replays(7));
            let (reached, all) = now.reached(&progress, Duration::ZERO);
            assert_eq!((now.prefix(reached, Duration::ZERO).as_str(), all), (prefix, Some(7)));
        }
        assert_eq!(goal.or_recovery(&at(7, 0)), goal);
        assert_eq!(goal.reached(&at(7, 0), Duration::ZERO), (0, Some(4)), "only new ones count");
    }

    #[test]
    fn what_came_while_the_program_was_down_comes_next() {
        let stream = |backlog, caught_up| StreamProgress { backlog, caught_up, ..StreamProgress::default() };
        let at = |streams| Progress { streams, ..Progress::default() };
        let progress = at(vec![stream(3 << 20, 1 << 20), stream(0, 4 << 20)]);
        let goal = Goal::Unknown.or_recovery(&progress);
        assert_eq!(goal, Goal::Backlog(8 << 20));
        assert_eq!(goal.reached(&progress, Duration::ZERO), (5 << 20, Some(8 << 20)));
        assert_eq!(goal.prefix(5 << 20, Duration::ZERO), "catching up: 5.00 MiB of 8.00 MiB");
        assert_eq!(Goal::Unknown.or_recovery(&at(vec![stream(0, 8 << 20)])), Goal::Unknown);
    }

    static REPLAYS: Mutex<String> = Mutex::new(String::new());

    #[test]
    fn the_line_changes_when_the_replays_are_done() {
        let line = Line::new(Goal::Batches(4), || ProgressDrawTarget::term_like(Box::new(Screen(&REPLAYS))));
        let screen = || REPLAYS.lock().unwrap_or_else(PoisonError::into_inner).trim().to_owned();
        let checkpoint = CheckpointProgress { replays: 2, backlog: 1, ..CheckpointProgress::default() };
        let mut progress = Progress { checkpoint: Some(checkpoint), ..Progress::default() };
        line.draw(&progress);
        assert_eq!(screen(), "[=====>    ] replaying batch 2 of 2 | waiting for the first batch");
        progress.checkpoint = None;
        line.draw(&progress);
        assert_eq!(screen(), "[          ] 0/4 | waiting for the first batch");
    }

    #[test]
    fn a_goal_is_shown_as_far_as_it_is_reached() {
        let progress = Progress { batches: 3, skipped: 1, ..Progress::default() };
        let seconds = Duration::from_secs;
        assert_eq!(Goal::new(Some(5), Some(seconds(9))).reached(&progress, seconds(2)), (4, Some(5)));
        assert_eq!(Goal::new(None, Some(seconds(9))).reached(&progress, seconds(12)), (9000, Some(9000)));
        assert_eq!(Goal::new(None, None).reached(&progress, seconds(2)), (3, None));
    }
}
