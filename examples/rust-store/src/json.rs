//! JSON, as far as the protocol of the kit needs it. A program with dependencies would use `serde_json`.

#[derive(Clone, Debug, PartialEq)]
pub enum Json {
    Null,
    Bool(bool),
    Number(f64),
    Text(String),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
}

impl Json {
    /// Returns the value of a key of an object.
    pub fn get(&self, key: &str) -> Option<&Json> {
        match self {
            Json::Object(fields) => fields.iter().find(|(name, _)| name == key).map(|(_, value)| value),
            _ => None,
        }
    }

    pub fn text(&self) -> Option<&str> {
        match self {
            Json::Text(text) => Some(text),
            _ => None,
        }
    }

    pub fn number(&self) -> Option<f64> {
        match self {
            Json::Number(number) => Some(*number),
            _ => None,
        }
    }
}

/// Messages of the protocol are nested three deep.
const MAX_DEPTH: usize = 16;

struct Parser<'a> {
    bytes: &'a [u8],
    at: usize,
    has_lone_surrogate: bool,
}

impl<'a> Parser<'a> {
    fn new(text: &'a str) -> Self {
        Self { bytes: text.as_bytes(), at: 0, has_lone_surrogate: false }
    }

    fn skip_space(&mut self) {
        while matches!(self.bytes.get(self.at), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn take(&mut self, byte: u8) -> bool {
        self.skip_space();
        let found = self.bytes.get(self.at) == Some(&byte);
        self.at += usize::from(found);
        found
    }

    fn take_word(&mut self, word: &str) -> bool {
        let found = self.bytes[self.at..].starts_with(word.as_bytes());
        self.at += if found { word.len() } else { 0 };
        found
    }

    fn digits(&mut self) -> bool {
        let start = self.at;
        while self.bytes.get(self.at).is_some_and(u8::is_ascii_digit) {
            self.at += 1;
        }
        self.at > start
    }

    fn number(&mut self) -> Option<f64> {
        let start = self.at;
        if self.bytes.get(self.at) == Some(&b'-') {
            self.at += 1;
        }
        let leading_zero = self.bytes.get(self.at) == Some(&b'0');
        let first = self.at;
        if !self.digits() || (leading_zero && self.at > first + 1) {
            return None;
        }
        if self.bytes.get(self.at) == Some(&b'.') {
            self.at += 1;
            if !self.digits() {
                return None;
            }
        }
        if matches!(self.bytes.get(self.at), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.bytes.get(self.at), Some(b'+' | b'-')) {
                self.at += 1;
            }
            if !self.digits() {
                return None;
            }
        }
        std::str::from_utf8(&self.bytes[start..self.at]).ok()?.parse().ok()
    }

    fn hex4(&mut self) -> Option<u32> {
        let digits = self.bytes.get(self.at..self.at + 4)?;
        if !digits.iter().all(u8::is_ascii_hexdigit) {
            return None;
        }
        self.at += 4;
        u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
    }

    /// Parses the rest of a string. A lone surrogate, which a Rust `String` cannot hold, becomes U+FFFD and is noted.
    fn text(&mut self) -> Option<String> {
        let mut text = Vec::new();
        loop {
            let byte = *self.bytes.get(self.at)?;
            self.at += 1;
            match byte {
                b'"' => return String::from_utf8(text).ok(),
                b'\\' => {
                    let character = self.escape()?;
                    text.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
                }
                0..=0x1f => return None,
                _ => text.push(byte),
            }
        }
    }

    fn escape(&mut self) -> Option<char> {
        let byte = *self.bytes.get(self.at)?;
        self.at += 1;
        Some(match byte {
            b'"' | b'\\' | b'/' => char::from(byte),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let high = self.hex4()?;
                let after = self.at;
                if (0xd800..0xdc00).contains(&high) && self.take_word("\\u") {
                    let low = self.hex4()?;
                    if (0xdc00..0xe000).contains(&low) {
                        return char::from_u32(0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00));
                    }
                    self.at = after;
                }
                char::from_u32(high).unwrap_or_else(|| {
                    self.has_lone_surrogate = true;
                    '\u{fffd}'
                })
            }
            _ => return None,
        })
    }

    fn value(&mut self, depth: usize) -> Option<Json> {
        if depth > MAX_DEPTH {
            return None;
        }
        self.skip_space();
        match *self.bytes.get(self.at)? {
            b'"' => {
                self.at += 1;
                self.text().map(Json::Text)
            }
            b'[' => {
                self.at += 1;
                let mut items = Vec::new();
                if self.take(b']') {
                    return Some(Json::List(items));
                }
                loop {
                    items.push(self.value(depth + 1)?);
                    if self.take(b']') {
                        return Some(Json::List(items));
                    }
                    self.take(b',').then_some(())?;
                }
            }
            b'{' => {
                self.at += 1;
                let mut fields = Vec::new();
                if self.take(b'}') {
                    return Some(Json::Object(fields));
                }
                loop {
                    self.take(b'"').then_some(())?;
                    let key = self.text()?;
                    self.take(b':').then_some(())?;
                    fields.push((key, self.value(depth + 1)?));
                    if self.take(b'}') {
                        return Some(Json::Object(fields));
                    }
                    self.take(b',').then_some(())?;
                }
            }
            _ if self.take_word("null") => Some(Json::Null),
            _ if self.take_word("true") => Some(Json::Bool(true)),
            _ if self.take_word("false") => Some(Json::Bool(false)),
            _ => self.number().map(Json::Number),
        }
    }
}

pub struct Message {
    pub value: Json,
    /// True if a text of the message is not what was sent, because it holds U+FFFD in place of a lone surrogate.
    pub has_lone_surrogate: bool,
}

/// Parses a message. Returns `None` for what is not JSON, or nested too deep for a message.
pub fn parse(text: &str) -> Option<Message> {
    let mut parser = Parser::new(text);
    let value = parser.value(0)?;
    parser.skip_space();
    (parser.at == text.len()).then_some(Message { value, has_lone_surrogate: parser.has_lone_surrogate })
}

/// Returns true for JSON text of any depth. It keeps a list of the open brackets instead of calling itself.
pub fn is_json(text: &str) -> bool {
    let mut parser = Parser::new(text);
    is_value(&mut parser).is_some() && {
        parser.skip_space();
        parser.at == text.len()
    }
}

fn is_value(parser: &mut Parser<'_>) -> Option<()> {
    let mut open: Vec<u8> = Vec::new();
    loop {
        // A value starts here.
        parser.skip_space();
        match *parser.bytes.get(parser.at)? {
            b'[' => {
                parser.at += 1;
                if !parser.take(b']') {
                    open.push(b']');
                    continue;
                }
            }
            b'{' => {
                parser.at += 1;
                if !parser.take(b'}') {
                    open.push(b'}');
                    take_key(parser)?;
                    continue;
                }
            }
            b'"' => {
                parser.at += 1;
                parser.text()?;
            }
            _ if ["null", "true", "false"].iter().any(|word| parser.take_word(word)) => {}
            _ => {
                parser.number()?;
            }
        }
        // A value has ended here.
        loop {
            let Some(&close) = open.last() else { return Some(()) };
            if parser.take(b',') {
                if close == b'}' {
                    take_key(parser)?;
                }
                break;
            }
            parser.take(close).then_some(())?;
            open.pop();
        }
    }
}

fn take_key(parser: &mut Parser<'_>) -> Option<()> {
    parser.take(b'"').then_some(())?;
    parser.text()?;
    parser.take(b':').then_some(())
}

/// Appends a value as JSON.
pub fn write(value: &Json, out: &mut String) {
    match value {
        Json::Null => out.push_str("null"),
        Json::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Json::Number(number) => out.push_str(&number.to_string()),
        Json::Text(text) => write_text(text, out),
        Json::List(items) => {
            out.push('[');
            for (position, item) in items.iter().enumerate() {
                out.push_str(if position > 0 { "," } else { "" });
                write(item, out);
            }
            out.push(']');
        }
        Json::Object(fields) => {
            out.push('{');
            for (position, (key, field)) in fields.iter().enumerate() {
                out.push_str(if position > 0 { "," } else { "" });
                write_text(key, out);
                out.push(':');
                write(field, out);
            }
            out.push('}');
        }
    }
}

fn write_text(text: &str, out: &mut String) {
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\0'..='\u{1f}' => out.push_str(&format!("\\u{:04x}", u32::from(character))),
            _ => out.push(character),
        }
    }
    out.push('"');
}
