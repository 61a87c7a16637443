//! The memory that a pickle asks for and the order of its tensors, before anything is built of it.
//!
//! A pickle fetches what it has stored in its memo by two bytes, and the reader copies it. It counts what it
//! copies, but neither the names of classes nor the keys of dictionaries, so that a few kilobytes could ask
//! for gigabytes. It also forgets the order of dictionaries, which in a `state_dict` is that in which a network
//! lists its layers. Here the same stack holds weights and outlines in the place of objects; the opcodes are
//! those of Python's `pickletools`.

mod bytes;
mod outline;

use std::collections::HashMap;
use std::io::{self, BufRead};

use bytes::Bytes;
use outline::{Id, Object, Outline};

/// The path of a tensor through the dictionaries and lists of a pickle.
pub(crate) type Path = Vec<String>;

/// What an object takes, in bytes, beside the text or the objects that it holds.
const OBJECT: u64 = 128;

/// What any pickle may take, and how much more for each of its bytes: `torch.save` comes to 70.
const MOST: (u64, u64) = (2 << 20, 256);

/// Reads a pickle to its end, and gives its tensors' paths in order; none where they are too many, or lie too
/// deep. One that is broken, or would take too much memory, is an error.
pub(crate) fn scan(source: &mut impl BufRead) -> Result<Option<Vec<Path>>, String> {
    let mut scale = Scale::new(source);
    loop {
        match scale.step() {
            Ok(Step::Next) => {}
            Ok(Step::End) => {
                let root = scale.stack.last().map(|entry| entry.object);
                return Ok(root.and_then(|root| scale.outline.tensors(root)));
            }
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
    object: Id,
    /// Where in the memo a copy of it is.
    memo: Option<u32>,
}

struct Scale<'a, R> {
    bytes: Bytes<'a, R>,
    stack: Vec<Entry>,
    /// How high the stack was at each open mark.
    marks: Vec<usize>,
    memo: HashMap<u32, Entry>,
    outline: Outline,
    /// Of everything that was ever made.
    total: u64,
}

impl<'a, R: BufRead> Scale<'a, R> {
    fn new(source: &'a mut R) -> Self {
        let (stack, marks, memo) = (Vec::new(), Vec::new(), HashMap::new());
        let bytes = Bytes::new(source);
        Self { bytes, stack, marks, memo, outline: Outline::new(), total: 0 }
    }

    /// Reads an opcode and what belongs to it.
    fn step(&mut self) -> Result<Step, Fault> {
        let opcode = self.bytes.number(1)? as u8;
        match opcode {
            b'.' => return Ok(Step::End),
            // A protocol and a frame.
            0x80 => self.bytes.skip(1)?,
            0x95 => self.bytes.skip(8)?,
            b'(' => self.marks.push(self.stack.len()),
            // Constants, numbers, and what is empty.
            b'N' | 0x88 | 0x89 => self.push(OBJECT, OBJECT, Outline::LEAF)?,
            b')' | b']' | 0x8f => self.made(Object::List(Vec::new()))?,
            b'}' => self.made(Object::Dictionary(Vec::new()))?,
            b'K' => self.whole(1)?,
            b'M' => self.whole(2)?,
            b'J' => self.whole(4)?,
            b'G' => {
                self.bytes.skip(8)?;
                self.push(OBJECT, OBJECT, Outline::LEAF)?;
            }
            // Texts, bytes and long numbers, behind their length.
            b'U' | 0x8c => self.text(1)?,
            b'T' | b'X' => self.text(4)?,
            0x8d => self.text(8)?,
            b'C' | 0x8a => self.counted(1)?,
            b'B' | 0x8b => self.counted(4)?,
            0x8e | 0x96 => self.counted(8)?,
            // Numbers, texts and names in lines.
            b'I' | b'L' | b'V' | b'F' | b'P' => {
                let (mut line, length) = self.bytes.line()?;
                if opcode == b'L' && line.ends_with('L') {
                    line.pop();
                }
                let object = self.outline.add(Object::Text(line));
                self.push(OBJECT + length, OBJECT + length, object)?;
            }
            b'c' => {
                let ((module, first), (name, second)) = (self.bytes.line()?, self.bytes.line()?);
                let object = self.outline.add(Object::Class(format!("{module}.{name}")));
                self.push(OBJECT + first + second, OBJECT + first + second, object)?;
            }
            // Lists, tuples and dictionaries.
            b't' | b'l' | b'd' | 0x91 => {
                let items = self.pop_to_mark()?;
                self.gather(&items, opcode == b'd')?;
            }
            0x85..=0x87 => {
                let items = self.pop_many(usize::from(opcode - 0x84))?;
                self.gather(&items, false)?;
            }
            b'a' => self.add(1)?,
            b's' => self.add(2)?,
            b'e' | b'u' | 0x90 => {
                let items = self.pop_to_mark()?;
                self.extend(&items)?;
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
        if self.total > any + each * self.bytes.read { Err(Fault::Heavy) } else { Ok(()) }
    }

    /// Puts an object on the stack, of which so much is new.
    fn push(&mut self, weight: u64, new: u64, object: Id) -> Result<(), Fault> {
        self.stack.push(Entry { weight, object, memo: None });
        self.count(new)
    }

    /// Puts an object on the stack that holds nothing yet.
    fn made(&mut self, object: Object) -> Result<(), Fault> {
        let object = self.outline.add(object);
        self.push(OBJECT, OBJECT, object)
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

    /// The topmost `count` objects, in the order in which they were put there.
    fn pop_many(&mut self, count: usize) -> Result<Vec<Entry>, Fault> {
        let mut items = (0..count).map(|_| self.pop()).collect::<Result<Vec<_>, _>>()?;
        items.reverse();
        Ok(items)
    }

    /// All above the last mark.
    fn pop_to_mark(&mut self) -> Result<Vec<Entry>, Fault> {
        let mark = self.marks.pop().ok_or(Fault::Broken)?;
        Ok(self.stack.drain(mark..).collect())
    }

    /// Makes a list of these, or a dictionary.
    fn gather(&mut self, items: &[Entry], is_dictionary: bool) -> Result<(), Fault> {
        let object = self.outline.add(if is_dictionary {
            Object::Dictionary(Vec::new())
        } else {
            Object::List(Vec::new())
        });
        self.outline.extend(object, &ids(items));
        self.push(weight_of(items) + OBJECT, OBJECT, object)
    }

    /// Puts the topmost `count` objects into the one below.
    fn add(&mut self, count: usize) -> Result<(), Fault> {
        let items = self.pop_many(count)?;
        self.extend(&items)
    }

    /// Puts objects into the topmost one.
    fn extend(&mut self, items: &[Entry]) -> Result<(), Fault> {
        let top = self.top()?;
        top.weight += weight_of(items);
        let object = top.object;
        self.outline.extend(object, &ids(items));
        Ok(())
    }

    /// Makes one object of the topmost `count`.
    fn call(&mut self, count: usize) -> Result<(), Fault> {
        let given = self.pop_many(count)?;
        let object = self.outline.call(&ids(&given));
        self.push(weight_of(&given), weight_of(&given), object)
    }

    /// Gives an object its state, and its copy in the memo as well.
    fn build(&mut self) -> Result<(), Fault> {
        let state = self.pop()?;
        let object = self.pop()?;
        self.outline.build(object.object, state.object);
        let built = object.weight + state.weight;
        if let Some(index) = object.memo {
            self.memo.insert(index, Entry { weight: built, ..object });
            self.count(built)?;
        }
        self.push(built, built, object.object)
    }

    /// A whole number of `size` bytes, of which those of four have a sign.
    fn whole(&mut self, size: usize) -> Result<(), Fault> {
        let number = self.bytes.number(size)?;
        let number =
            if size == 4 { i64::from((number as u32).cast_signed()) } else { number.cast_signed() };
        self.made(Object::Text(number.to_string()))
    }

    /// What stands behind its length, a number of `size` bytes.
    fn counted(&mut self, size: usize) -> Result<(), Fault> {
        let length = self.bytes.number(size)?;
        self.bytes.skip(length)?;
        self.push(OBJECT + length, OBJECT + length, Outline::LEAF)
    }

    /// The same, as a text.
    fn text(&mut self, size: usize) -> Result<(), Fault> {
        let length = self.bytes.number(size)?;
        let text = self.bytes.text(length)?;
        let object = self.outline.add(Object::Text(text));
        self.push(OBJECT + length, OBJECT + length, object)
    }

    /// The place in the memo that an opcode means.
    fn index(&mut self, opcode: u8) -> Result<u32, Fault> {
        let index = match opcode {
            b'h' | b'q' => self.bytes.number(1)?,
            b'j' | b'r' => self.bytes.number(4)?,
            0x94 => self.memo.len() as u64,
            _ => self.bytes.index()?,
        };
        u32::try_from(index).map_err(|_| Fault::Broken)
    }
}

fn ids(items: &[Entry]) -> Vec<Id> {
    items.iter().map(|entry| entry.object).collect()
}

fn weight_of(items: &[Entry]) -> u64 {
    items.iter().map(|entry| entry.weight).sum()
}

#[cfg(test)]
mod tests;
