//! Work on many items, on several threads where that is faster.

use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use super::Input;
use crate::error::Error;

/// Text below which one thread is faster than several.
const PARALLEL_FROM: usize = 256 * 1024;

/// Items that a thread takes at a time.
const SHARE: usize = 16;

/// Does the work for each of these items, on several threads if they are worth it; the answers are in order.
///
/// `threads` is how many at most; 0 for as many as there are cores.
///
/// # Errors
/// The first one, in the order of the items.
pub fn in_parallel<T: Send>(
    input: &Input<'_>,
    indexes: &[usize],
    threads: usize,
    work: impl Fn(usize) -> Result<T, Error> + Sync,
) -> Result<Vec<T>, Error> {
    let size: usize =
        indexes.iter().filter_map(|index| input.resources.get(*index)).map(|resource| resource.text.len()).sum();
    let available = if threads == 0 { thread::available_parallelism().map_or(1, NonZero::get) } else { threads };
    let workers = if size < PARALLEL_FROM { 1 } else { available.min(indexes.len().div_ceil(SHARE)) };
    if workers <= 1 {
        return indexes.iter().map(|index| work(*index)).collect();
    }
    let next = AtomicUsize::new(0);
    let take_shares = || {
        let mut done = Vec::new();
        loop {
            let share = next.fetch_add(1, Ordering::Relaxed);
            let Some(part) = indexes.chunks(SHARE).nth(share) else { return done };
            let answers: Result<Vec<T>, Error> = part.iter().map(|index| work(*index)).collect();
            if answers.is_err() {
                // All shares before this one have been taken; no later one matters.
                next.store(indexes.len(), Ordering::Relaxed);
            }
            done.push((share, answers));
        }
    };
    let mut shares: Vec<(usize, Result<Vec<T>, Error>)> = thread::scope(|scope| {
        let handles: Vec<_> = (0..workers).map(|_| scope.spawn(take_shares)).collect();
        let join = |handle: thread::ScopedJoinHandle<'_, _>| match handle.join() {
            Ok(done) => done,
            Err(panic) => std::panic::resume_unwind(panic),
        };
        handles.into_iter().flat_map(join).collect()
    });
    shares.sort_unstable_by_key(|(share, _)| *share);
    let mut all = Vec::with_capacity(indexes.len());
    for (_, answers) in shares {
        all.extend(answers?);
    }
    Ok(all)
}
