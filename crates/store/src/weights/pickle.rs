//! The memory that a pickle needs and the order of its tensors, before any object is built.
//!
//! A pickle fetches an object from its memo by two bytes, and the reader copies that object. The reader limits its
//! copies, but neither the names of classes nor the keys of dictionaries, so a few kilobytes could need gigabytes.
//! It also loses the order of dictionaries, which in a `state_dict` is the order of a network's layers. The scanner
//! runs the same stack machine on sizes and an object graph in place of objects; the opcodes are those of Python's
//! `pickletools`.

mod bytes;
mod object_graph;

use std::collections::HashMap;
use std::io::{self, BufRead};

use bytes::Bytes;
use object_graph::{Object, ObjectGraph, ObjectId};

/// The path of a tensor through the dictionaries and lists of a pickle.
pub(crate) type Path = Vec<String>;

/// The memory of an object in bytes, without its text and its members.
const OBJECT: u64 = 128;

/// The maximum memory of a pickle in bytes: a constant, and a factor of its length, which is 70 for `torch.save`.
const MOST: (u64, u64) = (2 << 20, 256);

/// Reads a pickle to its end and returns its tensors' paths in order; none where they are too many or nested too deep.
/// A malformed pickle, or one that needs too much memory, is an error.
pub(crate) fn scan(source: &mut impl BufRead) -> Result<Option<Vec<Path>>, String> {
    let mut scanner = Scanner::new(source);
    loop {
        match scanner.step() {
            Ok(Step::Next) => {}
            Ok(Step::End) => {
                let root = scanner.stack.last().map(|entry| entry.object);
                return Ok(root.and_then(|root| scanner.graph.tensors(root)));
            }
            Err(ScanError::Broken) => return Err("its pickle is broken".to_owned()),
            Err(ScanError::Read(error)) if error.kind() == io::ErrorKind::UnexpectedEof => {
                return Err("its pickle ends too early".to_owned());
            }
            Err(ScanError::Read(error)) => return Err(format!("its pickle is broken: {error}")),
            Err(ScanError::TooLarge) => {
                return Err("its pickle asks for more memory than that of any network".to_owned());
            }
        }
    }
}

enum Step {
    Next,
    End,
}

enum ScanError {
    Broken,
    TooLarge,
    Read(io::Error),
}

impl From<io::Error> for ScanError {
    fn from(error: io::Error) -> Self {
        Self::Read(error)
    }
}

/// A stack entry: an object's memory and its node in the graph.
#[derive(Clone, Copy)]
struct Entry {
    memory: u64,
    object: ObjectId,
    /// The memo index of its copy.
    memo: Option<u32>,
}

struct Scanner<'a, R> {
    bytes: Bytes<'a, R>,
    stack: Vec<Entry>,
    /// The height of the stack at each open mark.
    marks: Vec<usize>,
    memo: HashMap<u32, Entry>,
    graph: ObjectGraph,
    /// The memory of all objects that were ever created, in bytes.
    total: u64,
}

impl<'a, R: BufRead> Scanner<'a, R> {
    fn new(source: &'a mut R) -> Self {
        let (stack, marks, memo) = (Vec::new(), Vec::new(), HashMap::new());
        let bytes = Bytes::new(source);
        Self { bytes, stack, marks, memo, graph: ObjectGraph::new(), total: 0 }
    }

    /// Reads an opcode and its operands, and applies it.
    fn step(&mut self) -> Result<Step, ScanError> {
        let opcode = self.bytes.number(1)? as u8;
        match opcode {
            b'.' => return Ok(Step::End),
            // A protocol and a frame.
            0x80 => self.bytes.skip(1)?,
            0x95 => self.bytes.skip(8)?,
            b'(' => self.marks.push(self.stack.len()),
            // Constants, numbers and empty containers.
            b'N' | 0x88 | 0x89 => self.push(OBJECT, OBJECT, ObjectGraph::LEAF)?,
            b')' | b']' | 0x8f => self.push_new(Object::List(Vec::new()))?,
            b'}' => self.push_new(Object::Dictionary(Vec::new()))?,
            b'K' => self.integer(1)?,
            b'M' => self.integer(2)?,
            b'J' => self.integer(4)?,
            b'G' => {
                self.bytes.skip(8)?;
                self.push(OBJECT, OBJECT, ObjectGraph::LEAF)?;
            }
            // Texts, bytes and long numbers, after their length.
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
                let object = self.graph.add(Object::Text(line));
                self.push(OBJECT + length, OBJECT + length, object)?;
            }
            b'c' => {
                let ((module, first), (name, second)) = (self.bytes.line()?, self.bytes.line()?);
                let object = self.graph.add(Object::Class(format!("{module}.{name}")));
                self.push(OBJECT + first + second, OBJECT + first + second, object)?;
            }
            // Lists, tuples and dictionaries.
            b't' | b'l' | b'd' | 0x91 => {
                let items = self.pop_to_mark()?;
                self.collect(&items, opcode == b'd')?;
            }
            0x85..=0x87 => {
                let items = self.pop_many(usize::from(opcode - 0x84))?;
                self.collect(&items, false)?;
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
            // Copies of the topmost object, from the memo, and into it.
            b'2' => {
                let entry = *self.top()?;
                self.copy(entry)?;
            }
            b'g' | b'h' | b'j' => {
                let index = self.index(opcode)?;
                let entry = *self.memo.get(&index).ok_or(ScanError::Broken)?;
                self.copy(entry)?;
            }
            b'p' | b'q' | b'r' | 0x94 => {
                let index = self.index(opcode)?;
                self.top()?.memo = Some(index);
                let entry = *self.top()?;
                self.count(entry.memory)?;
                self.memo.insert(index, entry);
            }
            // Calls, whose results are no larger than their arguments.
            b'Q' => self.call(1)?,
            b'R' | 0x81 | 0x93 => self.call(2)?,
            0x92 => self.call(3)?,
            b'b' => self.build()?,
            _ => return Err(ScanError::Broken),
        }
        Ok(Step::Next)
    }

    /// Adds memory to the total; an error above the limit.
    fn count(&mut self, memory: u64) -> Result<(), ScanError> {
        self.total += memory;
        let (any, each) = MOST;
        if self.total > any + each * self.bytes.read { Err(ScanError::TooLarge) } else { Ok(()) }
    }

    /// Pushes an object of `memory` bytes, `new` of which are not yet counted.
    fn push(&mut self, memory: u64, new: u64, object: ObjectId) -> Result<(), ScanError> {
        self.stack.push(Entry { memory, object, memo: None });
        self.count(new)
    }

    /// Pushes a new object without members.
    fn push_new(&mut self, object: Object) -> Result<(), ScanError> {
        let object = self.graph.add(object);
        self.push(OBJECT, OBJECT, object)
    }

    fn copy(&mut self, entry: Entry) -> Result<(), ScanError> {
        self.stack.push(entry);
        self.count(entry.memory)
    }

    fn is_mark_on_top(&self) -> bool {
        self.marks.last() == Some(&self.stack.len())
    }

    fn top(&mut self) -> Result<&mut Entry, ScanError> {
        if self.is_mark_on_top() {
            return Err(ScanError::Broken);
        }
        self.stack.last_mut().ok_or(ScanError::Broken)
    }

    fn pop(&mut self) -> Result<Entry, ScanError> {
        if self.is_mark_on_top() {
            return Err(ScanError::Broken);
        }
        self.stack.pop().ok_or(ScanError::Broken)
    }

    /// Pops `count` objects; returns them in the order in which they were pushed.
    fn pop_many(&mut self, count: usize) -> Result<Vec<Entry>, ScanError> {
        let mut items = (0..count).map(|_| self.pop()).collect::<Result<Vec<_>, _>>()?;
        items.reverse();
        Ok(items)
    }

    /// Pops all objects above the last mark.
    fn pop_to_mark(&mut self) -> Result<Vec<Entry>, ScanError> {
        let mark = self.marks.pop().ok_or(ScanError::Broken)?;
        Ok(self.stack.drain(mark..).collect())
    }

    /// Pushes a list of `items`, or a dictionary.
    fn collect(&mut self, items: &[Entry], is_dictionary: bool) -> Result<(), ScanError> {
        let object = self.graph.add(if is_dictionary {
            Object::Dictionary(Vec::new())
        } else {
            Object::List(Vec::new())
        });
        self.graph.extend(object, &ids(items));
        self.push(memory_of(items) + OBJECT, OBJECT, object)
    }

    /// Moves the topmost `count` objects into the one below.
    fn add(&mut self, count: usize) -> Result<(), ScanError> {
        let items = self.pop_many(count)?;
        self.extend(&items)
    }

    /// Adds objects to the topmost one.
    fn extend(&mut self, items: &[Entry]) -> Result<(), ScanError> {
        let top = self.top()?;
        top.memory += memory_of(items);
        let object = top.object;
        self.graph.extend(object, &ids(items));
        Ok(())
    }

    /// Replaces the topmost `count` objects by the result of their call.
    fn call(&mut self, count: usize) -> Result<(), ScanError> {
        let given = self.pop_many(count)?;
        let object = self.graph.call(&ids(&given));
        self.push(memory_of(&given), memory_of(&given), object)
    }

    /// Sets an object's state, in its memo copy as well.
    fn build(&mut self) -> Result<(), ScanError> {
        let state = self.pop()?;
        let object = self.pop()?;
        self.graph.build(object.object, state.object);
        let built = object.memory + state.memory;
        if let Some(index) = object.memo {
            self.memo.insert(index, Entry { memory: built, ..object });
            self.count(built)?;
        }
        self.push(built, built, object.object)
    }

    /// Pushes an integer of `size` bytes; one of four bytes is signed.
    fn integer(&mut self, size: usize) -> Result<(), ScanError> {
        let number = self.bytes.number(size)?;
        let number =
            if size == 4 { i64::from((number as u32).cast_signed()) } else { number.cast_signed() };
        self.push_new(Object::Text(number.to_string()))
    }

    /// Skips bytes after their length, a number of `size` bytes, and pushes a leaf.
    fn counted(&mut self, size: usize) -> Result<(), ScanError> {
        let length = self.bytes.number(size)?;
        self.bytes.skip(length)?;
        self.push(OBJECT + length, OBJECT + length, ObjectGraph::LEAF)
    }

    /// Pushes a text after its length, a number of `size` bytes.
    fn text(&mut self, size: usize) -> Result<(), ScanError> {
        let length = self.bytes.number(size)?;
        let text = self.bytes.text(length)?;
        let object = self.graph.add(Object::Text(text));
        self.push(OBJECT + length, OBJECT + length, object)
    }

    /// The memo index of an opcode.
    fn index(&mut self, opcode: u8) -> Result<u32, ScanError> {
        let index = match opcode {
            b'h' | b'q' => self.bytes.number(1)?,
            b'j' | b'r' => self.bytes.number(4)?,
            0x94 => self.memo.len() as u64,
            _ => self.bytes.index()?,
        };
        u32::try_from(index).map_err(|_| ScanError::Broken)
    }
}

fn ids(items: &[Entry]) -> Vec<ObjectId> {
    items.iter().map(|entry| entry.object).collect()
}

fn memory_of(items: &[Entry]) -> u64 {
    items.iter().map(|entry| entry.memory).sum()
}

#[cfg(test)]
mod tests;
