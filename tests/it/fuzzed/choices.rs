//! Choices that the bytes of a fuzzer make, so that every input means something.

/// Choices in their order; the first of each kind when the bytes are used up.
pub(crate) struct Choices<'d>(pub(crate) &'d [u8]);

impl Choices<'_> {
    /// A number below `bound`, which is at most 256.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        usize::from(*first) % bound.max(1)
    }

    pub(crate) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    /// True once in so many times; never when the bytes are used up.
    pub(crate) fn rarely(&mut self, times: usize) -> bool {
        self.below(times) == times - 1
    }

    /// Up to `longest` characters, mostly from `often`, sometimes any.
    pub(crate) fn text(&mut self, often: &str, longest: usize) -> String {
        let often: Vec<char> = often.chars().collect();
        let length = self.below(longest + 1);
        (0..length)
            .map(|_| {
                if self.rarely(16) {
                    let number = [0, 0x100, 0x2000, 0xfe00][self.below(4)] + self.below(256);
                    char::from_u32(u32::try_from(number).unwrap_or(0)).unwrap_or('?')
                } else {
                    self.pick(&often)
                }
            })
            .collect()
    }
}
