//! What a client has already, and which part it wants: RFC 9110, sections 8.8, 13 and 14.

use common::IncomingRequest;
use common::wasip2::filesystem::types::DescriptorStat;

/// What of a file is wanted.
pub enum Range {
    Whole,
    /// From which byte, and how many.
    Part(u64, u64),
    /// Of what the file does not have.
    None,
}

/// Changes with the file's time and size.
pub fn etag(stat: &DescriptorStat) -> String {
    let (seconds, nanoseconds) =
        stat.data_modification_timestamp.as_ref().map_or((0, 0), |time| (time.seconds, time.nanoseconds));
    format!("\"{seconds:x}-{nanoseconds:x}-{:x}\"", stat.size)
}

/// `If-None-Match` counts if it is there, otherwise `If-Modified-Since`.
pub fn is_not_modified(request: &IncomingRequest, stat: &DescriptorStat, tag: &str) -> bool {
    if let Some(tags) = field(request, "if-none-match") {
        return tags.trim() == "*" || tags.split(',').any(|other| other.trim().trim_start_matches("W/") == tag);
    }
    let modified = stat.data_modification_timestamp.as_ref().map(|time| time.seconds);
    let since = field(request, "if-modified-since").and_then(|text| parse_http_date(&text));
    matches!((modified, since), (Some(modified), Some(since)) if modified <= since)
}

/// One range; of several, and of what we do not understand, the whole file.
pub fn range_of(request: &IncomingRequest, size: u64, tag: &str) -> Range {
    if field(request, "if-range").is_some_and(|condition| condition.trim() != tag) {
        return Range::Whole;
    }
    let Some(text) = field(request, "range") else { return Range::Whole };
    let Some((first, last)) = text.strip_prefix("bytes=").and_then(|range| range.trim().split_once('-')) else {
        return Range::Whole;
    };
    match (first.parse::<u64>(), last.parse::<u64>()) {
        (Ok(first), _) if first >= size => Range::None,
        (Ok(first), Ok(last)) if last >= first => Range::Part(first, last.min(size - 1) - first + 1),
        (Ok(first), Err(_)) if last.is_empty() => Range::Part(first, size - first),
        (Err(_), Ok(0)) if first.is_empty() => Range::None,
        (Err(_), Ok(_)) if first.is_empty() && size == 0 => Range::None,
        (Err(_), Ok(suffix)) if first.is_empty() => Range::Part(size - suffix.min(size), suffix.min(size)),
        _ => Range::Whole,
    }
}

fn field(request: &IncomingRequest, name: &str) -> Option<String> {
    let values = request.headers().get(name);
    let [value] = values.as_slice() else { return None };
    String::from_utf8(value.clone()).ok()
}

const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const DAY: u64 = 86_400;

/// `Sun, 06 Nov 1994 08:49:37 GMT`.
pub fn http_date(seconds: u64) -> String {
    let (days, time) = (seconds / DAY, seconds % DAY);
    let (year, month, day) = civil(days);
    let (hour, minute, second) = (time / 3600, time / 60 % 60, time % 60);
    let (weekday, month) = (DAYS[(days % 7) as usize], MONTHS[month as usize - 1]);
    format!("{weekday}, {day:02} {month} {year} {hour:02}:{minute:02}:{second:02} GMT")
}

/// Only the form that servers send.
fn parse_http_date(text: &str) -> Option<u64> {
    let words: Vec<&str> = text.trim().split(' ').collect();
    let [_, day, month, year, time, "GMT"] = words.as_slice() else { return None };
    let month = MONTHS.iter().position(|name| name == month)? as u64 + 1;
    let clock: Vec<u64> = time.split(':').map(|part| part.parse().ok()).collect::<Option<_>>()?;
    let [hour, minute, second] = clock.as_slice() else { return None };
    Some(days_of(year.parse().ok()?, month, day.parse().ok()?)? * DAY + hour * 3600 + minute * 60 + second)
}

/// Year, month and day of a number of days after 1970-01-01.
fn civil(days: u64) -> (u64, u64, u64) {
    let mut year = 1970 + days / 366;
    while days_of(year + 1, 1, 1).is_some_and(|start| start <= days) {
        year += 1;
    }
    let month = (1..=12).rev().find(|&month| days_of(year, month, 1).is_some_and(|start| start <= days)).unwrap_or(1);
    (year, month, days - days_of(year, month, 1).unwrap_or(days) + 1)
}

/// The number of days after 1970-01-01.
fn days_of(year: u64, month: u64, day: u64) -> Option<u64> {
    let before = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
    let past = year.checked_sub(1)?;
    let leap_days = |year: u64| year / 4 - year / 100 + year / 400;
    let is_leap = leap_days(year) > leap_days(past);
    let extra = u64::from(is_leap && month > 2);
    if !(1970..10_000).contains(&year) || !(1..=31).contains(&day) {
        return None;
    }
    Some((year - 1970) * 365 + leap_days(past) - leap_days(1969) + before[month as usize - 1] + extra + day - 1)
}
