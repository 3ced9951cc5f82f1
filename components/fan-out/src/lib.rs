//! `?url=U&n=N`: N requests at once, awaited together with `poll`; replies how many came back with 200.

use common::*;

guest!(fan_out);

fn fan_out(request: IncomingRequest, out: ResponseOutparam) {
    let query = Query::of(&request);
    let url = query.get("url").unwrap_or_default();
    let n = query.number("n").unwrap_or(10);
    let requests: Option<Vec<_>> = (0..n).map(|_| request_to(url, &Method::Get, Fields::new())).collect();
    let Some(requests) = requests else { return reply_bad_url(out) };
    let sent = requests.into_iter().filter_map(|request| outgoing_handler::handle(request, None).ok()).collect();
    reply(out, 200, &format!("{} ok\n", count_ok(sent)));
}

fn count_ok(mut pending: Vec<FutureIncomingResponse>) -> usize {
    let mut count = 0;
    while !pending.is_empty() {
        let pollables: Vec<_> = pending.iter().map(FutureIncomingResponse::subscribe).collect();
        let ready = poll(&pollables.iter().collect::<Vec<_>>());
        drop(pollables);
        // From the last, so that the indices before it stay true.
        for index in ready.into_iter().rev() {
            count += usize::from(is_ok(pending.swap_remove(index as usize)));
        }
    }
    count
}

fn is_ok(future: FutureIncomingResponse) -> bool {
    matches!(future.get(), Some(Ok(Ok(response))) if response.status() == 200)
}
