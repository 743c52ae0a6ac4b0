//! Where the calls of a job get their elements from. Nothing is made before a worker is about to get it.

use std::collections::VecDeque;

use bytes::Bytes;

use crate::protocol::{CallSpan, Input, MessageForm, Work};

/// An invocation carries at most so much input, unless one element is longer.
const MAX_CHUNK_BYTES: usize = 1 << 20;

/// The elements of a job.
#[derive(Debug)]
pub enum Source {
    /// Messages of the codec, one after the other, and where each one ends.
    List { data: Bytes, ends: Vec<u64> },
    /// Call `i` gets the number `start + i * step`.
    Range { start: f64, step: f64, count: u64 },
    /// Elements that are handed in while the job runs.
    Pushed(Pushed),
}

/// Elements that are handed in while the job runs: from an iterator, or as other calls finish.
#[derive(Debug, Default)]
pub struct Pushed {
    ready: VecDeque<(u64, Bytes)>,
    /// How many elements there are in all, once that is known.
    total: Option<u64>,
    /// What an element is.
    form: MessageForm,
    /// How many elements there are so far, as far as whoever hands them in has told.
    found: u64,
}

/// A call that has to be run (again): what it needs apart from its number.
#[derive(Debug)]
pub(super) struct Again {
    pub call: u64,
    pub attempt: u32,
    /// Its element, where the source does not keep it.
    pub message: Option<Bytes>,
    /// It may be what ended its worker: no other call goes with it.
    pub is_alone: bool,
}

impl Source {
    /// Elements of an iterator.
    pub fn stream() -> Self {
        Self::Pushed(Pushed::default())
    }

    /// Results of `count` other calls, each an element once it is there.
    pub fn results(count: u64) -> Self {
        Self::Pushed(Pushed { total: Some(count), form: MessageForm::Result, ..Pushed::default() })
    }

    /// Calls that each take results of other calls as a list, which are handed in as those end.
    pub fn gathered(count: u64) -> Self {
        Self::Pushed(Pushed { total: Some(count), form: MessageForm::Gathered, ..Pushed::default() })
    }

    /// Pieces of objects, as a plan finds them.
    pub fn objects() -> Self {
        Self::Pushed(Pushed { form: MessageForm::Object, ..Pushed::default() })
    }

    /// How many calls there will be, `None` while that is not known.
    pub fn total(&self) -> Option<u64> {
        match self {
            Self::List { ends, .. } => Some(ends.len() as u64),
            Self::Range { count, .. } => Some(*count),
            Self::Pushed(pushed) => pushed.total,
        }
    }

    /// How many elements were handed in and not yet planned.
    pub fn waiting(&self) -> usize {
        if let Self::Pushed(pushed) = self { pushed.ready.len() } else { 0 }
    }

    /// How many calls are known, of those that there will be.
    pub fn found(&self) -> u64 {
        match self {
            Self::Pushed(pushed) => pushed.total.unwrap_or(pushed.found),
            known => known.total().unwrap_or(0),
        }
    }

    /// There are `count` calls, and maybe more.
    pub fn find(&mut self, count: u64) {
        if let Self::Pushed(pushed) = self {
            pushed.found = pushed.found.max(count);
        }
    }

    /// Hands in the element of `call`.
    pub fn push(&mut self, call: u64, message: Bytes) {
        // After an end that somebody else has set, whoever finds elements may not know of it yet.
        if let Self::Pushed(pushed) = self
            && pushed.total.is_none_or(|total| call < total)
        {
            pushed.ready.push_back((call, message));
            pushed.found = pushed.found.max(call + 1);
        }
    }

    /// No elements follow: there are `total`, or what was found meanwhile if that is more.
    pub fn close(&mut self, total: u64) {
        if let Self::Pushed(pushed) = self {
            pushed.total.get_or_insert(total.max(pushed.found));
        }
    }

    /// Forgets elements that were handed in and not planned.
    pub fn discard_waiting(&mut self) {
        if let Self::Pushed(pushed) = self {
            pushed.ready.clear();
        }
    }

    /// The next at most `limit` calls from `next` on, which is moved past them. `None`: nothing to do now.
    pub(super) fn take(&mut self, next: &mut u64, limit: u64) -> Option<Work> {
        match self {
            Self::List { data, ends } => {
                let first = *next as usize;
                let from = if first == 0 { 0 } else { *ends.get(first - 1)? };
                let mut relative = Vec::new();
                for end in ends[first..].iter().take(limit as usize) {
                    let length = end - from;
                    if length > MAX_CHUNK_BYTES as u64 && !relative.is_empty() {
                        break;
                    }
                    relative.push(u32::try_from(length).ok()?);
                }
                let to = from + u64::from(*relative.last()?);
                *next += relative.len() as u64;
                Some(Work {
                    spans: vec![CallSpan { first: first as u64, count: relative.len() as u32, attempt: 1 }],
                    input: Input::Messages {
                        data: data.slice(from as usize..to as usize),
                        ends: relative,
                        form: MessageForm::Arguments,
                    },
                })
            }
            Self::Range { start, step, count } => {
                let first = *next;
                let size = limit.min(count.saturating_sub(first));
                (size > 0).then(|| {
                    *next += size;
                    Work {
                        spans: vec![CallSpan { first, count: size as u32, attempt: 1 }],
                        input: Input::Range { start: *start, step: *step },
                    }
                })
            }
            Self::Pushed(pushed) => {
                let mut again = Vec::new();
                let mut bytes = 0;
                while let Some((_, message)) = pushed.ready.front() {
                    bytes += message.len();
                    if again.len() as u64 == limit || (bytes > MAX_CHUNK_BYTES && !again.is_empty()) {
                        break;
                    }
                    again.extend(pushed.ready.pop_front().map(|(call, message)| Again {
                        call,
                        attempt: 1,
                        message: Some(message),
                        is_alone: false,
                    }));
                }
                *next += again.len() as u64;
                self.work_again(again)
            }
        }
    }

    /// A chunk of calls that were planned before.
    pub(super) fn work_again(&self, calls: Vec<Again>) -> Option<Work> {
        if calls.is_empty() {
            return None;
        }
        let mut spans: Vec<CallSpan> = Vec::new();
        for again in &calls {
            match spans.last_mut() {
                Some(span) if span.first + u64::from(span.count) == again.call && span.attempt == again.attempt => {
                    span.count += 1;
                }
                _ => spans.push(CallSpan { first: again.call, count: 1, attempt: again.attempt }),
            }
        }
        let input = match self {
            Self::Range { start, step, .. } => Input::Range { start: *start, step: *step },
            Self::List { .. } | Self::Pushed(_) => {
                let mut data = Vec::new();
                let mut ends = Vec::with_capacity(calls.len());
                for again in &calls {
                    match &again.message {
                        Some(message) => data.extend_from_slice(message),
                        None => data.extend_from_slice(&self.kept(again.call)),
                    }
                    ends.push(data.len() as u32);
                }
                Input::Messages { data: data.into(), ends, form: self.form() }
            }
        };
        Some(Work { spans, input })
    }

    /// The element of `call` of a work that was made here, if the source does not keep it.
    pub(super) fn message_of(&self, work: &Work, position: usize) -> Option<Bytes> {
        match (self, &work.input) {
            (Self::Pushed(_), Input::Messages { data, ends, .. }) => {
                let from = if position == 0 { 0 } else { ends[position - 1] as usize };
                // A copy: a slice would keep the whole chunk in memory.
                Some(Bytes::copy_from_slice(&data[from..ends[position] as usize]))
            }
            _ => None,
        }
    }

    fn kept(&self, call: u64) -> Bytes {
        match self {
            Self::List { data, ends } => {
                let call = call as usize;
                let from = if call == 0 { 0 } else { ends[call - 1] };
                data.slice(from as usize..ends[call] as usize)
            }
            _ => Bytes::new(),
        }
    }

    fn form(&self) -> MessageForm {
        if let Self::Pushed(pushed) = self { pushed.form } else { MessageForm::Arguments }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(messages: &[&[u8]]) -> Source {
        let mut data = Vec::new();
        let ends = messages
            .iter()
            .map(|m| {
                data.extend_from_slice(m);
                data.len() as u64
            })
            .collect();
        Source::List { data: data.into(), ends }
    }

    #[test]
    fn a_list_is_cut_without_loss() {
        let mut source = list(&[b"a", b"", b"ccc", b"dd"]);
        let mut next = 0;
        let mut seen = Vec::new();
        while let Some(work) = source.take(&mut next, 3) {
            let Input::Messages { data, ends, .. } = &work.input else { panic!() };
            let mut from = 0;
            for end in ends {
                seen.push(data.slice(from..*end as usize));
                from = *end as usize;
            }
            assert_eq!(Work::from_bytes(&work.to_bytes()).unwrap(), work);
        }
        assert_eq!(seen, [&b"a"[..], b"", b"ccc", b"dd"]);
    }

    #[test]
    fn a_chunk_of_long_elements_is_short() {
        let long = vec![0; MAX_CHUNK_BYTES - 1];
        let mut source = list(&[&long, &long, &long]);
        let mut next = 0;
        assert_eq!(source.take(&mut next, 10).unwrap().count(), 1);
        assert_eq!(next, 1);
    }

    #[test]
    fn what_was_found_before_the_end_counts_and_what_comes_later_does_not() {
        let mut source = Source::objects();
        source.push(0, Bytes::from_static(b"zero"));
        let seen = source.found();
        source.find(2);
        source.push(2, Bytes::from_static(b"two"));
        source.close(seen);
        assert_eq!(source.total(), Some(3));
        source.push(3, Bytes::from_static(b"three"));
        source.close(4);
        assert_eq!((source.total(), source.found(), source.waiting()), (Some(3), 3, 2));
    }

    #[test]
    fn what_runs_again_keeps_its_element() {
        let mut source = Source::stream();
        source.push(0, Bytes::from_static(b"zero"));
        source.push(1, Bytes::from_static(b"one"));
        let mut next = 0;
        let work = source.take(&mut next, 10).unwrap();
        let message = source.message_of(&work, 1);
        assert_eq!(message.as_deref(), Some(&b"one"[..]));
        let again = source.work_again(vec![Again { call: 1, attempt: 2, message, is_alone: false }]).unwrap();
        assert_eq!(again.spans, [CallSpan { first: 1, count: 1, attempt: 2 }]);
        assert!(matches!(again.input, Input::Messages { data, .. } if data == "one"));
    }
}
