//! `?mib=N`: allocates N MiB, touches every page of it, and replies the sum of what it wrote.

use common::*;

guest!(memory);

const PAGE: usize = 4096;

fn memory(request: IncomingRequest, out: ResponseOutparam) {
    let mib = Query::of(&request).number("mib").unwrap_or(1) as usize;
    let mut bytes = vec![0u8; mib * 1024 * 1024];
    bytes.iter_mut().step_by(PAGE).for_each(|byte| *byte = 1);
    let sum: usize = std::hint::black_box(&bytes).iter().step_by(PAGE).map(|&byte| usize::from(byte)).sum();
    reply(out, 200, &format!("{sum}\n"));
}
