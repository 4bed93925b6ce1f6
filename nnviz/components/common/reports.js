// What a part tells whoever mounted it. Reports are counted, so that a reply to an earlier one, which says how many it has
// `seen`, moves nothing back while a later one is under way; and a key that is held tells at most one in 60 ms.
const APART = 60;

// Args: report(name, value), as `mount` was given it.
export function counted(report) {
  let sent = 0, last = -1e9, timer = null;
  return {
    get sent() { return sent; },
    // The number of a new report.
    next() { sent += 1; return sent; },
    // Tell it, at most one in 60 ms, and always the last.
    tell(name, value) {
      clearTimeout(timer);
      const send = () => { last = performance.now(); report(name, value); };
      const wait = APART - (performance.now() - last);
      if (wait <= 0) send(); else timer = setTimeout(send, wait);
    },
    // Whether who has seen so many has seen all; theirs may be more, where a part is mounted anew.
    answered(seen) {
      if (seen < sent) return false;
      sent = seen;
      return true;
    },
  };
}
