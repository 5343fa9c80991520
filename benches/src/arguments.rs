//! Command lines of the programs here: words in their order, and `--name value` anywhere among them.

use crate::failure::Failure;
use std::collections::VecDeque;
use std::str::FromStr;

/// What is left of a command line. Options are taken first, then words; [`Arguments::finish`] refuses the rest.
#[derive(Debug)]
pub struct Arguments {
    words: VecDeque<String>,
}

impl Arguments {
    /// Those of this process.
    #[must_use]
    pub fn of_process() -> Self {
        Arguments { words: std::env::args().skip(1).collect() }
    }

    /// Whether the next word is this one; takes it then.
    pub fn take(&mut self, word: &str) -> bool {
        let is_next = self.words.front().is_some_and(|next| next == word);
        if is_next {
            self.words.pop_front();
        }
        is_next
    }

    /// The value behind `name`, if it is there.
    ///
    /// # Errors
    /// When the value is missing or is none of that type.
    pub fn option<T: FromStr>(&mut self, name: &str) -> Result<Option<T>, Failure> {
        let Some(at) = self.words.iter().position(|word| word == name) else { return Ok(None) };
        self.words.remove(at);
        let value = self.words.remove(at).ok_or_else(|| format!("{name} needs a value"))?;
        parse(name, &value).map(Some)
    }

    /// The next word.
    ///
    /// # Errors
    /// When there is none, or it is not of that type.
    pub fn word<T: FromStr>(&mut self, name: &str) -> Result<T, Failure> {
        let value = self.words.pop_front().ok_or_else(|| format!("{name} is missing"))?;
        parse(name, &value)
    }

    /// The end of the command line.
    ///
    /// # Errors
    /// When something is left.
    pub fn finish(self) -> Result<(), Failure> {
        match self.words.front() {
            Some(word) => Err(format!("what is `{word}`?").into()),
            None => Ok(()),
        }
    }
}

fn parse<T: FromStr>(name: &str, value: &str) -> Result<T, Failure> {
    value.parse().map_err(|_| format!("{name} cannot be `{value}`").into())
}
