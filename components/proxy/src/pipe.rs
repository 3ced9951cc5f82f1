use common::*;

/// A body on its way into another, moved by splices without a wait.
pub enum Pipe {
    Open { from: Source, to: Sink },
    Ended,
}

pub struct Source {
    stream: InputStream, // before its body: a child is dropped first
    body: IncomingBody,
}

pub struct Sink {
    stream: OutputStream,
    body: OutgoingBody,
}

impl Pipe {
    pub fn new(from: IncomingBody, to: OutgoingBody) -> Pipe {
        Pipe::Open {
            from: Source { stream: from.stream().expect("the first stream"), body: from },
            to: Sink { stream: to.write().expect("the first stream"), body: to },
        }
    }

    /// Moves what can be moved now. Gives what to wait for, or nothing when it has ended; an end is passed on with the
    /// trailers, an error as an outgoing body that is dropped unfinished.
    pub fn advance(&mut self) -> Option<Pollable> {
        let Pipe::Open { from, to } = self else { return None };
        let error = match splice(&from.stream, &to.stream) {
            Ok(blocked) => return Some(blocked),
            Err(error) => error,
        };
        if let (StreamError::Closed, Pipe::Open { from, to }) = (error, std::mem::replace(self, Pipe::Ended)) {
            finish(from, to);
        }
        None
    }
}

/// Gives the end that is not ready; the input's end is an error of its own.
fn splice(from: &InputStream, to: &OutputStream) -> Result<Pollable, StreamError> {
    loop {
        let permitted = to.check_write()?;
        if permitted == 0 {
            return Ok(to.subscribe());
        }
        if to.splice(from, permitted)? == 0 {
            return Ok(from.subscribe());
        }
        to.flush()?;
    }
}

fn finish(from: Source, to: Sink) {
    drop(from.stream);
    drop(to.stream);
    if let Ok(trailers) = trailers_of(from.body) {
        let _ = OutgoingBody::finish(to.body, trailers);
    }
}

/// Waits until one of those that are there is ready.
pub fn wait_for_any(pollables: &[Option<&Pollable>]) {
    let present: Vec<&Pollable> = pollables.iter().copied().flatten().collect();
    poll(&present);
}
