//! What the process holds and has done, over time.

use crate::ALLOCATOR;
use crate::load::Load;
use crate::plot;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;

/// Live memory may differ by so much from one rest to another: buffers of sockets and of a cluster in the process
/// keep what they have grown to.
const SLACK: u64 = 512 << 10;

/// One moment.
#[derive(Debug, Clone)]
pub(crate) struct Sample {
    pub(crate) seconds: f64,
    /// Whether all was mended, and nothing went on.
    pub(crate) rests: bool,
    /// Bytes that are allocated and not freed.
    pub(crate) heap: u64,
    /// Bytes of the process in memory.
    pub(crate) resident: u64,
    pub(crate) tasks: u64,
    pub(crate) sockets: u64,
    /// Calls that have succeeded so far.
    pub(crate) done: u64,
    /// Those that have failed so far, by kind.
    pub(crate) failed: BTreeMap<&'static str, u64>,
}

impl Sample {
    fn take(began: Instant, rests: bool, load: &Load) -> Self {
        Sample {
            seconds: began.elapsed().as_secs_f64(),
            rests,
            heap: heap(),
            resident: resident(),
            tasks: tasks(),
            sockets: sockets(),
            done: load.counts.done(),
            failed: load.counts.failed(),
        }
    }
}

/// Bytes that are allocated now.
pub(crate) fn heap() -> u64 {
    let allocated = ALLOCATOR.stats();
    (allocated.bytes_allocated as u64).saturating_sub(allocated.bytes_deallocated as u64)
}

/// Tasks of the runtime that have not ended.
pub(crate) fn tasks() -> u64 {
    tokio::runtime::Handle::current().metrics().num_alive_tasks() as u64
}

/// Sockets this process has open; 0 where there is no `/proc`.
pub(crate) fn sockets() -> u64 {
    let Ok(files) = fs::read_dir("/proc/self/fd") else { return 0 };
    let is_socket = |file: &fs::DirEntry| {
        fs::read_link(file.path()).is_ok_and(|target| target.to_string_lossy().starts_with("socket:"))
    };
    files.flatten().filter(is_socket).count() as u64
}

/// As the system tells it; 0 where there is no `/proc`.
fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.trim().trim_end_matches("kB").trim().parse::<u64>().ok());
    kib.unwrap_or(0) << 10
}

/// Takes a sample now and then. If the program fails meanwhile, what was seen until then is written all the same.
pub(crate) struct Recorder {
    name: &'static str,
    folder: PathBuf,
    began: Instant,
    load: Arc<Load>,
    samples: Arc<Mutex<Vec<Sample>>>,
    task: JoinHandle<()>,
}

impl Recorder {
    pub(crate) fn start(name: &'static str, folder: &Path, interval: Duration, load: Arc<Load>) -> Self {
        let (began, samples) = (Instant::now(), Arc::<Mutex<Vec<Sample>>>::default());
        let (of_task, load_of_task) = (Arc::clone(&samples), Arc::clone(&load));
        let task = tokio::spawn(async move {
            let mut ticks = tokio::time::interval(interval);
            loop {
                ticks.tick().await;
                let sample = Sample::take(began, false, &load_of_task);
                of_task.lock().unwrap().push(sample);
            }
        });
        Recorder { name, folder: folder.to_owned(), began, load, samples, task }
    }

    pub(crate) fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }

    /// What is held now that nothing goes on.
    pub(crate) fn note_rest(&self) {
        let sample = Sample::take(self.began, true, &self.load);
        self.samples.lock().unwrap().push(sample);
    }

    /// Ends, writes what was seen, and lets go of the load.
    pub(crate) async fn end(mut self) -> Samples {
        self.task.abort();
        let _ = (&mut self.task).await;
        let samples = self.take();
        self.write(&samples);
        samples
    }

    fn take(&self) -> Samples {
        Samples(std::mem::take(&mut *self.samples.lock().unwrap_or_else(PoisonError::into_inner)))
    }

    /// A table and an image.
    fn write(&self, samples: &Samples) {
        fs::create_dir_all(&self.folder).unwrap();
        let file = |ending| self.folder.join(format!("{}.{ending}", self.name));
        let (table, image) = (file("csv"), file("svg"));
        fs::write(&table, samples.to_csv()).unwrap();
        plot::draw(&image, self.name, samples).unwrap();
        println!("{}: {}", self.name, samples.summary());
        println!("  {} and {}", table.display(), image.display());
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        let samples = self.take();
        if !samples.0.is_empty() {
            self.write(&samples);
        }
    }
}

/// All of them, in the order of time.
pub(crate) struct Samples(pub(crate) Vec<Sample>);

impl Samples {
    /// The kinds of failure there were.
    pub(crate) fn kinds(&self) -> BTreeSet<&'static str> {
        self.0.iter().flat_map(|sample| sample.failed.keys().copied()).collect()
    }

    pub(crate) fn to_csv(&self) -> String {
        let kinds = self.kinds();
        let mut csv = String::from("seconds,rests,heap_bytes,resident_bytes,tasks,sockets,done");
        for kind in &kinds {
            write!(csv, ",{kind}").unwrap();
        }
        csv.push('\n');
        for sample in &self.0 {
            let Sample { seconds, heap, resident, tasks, sockets, done, .. } = sample;
            let rests = u8::from(sample.rests);
            write!(csv, "{seconds:.3},{rests},{heap},{resident},{tasks},{sockets},{done}").unwrap();
            for kind in &kinds {
                write!(csv, ",{}", sample.failed.get(kind).unwrap_or(&0)).unwrap();
            }
            csv.push('\n');
        }
        csv
    }

    fn rests(&self) -> Vec<&Sample> {
        self.0.iter().filter(|sample| sample.rests).collect()
    }

    /// How far what is held at rest is from always being the same. The first rest is the measure: by then everything
    /// has happened once.
    fn problems(&self) -> Vec<String> {
        let rests = self.rests();
        let (Some(first), true) = (rests.first(), rests.len() >= 3) else {
            return vec![format!("only {} rests: too short a time", rests.len())];
        };
        let mut problems = Vec::new();
        for rest in &rests[1..] {
            for (what, now, before) in
                [("tasks", rest.tasks, first.tasks), ("sockets", rest.sockets, first.sockets)]
            {
                if now != before {
                    problems.push(format!("{now} {what} after {:.1} s, {before} at first", rest.seconds));
                }
            }
        }
        // Not each one: what was freed late is no leak. What leaks is there at all of the last ones.
        let last = rests[rests.len() / 2..].iter().map(|rest| rest.heap).min().unwrap_or(0);
        if last > first.heap + SLACK {
            problems.push(format!("{last} bytes at least in the later half, {} at first", first.heap));
        }
        problems
    }

    /// Fails if what was held at rest was not always the same.
    pub(crate) fn check(&self) {
        let problems = self.problems();
        assert!(
            problems.is_empty(),
            "what is held at rest is not always the same:\n  {}",
            problems.join("\n  ")
        );
    }

    fn summary(&self) -> String {
        let (rests, last) = (self.rests(), self.0.last().expect("there is one"));
        let kib = |bytes: u64| bytes >> 10;
        let most = |what: fn(&Sample) -> u64| self.0.iter().map(what).max().unwrap_or(0);
        let ends = |what: fn(&Sample) -> u64| {
            (rests.first().map_or(0, |rest| what(rest)), rests.last().map_or(0, |rest| what(rest)))
        };
        let (heap, tasks, sockets) =
            (ends(|rest| rest.heap), ends(|rest| rest.tasks), ends(|rest| rest.sockets));
        format!(
            "{:.0} s, {} calls, {} failed {:?}; at the first and the last of {} rests: heap {} and {} KiB, tasks {} and \
             {}, sockets {} and {}; at most: heap {} KiB, resident {} KiB, {} tasks, {} sockets",
            last.seconds,
            last.done,
            last.failed.values().sum::<u64>(),
            last.failed,
            rests.len(),
            kib(heap.0),
            kib(heap.1),
            tasks.0,
            tasks.1,
            sockets.0,
            sockets.1,
            kib(most(|sample| sample.heap)),
            kib(most(|sample| sample.resident)),
            most(|sample| sample.tasks),
            most(|sample| sample.sockets),
        )
    }
}
