// The frame of a page: brings its widgets to life as they arrive, tells how far it has loaded,
// who sits here, and what to do if its kernel is gone.
(() => {
  const VIEW = "application/vnd.jupyter.widget-view+json";
  const SCRIPT = 'script[type="application/vnd.kamkit.output+json"]';
  const LATE = 20000;
  const PULSE = 4000;
  const body = document.body;
  const find = (name) => document.querySelector(`[data-kk-${name}]`);
  const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });
  const bar = document.querySelector(".kk-progress");
  const late = setTimeout(() => { find("said").textContent = body.dataset.kkLate; }, LATE);
  let complete = false;
  let left = 0;

  // Voila starts its front end when the whole page is there. A lesson computes for many seconds:
  // started at once, it has the first widgets ready while the kernel works on the last.
  const listen = window.addEventListener;
  window.addEventListener = function early(type, heard, ...rest) {
    if (type !== "load" || complete) return listen.call(this, type, heard, ...rest);
    return heard.call(window, new Event("load"));
  };

  // The home tells who sits here; the other pages remember it for their header.
  function who(alias) {
    const place = find("who");
    place.textContent = alias || "";
    place.hidden = !alias;
    try { localStorage.setItem("kamkit.alias", alias || ""); } catch { /* keeps nothing */ }
  }

  function banner(text) {
    const place = find("banner");
    place.querySelector("p").textContent = text;
    place.hidden = !text;
  }

  function progress(share) {
    bar.setAttribute("aria-valuenow", share);
    bar.firstElementChild.style.width = `${share}%`;
  }

  function settle() {
    if (!complete || left > 0 || body.classList.contains("kk-ready")) return;
    clearTimeout(late);
    progress(100);
    body.classList.add("kk-ready");
    find("loading").hidden = true;
    const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (target) target.scrollIntoView();
  }

  const manager = new Promise((resolve) => {
    const look = setInterval(async () => {
      if (!window.jupyterapp) return;
      clearInterval(look);
      resolve(await window.jupyterapp.widgetManagerPromise.promise);
    }, 25);
  });

  async function enliven(place) {
    const script = place.querySelector(SCRIPT);
    const output = JSON.parse(script.textContent);
    script.remove();
    const widgets = await manager;
    while (!widgets.has_model(output.data[VIEW].model_id)) await pause(25);
    const view = widgets.rendermime.createRenderer(VIEW);
    await view.renderModel({ data: output.data, metadata: output.metadata ?? {}, trusted: true, setData() {} });
    view.addClass("jp-OutputArea-output");
    view.constructor.attach(view, place);
    place.querySelector(":scope > .kk-waiting").remove();
    left -= 1;
    settle();
  }

  function step(done, count) {
    for (const place of document.querySelectorAll(".kk-live:not([data-kk-met])")) {
      place.dataset.kkMet = "";
      left += 1;
      enliven(place);
    }
    progress(Math.round((90 * done) / count));
  }

  // A kernel that is gone says nothing, so the page asks for it from time to time.
  async function pulse(address) {
    try {
      const answer = await fetch(address, { cache: "no-store" });
      return answer.ok ? "" : "gone";
    } catch {
      return "away";
    }
  }

  async function watch() {
    const { kernel } = await manager;
    const config = JSON.parse(document.getElementById("jupyter-config-data").textContent);
    const address = `${config.baseUrl}api/kernels/${config.kernelId}`;
    const words = { gone: body.dataset.kkGone, away: body.dataset.kkAway };
    let leaving = false;
    let state = "";
    window.addEventListener("beforeunload", () => { leaving = true; });
    function become(next) {
      if (leaving || state === "gone" || state === next) return;
      state = next;
      banner(words[state] ?? "");
    }
    kernel.statusChanged.connect((_, status) => {
      if (["dead", "autorestarting", "restarting", "terminating"].includes(status)) become("gone");
    });
    kernel.disposed.connect(() => become("gone"));
    document.addEventListener("visibilitychange", async () => {
      if (!document.hidden) become(await pulse(address));
    });
    while (state !== "gone") {
      await pause(PULSE);
      if (!document.hidden) become(await pulse(address));
    }
  }

  window.kamkit = {
    step,
    who,
    finish() {
      complete = true;
      settle();
    },
  };
  // What Voila's own pages offer and some of its parts call.
  window.voila_heartbeat = () => {};
  window.voila_process = () => {};
  window.voila_finish = () => {};
  try { who(localStorage.getItem("kamkit.alias")); } catch { /* keeps nothing */ }
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-kk-print]")) window.print();
  });
  watch();
})();
