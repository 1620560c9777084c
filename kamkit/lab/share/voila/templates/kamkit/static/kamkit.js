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
  let sound = false;
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
    if (!sound || left > 0 || body.classList.contains("kk-ready")) return;
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

  const outputs = new Map();
  const views = new Map();

  async function draw(place) {
    const output = outputs.get(place);
    const view = (await manager).rendermime.createRenderer(VIEW);
    await view.renderModel({ data: output.data, metadata: output.metadata ?? {}, trusted: true, setData() {} });
    view.addClass("jp-OutputArea-output");
    views.get(place)?.dispose();
    place.replaceChildren();
    view.constructor.attach(view, place);
    views.set(place, view);
  }

  async function enliven(place) {
    const script = place.querySelector(SCRIPT);
    const output = JSON.parse(script.textContent);
    outputs.set(place, output);
    script.remove();
    const widgets = await manager;
    while (!widgets.has_model(output.data[VIEW].model_id)) await pause(25);
    await draw(place);
    left -= 1;
    settle();
  }

  // A page that meets its kernel in the middle of a cell hears of a box, but not of what stands
  // in it. Once all cells are computed it looks; if a part is missing it asks for all of them.
  async function mend() {
    const widgets = await manager;
    for (let waited = 0; left > 0 && waited < LATE; waited += 50) await pause(50);
    const broken = (model) => Promise.race([
      model.then((part) => part.get("_view_name") === "ErrorWidgetView", () => true),
      pause(PULSE).then(() => true),
    ]);
    const found = await Promise.all(Object.values(widgets._models).map(broken));
    if (left === 0 && !found.includes(true)) return;
    for (const id of Object.keys(widgets._models)) {
      delete widgets._models[id];
      widgets.kernel._comms?.delete(id);
    }
    await widgets._loadFromKernel();
    await Promise.all([...views.keys()].map(draw));
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
    async finish() {
      complete = true;
      await mend();
      sound = true;
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
