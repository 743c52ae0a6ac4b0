//! How an object is cut into pieces.

/// What a job asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Cut {
    /// One piece an object.
    #[default]
    Whole,
    /// Pieces of so many bytes; the last one of an object has what is left.
    Size { chunk_bytes: u64 },
    /// At most so many pieces an object: they are of one length, rounded up, but for the last.
    Number { chunks: u64 },
}

impl Cut {
    /// The length of the pieces of an object, `None` if it is not cut at all.
    pub fn chunk_bytes(self, size_bytes: u64) -> Option<u64> {
        match self {
            Cut::Whole => None,
            Cut::Size { chunk_bytes } => Some(chunk_bytes.max(1)),
            Cut::Number { chunks } => Some(size_bytes.div_ceil(chunks.max(1)).max(1)),
        }
    }

    /// How many pieces there are: at least one, which of an empty object is empty.
    pub fn parts(self, size_bytes: u64) -> u64 {
        self.chunk_bytes(size_bytes).map_or(1, |chunk| size_bytes.div_ceil(chunk).max(1))
    }

    /// The ranges `first..end` of the pieces, in order.
    pub fn ranges(self, size_bytes: u64) -> impl Iterator<Item = (u64, u64)> {
        let chunk = self.chunk_bytes(size_bytes).unwrap_or(size_bytes);
        (0..self.parts(size_bytes)).map(move |part| {
            let first = part * chunk;
            (first, first.saturating_add(chunk).min(size_bytes))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn pieces_of_some_objects() {
        let ranges = |cut: Cut, size| cut.ranges(size).collect::<Vec<_>>();
        let size = |chunk_bytes| Cut::Size { chunk_bytes };
        let number = |chunks| Cut::Number { chunks };
        assert_eq!(ranges(Cut::Whole, 10), [(0, 10)]);
        assert_eq!(ranges(size(4), 10), [(0, 4), (4, 8), (8, 10)]);
        assert_eq!(ranges(size(10), 10), [(0, 10)]);
        assert_eq!(ranges(size(u64::MAX), 10), [(0, 10)]);
        assert_eq!(ranges(number(3), 10), [(0, 4), (4, 8), (8, 10)]);
        assert_eq!(ranges(number(20), 3), [(0, 1), (1, 2), (2, 3)]);
        for cut in [Cut::Whole, size(1), number(7)] {
            assert_eq!(ranges(cut, 0), [(0, 0)]);
        }
    }

    proptest! {
        #[test]
        fn pieces_are_the_object(size in 0u64..10_000, chunk in 1u64..3_000, by_number: bool) {
            let cut = if by_number { Cut::Number { chunks: chunk } } else { Cut::Size { chunk_bytes: chunk } };
            let mut reached = 0;
            for (first, end) in cut.ranges(size) {
                prop_assert_eq!(first, reached);
                prop_assert!(end > first || size == 0);
                reached = end;
            }
            prop_assert_eq!(reached, size);
            if by_number {
                prop_assert!(cut.parts(size) <= chunk);
            }
        }
    }
}
