//! Work on many things, on several threads where that is faster.

use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Bytes of text below which one thread is faster than several.
const PARALLEL_FROM: usize = 256 * 1024;

/// Things that a thread takes at a time.
const SHARE: usize = 16;

/// Does the work for each of these, on several threads if they are worth it; the answers are in order.
///
/// `size` is how many bytes of text all of the work is about, `threads` how many threads take part at most; 0 for as
/// many as there are cores.
///
/// # Errors
/// The first one, in the order of `all`.
pub fn in_parallel<I: Sync, T: Send, E: Send>(
    all: &[I],
    size: usize,
    threads: usize,
    work: impl Fn(&I) -> Result<T, E> + Sync,
) -> Result<Vec<T>, E> {
    let available = if threads == 0 { thread::available_parallelism().map_or(1, NonZero::get) } else { threads };
    let workers = if size < PARALLEL_FROM { 1 } else { available.min(all.len().div_ceil(SHARE)) };
    if workers <= 1 {
        return all.iter().map(work).collect();
    }
    let next = AtomicUsize::new(0);
    let take_shares = || {
        let mut done = Vec::new();
        loop {
            let share = next.fetch_add(1, Ordering::Relaxed);
            let Some(part) = all.chunks(SHARE).nth(share) else { return done };
            let answers: Result<Vec<T>, E> = part.iter().map(&work).collect();
            if answers.is_err() {
                // All shares before this one have been taken; no later one matters.
                next.store(all.len(), Ordering::Relaxed);
            }
            done.push((share, answers));
        }
    };
    let mut shares: Vec<(usize, Result<Vec<T>, E>)> = thread::scope(|scope| {
        let others: Vec<_> = (1..workers).map(|_| scope.spawn(take_shares)).collect();
        let mut done = take_shares();
        for other in others {
            match other.join() {
                Ok(shares) => done.extend(shares),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        done
    });
    shares.sort_unstable_by_key(|(share, _)| *share);
    let mut answers = Vec::with_capacity(all.len());
    for (_, share) in shares {
        answers.extend(share?);
    }
    Ok(answers)
}
