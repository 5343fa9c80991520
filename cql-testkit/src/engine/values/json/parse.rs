//! JSON texts as data.

use crate::engine::values::double_text;

/// A JSON value. Whole numbers are kept as they are written, others as what servers read them as.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Json {
    Null,
    Boolean(bool),
    Integer(String),
    Double(f64),
    Text(String),
    List(Vec<Json>),
    /// Of a name that is there twice the last counts.
    Map(Vec<(String, Json)>),
}

/// More than any type has.
const MAX_DEPTH: usize = 128;

/// Reads a value; what stands behind it is no matter. The error says what is wrong and where.
pub(crate) fn parse(text: &str) -> Result<Json, String> {
    let mut parser = Parser { text, at: 0 };
    let value = parser.value(0)?;
    Ok(value)
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
}

impl Parser<'_> {
    fn value(&mut self, depth: usize) -> Result<Json, String> {
        if depth > MAX_DEPTH {
            return Err(format!("Document nesting depth exceeds the maximum allowed ({MAX_DEPTH})"));
        }
        self.skip_spaces();
        match self.peek() {
            None => Err("No content to map due to end-of-input".to_owned()),
            Some(b'{') => self.map(depth),
            Some(b'[') => self.list(depth),
            Some(b'"') => self.string().map(Json::Text),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(_) => self.word(),
        }
    }

    fn map(&mut self, depth: usize) -> Result<Json, String> {
        self.at += 1;
        let mut entries: Vec<(String, Json)> = Vec::new();
        self.skip_spaces();
        if self.take(b'}') {
            return Ok(Json::Map(entries));
        }
        loop {
            self.skip_spaces();
            if self.peek() != Some(b'"') {
                return Err(self.unexpected("double-quote to start field name"));
            }
            let name = self.string()?;
            self.skip_spaces();
            if !self.take(b':') {
                return Err(self.unexpected("a colon to separate field name and value"));
            }
            let value = self.value(depth + 1)?;
            entries.push((name, value));
            self.skip_spaces();
            if self.take(b'}') {
                return Ok(Json::Map(entries));
            }
            if !self.take(b',') {
                return Err(self.unexpected("comma to separate Object entries"));
            }
        }
    }

    fn list(&mut self, depth: usize) -> Result<Json, String> {
        self.at += 1;
        let mut elements = Vec::new();
        self.skip_spaces();
        if self.take(b']') {
            return Ok(Json::List(elements));
        }
        loop {
            elements.push(self.value(depth + 1)?);
            self.skip_spaces();
            if self.take(b']') {
                return Ok(Json::List(elements));
            }
            if !self.take(b',') {
                return Err(self.unexpected("comma to separate Array entries"));
            }
        }
    }

    fn string(&mut self) -> Result<String, String> {
        self.at += 1;
        let mut out = String::new();
        loop {
            let rest = self.rest();
            let end = rest.find(|c: char| c == '"' || c == '\\' || c < ' ');
            let Some(end) = end else {
                return Err("Unexpected end-of-input: was expecting closing quote".to_owned());
            };
            out.push_str(rest.get(..end).unwrap_or_default());
            self.at += end;
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(out);
                }
                Some(b'\\') => {
                    self.at += 1;
                    let escaped = self.escape()?;
                    out.push(escaped);
                }
                other => {
                    let code = other.unwrap_or(0);
                    return Err(format!(
                        "Illegal unquoted character ((CTRL-CHAR, code {code})): has to be escaped using backslash to be included in string value"
                    ));
                }
            }
        }
    }

    fn escape(&mut self) -> Result<char, String> {
        let escape = self.peek().ok_or("Unexpected end-of-input in character escape sequence")?;
        if escape == b'u' {
            self.at += 1;
            let first = self.hex()?;
            // A pair of surrogates is one character. One without the other is none, and what is behind it stands for itself.
            if (0xD800..0xDC00).contains(&first) && self.rest().starts_with("\\u") {
                let behind = self.at;
                self.at += 2;
                let second = self.hex()?;
                if (0xDC00..0xE000).contains(&second) {
                    let joined = 0x1_0000 + ((first - 0xD800) << 10) + (second - 0xDC00);
                    return Ok(char::from_u32(joined).unwrap_or(char::REPLACEMENT_CHARACTER));
                }
                self.at = behind;
            }
            return Ok(char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER));
        }
        let character = match escape {
            b'"' | b'\\' | b'/' => char::from(escape),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            _ => return Err("Unrecognized character escape".to_owned()),
        };
        self.at += 1;
        Ok(character)
    }

    fn hex(&mut self) -> Result<u32, String> {
        let digits = self.rest().get(..4).filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()));
        let code = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
        self.at += 4;
        code.ok_or_else(|| "Unexpected character in character escape sequence".to_owned())
    }

    fn number(&mut self) -> Result<Json, String> {
        let is_part = |c: char| c.is_ascii_digit() || matches!(c, '-' | '+' | '.' | 'e' | 'E');
        let rest = self.rest();
        let end = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
        let text = rest.get(..end).unwrap_or_default();
        let digits = text.strip_prefix('-').unwrap_or(text);
        let is_whole = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        if digits.len() > 1
            && digits.starts_with('0')
            && digits.as_bytes().get(1).is_some_and(u8::is_ascii_digit)
        {
            return Err("Invalid numeric value: Leading zeroes not allowed".to_owned());
        }
        let number = if is_whole {
            Some(Json::Integer(text.to_owned()))
        } else {
            let starts = digits.starts_with(|c: char| c.is_ascii_digit()) && !digits.ends_with('.');
            text.parse().ok().filter(|_| starts && !digits.contains(".e")).map(Json::Double)
        };
        let number = number.ok_or_else(|| format!("Invalid numeric value '{text}'"))?;
        self.at += end;
        Ok(number)
    }

    fn word(&mut self) -> Result<Json, String> {
        let rest = self.rest();
        let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        let word = rest.get(..end).unwrap_or_default();
        let value = match word {
            "null" => Json::Null,
            "true" => Json::Boolean(true),
            "false" => Json::Boolean(false),
            "" => return Err(self.unexpected("a valid value")),
            _ => {
                let expected = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')";
                return Err(format!("Unrecognized token '{word}': was expecting {expected}"));
            }
        };
        self.at += end;
        Ok(value)
    }

    fn unexpected(&self, expected: &str) -> String {
        match self.rest().chars().next() {
            Some(found) => {
                let code = u32::from(found);
                format!("Unexpected character ('{found}' (code {code})): was expecting {expected}")
            }
            None => format!("Unexpected end-of-input: was expecting {expected}"),
        }
    }

    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn take(&mut self, byte: u8) -> bool {
        let is_it = self.peek() == Some(byte);
        self.at += usize::from(is_it);
        is_it
    }

    fn skip_spaces(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }
}

impl Json {
    /// The class that a server's messages name.
    pub(super) fn class(&self) -> &'static str {
        match self {
            Json::Null => "null",
            Json::Boolean(_) => "Boolean",
            Json::Integer(digits) if digits.parse::<i32>().is_ok() => "Integer",
            Json::Integer(digits) if digits.parse::<i64>().is_ok() => "Long",
            Json::Integer(_) => "BigInteger",
            Json::Double(_) => "Double",
            Json::Text(_) => "String",
            Json::List(_) => "ArrayList",
            Json::Map(_) => "LinkedHashMap",
        }
    }

    /// The value as a server's messages show it.
    pub(super) fn shown(&self) -> String {
        let join = |parts: Vec<String>| parts.join(", ");
        match self {
            Json::Null => "null".to_owned(),
            Json::Boolean(value) => value.to_string(),
            Json::Integer(digits) => digits.clone(),
            Json::Double(number) => double_text(*number),
            Json::Text(text) => text.clone(),
            Json::List(elements) => format!("[{}]", join(elements.iter().map(Json::shown).collect())),
            Json::Map(entries) => {
                let entry = |(name, value): &(String, Json)| format!("{name}={}", value.shown());
                format!("{{{}}}", join(entries.iter().map(entry).collect()))
            }
        }
    }
}
