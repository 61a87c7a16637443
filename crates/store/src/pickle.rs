//! How much memory a pickle asks for, found out before anything is built of it.
//!
//! A pickle fetches what it has stored in its memo by two bytes, and the reader copies it. It counts what it
//! copies, but neither the names of classes nor the keys of dictionaries, so that a few kilobytes could ask
//! for gigabytes. Here the same stack holds weights in the place of objects; the opcodes are those of
//! Python's `pickletools`.

use std::collections::HashMap;
use std::io::{self, BufRead, Read as _};

/// What an object takes, in bytes, beside the text or the objects that it holds.
const OBJECT: u64 = 128;

/// What any pickle may take, and how much more for each of its bytes: `torch.save` comes to 70.
const MOST: (u64, u64) = (2 << 20, 256);

/// The longest line that is an index.
const INDEX: u64 = 32;

/// Reads a pickle to its end; one that is broken, or would take too much memory, is an error.
pub(crate) fn weigh(source: &mut impl BufRead) -> Result<(), String> {
    let mut scale = Scale::new(source);
    loop {
        match scale.step() {
            Ok(Step::Next) => {}
            Ok(Step::End) => return Ok(()),
            Err(Fault::Broken) => return Err("its pickle is broken".to_owned()),
            Err(Fault::Read(error)) if error.kind() == io::ErrorKind::UnexpectedEof => {
                return Err("its pickle ends too early".to_owned());
            }
            Err(Fault::Read(error)) => return Err(format!("its pickle is broken: {error}")),
            Err(Fault::Heavy) => {
                return Err("its pickle asks for more memory than that of any network".to_owned());
            }
        }
    }
}

enum Step {
    Next,
    End,
}

enum Fault {
    Broken,
    Heavy,
    Read(io::Error),
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        Self::Read(error)
    }
}

/// What stands for an object.
#[derive(Clone, Copy)]
struct Entry {
    weight: u64,
    /// Where in the memo a copy of it is.
    memo: Option<u32>,
}

struct Scale<'a, R> {
    source: &'a mut R,
    read: u64,
    stack: Vec<Entry>,
    /// How high the stack was at each open mark.
    marks: Vec<usize>,
    memo: HashMap<u32, Entry>,
    /// Of everything that was ever made.
    total: u64,
}

impl<'a, R: BufRead> Scale<'a, R> {
    fn new(source: &'a mut R) -> Self {
        let (stack, marks, memo) = (Vec::new(), Vec::new(), HashMap::new());
        Self { source, read: 0, stack, marks, memo, total: 0 }
    }

    /// Reads an opcode and what belongs to it.
    fn step(&mut self) -> Result<Step, Fault> {
        let opcode = self.byte()?;
        match opcode {
            b'.' => return Ok(Step::End),
            // A protocol and a frame.
            0x80 => self.skip(1)?,
            0x95 => self.skip(8)?,
            b'(' => self.marks.push(self.stack.len()),
            // Constants, small numbers, and what is empty.
            b'N' | 0x88 | 0x89 | b')' | b']' | b'}' | 0x8f => self.constant(0)?,
            b'K' => self.constant(1)?,
            b'M' => self.constant(2)?,
            b'J' => self.constant(4)?,
            b'G' => self.constant(8)?,
            // Texts, bytes and long numbers, behind their length.
            b'U' | b'C' | 0x8a | 0x8c => self.counted(1)?,
            b'T' | b'X' | b'B' | 0x8b => self.counted(4)?,
            0x8d | 0x8e | 0x96 => self.counted(8)?,
            // Numbers, texts and names in lines.
            b'I' | b'L' | b'F' | b'V' | b'P' => self.lines(1)?,
            b'c' => self.lines(2)?,
            // Lists, tuples and dictionaries.
            b't' | b'l' | b'd' | 0x91 => {
                let items = self.pop_to_mark()?;
                self.push(items + OBJECT, OBJECT)?;
            }
            0x85..=0x87 => {
                let items = self.pop_many(opcode - 0x84)?;
                self.push(items + OBJECT, OBJECT)?;
            }
            b'a' => self.add(1)?,
            b's' => self.add(2)?,
            b'e' | b'u' | 0x90 => {
                let items = self.pop_to_mark()?;
                self.top()?.weight += items;
            }
            b'0' if self.is_mark_on_top() => drop(self.marks.pop()),
            b'0' => drop(self.pop()?),
            b'1' => drop(self.pop_to_mark()?),
            // Copies: of the topmost, out of the memo, and into it.
            b'2' => {
                let entry = *self.top()?;
                self.copy(entry)?;
            }
            b'g' | b'h' | b'j' => {
                let index = self.index(opcode)?;
                let entry = *self.memo.get(&index).ok_or(Fault::Broken)?;
                self.copy(entry)?;
            }
            b'p' | b'q' | b'r' | 0x94 => {
                let index = self.index(opcode)?;
                self.top()?.memo = Some(index);
                let entry = *self.top()?;
                self.count(entry.weight)?;
                self.memo.insert(index, entry);
            }
            // Calls, whose results hold no more than they were given.
            b'Q' => self.call(1)?,
            b'R' | 0x81 | 0x93 => self.call(2)?,
            0x92 => self.call(3)?,
            b'b' => self.build()?,
            _ => return Err(Fault::Broken),
        }
        Ok(Step::Next)
    }

    /// Counts what was made.
    fn count(&mut self, weight: u64) -> Result<(), Fault> {
        self.total += weight;
        let (any, each) = MOST;
        if self.total > any + each * self.read { Err(Fault::Heavy) } else { Ok(()) }
    }

    /// Puts an object on the stack, of which so much is new.
    fn push(&mut self, weight: u64, new: u64) -> Result<(), Fault> {
        self.stack.push(Entry { weight, memo: None });
        self.count(new)
    }

    fn copy(&mut self, entry: Entry) -> Result<(), Fault> {
        self.stack.push(entry);
        self.count(entry.weight)
    }

    fn is_mark_on_top(&self) -> bool {
        self.marks.last() == Some(&self.stack.len())
    }

    fn top(&mut self) -> Result<&mut Entry, Fault> {
        if self.is_mark_on_top() {
            return Err(Fault::Broken);
        }
        self.stack.last_mut().ok_or(Fault::Broken)
    }

    fn pop(&mut self) -> Result<Entry, Fault> {
        if self.is_mark_on_top() {
            return Err(Fault::Broken);
        }
        self.stack.pop().ok_or(Fault::Broken)
    }

    /// The weight of the topmost `count` objects.
    fn pop_many(&mut self, count: u8) -> Result<u64, Fault> {
        (0..count).try_fold(0, |sum, _| Ok(sum + self.pop()?.weight))
    }

    /// The weight of all above the last mark.
    fn pop_to_mark(&mut self) -> Result<u64, Fault> {
        let mark = self.marks.pop().ok_or(Fault::Broken)?;
        Ok(self.stack.drain(mark..).map(|entry| entry.weight).sum())
    }

    /// Puts the topmost `count` objects into the one below.
    fn add(&mut self, count: u8) -> Result<(), Fault> {
        let items = self.pop_many(count)?;
        self.top()?.weight += items;
        Ok(())
    }

    /// Makes one object of the topmost `count`.
    fn call(&mut self, count: u8) -> Result<(), Fault> {
        let given = self.pop_many(count)?;
        self.push(given, given)
    }

    /// Gives an object its state, and its copy in the memo as well.
    fn build(&mut self) -> Result<(), Fault> {
        let state = self.pop()?;
        let object = self.pop()?;
        let built = object.weight + state.weight;
        if let Some(index) = object.memo {
            self.memo.insert(index, Entry { weight: built, memo: object.memo });
            self.count(built)?;
        }
        self.push(built, built)
    }

    fn constant(&mut self, length: u64) -> Result<(), Fault> {
        self.skip(length)?;
        self.push(OBJECT, OBJECT)
    }

    /// What stands behind its length, a number of `size` bytes.
    fn counted(&mut self, size: usize) -> Result<(), Fault> {
        let length = self.number(size)?;
        self.skip(length)?;
        self.push(OBJECT + length, OBJECT + length)
    }

    /// What is written in so many lines.
    fn lines(&mut self, count: u32) -> Result<(), Fault> {
        let mut length = 0;
        for _ in 0..count {
            length += self.source.skip_until(b'\n')? as u64;
        }
        self.read += length;
        self.push(OBJECT + length, OBJECT + length)
    }

    /// The place in the memo that an opcode means.
    fn index(&mut self, opcode: u8) -> Result<u32, Fault> {
        let index = match opcode {
            b'h' | b'q' => self.number(1)?,
            b'j' | b'r' => self.number(4)?,
            0x94 => self.memo.len() as u64,
            _ => {
                let mut line = String::new();
                self.read += self.source.by_ref().take(INDEX).read_line(&mut line)? as u64;
                line.trim_end().parse().map_err(|_| Fault::Broken)?
            }
        };
        u32::try_from(index).map_err(|_| Fault::Broken)
    }

    fn byte(&mut self) -> Result<u8, Fault> {
        Ok(self.number(1)? as u8)
    }

    /// A little-endian number of up to eight bytes.
    fn number(&mut self, size: usize) -> Result<u64, Fault> {
        let mut bytes = [0; 8];
        self.source.read_exact(&mut bytes[..size])?;
        self.read += size as u64;
        Ok(u64::from_le_bytes(bytes))
    }

    fn skip(&mut self, length: u64) -> Result<(), Fault> {
        let skipped = io::copy(&mut self.source.by_ref().take(length), &mut io::sink())?;
        self.read += skipped;
        if skipped == length { Ok(()) } else { Err(Fault::Broken) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The length of a good pickle, or what is wrong with it.
    fn weigh_all(mut pickle: &[u8]) -> Result<usize, String> {
        let length = pickle.len();
        weigh(&mut pickle).map(|()| length - pickle.len())
    }

    #[test]
    fn a_pickle_ends_where_python_ends_it() {
        // {"n": -3, "f": 2.5, "t": True, "big": 2**40}, and {"a": 1, "b": [1.5, True, None], "c": b"xy"}.
        let text =
            b"(dp0\nVn\np1\nI-3\nsVf\np2\nF2.5\nsVt\np3\nI01\nsVbig\np4\nL1099511627776L\ns.";
        let binary = b"\x80\x04\x95\x27\0\0\0\0\0\0\0}\x94(\x8c\x01a\x94K\x01\x8c\x01b\x94]\x94(\
                       G?\xf8\0\0\0\0\0\0\x88Ne\x8c\x01c\x94C\x02xy\x94u.";
        for pickle in [&text[..], binary] {
            assert_eq!(weigh_all(pickle), Ok(pickle.len()));
            assert_eq!(weigh_all(&[pickle, b"tail"].concat()), Ok(pickle.len()));
            for end in 0..pickle.len() {
                assert!(weigh_all(&pickle[..end]).is_err(), "{end}");
            }
        }
        for broken in [&b"0."[..], b"(a.", b"]t.", b"h\x01.", b"g12345678901\n.", b"\x97.", b"g\n."]
        {
            assert!(weigh_all(broken).is_err(), "{broken:?}");
        }
    }

    #[test]
    fn what_the_reader_does_not_count_is_counted() {
        let doubled = |start: &[u8]| [start, &b"2\x86".repeat(20), b"."].concat();
        let name = "n".repeat(1000);
        let class = format!("cmodule\n{name}\n");
        let dictionary = [&b"}X\xe8\x03\0\0"[..], name.as_bytes(), b"Ns"].concat();
        let fetched =
            [&b"\x80\x02"[..], class.as_bytes(), b"q\0(", &b"h\0".repeat(5000), b"t."].concat();
        // What is built grows in the memo, from where it is fetched again.
        let built = [&b"}q\0"[..], &b"}X\x01\0\0\0ah\0sb0h\0".repeat(30), b"."].concat();
        let heavy =
            [doubled(b"N"), doubled(class.as_bytes()), doubled(&dictionary), fetched, built];
        for pickle in heavy {
            let fault = weigh_all(&pickle).expect_err("too heavy");
            assert!(pickle.len() < 12_000 && fault.contains("memory"), "{fault}");
        }
    }
}
