// Messages to Python, each with a number that comes back when its event is on the disk. What has
// not come back is kept in the browser, and handed over again when the page is back.
const PATIENCE = 3000;
const CALM = 350;

function shelf(key) {
  const name = `kamkit:${key}`;
  const attempt = (action) => {
    try {
      return action();
    } catch {
      return null; // a browser that keeps nothing: the line on the screen says what is not saved
    }
  };
  return {
    put: (answer) => attempt(() => window.localStorage.setItem(name, JSON.stringify(answer))),
    get: () => attempt(() => JSON.parse(window.localStorage.getItem(name))),
    clear: () => attempt(() => window.localStorage.removeItem(name)),
  };
}

function courier(model, { key, answer, report }) {
  const view = `${Date.now().toString(36)}${Math.random().toString(36).slice(2, 8)}`;
  const kept = shelf(key);
  let sent = 0;
  let acked = 0;
  let lastWrite = 0;
  let calm = null;
  let patience = null;

  function impatient() {
    patience = null;
    report("lost", lastWrite > acked || calm !== null);
  }

  function wait() {
    if (patience === null) patience = setTimeout(impatient, PATIENCE);
  }

  function send(type, more = {}) {
    sent += 1;
    if (type !== "shown") {
      lastWrite = sent;
      wait();
    }
    try {
      model.send({ type, n: `${view}:${sent}`, ...more });
    } catch {
      impatient();
    }
  }

  function flush() {
    if (calm === null) return;
    clearTimeout(calm);
    calm = null;
    send("draft", { answer: answer() });
  }

  return {
    send(type, more) {
      if (more && more.answer) {
        clearTimeout(calm);
        calm = null;
        kept.put(more.answer);
      } else flush(); // what was typed a moment ago goes first
      send(type, more);
    },
    changed() {
      kept.put(answer());
      report("saving");
      wait();
      clearTimeout(calm);
      calm = setTimeout(flush, CALM);
    },
    flush,
    // Whether this acknowledgement is ours and nothing newer is on its way.
    settled(ack) {
      const [whose, n] = String(ack || "").split(":");
      if (whose !== view) return { mine: false, quiet: calm === null && lastWrite <= acked };
      acked = Math.max(acked, Number(n));
      const quiet = calm === null && acked >= lastWrite;
      if (quiet) {
        clearTimeout(patience);
        patience = null;
      }
      return { mine: true, quiet, wrote: Number(n) === lastWrite };
    },
    forget: kept.clear,
    kept: kept.get,
    stop() {
      flush();
      clearTimeout(patience);
      patience = null;
    },
  };
}
