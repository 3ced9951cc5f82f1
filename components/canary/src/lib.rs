//! Facts of what a request finds, after which it leaves all it can: statics, variables, heap and stack, handles, a timer,
//! half a line. With isolation every reply but for its instance's id is the first one's.
//!
//! `?end=trap`, or `?end=sleep` for a minute, after it has left them; `?forge=N` reads the fields at handle N, which it
//! does not have.

use common::*;
use std::cell::RefCell;
use std::hint::black_box;
use std::io::Write;
use std::sync::Mutex;

guest!(canary);

const MARK: u8 = 0xA5;
const HEAP_BYTES: usize = 3 << 20;
const PAGE: usize = 65_536;

static LEFT: Mutex<Option<Left>> = Mutex::new(None);
static ARRAY: Mutex<[u8; 20_000]> = Mutex::new([0; 20_000]);
thread_local!(static VISITS: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) });

/// What would be of use to the next request.
struct Left {
    _secret: Fields,
    _timer: Pollable,
    _heap: Vec<u8>,
}

fn canary(request: IncomingRequest, out: ResponseOutparam) {
    let query = Query::of(&request);
    if let Some(handle) = query.number("forge") {
        return forge(handle as u32, out);
    }
    let pages = core::arch::wasm32::memory_size(0);
    let report = look(pages);
    leave();
    match query.get("end") {
        Some("trap") => panic!("as asked"),
        Some("sleep") => sleep(60_000),
        _ => {}
    }
    reply(out, 200, &report);
}

fn look(pages: usize) -> String {
    let mut report = String::new();
    say!(report, "memory.size -> {pages}");
    say!(report, "grown pages that are not zero -> {}", grow_and_count());
    say!(report, "static -> {}", if LEFT.lock().unwrap().is_some() { "left" } else { "none" });
    say!(report, "array -> {}", ARRAY.lock().unwrap().iter().filter(|&&byte| byte != 0).count());
    say!(report, "visits -> {}", VISITS.with_borrow(Vec::len));
    say!(report, "variable -> {}", std::env::var("CANARY").unwrap_or("none".to_string()));
    say!(report, "stack -> {}", look_at_stack());
    let fields = Fields::new();
    say!(report, "handle -> {}", fields.handle());
    say!(report, "id -> {}", std::env::var("INSTANCE_ID").unwrap_or_default());
    report
}

/// Four new pages, straight from the engine; says how many of their bytes are not zero, then fills them.
fn grow_and_count() -> usize {
    let start = core::arch::wasm32::memory_grow(0, 4) * PAGE;
    // SAFETY: pages that were just grown are in bounds, and nobody else's.
    let bytes = unsafe { std::slice::from_raw_parts_mut(start as *mut u8, 4 * PAGE) };
    let dirty = bytes.iter().filter(|&&byte| byte != 0).count();
    bytes.fill(MARK);
    black_box(&bytes);
    dirty
}

/// Marks in 32 KiB of a frame that nothing has written to in this request.
#[inline(never)]
fn look_at_stack() -> usize {
    let frame = std::mem::MaybeUninit::<[u8; 32_768]>::uninit();
    let start = frame.as_ptr().cast::<u8>();
    // SAFETY: any byte is a u8, and reading is volatile so that the compiler does not reason about it.
    (0..32_768).filter(|&at| unsafe { black_box(start).add(at).read_volatile() } == MARK).count()
}

#[inline(never)]
fn fill_stack() {
    let mut frame = [0u8; 32_768];
    frame.fill(MARK);
    black_box(&frame);
}

fn leave() {
    fill_stack();
    ARRAY.lock().unwrap().fill(MARK);
    VISITS.with_borrow_mut(|visits| visits.push("a visit".to_string()));
    // SAFETY: there is one thread.
    unsafe { std::env::set_var("CANARY", "was here") };
    let secret = Fields::new();
    secret.append("secret", b"of the former request").expect("a name and a value");
    let timer = monotonic_clock::subscribe_duration(1_000_000);
    *LEFT.lock().unwrap() = Some(Left { _secret: secret, _timer: timer, _heap: vec![MARK; HEAP_BYTES] });
    print!("half a line");
    let _ = std::io::stdout().flush();
}

/// Reads the fields behind a handle of which this request knows nothing.
fn forge(handle: u32, out: ResponseOutparam) {
    // SAFETY: none; that is the point.
    let fields = std::mem::ManuallyDrop::new(unsafe { Fields::from_handle(handle) });
    let text = fields.entries().iter().map(|(name, value)| format!("{name} {value:?}\n")).collect::<String>();
    reply(out, 200, &text);
}
