//! The query of a request's path.

use crate::IncomingRequest;

/// Names and values, percent-decoded, in the order they came.
pub struct Query(Vec<(String, String)>);

impl Query {
    /// The query of a request; empty when it has none.
    pub fn of(request: &IncomingRequest) -> Query {
        let path = request.path_with_query().unwrap_or_default();
        Query::parse(path.split_once('?').map_or("", |(_, query)| query))
    }

    /// A pair without `=` has an empty value.
    pub fn parse(text: &str) -> Query {
        let pairs = text.split('&').filter(|pair| !pair.is_empty());
        Query(pairs.map(|pair| pair.split_once('=').unwrap_or((pair, ""))).map(|(k, v)| (decode(k), decode(v))).collect())
    }

    /// The first value of that name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Whether that name is there, with or without a value.
    pub fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// The number of that name, if it is one.
    pub fn number(&self, name: &str) -> Option<u64> {
        self.get(name)?.parse().ok()
    }
}

/// `%41` is `A` and `+` a space; a `%` that starts no escape stays.
fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let escape = text.get(at + 1..at + 3).filter(|_| bytes[at] == b'%');
        let decoded = escape.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        out.push(decoded.unwrap_or(if bytes[at] == b'+' { b' ' } else { bytes[at] }));
        at += if decoded.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&out).into_owned()
}
